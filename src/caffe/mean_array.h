/** @file mean_array.h
 *  The array of a mean file, as the readers of its formats give it.  Private to the room; local.
 */
#ifndef INVSET_CAFFE_MEAN_ARRAY_H
#define INVSET_CAFFE_MEAN_ARRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "invset/status.h"

enum {
  ISN_MEAN_MAX_AXES = 4,
  ISN_MEAN_MAX_BYTES = 256 << 20 /**< of a file; a mean of 2048x2048x3 doubles has 100 MB */
};

/** Numbers with the last axis the fastest: (C, H, W), or fewer axes, or leading ones. */
typedef struct {
  int n_axes; /**< 1 to ISN_MEAN_MAX_AXES */
  int64_t dims[ISN_MEAN_MAX_AXES];
  size_t count;
  float *values; /**< (count), the caller's, free() */
} isn_mean_array_t;

/** A whole file in memory; borrowed. */
typedef struct {
  const char *path; /**< for messages */
  const unsigned char *bytes;
  size_t n_bytes;
} isn_mean_file_t;

/** The bits of a number of n bytes, 1 to 8, whatever this machine's byte order is. */
static inline uint64_t isn_mean_bits(const unsigned char *bytes, int n, bool big_endian)
{
  uint64_t bits = 0;
  for (int i = 0; i < n; i++)
    bits = bits << 8 | bytes[big_endian ? i : n - 1 - i];
  return bits;
}

/** A number of 4 or 8 bytes in IEEE format. */
static inline float isn_mean_real(const unsigned char *bytes, int n, bool big_endian)
{
  uint64_t bits = isn_mean_bits(bytes, n, big_endian);
  uint32_t low = (uint32_t)bits;
  float single;
  double number;
  memcpy(&single, &low, sizeof single);
  memcpy(&number, &bits, sizeof number);
  return n == 4 ? single : (float)number;
}

/** NumPy's .npy, version 1.0: float32 or float64, C order.
 *  @param[out] array defined on ISN_OK
 *  @return ISN_ERR_INPUT naming the file and what is wrong with it; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_mean_read_npy(isn_mean_file_t file, isn_mean_array_t *array);

/** MATLAB 5 (.mat), plain or zlib: the file's one array of numbers, or the one with Caffe's name.
 */
ISN_MUST_USE isn_status_t isn_mean_read_mat(isn_mean_file_t file, isn_mean_array_t *array);

/** Caffe's BlobProto (.binaryproto). */
ISN_MUST_USE isn_status_t isn_mean_read_blob(const char *path, isn_mean_array_t *array);

#endif
