/** @file test_pool_ties.c
 *  Max pooling where maxima are equal: the first in row order gets the gradient (Caffe's rule).
 *  Random numbers, as in test_layers.c, never tie.
 */
#include "backend/fixture.h"
#include "device.h"
#include "harness.h"

enum { H = 9, W = 11 };

/* Index of the first maximum of a window, by definition. */
static int first_maximum(const float *x, const isn_pool_params_t *p, int oy, int ox)
{
  int best = -1;
  for (int i = 0; i < p->kernel_h; i++)
    for (int j = 0; j < p->kernel_w; j++) {
      int y = oy * p->stride_h - p->pad_h + i, z = ox * p->stride_w - p->pad_w + j;
      if (y < 0 || y >= H || z < 0 || z >= W)
        continue;
      if (best < 0 || x[y * W + z] > x[best])
        best = y * W + z;
    }
  return best;
}

/* One channel of pixels with few different values. */
static int check_ties(isn_backend_t *backend, isn_pool_params_t pool, const char *what,
                      float (*pixel)(int))
{
  static const int first[] = {0};
  isn_layer_params_t params = {.kind = ISN_LAYER_POOLING, .pool = pool};
  float wanted[H * W] = {0};
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &params, 1, &(isn_shape_t){3, 1, H, W}, 1, 1, 1.0F, &f));
  for (int i = 0; i < H * W; i++)
    f.x[0][i] = pixel(i);
  for (int i = 0; i < f.out[0].h * f.out[0].w; i++) {
    f.grad_y[0][i] = (float)(1 + i); /* sums of these are exact */
    wanted[first_maximum(f.x[0], &pool, i / f.out[0].w, i % f.out[0].w)] += f.grad_y[0][i];
  }
  TEST_REQUIRE(fixture_forward(&f, 1, false));
  TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1, first}, false));
  for (int i = 0; i < f.out[0].h * f.out[0].w; i++)
    TEST_CHECK(f.y[0][i] == f.x[0][first_maximum(f.x[0], &pool, i / f.out[0].w, i % f.out[0].w)]);
  for (int i = 0; i < H * W; i++)
    TEST_CHECK_MSG(f.grad_x[0][i] == wanted[i], "%s, pixel (%d, %d): %g, wanted %g", what, i / W,
                   i % W, (double)f.grad_x[0][i], (double)wanted[i]);
  fixture_destroy(&f);
  return 0;
}

static float constant(int i)
{
  (void)i;
  return 0.0F;
}

static float three_values(int i)
{
  return (float)(i * i % 7 % 3);
}

static float infinite(int i)
{
  return i % 4 == 0 ? 1.0F : -INFINITY;
}

int main(int argc, char **argv)
{
  static const isn_pool_params_t pools[] = {{ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false},
                                            {ISN_POOL_MAX, 3, 3, 2, 2, 1, 1, false},
                                            {ISN_POOL_MAX, 2, 4, 1, 1, 0, 2, false},
                                            {ISN_POOL_MAX, 4, 3, 3, 3, 1, 0, false},
                                            {ISN_POOL_MAX, 2, 2, 2, 2, 0, 0, false}};
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
    if (check_ties(backend, pools[i], "constant", constant) ||
        check_ties(backend, pools[i], "three values", three_values) ||
        check_ties(backend, pools[i], "infinite", infinite))
      return 1;
  }
  isn_backend_close(backend);
  TEST_END();
}
