/** @file test_net_repeats.c
 *  One net, passes of several sizes again and again, each time on other numbers: what a backend
 *  records and repeats, or packs, gives what a float32 net on the CPU gives.
 *      test_net_repeats [cpu|cuda] [tf32|fp16]
 */
#include <stdlib.h>

#include "branched_net.h"
#include "device.h"
#include "harness.h"

enum { N = 11 };

typedef struct {
  float fc1[N * BRANCHED_FC1], prob[N * BRANCHED_PROB], gradient[N * BRANCHED_IN];
} results_t;

/* One pass forward and one back: n samples, the gradients of some from some blobs. */
typedef struct {
  int n, n_seeds, seeds[2], n_rows, rows[N];
} pass_t;

static const char *const blobs[] = {"fc1", "prob"};

static const pass_t passes[] = {
    {5, 2, {0, 1}, 5, {0, 1, 2, 3, 4}}, {5, 1, {1}, 5, {0, 1, 2, 3, 4}},
    {5, 2, {0, 1}, 3, {0, 2, 4}},       {N, 1, {0}, 1, {9}},
    {N, 1, {0}, 4, {1, 2, 3, 9}},       {1, 1, {0}, 1, {0}},
};
enum { N_PASSES = sizeof passes / sizeof passes[0], N_ROUNDS = 4 };

/* The gradients of float32 seeds that are small or large: packed ones must stand it. */
static const float seed_sizes[N_ROUNDS] = {1.0F, 1e-6F, 1e5F, 1e-2F};

static int run(isn_backend_t *backend, isn_net_t *net, const pass_t *pass, int round,
               float input_size, results_t *out)
{
  static float seed[N * BRANCHED_IN];
  unsigned stream = (unsigned)(100 * round + 3 * (int)(pass - passes));
  size_t n = (size_t)pass->n;
  memset(out, 0, sizeof *out);
  branched_noise(seed, n * BRANCHED_IN, stream);
  for (size_t i = 0; i < n * BRANCHED_IN; i++)
    seed[i] *= input_size;
  device_put(backend, isn_net_input(net).data, seed, n * BRANCHED_IN);
  TEST_REQUIRE(isn_net_forward(net, pass->n));
  TEST_REQUIRE(
      isn_backend_download(backend, out->fc1, isn_net_blob(net, 0).data, n * BRANCHED_FC1));
  TEST_REQUIRE(
      isn_backend_download(backend, out->prob, isn_net_blob(net, 1).data, n * BRANCHED_PROB));
  for (int s = 0; s < pass->n_seeds; s++) {
    size_t count = n * (pass->seeds[s] == 0 ? BRANCHED_FC1 : BRANCHED_PROB);
    branched_noise(seed, count, stream + 1 + (unsigned)s);
    for (size_t i = 0; i < count; i++)
      seed[i] *= seed_sizes[round];
    device_put(backend, isn_net_seed(net, pass->seeds[s]).data, seed, count);
  }
  isn_rows_t rows = {pass->n_rows, pass->rows};
  TEST_REQUIRE(isn_net_backward(net, pass->n_seeds, pass->seeds, rows));
  for (int r = 0; r < rows.n; r++) {
    size_t at = (size_t)rows.index[r] * BRANCHED_IN;
    TEST_REQUIRE(isn_backend_download(backend, out->gradient + at,
                                      isn_net_grad_input(net).data + at, BRANCHED_IN));
  }
  return 0;
}

static void compare(const results_t *got, const results_t *wanted, int round, int pass,
                    const double limits[2])
{
  double fc1, prob, gradient;
  TEST_NORM_DIFFERENCE(got->fc1, wanted->fc1, N * BRANCHED_FC1, fc1);
  TEST_NORM_DIFFERENCE(got->prob, wanted->prob, N * BRANCHED_PROB, prob);
  TEST_NORM_DIFFERENCE(got->gradient, wanted->gradient, N * BRANCHED_IN, gradient);
  TEST_CHECK_MSG(fc1 < limits[0] && prob < limits[0] && gradient < limits[1],
                 "round %d, pass %d: %g %g, gradient %g", round, pass, fc1, prob, gradient);
}

