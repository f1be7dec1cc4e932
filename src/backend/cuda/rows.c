/** @file rows.c
 *  See rows.h.
 */
#include "backend/cuda/rows.h"

enum {
  SMALL_GAP = 16,
  ALIGNED = 16 /* samples: any number of floats or halves each ends on 32 bytes */
};

static int last_of(isn_rows_t rows)
{
  return rows.index[rows.n - 1];
}

bool isn_cuda_next_rows(isn_rows_t rows, bool all, int *at, isn_cuda_rows_t *out)
{
  if (*at >= rows.n)
    return false;
  if (all) {
    *out = isn_cuda_all_rows(last_of(rows) + 1);
    *at = rows.n;
    return true;
  }
  *out = (isn_cuda_rows_t){.first = rows.index[*at]};
  for (; *at < rows.n && rows.index[*at] - out->first < ISN_CUDA_MASK_ROWS; (*at)++) {
    int s = rows.index[*at] - out->first;
    out->mask[s / 32] |= UINT32_C(1) << (s % 32);
    out->n = s + 1;
  }
  return true;
}

bool isn_cuda_next_stretch(isn_rows_t rows, bool all, int *at, isn_cuda_stretch_t *out)
{
  if (*at >= rows.n)
    return false;
  if (all) {
    *out = (isn_cuda_stretch_t){0, last_of(rows) + 1};
    *at = rows.n;
    return true;
  }
  int first = rows.index[*at], last = first;
  for (; *at < rows.n && rows.index[*at] - last <= SMALL_GAP; (*at)++)
    last = rows.index[*at];
  first -= first % ALIGNED; /* does not reach the stretch before, which a larger gap parts */
  *out = (isn_cuda_stretch_t){first, last - first + 1};
  return true;
}
