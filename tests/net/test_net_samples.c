/** @file test_net_samples.c
 *  A sample's numbers do not depend on the batch it is in, on its place there, on the rows of the
 *  backward pass, nor on the batch that the net was built for; on a GPU but for their last bits.
 */
#include <stdlib.h>

#include "branched_net.h"
#include "device.h"
#include "harness.h"

enum { N = 5, N_FEW = 3 };

typedef struct {
  float fc1[N * BRANCHED_FC1], prob[N * BRANCHED_PROB], gradient[N * BRANCHED_IN];
} results_t;

static const char *const blobs[] = {"fc1", "prob"};
static const int seeds[2] = {0, 1};

/** Run n samples of the pool, sample order[i] at place i, backward for some places.
 *  @param[out] out by sample of the pool; gradients of other places are left as they are */
static int run(isn_backend_t *backend, const isn_net_spec_t *spec, int max_batch, int n,
               const int *order, isn_rows_t rows, results_t *out)
{
  static float x[N * BRANCHED_IN], s1[N * BRANCHED_FC1], s2[N * BRANCHED_PROB];
  isn_net_t *net;
  branched_noise(x, N * BRANCHED_IN, 1);
  branched_noise(s1, N * BRANCHED_FC1, 2);
  branched_noise(s2, N * BRANCHED_PROB, 3);
  TEST_REQUIRE(isn_net_create(backend, spec, 2, blobs, max_batch, true, &net));
#define ROW(array, i, size) ((array) + (size_t)(i) * (size)), (size)
  for (int i = 0; i < n; i++)
    device_put(backend, isn_net_input(net).data + i * BRANCHED_IN, ROW(x, order[i], BRANCHED_IN));
  TEST_REQUIRE(isn_net_forward(net, n));
  for (int i = 0; i < n; i++) {
    TEST_REQUIRE(isn_backend_download(backend, out->fc1 + order[i] * BRANCHED_FC1,
                                      ROW(isn_net_blob(net, 0).data, i, BRANCHED_FC1)));
    TEST_REQUIRE(isn_backend_download(backend, out->prob + order[i] * BRANCHED_PROB,
                                      ROW(isn_net_blob(net, 1).data, i, BRANCHED_PROB)));
  }
  for (int r = 0; r < rows.n; r++) {
    int i = rows.index[r];
    device_put(backend, isn_net_seed(net, 0).data + i * BRANCHED_FC1,
               ROW(s1, order[i], BRANCHED_FC1));
    device_put(backend, isn_net_seed(net, 1).data + i * BRANCHED_PROB,
               ROW(s2, order[i], BRANCHED_PROB));
  }
  TEST_REQUIRE(isn_net_backward(net, 2, seeds, rows));
  for (int r = 0; r < rows.n; r++)
    TEST_REQUIRE(
        isn_backend_download(backend, out->gradient + order[rows.index[r]] * BRANCHED_IN,
                             ROW(isn_net_grad_input(net).data, rows.index[r], BRANCHED_IN)));
#undef ROW
  isn_net_destroy(net);
  return 0;
}

static bool same_results(const isn_backend_t *backend, const results_t *a, const results_t *b)
{
  double fc1, prob, gradient;
  if (isn_backend_is_host(backend))
    return memcmp(a, b, sizeof *a) == 0;
  TEST_NORM_DIFFERENCE(a->fc1, b->fc1, N * BRANCHED_FC1, fc1);
  TEST_NORM_DIFFERENCE(a->prob, b->prob, N * BRANCHED_PROB, prob);
  TEST_NORM_DIFFERENCE(a->gradient, b->gradient, N * BRANCHED_IN, gradient);
  return fc1 < 1e-5 && prob < 1e-5 && gradient < 1e-5;
}

int main(int argc, char **argv)
{
  static results_t reference, other;
  const int in_order[N] = {0, 1, 2, 3, 4}, turned[N] = {3, 0, 4, 2, 1}, zero = 0;
  const int first_places[2] = {0, 3}, others[N_FEW] = {1, 2, 4};
  isn_backend_t *backend;
  isn_net_spec_t *spec;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(branched_net_create(true, 0.3f, &spec));
  if (run(backend, spec, N, N, in_order, (isn_rows_t){N, in_order}, &reference))
    return 1;

  /* Each sample alone, in a net for one and in a net for many. */
  for (int i = 0; i < N; i++)
    if (run(backend, spec, i % 2 ? 1 : 9, 1, &in_order[i], (isn_rows_t){1, &zero}, &other))
      return 1;
  TEST_CHECK(same_results(backend, &other, &reference));

  /* In another order, backward in two parts. */
  memset(&other, 0, sizeof other);
  if (run(backend, spec, 8, N, turned, (isn_rows_t){2, first_places}, &other) ||
      run(backend, spec, 8, N, turned, (isn_rows_t){N_FEW, others}, &other))
    return 1;
  TEST_CHECK(same_results(backend, &other, &reference));
  isn_net_spec_destroy(spec);
  isn_backend_close(backend);
  TEST_END();
}
