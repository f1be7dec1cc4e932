/** @file blob_file.c
 *  Named float arrays in an HDF5 file.  Knows nothing of nets: names are paths, arrays are float32.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hdf5_check.h"
#include "h5_array.h"
#include "invset/caffe.h"
#include "invset/files.h"
#include "invset/memory.h"

enum { LIST_CHARS = 400, MAX_BLOB_AXES = 8 };

struct isn_blob_file {
  hid_t file;
  char *path; /**< for messages */
};

static isn_status_t create_handle(const char *path, isn_blob_file_t **out)
{
  isn_blob_file_t *blobs = NULL;
  isn_h5_quiet();
  ISN_TRY(isn_alloc(&blobs, 1, "blob file"));
  isn_status_t status = isn_alloc_string(&blobs->path, path);
  blobs->file = -1;
  if (status != ISN_OK)
    free(blobs);
  else
    *out = blobs;
  return status;
}

static void free_handle(isn_blob_file_t *blobs)
{
  free(blobs->path);
  free(blobs);
}

isn_status_t isn_blob_file_open(const char *path, isn_blob_file_t **out)
{
  isn_status_t status = ISN_OK;
  isn_blob_file_t *blobs = NULL;
  ISN_TRY(isn_file_check(path, "arrays"));
  ISN_TRY(create_handle(path, &blobs));
  ISN_TRY_H5_GOTO(blobs->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), done, ISN_ERR_INPUT,
                  "open '%s' as HDF5", path);
  *out = blobs;
done:
  if (status != ISN_OK)
    free_handle(blobs);
  return status;
}

isn_status_t isn_blob_file_create(const char *path, isn_blob_file_t **out)
{
  isn_status_t status = ISN_OK;
  isn_blob_file_t *blobs = NULL;
  ISN_TRY(create_handle(path, &blobs));
  if (access(path, F_OK) == 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s exists already; remove it or name another file", path);
  ISN_TRY_H5_GOTO(blobs->file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT), done,
                  ISN_ERR_INPUT, "create '%s'", path);
  *out = blobs;
done:
  if (status != ISN_OK)
    free_handle(blobs);
  return status;
}

isn_status_t isn_blob_file_close(isn_blob_file_t *file)
{
  isn_status_t status = ISN_OK;
  if (!file)
    return ISN_OK;
  /* A flush tells of a full disk in words; the close would only fail. */
  ISN_TRY_H5_GOTO(H5Fflush(file->file, H5F_SCOPE_LOCAL), close, ISN_ERR_IO, "write '%s'",
                  file->path);
close:
  if (H5Fclose(file->file) < 0 && status == ISN_OK)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "close '%s'", file->path);
  free_handle(file);
  return status;
}

/** Put a dataset's name on the list, "input/data, ..."; stops the visit where the list is full. */
static herr_t list_dataset(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
  char *list = context;
  size_t used = strlen(list), room = LIST_CHARS - used;
  (void)root;
  if (info->type != H5O_TYPE_DATASET)
    return 0;
  if (strlen(name) + sizeof ", , ..." > room) {
    snprintf(list + used, room, "%s", used > 0 ? ", ..." : "...");
    return 1;
  }
  snprintf(list + used, room, "%s%s", used > 0 ? ", " : "", name);
  return 0;
}

static isn_status_t fail_missing(const isn_blob_file_t *file, const char *name)
{
  char list[LIST_CHARS] = "";
  ISN_TRY_H5(H5Ovisit2(file->file, H5_INDEX_NAME, H5_ITER_INC, list_dataset, list, H5O_INFO_BASIC),
             ISN_ERR_INPUT, "list the datasets of '%s'", file->path);
  ISN_FAIL(ISN_ERR_INPUT, "%s: there is no dataset '%s'; there is: %s", file->path, name,
           *list ? list : "none at all");
}

static isn_status_t copy_dims(const isn_h5_array_t *array, int *n_axes, int dims[MAX_BLOB_AXES])
{
  if (array->n_axes > MAX_BLOB_AXES)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' has %d axes; wanted at most %d", array->path, array->name,
             array->n_axes, MAX_BLOB_AXES);
  for (int a = 0; a < array->n_axes; a++) {
    if (array->dims[a] > INT_MAX)
      ISN_FAIL(ISN_ERR_INPUT, "%s: axis %d of '%s' is longer than %d", array->path, a, array->name,
               INT_MAX);
    dims[a] = (int)array->dims[a];
  }
  *n_axes = array->n_axes;
  return ISN_OK;
}

isn_status_t isn_blob_file_read(isn_blob_file_t *file, const char *name, int *n_axes, int dims[8],
                                float **data)
{
  isn_status_t status = ISN_OK;
  isn_h5_array_t array;
  float *numbers = NULL;
  bool found;
  ISN_TRY(isn_h5_has_path(file->file, name, &found));
  if (!found)
    return fail_missing(file, name);
  ISN_TRY(isn_h5_array_open(file->file, file->path, "", name, &array));
  ISN_TRY_GOTO(copy_dims(&array, n_axes, dims), done);
  ISN_TRY_GOTO(isn_alloc(&numbers, array.count, name), done);
  ISN_TRY_GOTO(isn_h5_array_read(&array, numbers), done);
  *data = numbers;
done:
  if (status != ISN_OK)
    free(numbers);
  isn_h5_array_close(&array);
  return status;
}

/** Make the dataset, with the groups on the way to it. */
static isn_status_t create_dataset(const isn_blob_file_t *file, const char *name, hid_t space,
                                   hid_t *dataset)
{
  isn_status_t status = ISN_OK;
  hid_t links = -1;
  ISN_TRY_H5(links = H5Pcreate(H5P_LINK_CREATE), ISN_ERR_IO, "create '%s' in '%s'", name,
             file->path);
  ISN_TRY_H5_GOTO(H5Pset_create_intermediate_group(links, 1), done, ISN_ERR_IO,
                  "create '%s' in '%s'", name, file->path);
  ISN_TRY_H5_GOTO(*dataset = H5Dcreate2(file->file, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT,
                                        H5P_DEFAULT),
                  done, ISN_ERR_IO, "create '%s' in '%s'", name, file->path);
done:
  H5Pclose(links);
  return status;
}

isn_status_t isn_blob_file_write(isn_blob_file_t *file, const char *name, int n_axes,
                                 const int *dims, const float *data)
{
  isn_status_t status = ISN_OK;
  hsize_t extent[MAX_BLOB_AXES];
  hid_t space = -1, dataset = -1;
  if (n_axes < 0 || n_axes > MAX_BLOB_AXES)
    ISN_FAIL(ISN_ERR_ARG, "%s: '%s' would have %d axes", file->path, name, n_axes);
  for (int a = 0; a < n_axes; a++)
    extent[a] = (hsize_t)dims[a];
  ISN_TRY_H5(space = n_axes > 0 ? H5Screate_simple(n_axes, extent, NULL) : H5Screate(H5S_SCALAR),
             ISN_ERR_IO, "give '%s' of '%s' its shape", name, file->path);
  ISN_TRY_GOTO(create_dataset(file, name, space, &dataset), done);
  if (H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    status =
        isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "write '%s' of '%s'", name, file->path);
  H5Dclose(dataset);
done:
  H5Sclose(space);
  return status;
}
