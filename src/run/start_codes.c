/* Codes from a picture's encoding, a run file or an array; see start_codes.h. */
#include "start_codes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/memory.h"
#include "invset/picture_nets.h"

static const char KEY[] = "sampling.start";

const char *isn_start_dataset(const char *start_from)
{
  const char *found = NULL;
  for (const char *p = start_from; (p = strstr(p, ":/")) != NULL; p++)
    found = p;
  return found;
}

/* Codes that are found. */
typedef struct {
  int64_t n;
  float *codes; /* (n, D), owned */
} found_t;

/* The picture's encoding is the code: where the encoder was trained to be the generator's inverse.
 */
static isn_status_t encode_picture(const run_t *run, const char *path, found_t *found)
{
  const isn_models_t *models = &run->models;
  const isn_picture_size_t size = isn_models_picture_size(models);
  const size_t d = (size_t)models->code_size;
  isn_picture_nets_t *nets = NULL;
  unsigned char *image = NULL;
  isn_status_t status;
  if (models->encoding_size != models->code_size)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: '%s' stands for a picture, whose encoding has %d numbers, but a code has %d: "
             "want an encoder that gives codes, or codes as \"FILE.h5:/DATASET\"",
             KEY, path, models->encoding_size, models->code_size);
  ISN_TRY(isn_alloc(&image, isn_shape_count(models->picture), "picture"));
  ISN_TRY_GOTO(isn_picture_file_read(path, KEY, &size, image), done);
  ISN_TRY_GOTO(isn_picture_nets_open(run->backend, models, 0, NULL, 1, &nets), done);
  ISN_TRY_GOTO(isn_picture_nets_run(nets, 1, image, true), done);
  ISN_TRY_GOTO(isn_alloc(&found->codes, d, "a code"), done);
  memcpy(found->codes, isn_picture_nets_encoding(nets, 0), d * sizeof *found->codes);
  found->n = 1;
done:
  isn_picture_nets_close(nets);
  free(image);
  return status;
}

static isn_status_t check_size(const run_t *run, const char *start_from, int size)
{
  if (size != run->models.code_size)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' has codes of %d numbers, those of %s have %d", KEY,
             start_from, size, run->models.generator->origin, run->models.code_size);
  return ISN_OK;
}

static isn_status_t take_block(isn_run_reader_t *reader, int t, int b, found_t *found)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const size_t d = (size_t)layout->code_size;
  isn_run_block_t block = {0};
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, b), &block));
  isn_status_t status = isn_run_reader_block(reader, t, b, &block);
  for (int i = 0; i < block.n && status == ISN_OK; i++)
    if (block.status[i] == ISN_SAMPLE_ACCEPTED)
      memcpy(found->codes + (size_t)found->n++ * d, block.code + (size_t)i * d,
             d * sizeof *found->codes);
  isn_run_block_free(&block);
  return status;
}

/* The codes of all accepted samples of a run file. */
static isn_status_t take_accepted(const run_t *run, isn_run_reader_t *reader,
                                  const char *start_from, found_t *found)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const size_t n_blocks = (size_t)isn_run_n_blocks(layout), n_targets = (size_t)layout->n_targets;
  const size_t room = n_targets * (size_t)layout->n_slots * (size_t)layout->code_size;
  unsigned char *states = NULL;
  isn_status_t status;
  ISN_TRY(check_size(run, start_from, layout->code_size));
  ISN_TRY(isn_alloc(&states, n_targets * n_blocks, "states of blocks"));
  ISN_TRY_GOTO(isn_run_reader_states(reader, states), done);
  ISN_TRY_GOTO(isn_alloc(&found->codes, room, "codes"), done);
  for (size_t i = 0; i < n_targets * n_blocks; i++)
    if (states[i] != ISN_BLOCK_EMPTY)
      ISN_TRY_GOTO(take_block(reader, (int)(i / n_blocks), (int)(i % n_blocks), found), done);
done:
  free(states);
  return status;
}

