/** @file mean_files.c
 *  See mean_files.h; the formats stand in src/caffe/mean_npy.c and mean_mat.c.
 */
#include "mean_files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int mean_write_bytes(const char *path, const void *bytes, size_t n)
{
  FILE *file = fopen(path, "wb");
  if (!file)
    return 1;
  int failed = fwrite(bytes, 1, n, file) != n;
  return fclose(file) != 0 || failed;
}

int mean_write_npy(const char *path, const char *dict, const void *data, size_t n_bytes)
{
  unsigned char head[10] = "\x93NUMPY\x01";
  size_t length = strlen(dict);
  head[8] = (unsigned char)(length & 255);
  head[9] = (unsigned char)(length >> 8);
  FILE *file = fopen(path, "wb");
  if (!file)
    return 1;
  int failed = fwrite(head, 1, sizeof head, file) != sizeof head ||
               fwrite(dict, 1, length, file) != length || fwrite(data, 1, n_bytes, file) != n_bytes;
  return fclose(file) != 0 || failed;
}

/* Bytes of a file that grows; big enough for what the tests write. */
typedef struct {
  unsigned char *bytes;
  size_t n;
  bool big_endian;
} growing_t;

static void put_word(growing_t *to, uint32_t word)
{
  for (int i = 0; i < 4; i++)
    to->bytes[to->n++] = (unsigned char)(word >> 8 * (to->big_endian ? 3 - i : i));
}

static void pad(growing_t *to, size_t begin)
{
  while ((to->n - begin) % 8 != 0)
    to->bytes[to->n++] = 0;
}

/* An array's element. */
static void put_array(growing_t *to, const mat_array_t *array)
{
  size_t begin = to->n, count = 1, name = strlen(array->name);
  put_word(to, 14);
  put_word(to, 0); /* the size, known in the end */
  const uint32_t flags[] = {6, 8, 7, 0, 5, 4 * (uint32_t)array->n_axes};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    put_word(to, flags[i]);
  for (int a = 0; a < array->n_axes; a++, count *= (size_t)array->dims[a - 1])
    put_word(to, (uint32_t)array->dims[a]);
  pad(to, begin);
  if (name <= 4) { /* the short form */
    put_word(to, (uint32_t)name << 16 | 1);
  } else {
    put_word(to, 1);
    put_word(to, (uint32_t)name);
  }
  memcpy(to->bytes + to->n, array->name, name);
  to->n += name;
  pad(to, begin);
  put_word(to, 7);
  put_word(to, (uint32_t)(4 * count));
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &array->values[i], sizeof bits);
    put_word(to, bits);
  }
  pad(to, begin);
  growing_t size = {to->bytes, begin + 4, to->big_endian};
  put_word(&size, (uint32_t)(to->n - begin - 8));
}

/* Put a zlib stream in the place of the last element. */
static void compress_from(growing_t *to, size_t begin)
{
  uLong plain = (uLong)(to->n - begin);
  uLongf packed = compressBound(plain);
  unsigned char *stream = malloc(packed);
  to->n = begin;
  if (!stream || compress(stream, &packed, to->bytes + begin, plain) != Z_OK)
    packed = 0;
  put_word(to, 15);
  put_word(to, (uint32_t)packed);
  if (stream)
    memcpy(to->bytes + to->n, stream, packed);
  to->n += packed;
  free(stream);
}

int mean_write_mat(const char *path, mat_kind_t kind, int n, const mat_array_t *arrays)
{
  size_t room = 4096;
  for (int i = 0; i < n; i++)
    room += 1024 + 8 * (size_t)arrays[i].dims[0] * (size_t)arrays[i].dims[1] *
                       (size_t)(arrays[i].n_axes > 2 ? arrays[i].dims[2] : 1);
  growing_t to = {calloc(room, 1), 128, kind == MAT_BIG_ENDIAN};
  if (!to.bytes)
    return 1;
  memcpy(to.bytes, "MATLAB 5.0 MAT-file", 19);
  memcpy(to.bytes + 124, to.big_endian ? "\1\0MI" : "\0\1IM", 4);
  for (int i = 0; i < n; i++) {
    size_t begin = to.n;
    put_array(&to, &arrays[i]);
    if (kind == MAT_ZLIB)
      compress_from(&to, begin);
  }
  int failed = mean_write_bytes(path, to.bytes, to.n);
  free(to.bytes);
  return failed;
}
