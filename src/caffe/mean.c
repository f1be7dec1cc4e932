/** @file mean.c
 *  The mean of a classifier's pictures from a file: which format it has, and cutting its array to
 *  the net's input.  Knows no format.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "invset/caffe.h"
#include "invset/files.h"
#include "mean_array.h"

enum { SHAPE_CHARS = 100, MAT_HEAD_BYTES = 128 };

static bool is_npy(isn_mean_file_t file)
{
  return file.n_bytes >= 8 && memcmp(file.bytes, "\x93NUMPY", 6) == 0;
}

/* MATLAB's byte order mark stands at the end of a header of text. */
static bool is_mat(isn_mean_file_t file)
{
  return file.n_bytes > MAT_HEAD_BYTES &&
         (memcmp(file.bytes + 126, "IM", 2) == 0 || memcmp(file.bytes + 126, "MI", 2) == 0) &&
         memcmp(file.bytes, "MATLAB", 6) == 0;
}

/* A BlobProto begins with num, channels, height, width, data, shape or double_data (fields 1 to 5,
 * 7 and 8 with the wire types that they have). */
static bool is_blob(isn_mean_file_t file)
{
  static const unsigned char first[] = {0x08, 0x10, 0x18, 0x20, 0x2a, 0x2d, 0x3a, 0x41, 0x42};
  return memchr(first, file.bytes[0], sizeof first) != NULL;
}

static isn_status_t read_array(isn_mean_file_t file, isn_mean_array_t *array)
{
  if (is_npy(file))
    return isn_mean_read_npy(file, array);
  if (is_mat(file))
    return isn_mean_read_mat(file, array);
  if (is_blob(file))
    return isn_mean_read_blob(file.path, array);
  ISN_FAIL(
      ISN_ERR_INPUT,
      "%s: is no mean file: neither .binaryproto, nor .mat (MATLAB 5), nor .npy; it begins with "
      "the byte 0x%02x",
      file.path, (unsigned)file.bytes[0]);
}

/* "3 x 256 x 256" */
static void format_shape(const isn_mean_array_t *array, char text[SHAPE_CHARS])
{
  size_t used = 0;
  for (int a = 0; a < array->n_axes && used < SHAPE_CHARS; a++) {
    int n =
        snprintf(text + used, SHAPE_CHARS - used, "%s%" PRId64, a > 0 ? " x " : "", array->dims[a]);
    used += n > 0 ? (size_t)n : 0;
  }
}

static isn_status_t fail_shape(const char *path, const isn_mean_array_t *array, isn_shape_t shape)
{
  char found[SHAPE_CHARS];
  format_shape(array, found);
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: the mean is %s, wanted %d numbers, or channels x rows x columns of at least "
           "%d x %d x %d, the classifier's input",
           path, found, shape.c, shape.c, shape.h, shape.w);
}

static isn_status_t check_numbers(const char *path, const isn_mean_array_t *array)
{
  for (size_t i = 0; i < array->count; i++)
    if (!(array->values[i] >= 0.0F && array->values[i] <= 255.0F))
      ISN_FAIL(ISN_ERR_INPUT, "%s: number %zu of the mean is %g, wanted a grey level, 0 to 255",
               path, i, (double)array->values[i]);
  return ISN_OK;
}

static void fill_channels(const isn_mean_array_t *array, isn_shape_t shape, float *mean)
{
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  for (size_t i = 0; i < isn_shape_count(shape); i++)
    mean[i] = array->values[i / plane];
}

/* Copy the centre.  @param[in] h, w rows and columns of the array */
static void cut_centre(const isn_mean_array_t *array, size_t h, size_t w, isn_shape_t shape,
                       float *mean)
{
  size_t rows = (size_t)shape.h, columns = (size_t)shape.w;
  size_t top = (h - rows) / 2, left = (w - columns) / 2;
  for (size_t c = 0; c < (size_t)shape.c; c++)
    for (size_t y = 0; y < rows; y++)
      memcpy(mean + (c * rows + y) * columns, array->values + (c * h + top + y) * w + left,
             columns * sizeof *mean);
}

static isn_status_t fit_array(const char *path, const isn_mean_array_t *array, isn_shape_t shape,
                              float *mean)
{
  ISN_TRY(check_numbers(path, array));
  if (array->count == (size_t)shape.c) {
    fill_channels(array, shape, mean);
    return ISN_OK;
  }
  /* The last three axes; those that are missing, or before them, are 1. */
  int64_t dims[3] = {1, 1, 1};
  for (int a = 0; a < array->n_axes; a++) {
    int place = a + 3 - array->n_axes;
    if (place >= 0)
      dims[place] = array->dims[a];
    else if (array->dims[a] != 1)
      return fail_shape(path, array, shape);
  }
  if (dims[0] != shape.c || dims[1] < shape.h || dims[2] < shape.w)
    return fail_shape(path, array, shape);
  cut_centre(array, (size_t)dims[1], (size_t)dims[2], shape, mean);
  return ISN_OK;
}

isn_status_t isn_caffe_read_mean(const char *path, isn_shape_t shape, float *mean)
{
  isn_mean_array_t array = {0};
  unsigned char *bytes = NULL;
  size_t n_bytes;
  ISN_TRY(isn_file_read_bytes(path, "mean", ISN_MEAN_MAX_BYTES, &bytes, &n_bytes));
  isn_status_t status = read_array((isn_mean_file_t){path, bytes, n_bytes}, &array);
  free(bytes);
  if (status == ISN_OK)
    status = fit_array(path, &array, shape, mean);
  free(array.values);
  return status;
}
