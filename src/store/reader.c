/** @file reader.c
 *  Opening a run file with HDF5's serial driver, for reading only, without a config: its layout is
 *  found in the file, and then the file is checked against it; and the reader's calls.  Knows
 *  nothing of writing.
 */
#include "store/reader.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hdf5_check.h"
#include "invset/memory.h"
#include "store/attributes.h"
#include "store/contents.h"
#include "store/path.h"
#include "store/reach.h"
#include "store/read.h"
#include "store/summaries.h"

/* No locks, so that a run that writes is not disturbed, and no sieve buffer, so that what it writes
 * is seen. */
static isn_status_t open_file(const char *path, hid_t *file)
{
  isn_status_t status = ISN_OK;
  hid_t fapl;
  ISN_TRY_H5(fapl = H5Pcreate(H5P_FILE_ACCESS), ISN_ERR_IO, "make file properties");
  if (H5Pset_fapl_sec2(fapl) < 0 || H5Pset_file_locking(fapl, 0, 1) < 0 ||
      H5Pset_sieve_buf_size(fapl, 0) < 0)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "set file properties");
  else if ((*file = H5Fopen(path, H5F_ACC_RDONLY, fapl)) < 0)
    status = isn_h5_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "open '%s' as HDF5", path);
  H5Pclose(fapl);
  return status;
}

/* The group of "group/name" first: HDF5 fails on a path through a group that is not there. */
static bool exists(hid_t file, const char *name)
{
  const char *slash = strchr(name, '/');
  char group[32];
  if (slash) {
    snprintf(group, sizeof group, "%.*s", (int)(slash - name), name);
    if (H5Lexists(file, group, H5P_DEFAULT) <= 0)
      return false;
  }
  return H5Lexists(file, name, H5P_DEFAULT) > 0;
}

/* Lengths of the axes of a dataset.  @param[out] n_axes 0 if there is no such dataset */
static isn_status_t read_dims(hid_t file, const char *path, const char *name, int *n_axes,
                              int dims[ISN_STORE_MAX_AXES])
{
  hsize_t found[H5S_MAX_RANK];
  hid_t set, space;
  *n_axes = 0;
  if (!exists(file, name))
    return ISN_OK;
  ISN_TRY_H5(set = H5Dopen2(file, name, H5P_DEFAULT), ISN_ERR_INPUT, "open dataset '%s' of '%s'",
             name, path);
  space = H5Dget_space(set);
  int n = space >= 0 ? H5Sget_simple_extent_dims(space, found, NULL) : -1;
  if (space >= 0)
    H5Sclose(space);
  H5Dclose(set);
  if (n < 1 || n > ISN_STORE_MAX_AXES)
    ISN_FAIL(ISN_ERR_INPUT, "'%s': dataset '%s' has %d axes", path, name, n);
  for (int i = 0; i < n; i++) {
    if (found[i] > INT_MAX)
      ISN_FAIL(ISN_ERR_INPUT, "'%s': axis %d of dataset '%s' is longer than %d", path, i, name,
               INT_MAX);
    dims[i] = (int)found[i];
  }
  *n_axes = n;
  return ISN_OK;
}

/* The letters of run_file.h, from the shapes of a few datasets; all shapes are checked later. */
static isn_status_t read_sizes(hid_t file, const char *path, isn_run_layout_t *layout)
{
  int code[ISN_STORE_MAX_AXES], image[ISN_STORE_MAX_AXES], activation[ISN_STORE_MAX_AXES];
  int other[ISN_STORE_MAX_AXES], n_code, n_image, n_activation, n_other;
  ISN_TRY(read_dims(file, path, "code", &n_code, code));
  ISN_TRY(read_dims(file, path, "image", &n_image, image));
  ISN_TRY(read_dims(file, path, "activation", &n_activation, activation));
  if (n_code != 3 || n_image < 4 || n_activation < 2 || n_activation > 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is no whole run file: code, image and activation have %d, %d and %d axes, "
             "wanted 3, 4 or 5, and 2 or 3",
             path, n_code, n_image, n_activation);
  layout->n_targets = code[0];
  layout->n_slots = code[1];
  layout->code_size = code[2];
  layout->height = image[2];
  layout->width = image[3];
  layout->channels = n_image == 5 ? image[4] : 1;
  layout->max_neurons = n_activation == 3 ? activation[2] : 1;
  ISN_TRY(read_dims(file, path, "encoding", &n_other, other));
  layout->with_encodings = n_other > 0;
  ISN_TRY(read_dims(file, path, "models/role", &n_other, other));
  layout->n_models = n_other > 0 ? other[0] : 0;
  ISN_TRY(read_dims(file, path, "reach/activation", &n_other, other));
  layout->probe_starts = n_other > 0 ? other[n_other - 1] : 0;
  if (isn_store_sizes_check(layout, ISN_ERR_INPUT) != ISN_OK) {
    layout->n_targets = layout->n_models = 0; /* nothing of them is there to be freed */
    isn_error_prefix("'%s'", path);
    return ISN_ERR_INPUT;
  }
  return ISN_OK;
}

