/** @file gemm.h
 *  The few calls that this backend makes of OpenBLAS, on row-major matrices.
 *  Knows no layers.
 */
#ifndef INVSET_GEMM_H
#define INVSET_GEMM_H

#include <stdbool.h>
#include <stddef.h>

/** Bind OpenBLAS to one thread (for the whole process: with more, a product's bits depend on how
 *  many there are) and say what it is: "OpenBLAS 0.3.21, Haswell kernels, one thread, inner
 *  products with AVX2".
 *  @param[in] inner_products what they are computed with */
void isn_gemm_open(const char *inner_products, char *description, size_t n);

/** Say how to get better kernels where OpenBLAS's leave half of the processor or more unused: it is
 *  newer than the library, or OPENBLAS_CORETYPE asks for old ones.  Nothing is changed, since other
 *  kernels round otherwise.  @param[out] advice (n) "" if there is none */
void isn_gemm_advice(char *advice, size_t n);

/** C (m, n) = A' B' + beta C, where A' (m, k) is A or its transpose, B' (k, n) likewise.  With
 *  beta 0 the old C is not read. */
void isn_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a,
              const float *b, float beta, float *c);

#endif
