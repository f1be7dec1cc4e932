/** @file test_cuda_blocks.c
 *  Convolutions on blocks of pixels (backend/cuda/convolution_blocks.h) against the plain form, in
 *  float32, forward and back.  Built where CUDA is; skipped without a device.
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/cuda/convolution_blocks.h"
#include "backend/fixture.h"
#include "device.h"
#include "harness.h"

enum { BATCH = 70 /* more than go at once */ };

/* All of it must be written. */
static void spoil(isn_backend_t *backend, float *x, size_t n)
{
  float *nan = malloc(n * sizeof *nan);
  if (!nan)
    abort();
  for (size_t i = 0; i < n; i++)
    nan[i] = NAN;
  device_put(backend, x, nan, n);
  free(nan);
}

/* One direction of a layer in both forms.  @param[in,out] image, map backend memory */
static int check_form(isn_backend_t *backend, const char *name, const isn_cuda_convolution_t *c,
                      const float *weights, float *image, float *map)
{
  isn_cuda_convolution_data_t data = {BATCH, weights, image, map};
  float *out = c->to_map ? map : image, *workspace = NULL;
  size_t n = BATCH * isn_shape_count(c->to_map ? c->map : c->image);
  double difference;
  TEST_REQUIRE(isn_backend_alloc(backend, isn_cuda_blocks_floats(c), "workspace", &workspace));
  TEST_REQUIRE(isn_cuda_convolve_direct(backend->own, c, &data));
  float *plain = device_get(backend, out, n);
  spoil(backend, out, n);
  TEST_REQUIRE(isn_cuda_blocks_run(backend->own, c, &data, workspace));
  float *blocks = device_get(backend, out, n);
  TEST_NORM_DIFFERENCE(blocks, plain, n, difference);
  TEST_CHECK_MSG(difference < 1e-6, "%s, %s: %g", name, c->to_map ? "to map" : "to image",
                 difference);
  free(plain);
  free(blocks);
  isn_backend_free(backend, workspace);
  return 0;
}

/* @param[out] n_checked counts up */
static int check_case(isn_backend_t *backend, const layer_case_t *layer, int *n_checked)
{
  fixture_t f;
  bool transposed = layer->params.kind == ISN_LAYER_DECONVOLUTION;
  if (!transposed && layer->params.kind != ISN_LAYER_CONVOLUTION)
    return 0;
  TEST_REQUIRE(fixture_create(backend, &layer->params, 1, layer->in, 1, BATCH, 1.0F, &f));
  isn_cuda_convolution_t c = {layer->params.conv, transposed ? f.out[0] : f.in[0],
                              transposed ? f.in[0] : f.out[0], true};
  float *bottom = f.call.bottoms[0].data, *top = f.call.tops[0].data;
  int failed = 0;
  for (int to_map = 0; to_map < 2 && !failed && isn_cuda_blocks_fit(&c); to_map++) {
    c.to_map = to_map == 1;
    failed = check_form(backend, layer->name, &c, f.call.weights[0], transposed ? top : bottom,
                        transposed ? bottom : top);
    ++*n_checked;
  }
  fixture_destroy(&f);
  return failed;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend = NULL;
  int n_checked = 0;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  for (int i = 0; i < n_layer_cases; i++)
    if (check_case(backend, &layer_cases[i], &n_checked))
      return 1;
  printf("%d checked\n", n_checked);
  TEST_CHECK(n_checked >= 10);
  isn_backend_close(backend);
  TEST_END();
}
