/** @file h5_array.h
 *  Float arrays of HDF5 files, as the readers of this room need them.  Private; local.
 */
#ifndef INVSET_CAFFE_H5_ARRAY_H
#define INVSET_CAFFE_H5_ARRAY_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "invset/status.h"

/** A dataset that is open for reading. */
typedef struct {
  hid_t dataset;
  const char *path, *group, *name; /**< borrowed, for messages */
  int n_axes;
  int64_t dims[H5S_MAX_RANK];
  size_t count;
} isn_h5_array_t;

/** Whether a path ("a/b/c") exists below a group; every part is looked up, as HDF5 asks for. */
ISN_MUST_USE isn_status_t isn_h5_has_path(hid_t group, const char *path, bool *found);

/** Open a dataset of numbers.
 *  @param[in]  group  where it is
 *  @param[in]  path   of the file; group_name: of the group; both for messages
 *  @param[out] array  isn_h5_array_close()
 *  @return ISN_ERR_INPUT naming file and dataset: missing, not numbers, more than memory holds */
ISN_MUST_USE isn_status_t isn_h5_array_open(hid_t group, const char *path, const char *group_name,
                                            const char *name, isn_h5_array_t *array);
void isn_h5_array_close(isn_h5_array_t *array);

/** Read all of it as float32.  @param[out] data (array->count) */
ISN_MUST_USE isn_status_t isn_h5_array_read(const isn_h5_array_t *array, float *data);

#endif