static isn_status_t read_layout(isn_run_reader_t *reader)
{
  isn_run_layout_t *layout = &reader->layout;
  char stored[ISN_SHA256_TEXT], found[ISN_SHA256_TEXT];
  ISN_TRY(isn_attributes_read_root(reader->file, reader->path, layout, stored));
  ISN_TRY(read_sizes(reader->file, reader->path, layout));
  ISN_TRY(isn_datasets_open(reader->file, reader->path, layout, &reader->datasets));
  ISN_TRY(isn_contents_read(&reader->datasets, layout));
  isn_bytes_sha256(layout->settings, strlen(layout->settings), found);
  if (strcmp(stored, found) != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is damaged: dataset 'settings' does not fit attribute settings_sha256",
             reader->path);
  if (isn_store_layout_check(layout, ISN_ERR_INPUT) != ISN_OK) {
    isn_error_prefix("'%s'", reader->path);
    return ISN_ERR_INPUT;
  }
  return ISN_OK;
}

isn_status_t isn_run_reader_open(const char *path, isn_run_reader_t **out)
{
  isn_status_t status = ISN_OK;
  isn_run_reader_t *reader = NULL;
  uint64_t surplus;
  isn_h5_quiet();
  ISN_TRY(isn_path_check_hdf5(path, &surplus));
  ISN_TRY(isn_alloc(&reader, 1, "reader of a run file"));
  reader->file = -1;
  isn_datasets_init(&reader->datasets, path, &reader->layout);
  ISN_TRY_GOTO(isn_alloc_string(&reader->path, path), failed);
  ISN_TRY_GOTO(open_file(reader->path, &reader->file), failed);
  ISN_TRY_GOTO(read_layout(reader), failed);
  *out = reader;
  return ISN_OK;
failed:
  isn_run_reader_close(reader);
  return status;
}

void isn_run_reader_close(isn_run_reader_t *reader)
{
  if (!reader)
    return;
  isn_datasets_close(&reader->datasets);
  if (reader->file >= 0)
    H5Fclose(reader->file); /* nothing was written */
  isn_run_layout_clear(&reader->layout);
  free(reader->path);
  free(reader);
}

const isn_run_layout_t *isn_run_reader_layout(const isn_run_reader_t *reader)
{
  return &reader->layout;
}

isn_status_t isn_run_reader_summaries(isn_run_reader_t *reader, bool *complete,
                                      isn_run_summary_t *summaries, double *pool_steps)
{
  return isn_summaries_read(&reader->datasets, complete, summaries, pool_steps);
}

isn_status_t isn_run_reader_states(isn_run_reader_t *reader, unsigned char *states)
{
  return isn_read_states(&reader->datasets, states);
}

isn_status_t isn_run_reader_samples(isn_run_reader_t *reader, int target, unsigned char *status,
                                    float *activation, float *steps)
{
  return isn_read_samples(&reader->datasets, target, status, activation, steps);
}

isn_status_t isn_run_reader_reach(isn_run_reader_t *reader, int target, isn_run_reach_t *reach,
                                  bool *known)
{
  return isn_reach_read(&reader->datasets, target, reach, known);
}

isn_status_t isn_run_reader_block(isn_run_reader_t *reader, int target, int block,
                                  isn_run_block_t *data)
{
  return isn_read_block(&reader->datasets, target, block, data);
}
