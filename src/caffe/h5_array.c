/** @file h5_array.c
 *  Looking up and reading float arrays of HDF5 files.
 */
#include "h5_array.h"

#include <stdlib.h>
#include <string.h>

#include "base/hdf5_check.h"
#include "invset/memory.h"

isn_status_t isn_h5_has_path(hid_t group, const char *path, bool *found)
{
  isn_status_t status = ISN_OK;
  char *part = NULL;
  htri_t exists = 1;
  ISN_TRY(isn_alloc_string(&part, path));
  for (char *slash = part; exists > 0 && slash;) {
    slash = strchr(slash, '/');
    if (slash)
      *slash = '\0';
    if (*part && part[strlen(part) - 1] != '/')
      ISN_TRY_H5_GOTO(exists = H5Lexists(group, part, H5P_DEFAULT), done, ISN_ERR_INPUT,
                      "look up '%s'", path);
    if (slash)
      *slash++ = '/';
  }
  *found = exists > 0;
done:
  free(part);
  return status;
}

/** Rank, dims and count of an open dataset. */
static isn_status_t read_shape(isn_h5_array_t *array)
{
  isn_status_t status = ISN_OK;
  hsize_t dims[H5S_MAX_RANK];
  hid_t space = -1;
  ISN_TRY_H5(space = H5Dget_space(array->dataset), ISN_ERR_INPUT,
             "read the shape of '%s/%s' of '%s'", array->group, array->name, array->path);
  ISN_TRY_H5_GOTO(array->n_axes = H5Sget_simple_extent_dims(space, dims, NULL), done, ISN_ERR_INPUT,
                  "read the shape of '%s/%s' of '%s'", array->group, array->name, array->path);
  array->count = 1;
  for (int a = 0; a < array->n_axes; a++) {
    if (dims[a] > INT64_MAX || (dims[a] > 0 && array->count > SIZE_MAX / sizeof(float) / dims[a]))
      ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: '%s/%s' has more numbers than memory can hold",
                    array->path, array->group, array->name);
    array->dims[a] = (int64_t)dims[a];
    array->count *= (size_t)dims[a];
  }
done:
  H5Sclose(space);
  return status;
}

/** How many times larger than the file an array of it can be: deflate makes at most 1032 of one. */
static hsize_t largest_ratio(hid_t dataset)
{
  hid_t properties = H5Dget_create_plist(dataset);
  int n_filters = properties >= 0 ? H5Pget_nfilters(properties) : 0;
  H5Pclose(properties);
  return n_filters > 0 ? 1100 : 1;
}

/** Check that the numbers can be in the file at all, before memory is taken for them: the shape of
 *  a damaged file may say anything, and what was never written is read as zeros. */
static isn_status_t check_size(const isn_h5_array_t *array)
{
  isn_status_t status = ISN_OK;
  hsize_t file_bytes = 0;
  hid_t file = H5Iget_file_id(array->dataset), type = H5Dget_type(array->dataset);
  hsize_t count = (hsize_t)array->count, element = type >= 0 ? H5Tget_size(type) : 0;
  ISN_TRY_H5_GOTO(file >= 0 && element > 0 ? H5Fget_filesize(file, &file_bytes) : -1, done,
                  ISN_ERR_INPUT, "find the size of '%s/%s' of '%s'", array->group, array->name,
                  array->path);
  if (count > file_bytes * largest_ratio(array->dataset) / element)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done,
                  "%s: '%s/%s' claims %zu numbers, more than the file's %llu bytes can "
                  "hold; it is damaged",
                  array->path, array->group, array->name, array->count,
                  (unsigned long long)file_bytes);
done:
  H5Tclose(type);
  H5Fclose(file);
  return status;
}

static isn_status_t check_type(const isn_h5_array_t *array)
{
  hid_t type = -1;
  ISN_TRY_H5(type = H5Dget_type(array->dataset), ISN_ERR_INPUT, "read the type of '%s/%s' of '%s'",
             array->group, array->name, array->path);
  H5T_class_t class = H5Tget_class(type);
  H5Tclose(type);
  if (class != H5T_FLOAT && class != H5T_INTEGER)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s/%s' does not hold numbers", array->path, array->group,
             array->name);
  return ISN_OK;
}

/** Open what the name stands for, if that is a dataset. */
static isn_status_t open_dataset(hid_t group, isn_h5_array_t *array)
{
  hid_t object = -1;
  ISN_TRY_H5(object = H5Oopen(group, array->name, H5P_DEFAULT), ISN_ERR_INPUT,
             "open '%s/%s' of '%s'", array->group, array->name, array->path);
  if (H5Iget_type(object) != H5I_DATASET) {
    H5Oclose(object);
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s/%s' is not a dataset", array->path, array->group, array->name);
  }
  array->dataset = object;
  return ISN_OK;
}

isn_status_t isn_h5_array_open(hid_t group, const char *path, const char *group_name,
                               const char *name, isn_h5_array_t *array)
{
  isn_status_t status = ISN_OK;
  bool found;
  *array = (isn_h5_array_t){.dataset = -1, .path = path, .group = group_name, .name = name};
  ISN_TRY(isn_h5_has_path(group, name, &found));
  if (!found)
    ISN_FAIL(ISN_ERR_INPUT, "%s: there is no dataset '%s/%s'", path, group_name, name);
  ISN_TRY(open_dataset(group, array));
  ISN_TRY_GOTO(check_type(array), done);
  ISN_TRY_GOTO(read_shape(array), done);
  status = check_size(array);
done:
  if (status != ISN_OK)
    isn_h5_array_close(array);
  return status;
}

void isn_h5_array_close(isn_h5_array_t *array)
{
  if (array->dataset >= 0)
    H5Oclose(array->dataset);
  array->dataset = -1;
}

isn_status_t isn_h5_array_read(const isn_h5_array_t *array, float *data)
{
  ISN_TRY_H5(H5Dread(array->dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
             ISN_ERR_INPUT, "read '%s/%s' of '%s'", array->group, array->name, array->path);
  return ISN_OK;
}
