/** @file mean_npy.c
 *  NumPy's array files, version 1.0:
 *
 *      0   "\x93NUMPY", the bytes 1 and 0, length n of what follows (2 bytes, little-endian)
 *      10  n bytes of text: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 256, 256), }
 *      10 + n   the numbers, to the end of the file
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "mean_array.h"

enum { HEAD_BYTES = 10, MAX_DICT_BYTES = 4096 };

/* What follows a key of the header's dictionary; NULL if it is not there. */
static const char *value_of(const char *dict, const char *key)
{
  const char *at = strstr(dict, key);
  if (!at)
    return NULL;
  at += strlen(key);
  at += strspn(at, " ");
  if (*at != ':')
    return NULL;
  at++;
  return at + strspn(at, " ");
}

/* Copy the header's dictionary as text. */
static isn_status_t read_dict(isn_mean_file_t file, char dict[MAX_DICT_BYTES], size_t *data_begin)
{
  if (file.n_bytes < HEAD_BYTES)
    ISN_FAIL(ISN_ERR_INPUT, "%s: is an .npy file that ends in its header", file.path);
  if (file.bytes[6] != 1 || file.bytes[7] != 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: is an .npy file of version %d.%d, wanted 1.0; save it anew",
             file.path, file.bytes[6], file.bytes[7]);
  size_t n = file.bytes[8] + 256u * file.bytes[9];
  if (n >= MAX_DICT_BYTES || HEAD_BYTES + n > file.n_bytes)
    ISN_FAIL(ISN_ERR_INPUT, "%s: its .npy header has %zu bytes, the file %zu; it is damaged",
             file.path, n, file.n_bytes);
  memcpy(dict, file.bytes + HEAD_BYTES, n);
  dict[n] = '\0';
  *data_begin = HEAD_BYTES + n;
  return ISN_OK;
}

static isn_status_t read_type(const char *path, const char *dict, size_t *number_bytes)
{
  const char *type = value_of(dict, "'descr'"), *fortran = value_of(dict, "'fortran_order'");
  if (!type || !fortran)
    ISN_FAIL(ISN_ERR_INPUT, "%s: its .npy header lacks 'descr' or 'fortran_order'", path);
  if (strncmp(type, "'<f4'", 5) != 0 && strncmp(type, "'<f8'", 5) != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: holds numbers of type %.12s, wanted '<f4' or '<f8' (float32, "
             "float64)",
             path, type);
  if (strncmp(fortran, "False", 5) != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: holds an array in Fortran order, wanted C order; save numpy.ascontiguousarray of "
             "it",
             path);
  *number_bytes = type[3] == '4' ? sizeof(float) : sizeof(double);
  return ISN_OK;
}

/* Read "(3, 256, 256)", "(3,)".  The product of the axes is at most max_count. */
static isn_status_t read_shape(const char *path, const char *dict, size_t max_count,
                               isn_mean_array_t *array)
{
  const char *at = value_of(dict, "'shape'");
  bool good = at && *at++ == '(';
  array->n_axes = 0;
  array->count = 1;
  while (good && *at != ')') {
    char *end;
    long long size = *at >= '0' && *at <= '9' ? strtoll(at, &end, 10) : 0;
    good =
        size >= 1 && array->n_axes < ISN_MEAN_MAX_AXES && (size_t)size <= max_count / array->count;
    if (!good)
      break;
    array->dims[array->n_axes++] = size;
    array->count *= (size_t)size;
    at = end + strspn(end, " ");
    good = *at == ',' || *at == ')';
    at += *at == ',';
    at += strspn(at, " ");
  }
  if (!good || array->n_axes == 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: its .npy header has no shape of 1 to %d axes with at most the %zu numbers that "
             "the file holds",
             path, ISN_MEAN_MAX_AXES, max_count);
  return ISN_OK;
}

isn_status_t isn_mean_read_npy(isn_mean_file_t file, isn_mean_array_t *array)
{
  char dict[MAX_DICT_BYTES];
  size_t begin, number_bytes;
  ISN_TRY(read_dict(file, dict, &begin));
  ISN_TRY(read_type(file.path, dict, &number_bytes));
  size_t data_bytes = file.n_bytes - begin;
  ISN_TRY(read_shape(file.path, dict, data_bytes / number_bytes, array));
  if (array->count * number_bytes != data_bytes)
    ISN_FAIL(ISN_ERR_INPUT, "%s: its shape has %zu numbers, but %zu bytes follow; it is damaged",
             file.path, array->count, data_bytes);
  ISN_TRY(isn_alloc(&array->values, array->count, "mean"));
  for (size_t i = 0; i < array->count; i++)
    array->values[i] =
        isn_mean_real(file.bytes + begin + i * number_bytes, (int)number_bytes, false);
  return ISN_OK;
}