/* An array (..., D) of any HDF5 file. */
static isn_status_t take_array(const run_t *run, const char *path, const char *dataset,
                               const char *start_from, found_t *found)
{
  isn_blob_file_t *file = NULL;
  int n_axes = 0, dims[8];
  ISN_TRY(isn_blob_file_open(path, &file));
  isn_status_t status = isn_blob_file_read(file, dataset, &n_axes, dims, &found->codes);
  isn_status_t closed = isn_blob_file_close(file);
  ISN_TRY(status);
  ISN_TRY(closed);
  if (n_axes < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is a single number, want codes (N, %d)", KEY, start_from,
             run->models.code_size);
  ISN_TRY(check_size(run, start_from, dims[n_axes - 1]));
  found->n = 1;
  for (int a = 0; a < n_axes - 1; a++)
    found->n *= dims[a];
  return ISN_OK;
}

static isn_status_t read_file(const run_t *run, const char *start_from, found_t *found)
{
  const char *dataset = isn_start_dataset(start_from);
  char *path = NULL;
  isn_run_reader_t *reader = NULL;
  isn_status_t status;
  if (!dataset)
    return encode_picture(run, start_from, found);
  ISN_TRY(isn_alloc_string(&path, start_from));
  path[dataset - start_from] = '\0';
  dataset += 2; /* ":/" */
  ISN_TRY_GOTO(isn_file_check(path, KEY), done);
  if (strcmp(dataset, "code") == 0 && isn_run_reader_open(path, &reader) == ISN_OK)
    status = take_accepted(run, reader, start_from, found);
  else
    status = take_array(run, path, dataset, start_from, found);
  isn_run_reader_close(reader);
done:
  free(path);
  return status;
}

/* Rank 0's part. */
static isn_status_t read_codes(const run_t *run, found_t *found)
{
  const char *start_from = run->options->sampling.start_from;
  const int d = run->models.code_size;
  ISN_TRY(read_file(run, start_from, found));
  if (found->n < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' has no codes (of a run file, accepted ones count)", KEY,
             start_from);
  if (found->n > INT_MAX / d)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' has %lld codes, want at most %d", KEY, start_from,
             (long long)found->n, INT_MAX / d);
  for (int64_t i = 0; i < found->n * d; i++)
    if (!isfinite(found->codes[i]))
      ISN_FAIL(ISN_ERR_INPUT, "%s: '%s': number %d of code %lld is not finite", KEY, start_from,
               (int)(i % d), (long long)(i / d));
  return ISN_OK;
}

/* Codes outside the bounds are cut to them, as random ones are. */
static void cut_to_bounds(const run_t *run, float *codes, int64_t n)
{
  const int d = run->models.code_size;
  for (int64_t i = 0; i < n * d; i++)
    codes[i] = fminf(fmaxf(codes[i], run->code_min[i % d]), run->code_max[i % d]);
}

isn_status_t start_codes_read(run_t *run)
{
  found_t found = {0};
  isn_status_t status = ISN_OK;
  if (!run->options->sampling.start_from)
    return ISN_OK;
  if (is_root(run)) {
    status = read_codes(run, &found);
    if (status == ISN_OK)
      cut_to_bounds(run, found.codes, found.n);
  }
  ISN_TRY_GOTO(isn_comm_agree(run->comm, status), fail);
  ISN_TRY_GOTO(isn_comm_broadcast(run->comm, &found.n, sizeof found.n), fail);
  const size_t count = (size_t)found.n * (size_t)run->models.code_size;
  if (!is_root(run))
    status = isn_alloc(&found.codes, count, "codes to start from");
  ISN_TRY_GOTO(isn_comm_agree(run->comm, status), fail);
  ISN_TRY_GOTO(isn_comm_broadcast(run->comm, found.codes, count * sizeof *found.codes), fail);
  run->start_codes = found.codes;
  run->n_start_codes = (int)found.n;
  return ISN_OK;
fail:
  free(found.codes);
  return status;
}
