/** @file gemm.h
 *  The few calls that this backend makes of OpenBLAS, on row-major matrices.
 *  Knows no layers.
 */
#ifndef INVSET_GEMM_H
#define INVSET_GEMM_H

#include <stdbool.h>
#include <stddef.h>

/** Bind OpenBLAS to one thread (for the whole process: with more, a product's bits depend on how
 *  many there are) and say what it is: "OpenBLAS 0.3.21, Haswell kernels, one thread". */
void isn_gemm_open(char *description, size_t n);

/** C (m, n) = A' B' + beta C, where A' (m, k) is A or its transpose, B' (k, n) likewise.  With
 *  beta 0 the old C is not read. */
void isn_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a,
              const float *b, float beta, float *c);

/** y += A' x for one vector; A is (m, n) as stored, x and y as long as that asks for. */
void isn_gemv(bool transpose_a, int m, int n, const float *a, const float *x, float *y);

#endif
