/** @file test_place.c
 *  A sample's bits depend neither on the size of its batch nor on its place there: one sample is
 *  put at every place of batches of 1 to 40, for every layer of the table and for all inner
 *  products of the bundled nets.
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/fixture.h"
#include "harness.h"

enum { MAX_BATCH = 40 };

/* Samples other than the middle one differ from it, so that one that leaks into another shows. */
static void put_sample(fixture_t *f, int from, int place)
{
  size_t n_in = isn_shape_count(f->in), n_out = isn_shape_count(f->out);
  memcpy(f->x + (size_t)place * n_in, f->x + (size_t)from * n_in, n_in * sizeof *f->x);
  memcpy(f->grad_y + (size_t)place * n_out, f->grad_y + (size_t)from * n_out,
         n_out * sizeof *f->grad_y);
}

/* The same sample at all even places, noise at the odd ones. */
static int check_layer(isn_backend_t *backend, const char *name, const isn_layer_params_t *params,
                       isn_shape_t in, float scale)
{
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, params, in, MAX_BATCH, scale, &f));
  size_t n_in = isn_shape_count(f.in), n_out = isn_shape_count(f.out);
  float *y = calloc(n_out, sizeof *y), *grad_x = calloc(n_in, sizeof *grad_x);
  int index[MAX_BATCH];
  if (!y || !grad_x)
    return 1;
  for (int i = 0; i < MAX_BATCH; i++) {
    index[i] = i;
    if (i % 2 == 0)
      put_sample(&f, 0, i);
  }
  for (int n = 1; n <= MAX_BATCH; n++) {
    TEST_REQUIRE(fixture_forward(&f, n, false));
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){n, index}, false));
    if (n == 1) {
      memcpy(y, f.y, n_out * sizeof *y);
      memcpy(grad_x, f.grad_x, n_in * sizeof *grad_x);
    }
    for (int i = 0; i < n; i += 2) {
      TEST_CHECK_MSG(memcmp(f.y + (size_t)i * n_out, y, n_out * sizeof *y) == 0,
                     "%s, forward: place %d of %d", name, i, n);
      TEST_CHECK_MSG(memcmp(f.grad_x + (size_t)i * n_in, grad_x, n_in * sizeof *grad_x) == 0,
                     "%s, backward: place %d of %d", name, i, n);
    }
  }
  /* Each even place as the only row, and with gaps between. */
  for (int i = 0; i < MAX_BATCH; i += 2) {
    int some[3] = {i, i + 1, MAX_BATCH};
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1 + i % 3 % 2, some}, false));
    TEST_CHECK_MSG(memcmp(f.grad_x + (size_t)i * n_in, grad_x, n_in * sizeof *grad_x) == 0,
                   "%s, backward: row %d of few", name, i);
  }
  free(y);
  free(grad_x);
  fixture_destroy(&f);
  return 0;
}

/* Inputs, outputs: the bundled nets, the reduced CaffeNet and generator, and odd ones. */
static const int products[][2] = {{64, 256},  {256, 2048}, {576, 256}, {256, 256}, {256, 10},
                                  {1152, 64}, {1152, 96},  {96, 96},   {96, 50},   {101, 37},
                                  {67, 203},  {1, 1},      {500, 1},   {3, 1000}};

int main(void)
{
  static const char *const names[] = {"cpu", "cuda"};
  for (size_t b = 0; b < sizeof names / sizeof names[0]; b++) {
    isn_backend_t *backend = NULL;
    isn_status_t status = isn_backend_open(names[b], &backend);
    if (status == ISN_ERR_INPUT && strstr(isn_error_message(), "not compiled in"))
      continue;
    TEST_REQUIRE(status);
    printf("%s\n", isn_backend_description(backend));
    for (int i = 0; i < n_layer_cases; i++)
      if (check_layer(backend, layer_cases[i].name, &layer_cases[i].params, layer_cases[i].in,
                      layer_cases[i].scale))
        return 1;
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
      isn_layer_params_t params = {.kind = ISN_LAYER_INNER_PRODUCT,
                                   .inner_product = {products[i][1], i % 2 == 0}};
      char name[64];
      snprintf(name, sizeof name, "inner product %d to %d", products[i][0], products[i][1]);
      if (check_layer(backend, name, &params, (isn_shape_t){1, products[i][0], 1, 1}, 1.0F))
        return 1;
    }
    isn_backend_close(backend);
  }
  TEST_END();
}
