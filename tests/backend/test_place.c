/** @file test_place.c
 *  On the CPU a sample's bits depend neither on the size of its batch nor on its place there: one
 *  sample is put at every place of batches of 1 to 40, for every layer of the table and for all
 * inner products of the bundled nets.
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/fixture.h"
#include "harness.h"

enum { MAX_BATCH = 40 };

/* Samples other than the middle one differ from it, so that one that leaks into another shows. */
static void put_blob_sample(float *data, isn_shape_t shape, int from, int place)
{
  size_t n = isn_shape_count(shape);
  memcpy(data + (size_t)place * n, data + (size_t)from * n, n * sizeof *data);
}

static void put_sample(fixture_t *f, int from, int place)
{
  for (int i = 0; i < f->n_in; i++)
    put_blob_sample(f->x[i], f->in[i], from, place);
  for (int i = 0; i < f->n_out; i++)
    put_blob_sample(f->grad_y[i], f->out[i], from, place);
}

/* What one sample gave when it was alone. */
typedef struct {
  int n;
  float *blobs[ISN_LAYER_MAX_BOTTOMS];
} results_t;

static void keep_first(int n, float *const data[], const isn_shape_t shapes[], results_t *alone)
{
  alone->n = n;
  for (int i = 0; i < n; i++) {
    size_t count = isn_shape_count(shapes[i]);
    alone->blobs[i] = calloc(count, sizeof *alone->blobs[i]);
    if (!alone->blobs[i])
      abort();
    memcpy(alone->blobs[i], data[i], count * sizeof *alone->blobs[i]);
  }
}

static bool is_first(float *const data[], const isn_shape_t shapes[], const results_t *alone,
                     int place)
{
  bool same = true;
  for (int i = 0; i < alone->n; i++) {
    size_t n = isn_shape_count(shapes[i]);
    same = same && memcmp(data[i] + (size_t)place * n, alone->blobs[i], n * sizeof(float)) == 0;
  }
  return same;
}

static void free_results(results_t *alone)
{
  for (int i = 0; i < alone->n; i++)
    free(alone->blobs[i]);
}

/* The same sample at all even places, noise at the odd ones. */
static int check_layer(isn_backend_t *backend, const layer_case_t *layer)
{
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &layer->params, layer_case_n_in(layer), layer->in,
                              layer->n_out, MAX_BATCH, layer->scale, &f));
  results_t y = {0}, grad_x = {0};
  int index[MAX_BATCH];
  for (int i = 0; i < MAX_BATCH; i++) {
    index[i] = i;
    if (i % 2 == 0)
      put_sample(&f, 0, i);
  }
  for (int n = 1; n <= MAX_BATCH; n++) {
    TEST_REQUIRE(fixture_forward(&f, n, false));
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){n, index}, false));
    if (n == 1) {
      keep_first(f.n_out, f.y, f.out, &y);
      keep_first(f.n_in, f.grad_x, f.in, &grad_x);
    }
    for (int i = 0; i < n; i += 2) {
      TEST_CHECK_MSG(is_first(f.y, f.out, &y, i), "%s, forward: place %d of %d", layer->name, i, n);
      TEST_CHECK_MSG(is_first(f.grad_x, f.in, &grad_x, i), "%s, backward: place %d of %d",
                     layer->name, i, n);
    }
  }
  /* Each even place as the only row, and with gaps between. */
  for (int i = 0; i < MAX_BATCH; i += 2) {
    int some[3] = {i, i + 1, MAX_BATCH};
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1 + i % 3 % 2, some}, false));
    TEST_CHECK_MSG(is_first(f.grad_x, f.in, &grad_x, i), "%s, backward: row %d of few", layer->name,
                   i);
  }
  free_results(&y);
  free_results(&grad_x);
  fixture_destroy(&f);
  return 0;
}

/* Inputs, outputs: the bundled nets, the reduced CaffeNet and generator, and odd ones. */
static const int products[][2] = {{64, 256},  {256, 2048}, {576, 256}, {256, 256}, {256, 10},
                                  {1152, 64}, {1152, 96},  {96, 96},   {96, 50},   {101, 37},
                                  {67, 203},  {1, 1},      {500, 1},   {3, 1000}};

int main(void)
{
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  printf("%s\n", isn_backend_description(backend));
  for (int i = 0; i < n_layer_cases; i++)
    if (check_layer(backend, &layer_cases[i]))
      return 1;
  for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, "inner product %d to %d", products[i][0], products[i][1]);
    layer_case_t layer = {name,
                          {{1, products[i][0], 1, 1}},
                          1,
                          1.0F,
                          {.kind = ISN_LAYER_INNER_PRODUCT,
                           .inner_product = {products[i][1], i % 2 == 0, i % 3 == 0, 1}}};
    if (check_layer(backend, &layer))
      return 1;
  }
  isn_backend_close(backend);
  TEST_END();
}
