/** @file test_shared_encoder.c
 *  An encoder that is a layer of the classifier costs nothing extra (design, section 2): one
 * forward and one backward pass call each layer of G and f once, and no other.
 */
#include <stdlib.h>

#include "fashion_engine.h"
#include "harness.h"
#include "invset/net.h"

enum { N = 4, UNITS = 10, FC6 = 256, CODE = 64, CROP_AND_PICTURE = 2 };

static const int all_rows[N] = {0, 1, 2, 3};
static const isn_rows_t all = {N, all_rows};
static const char mean[] = "mean = 73.0;", shared[] = "shared = \"classifier\"; blob = \"fc6\";";

/* Layer calls of one net by itself, forward and back. */
static int count_alone(isn_backend_t *backend, const isn_net_spec_t *spec, const char *blob,
                       isn_net_counts_t *counts)
{
  const int first = 0;
  isn_net_t *net;
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &blob, N, true, &net));
  TEST_REQUIRE(isn_net_forward(net, N));
  TEST_REQUIRE(isn_net_backward(net, 1, &first, all));
  isn_net_counts(net, counts);
  isn_net_destroy(net);
  return 0;
}

/* G, crop, picture, and f up to fc8: what any sampling needs. */
static int count_least(isn_backend_t *backend, int64_t *forward, int64_t *backward)
{
  isn_models_t models;
  isn_net_counts_t g, f;
  TEST_REQUIRE(fashion_models_load(mean, shared, &models));
  if (count_alone(backend, models.generator, isn_net_spec_output(models.generator), &g) ||
      count_alone(backend, models.classifier, "fc8", &f))
    return 1;
  *forward = g.n_forward_calls + f.n_forward_calls + CROP_AND_PICTURE;
  *backward = g.n_backward_calls + f.n_backward_calls + CROP_AND_PICTURE;
  isn_models_clear(&models);
  return 0;
}

static void fill_seeds(isn_engine_t *engine)
{
  for (int i = 0; i < N; i++) {
    float *seed = isn_engine_blob_seed(engine, 0, i);
    for (int k = 0; k < UNITS; k++)
      seed[k] = k == 7 ? 1.0f : 0.0f;
    seed = isn_engine_encoding_seed(engine, i);
    for (int k = 0; k < FC6; k++)
      seed[k] = 0.01f * (float)((k * 7 + i) % 11 - 5);
  }
}

/* One backward pass; its layer calls and its gradient. */
static int backward(isn_engine_t *engine, int blob, bool with_encoding, int64_t *n_calls,
                    float gradient[N * CODE])
{
  isn_net_counts_t before, after;
  isn_engine_counts(engine, &before);
  fill_seeds(engine);
  TEST_REQUIRE(isn_engine_backward(engine, blob >= 0 ? 1 : 0, &blob, with_encoding, all));
  isn_engine_counts(engine, &after);
  *n_calls = after.n_backward_calls - before.n_backward_calls;
  for (int i = 0; i < N; i++)
    memcpy(gradient + i * CODE, isn_engine_code_gradient(engine, i), CODE * sizeof *gradient);
  return 0;
}

static int test_shared(isn_backend_t *backend, int64_t n_forward, int64_t n_backward)
{
  static float unit[N * CODE], spread[N * CODE], both[N * CODE];
  isn_engine_t *engine;
  isn_net_counts_t counts;
  int64_t n_unit, n_spread, n_both;
  double difference;
  TEST_REQUIRE(fashion_engine_open(backend, mean, shared, N, ISN_PRECISION_FP32, &engine));
  fashion_engine_fill(engine, N);
  TEST_REQUIRE(isn_engine_forward(engine, N));
  isn_engine_counts(engine, &counts);
  TEST_CHECK_MSG(counts.n_forward_calls == n_forward, "%d calls, wanted %d",
                 (int)counts.n_forward_calls, (int)n_forward);
  if (backward(engine, 0, false, &n_unit, unit) || backward(engine, -1, true, &n_spread, spread) ||
      backward(engine, 0, true, &n_both, both))
    return 1;
  TEST_CHECK_MSG(n_unit == n_backward && n_both == n_backward, "%d and %d calls, wanted %d",
                 (int)n_unit, (int)n_both, (int)n_backward);
  TEST_CHECK_MSG(n_spread < n_backward, "%d", (int)n_spread); /* fc7 and fc8 are not in it */
  for (int i = 0; i < N * CODE; i++)
    unit[i] += spread[i];
  TEST_NORM_DIFFERENCE(both, unit, N * CODE, difference);
  TEST_CHECK_MSG(difference < 1e-5, "%g", difference);
  isn_engine_close(engine);
  return 0;
}

/* An encoder of its own does cost: the counts can tell. */
static int test_own(isn_backend_t *backend, int64_t n_forward)
{
  isn_engine_t *engine;
  isn_net_counts_t counts;
  TEST_REQUIRE(
      fashion_engine_open(backend, mean, FASHION_OWN_ENCODER, N, ISN_PRECISION_FP32, &engine));
  fashion_engine_fill(engine, N);
  TEST_REQUIRE(isn_engine_forward(engine, N));
  isn_engine_counts(engine, &counts);
  TEST_CHECK_MSG(counts.n_forward_calls > n_forward, "%d", (int)counts.n_forward_calls);
  isn_engine_close(engine);
  return 0;
}

int main(void)
{
  isn_backend_t *backend;
  int64_t n_forward, n_backward;
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  if (count_least(backend, &n_forward, &n_backward) ||
      test_shared(backend, n_forward, n_backward) || test_own(backend, n_forward))
    return 1;
  printf("  %d layer calls forward, %d back\n", (int)n_forward, (int)n_backward);
  isn_backend_close(backend);
  TEST_END();
}
