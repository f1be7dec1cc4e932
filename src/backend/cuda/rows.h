/** @file rows.h
 *  The samples of a backward pass, for kernels of our own (which leave out the others) and for
 *  libraries (which take stretches of neighbours).
 */
#ifndef INVSET_CUDA_ROWS_H
#define INVSET_CUDA_ROWS_H

#include "backend/cuda/cuda.h"

/** Samples 0 .. n-1. */
static inline isn_cuda_rows_t isn_cuda_all_rows(int n)
{
  return (isn_cuda_rows_t){.n = n, .all = true};
}

/** Whether it pays to compute all samples up to a list's last one: more than half of them are
 *  wanted, and data are packed.  Then a library is called once, and numbers of samples of any size
 *  are read and written 16 bytes at a time.  Others' gradients may be anything. */
static inline bool isn_cuda_takes_all(const isn_cuda_t *cuda, isn_rows_t rows)
{
  return isn_cuda_layout(cuda) != ISN_CUDA_PLAIN && rows.n > 0 &&
         rows.n > (rows.index[rows.n - 1] + 1) / 2;
}

/** The next samples of a list that fit a launch.
 *  @param[in]     all isn_cuda_takes_all(), or false where others must be left alone
 *  @param[in,out] at  place in the list, 0 at first  @return false: there are no more */
bool isn_cuda_next_rows(isn_rows_t rows, bool all, int *at, isn_cuda_rows_t *out);

/** Run `call`, an expression of type cudaError_t with `rows_` in it, for all samples of a list. */
#define ISN_CUDA_FOR_ROWS(rows, all, call)                                                         \
  do {                                                                                             \
    isn_cuda_rows_t rows_;                                                                         \
    for (int at_ = 0; isn_cuda_next_rows((rows), (all), &at_, &rows_);)                            \
      ISN_TRY_CUDA(call);                                                                          \
  } while (0)

/** The same for a layer's gradients. */
#define ISN_CUDA_FOR_GRADIENTS(cuda, rows, call)                                                   \
  ISN_CUDA_FOR_ROWS(rows, isn_cuda_takes_all(cuda, rows), call)

/** A stretch of neighbouring samples. */
typedef struct {
  int first, n;
} isn_cuda_stretch_t;

/** The next stretch that covers samples of a list; small gaps are covered too, since a call costs
 *  more than a few samples, and others' gradients may be anything.  It begins at a sample whose
 * data are aligned for libraries as well as the first one's.
 *  @param[in]     all isn_cuda_takes_all()
 *  @param[in,out] at  place in the list, 0 at first  @return false: there are no more */
bool isn_cuda_next_stretch(isn_rows_t rows, bool all, int *at, isn_cuda_stretch_t *out);

#endif
