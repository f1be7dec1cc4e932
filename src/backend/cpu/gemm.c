/** @file gemm.c
 *  OpenBLAS behind three functions; the only file that includes its header.
 */
#include "backend/cpu/gemm.h"

#include <cblas.h>
#include <stdio.h>

void isn_gemm_open(char *description, size_t n)
{
  char name[32] = "BLAS", version[32] = "";
  openblas_set_num_threads(1);
  /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
  int found = sscanf(openblas_get_config(), "%31s %31s", name, version);
  snprintf(description, n, "%s%s%s, %s kernels, one thread", name, found == 2 ? " " : "", version,
           openblas_get_corename());
}

static CBLAS_TRANSPOSE transposed(bool yes)
{
  return yes ? CblasTrans : CblasNoTrans;
}

void isn_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a,
              const float *b, float beta, float *c)
{
  cblas_sgemm(CblasRowMajor, transposed(transpose_a), transposed(transpose_b), m, n, k, 1.0F, a,
              transpose_a ? m : k, b, transpose_b ? k : n, beta, c, n);
}

void isn_gemv(bool transpose_a, int m, int n, const float *a, const float *x, float *y)
{
  cblas_sgemv(CblasRowMajor, transposed(transpose_a), m, n, 1.0F, a, n, x, 1, 1.0F, y, 1);
}
