/** @file test_net_gradient.c
 *  Gradients of a branched net: against finite differences, and sums of seeds against the passes of
 *  each seed by itself.
 */
#include <stdlib.h>

#include "branched_net.h"
#include "device.h"
#include "harness.h"

enum { N = 3, N_BLOBS = 4, FC1 = 0, PROB = 1, C1 = 2, DATA = 3, ROW = BRANCHED_IN };

static const char *const blobs[N_BLOBS] = {"fc1", "prob", "c1", "data"};
static const int all_rows[N] = {0, 1, 2};
static const isn_rows_t all = {N, all_rows};

/** sum over seeds and samples of seed . blob at an input. */
static int loss_at(isn_backend_t *backend, isn_net_t *net, const float *x, int n_seeds,
                   const int *seeds, double *loss)
{
  device_put(backend, isn_net_input(net).data, x, (size_t)N * ROW);
  TEST_REQUIRE(isn_net_forward(net, N));
  *loss = 0.0;
  for (int s = 0; s < n_seeds; s++) {
    isn_tensor_t blob = isn_net_blob(net, seeds[s]), seed = isn_net_seed(net, seeds[s]);
    size_t n = N * isn_shape_count(blob.shape);
    float *values = device_get(backend, blob.data, n), *seeded = device_get(backend, seed.data, n);
    for (size_t i = 0; i < n; i++)
      *loss += (double)values[i] * (double)seeded[i];
    free(values);
    free(seeded);
  }
  return 0;
}

/** Slope of the loss along a random direction, both ways of getting it. */
static int check_direction(isn_backend_t *backend, isn_net_t *net, int n_seeds, const int *seeds,
                           unsigned stream)
{
  static float x[N * ROW], moved[N * ROW], direction[N * ROW];
  const float step = 1.0f / 512.0f;
  double up = 0.0, down = 0.0, slope = 0.0, norm = 0.0;
  branched_noise(x, N * ROW, 1);
  branched_noise(direction, N * ROW, stream);
  for (int i = 0; i < N * ROW; i++)
    moved[i] = x[i] + step * direction[i];
  if (loss_at(backend, net, moved, n_seeds, seeds, &up))
    return 1;
  for (int i = 0; i < N * ROW; i++)
    moved[i] = x[i] - step * direction[i];
  if (loss_at(backend, net, moved, n_seeds, seeds, &down) ||
      loss_at(backend, net, x, n_seeds, seeds, &slope))
    return 1;
  slope = 0.0;
  TEST_REQUIRE(isn_net_backward(net, n_seeds, seeds, all));
  float *gradient = device_get(backend, isn_net_grad_input(net).data, (size_t)N * ROW);
  for (int i = 0; i < N * ROW; i++) {
    slope += (double)gradient[i] * (double)direction[i];
    norm += (double)gradient[i] * (double)gradient[i];
  }
  free(gradient);
  norm = sqrt(norm);
  double difference = (up - down) / (2.0 * (double)step);
  printf("  %d seeds: slope %.6f, difference quotient %.6f, off by %.1e of the gradient\n", n_seeds,
         slope, difference, fabs(slope - difference) / norm);
  /* The slope along a random direction has the size of the gradient's norm. */
  TEST_CHECK_MSG(fabs(slope - difference) < 2e-3 * norm, "%g %g", slope, difference);
  return 0;
}

/** The gradient of several seeds is the sum of the gradients of each. */
static int check_sum(isn_backend_t *backend, isn_net_t *net)
{
  static float sum[N * ROW];
  const int seeds[N_BLOBS] = {FC1, PROB, C1, DATA};
  double difference;
  for (int n_seeds = 2; n_seeds <= N_BLOBS; n_seeds++) {
    memset(sum, 0, sizeof sum);
    for (int s = 0; s < n_seeds; s++) {
      TEST_REQUIRE(isn_net_backward(net, 1, &seeds[s], all));
      float *gradient = device_get(backend, isn_net_grad_input(net).data, (size_t)N * ROW);
      for (int i = 0; i < N * ROW; i++)
        sum[i] += gradient[i];
      free(gradient);
    }
    TEST_REQUIRE(isn_net_backward(net, n_seeds, seeds, all));
    float *gradient = device_get(backend, isn_net_grad_input(net).data, (size_t)N * ROW);
    TEST_NORM_DIFFERENCE(gradient, sum, N * ROW, difference);
    free(gradient);
    TEST_CHECK_MSG(difference < 1e-6, "%d seeds: %g", n_seeds, difference);
  }
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  isn_net_spec_t *spec;
  isn_net_t *net;
  const int both[2] = {PROB, FC1}, deep_and_middle[2] = {C1, FC1};
  TEST_REQUIRE(device_open(argc, argv, &backend));
  /* A slope near 1: some numbers cross a ReLU's kink within the step. */
  TEST_REQUIRE(branched_net_create(true, 0.9f, &spec));
  TEST_REQUIRE(isn_net_create(backend, spec, N_BLOBS, blobs, N, true, &net));
  for (int b = 0; b < N_BLOBS; b++) {
    isn_tensor_t seed = isn_net_seed(net, b);
    branched_put_noise(backend, seed.data, N * isn_shape_count(seed.shape), (unsigned)(20 + b));
  }
  for (int b = 0; b < N_BLOBS; b++)
    if (check_direction(backend, net, 1, &b, 30))
      return 1;
  if (check_direction(backend, net, 2, both, 31) ||
      check_direction(backend, net, 2, deep_and_middle, 32) || check_sum(backend, net))
    return 1;
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  isn_backend_close(backend);
  TEST_END();
}
