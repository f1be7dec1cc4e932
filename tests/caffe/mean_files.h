/** @file mean_files.h
 *  Mean files in NumPy's and MATLAB's formats, made byte by byte, for tests.
 */
#ifndef INVSET_TESTS_MEAN_FILES_H
#define INVSET_TESTS_MEAN_FILES_H

#include <stdbool.h>
#include <stddef.h>

/** Write bytes to a file.  @return 0, or 1 if that failed */
int mean_write_bytes(const char *path, const void *bytes, size_t n);

/** Write an .npy file of version 1.0.
 *  @param[in] dict header, as "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }" */
int mean_write_npy(const char *path, const char *dict, const void *data, size_t n_bytes);

/** An array for MATLAB: float32, the first axis the fastest. */
typedef struct {
  const char *name;
  int n_axes; /**< 2 or 3 */
  int dims[3];
  const float *values;
} mat_array_t;

typedef enum { MAT_PLAIN, MAT_ZLIB, MAT_BIG_ENDIAN } mat_kind_t;

/** Write a MATLAB 5 file with n arrays. */
int mean_write_mat(const char *path, mat_kind_t kind, int n, const mat_array_t *arrays);

#endif
