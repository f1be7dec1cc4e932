/** @file samples.c
 *  Samples of a run file, block by block: a block is read whole, since its checksum covers
 *  all of it, and freed before the next.
 */
#include "samples.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

static const unsigned char *states_of(const isn_run_layout_t *layout, const unsigned char *states,
                                      int target)
{
  return states + (size_t)target * (size_t)isn_run_n_blocks(layout);
}

static isn_status_t read_block(isn_run_reader_t *reader, int target, int block,
                               isn_run_block_t *data)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, block), data));
  isn_status_t status = isn_run_reader_block(reader, target, block, data);
  if (status != ISN_OK)
    isn_run_block_free(data);
  return status;
}

static void take_samples(const isn_run_layout_t *layout, const isn_run_block_t *data,
                         int first_slot, isn_samples_t *out)
{
  const float *points = layout->with_encodings ? data->encoding : data->code;
  size_t dim = (size_t)out->dim;
  for (int i = 0; i < data->n; i++) {
    bool is_accepted = data->status[i] == ISN_SAMPLE_ACCEPTED;
    if (!is_accepted && data->status[i] != ISN_SAMPLE_OUTSIDE)
      continue;
    out->slots[out->n] = first_slot + i;
    memcpy(out->points + (size_t)out->n * dim, points + (size_t)i * dim, dim * sizeof *points);
    out->n++;
    out->n_accepted += is_accepted;
  }
}

isn_status_t isn_samples_read(isn_run_reader_t *reader, const unsigned char *states, int target,
                              isn_samples_t *out)
{
  isn_status_t status = ISN_OK;
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const unsigned char *blocks = states_of(layout, states, target);
  int n_blocks = isn_run_n_blocks(layout), n_most = 0;
  for (int b = 0; b < n_blocks; b++)
    n_most += blocks[b] == ISN_BLOCK_EMPTY ? 0 : isn_run_block_count(layout, b);

  *out = (isn_samples_t){.dim = layout->with_encodings ? layout->encoding_size : layout->code_size};
  ISN_TRY_GOTO(isn_alloc(&out->slots, n_most, "slots of samples"), failed);
  ISN_TRY_GOTO(isn_alloc(&out->points, (size_t)n_most * (size_t)out->dim, "encodings of samples"),
               failed);
  for (int b = 0; b < n_blocks; b++) {
    isn_run_block_t data;
    if (blocks[b] == ISN_BLOCK_EMPTY)
      continue;
    ISN_TRY_GOTO(read_block(reader, target, b, &data), failed);
    take_samples(layout, &data, b * layout->block_size, out);
    isn_run_block_free(&data);
  }
  return ISN_OK;
failed:
  isn_samples_clear(out);
  return status;
}

void isn_samples_clear(isn_samples_t *samples)
{
  free(samples->slots);
  free(samples->points);
  *samples = (isn_samples_t){0};
}

isn_status_t isn_samples_count_accepted(isn_run_reader_t *reader, const unsigned char *states,
                                        int target, int *n)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const unsigned char *blocks = states_of(layout, states, target);
  int count = 0;
  for (int b = 0; b < isn_run_n_blocks(layout); b++) {
    if (blocks[b] == ISN_BLOCK_DONE)
      count += isn_run_block_count(layout, b);
    if (blocks[b] != ISN_BLOCK_FAILED)
      continue;
    isn_run_block_t data;
    ISN_TRY(read_block(reader, target, b, &data));
    for (int i = 0; i < data.n; i++)
      count += data.status[i] == ISN_SAMPLE_ACCEPTED;
    isn_run_block_free(&data);
  }
  *n = count;
  return ISN_OK;
}

isn_status_t isn_samples_images(isn_run_reader_t *reader, int target, int n, const int *slots,
                                unsigned char *images)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  size_t n_bytes = (size_t)layout->channels * (size_t)layout->height * (size_t)layout->width;
  for (int i = 0; i < n; i++) {
    isn_run_block_t data;
    ISN_TRY(read_block(reader, target, slots[i] / layout->block_size, &data));
    memcpy(images + (size_t)i * n_bytes,
           data.image + (size_t)(slots[i] % layout->block_size) * n_bytes, n_bytes);
    isn_run_block_free(&data);
  }
  return ISN_OK;
}
