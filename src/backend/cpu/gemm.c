/** @file gemm.c
 *  OpenBLAS behind two functions; the only file that includes its header.
 */
#include "backend/cpu/gemm.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Whether this processor has what the kernels for AVX-512 need. */
static bool has_avx512(void)
{
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

/* What to say about the kernels: "" if they use all of the processor. */
static const char *advice(const char *core)
{
  static const char *const wide[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
    if (strcasecmp(core, wide[i]) == 0)
      return "";
  }
  if (!has_avx512())
    return "";
  return getenv("OPENBLAS_CORETYPE")
             ? " (asked for by OPENBLAS_CORETYPE; this processor has AVX-512, others may be "
               "faster)"
             : " (this processor has AVX-512; OPENBLAS_CORETYPE=SkylakeX may be faster)";
}

void isn_gemm_open(const char *inner_products, char *description, size_t n)
{
  char name[32] = "BLAS", version[32] = "";
  const char *core = openblas_get_corename();
  openblas_set_num_threads(1);
  /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
  int found = sscanf(openblas_get_config(), "%31s %31s", name, version);
  snprintf(description, n, "%s%s%s, %s kernels%s, one thread, inner products with %s", name,
           found == 2 ? " " : "", version, core, advice(core), inner_products);
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
