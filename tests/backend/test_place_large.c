/** @file test_place_large.c
 *  As test_place.c, for the inner products of full-size CaffeNet and of its generator.
 */
#include <stdlib.h>

#include "backend/fixture.h"
#include "harness.h"

enum { MAX_BATCH = 40 };

/* Inputs, outputs: fc6, fc7, fc8. */
static const int products[][2] = {{9216, 4096}, {4096, 4096}, {4096, 1000}};

/* One sample, copied to all places: all rows of the results must have the bits of the first. */
static void repeat_first(float *x, size_t count)
{
  for (size_t i = count; i < MAX_BATCH * count; i++)
    x[i] = x[i - count];
}

static int n_different(const float *x, const float *first, size_t count, int n)
{
  int different = 0;
  for (int i = 0; i < n; i++)
    different += memcmp(x + (size_t)i * count, first, count * sizeof *x) != 0;
  return different;
}

static int check_product(isn_backend_t *backend, int n_inputs, int n_outputs)
{
  static const int batches[] = {1, 2, 3, 7, 8, 9, 10, 16, 17, 24, 31, 40};
  isn_layer_params_t params = {.kind = ISN_LAYER_INNER_PRODUCT,
                               .inner_product = {n_outputs, true, false, 1}};
  size_t n_in = (size_t)n_inputs, n_out = (size_t)n_outputs;
  int index[MAX_BATCH];
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &params, 1, &(isn_shape_t){1, n_inputs, 1, 1}, 1, MAX_BATCH,
                              1.0F, &f));
  float *y = calloc(n_out, sizeof *y), *grad_x = calloc(n_in, sizeof *grad_x);
  if (!y || !grad_x)
    return 1;
  for (int i = 0; i < MAX_BATCH; i++)
    index[i] = i;
  repeat_first(f.x[0], n_in);
  repeat_first(f.grad_y[0], n_out);
  for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
    int n = batches[b];
    TEST_REQUIRE(fixture_forward(&f, n, false));
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){n, index}, false));
    if (b == 0) {
      memcpy(y, f.y[0], n_out * sizeof *y);
      memcpy(grad_x, f.grad_x[0], n_in * sizeof *grad_x);
    }
    int forward = n_different(f.y[0], y, n_out, n),
        backward = n_different(f.grad_x[0], grad_x, n_in, n);
    TEST_CHECK_MSG(forward == 0 && backward == 0,
                   "%d to %d: %d rows forward, %d backward of a batch of %d", n_inputs, n_outputs,
                   forward, backward, n);
  }
  free(y);
  free(grad_x);
  fixture_destroy(&f);
  return 0;
}

int main(void)
{
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  printf("%s\n", isn_backend_description(backend));
  for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
    if (check_product(backend, products[i][0], products[i][1]))
      return 1;
  isn_backend_close(backend);
  TEST_END();
}
