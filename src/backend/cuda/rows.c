/** @file rows.c
 *  See rows.h.
 */
#include "backend/cuda/rows.h"

enum { SMALL_GAP = 16, ALIGNED = 16 /* samples: any number of floats each ends on 64 bytes */ };

bool isn_cuda_next_rows(isn_rows_t rows, int *at, isn_cuda_rows_t *out)
{
  if (*at >= rows.n)
    return false;
  *out = (isn_cuda_rows_t){.first = rows.index[*at]};
  for (; *at < rows.n && rows.index[*at] - out->first < ISN_CUDA_MASK_ROWS; (*at)++) {
    int s = rows.index[*at] - out->first;
    out->mask[s / 32] |= UINT32_C(1) << (s % 32);
    out->n = s + 1;
  }
  return true;
}

bool isn_cuda_next_stretch(isn_rows_t rows, int *at, isn_cuda_stretch_t *out)
{
  if (*at >= rows.n)
    return false;
  int first = rows.index[*at], last = first;
  for (; *at < rows.n && rows.index[*at] - last <= SMALL_GAP; (*at)++)
    last = rows.index[*at];
  first -= first % ALIGNED; /* does not reach the stretch before, which a larger gap parts */
  *out = (isn_cuda_stretch_t){first, last - first + 1};
  return true;
}