/* All passes on two nets, again and again.  @param[in] limits of values and of gradients */
static int check_rounds(isn_backend_t *backend, isn_net_t *net, isn_backend_t *host,
                        isn_net_t *reference, float input_size, const double limits[2])
{
  static results_t got, wanted;
  for (int round = 0; round < N_ROUNDS; round++)
    for (int p = 0; p < N_PASSES; p++) {
      if (run(backend, net, &passes[p], round, input_size, &got) ||
          run(host, reference, &passes[p], round, input_size, &wanted))
        return 1;
      compare(&got, &wanted, round, p, limits);
    }
  return 0;
}

/* The first layer makes its small input large, and gradients with it: in half precision they have
 * to begin small, which is found when passes have been recorded already. */
static int check_large_gradients(isn_backend_t *backend, isn_backend_t *host, isn_net_spec_t *spec,
                                 isn_precision_t precision, const double limits[2])
{
  const float factor = 16384.0F;
  isn_net_t *net, *reference;
  isn_weight_t *weight = &spec->layers[0].weights[0];
  for (size_t i = 0; i < weight->count; i++)
    weight->data[i] *= factor;
  TEST_REQUIRE(
      isn_net_create_within(backend, spec, 2, blobs, isn_batch_exactly(N), true, precision, &net));
  TEST_REQUIRE(isn_net_create(host, spec, 2, blobs, N, true, &reference));
  int failed = check_rounds(backend, net, host, reference, 1.0F / factor, limits);
  isn_net_destroy(net);
  isn_net_destroy(reference);
  return failed;
}

/* Layers that do something take some time. */
static isn_status_t check_times(isn_net_t *net)
{
  isn_layer_time_t times[32];
  isn_net_counts_t counts;
  int n_convolutions = 0;
  isn_net_counts(net, &counts);
  TEST_CHECK(counts.n_layers < 32);
  TEST_ERROR(isn_net_time_layers(net, N + 1, 1, times), ISN_ERR_ARG, "times of a net's layers");
  ISN_TRY(isn_net_time_layers(net, N, 2, times));
  for (int i = 0; i < counts.n_layers; i++)
    if (times[i].kind == ISN_LAYER_CONVOLUTION) {
      n_convolutions++;
      TEST_CHECK_MSG(times[i].forward.ms > 0.0 && times[i].backward.ms > 0.0, "%s", times[i].name);
    }
  TEST_CHECK(n_convolutions == 3);
  return ISN_OK;
}

int main(int argc, char **argv)
{
  /* A ReLU that is nearly 0 may be on its other side in less precision, and its gradient with it.
   */
  static const double limits[ISN_N_PRECISIONS][2] = {{1e-5, 1e-5}, {5e-3, 0.15}, {5e-3, 0.15}};
  isn_precision_t precision = device_precision(argc, argv);
  isn_backend_t *backend, *host;
  isn_net_spec_t *spec;
  isn_net_t *net, *reference;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_CHECK(isn_backend_can_record(backend) == !isn_backend_is_host(backend));
  TEST_REQUIRE(isn_backend_open("cpu", &host));
  TEST_REQUIRE(branched_net_create(true, 0.3F, &spec));
  TEST_REQUIRE(
      isn_net_create_within(backend, spec, 2, blobs, isn_batch_exactly(N), true, precision, &net));
  TEST_REQUIRE(isn_net_create(host, spec, 2, blobs, N, true, &reference));
  if (check_rounds(backend, net, host, reference, 1.0F, limits[precision]))
    return 1;
  TEST_REQUIRE(check_times(net));
  isn_net_destroy(net);
  isn_net_destroy(reference);
  if (check_large_gradients(backend, host, spec, precision, limits[precision]))
    return 1;
  isn_net_spec_destroy(spec);
  isn_backend_close(host);
  isn_backend_close(backend);
  TEST_END();
}
