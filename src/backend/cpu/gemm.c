/** @file gemm.c
 *  OpenBLAS behind two functions; the only file that includes its header.
 */
#include "backend/cpu/gemm.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The best kernels that OpenBLAS has for this processor, as OPENBLAS_CORETYPE names them, and all
 * that are as good; NULL where there is no choice. */
static const char *const *best_kernels(void)
{
#if defined(__x86_64__)
  static const char *const avx512[] = {"SkylakeX", "Cooperlake", "SapphireRapids", NULL};
  static const char *const avx2[] = {"Haswell", "Zen", NULL};
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return avx2;
#endif
  return NULL;
}

void isn_gemm_advice(char *advice, size_t n)
{
  const char *core = openblas_get_corename();
  const char *const *best = best_kernels();
  advice[0] = '\0';
  if (!best)
    return;
  for (const char *const *name = best; *name; name++)
    if (strcasecmp(core, *name) == 0)
      return;
  if (getenv("OPENBLAS_CORETYPE"))
    snprintf(advice, n, "OPENBLAS_CORETYPE asks OpenBLAS for its %s kernels; %s may be faster here",
             core, best[0]);
  else
    snprintf(
        advice, n,
        "OpenBLAS does not know this processor and uses its %s kernels: "
        "OPENBLAS_CORETYPE=%s in the environment of all ranks may make it several times faster",
        core, best[0]);
}

void isn_gemm_open(const char *inner_products, char *description, size_t n)
{
  char name[32] = "BLAS", version[32] = "";
  const char *core = openblas_get_corename();
  openblas_set_num_threads(1);
  /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
  int found = sscanf(openblas_get_config(), "%31s %31s", name, version);
  snprintf(description, n, "%s%s%s, %s kernels, one thread, inner products with %s", name,
           found == 2 ? " " : "", version, core, inner_products);
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
