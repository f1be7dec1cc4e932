/** @file test_tile.c
 *  The tile products of inner products: right numbers for every height, and a chosen height whose
 *  places agree on this machine's kernel.
 */
#include <stdlib.h>

#include "backend/cpu/gemm.h"
#include "backend/cpu/tile.h"
#include "harness.h"

enum { N = 5, K = 7, MAX_TILE = ISN_TILE_MAX };

/* Small whole numbers: every order of adding gives the same. */
static void check_numbers(int tile, bool transpose)
{
  float x[MAX_TILE * K] = {0}, w[N * K], y[MAX_TILE * N] = {0};
  for (int i = 0; i < tile * K; i++)
    x[i] = (float)(i % 11 - 5);
  for (int i = 0; i < N * K; i++)
    w[i] = (float)(i % 7 - 3);
  for (int i = 0; i < tile * N; i++)
    y[i] = (float)i;
  isn_tile_multiply(tile, transpose, N, K, x, w, y);
  for (int r = 0; r < tile; r++)
    for (int n = 0; n < N; n++) {
      float sum = (float)(r * N + n);
      for (int k = 0; k < K; k++)
        sum += x[r * K + k] * (transpose ? w[n * K + k] : w[k * N + n]);
      TEST_CHECK_MSG(y[r * N + n] == sum, "tile %d, row %d, output %d: %g", tile, r, n,
                     (double)y[r * N + n]);
    }
}

int main(void)
{
  char text[128];
  int tile = 0;
  isn_gemm_open(text, sizeof text);
  TEST_CHECK(strstr(text, "OpenBLAS") && strstr(text, "one thread"));
  TEST_REQUIRE(isn_tile_choose(&tile));
  TEST_CHECK_MSG(tile >= 1 && tile <= MAX_TILE, "%d", tile);

  const int heights[] = {1, 8, tile};
  for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++) {
    check_numbers(heights[i], true);
    check_numbers(heights[i], false);
  }
  bool same = false;
  TEST_REQUIRE(isn_tile_try(1, true, 33, 77, &same));
  TEST_CHECK(same);
  for (int height = 2; height <= MAX_TILE; height++) {
    TEST_REQUIRE(isn_tile_try(height, true, 256, 576, &same));
    printf("tile %d: %s\n", height, same ? "all places agree" : "places differ");
    TEST_CHECK(same || height != tile);
  }
  TEST_END();
}
