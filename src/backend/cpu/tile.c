/** @file tile.c
 *  The tile products, and the trial that chooses their height.
 */
#include "backend/cpu/tile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/gemm.h"
#include "invset/memory.h"

void isn_tile_multiply(int tile, bool transpose, int n, int k, const float *x, const float *w,
                       float *y)
{
  if (tile == 1)
    isn_gemv(!transpose, transpose ? n : k, transpose ? k : n, w, x, y);
  else
    isn_gemm(false, transpose, tile, n, k, x, w, 1.0F, y);
}

/* Numbers in [-1, 1) for the trial; quality does not matter, only that sums round. */
static void fill_noise(float *x, size_t n, uint32_t state)
{
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525U + 1013904223U;
    x[i] = (float)(state >> 8) / 8388608.0F - 1.0F;
  }
}

isn_status_t isn_tile_try(int tile, bool transpose, int n, int k, bool *same)
{
  isn_status_t status = ISN_OK;
  float *x = NULL, *w = NULL, *y = NULL;
  size_t n_floats = (size_t)n, k_floats = (size_t)k;
  ISN_TRY_GOTO(isn_alloc(&x, (size_t)tile * k_floats, "the trial of inner products"), done);
  ISN_TRY_GOTO(isn_alloc(&w, n_floats * k_floats, "the trial of inner products"), done);
  ISN_TRY_GOTO(isn_alloc(&y, (size_t)tile * n_floats, "the trial of inner products"), done);

  /* The same row at every place must give the same row of the product everywhere: what else is in
   * a tile does not change the path that a kernel takes. */
  fill_noise(w, n_floats * k_floats, 1);
  fill_noise(x, k_floats, 2);
  for (int i = 1; i < tile; i++)
    memcpy(x + (size_t)i * k_floats, x, k_floats * sizeof *x);
  isn_tile_multiply(tile, transpose, n, k, x, w, y);
  *same = true;
  for (int i = 1; i < tile; i++)
    *same = *same && memcmp(y + (size_t)i * n_floats, y, n_floats * sizeof *y) == 0;
done:
  free(x);
  free(w);
  free(y);
  return status;
}

static isn_status_t try_all_shapes(int tile, bool *same)
{
  /* Shapes (outputs, inputs) of small nets, and odd ones; both directions of each. */
  static const int shapes[][2] = {{10, 256}, {256, 64}, {256, 256}, {64, 1152}, {256, 576},
                                  {37, 101}, {203, 67}, {1, 300},   {50, 96},   {2048, 256}};
  *same = true;
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0] && *same; i++) {
    ISN_TRY(isn_tile_try(tile, true, shapes[i][0], shapes[i][1], same));
    if (*same)
      ISN_TRY(isn_tile_try(tile, false, shapes[i][1], shapes[i][0], same));
  }
  return ISN_OK;
}

isn_status_t isn_tile_choose(int *tile)
{
  static const int heights[] = {8, 16, 4, 12, 24, ISN_TILE_MAX};
  for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++) {
    bool same = false;
    ISN_TRY(try_all_shapes(heights[i], &same));
    if (same) {
      *tile = heights[i];
      return ISN_OK;
    }
  }
  *tile = 1;
  return ISN_OK;
}
