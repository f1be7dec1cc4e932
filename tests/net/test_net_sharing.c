/** @file test_net_sharing.c
 *  Sharing memory changes no bit: a net of which two blobs are asked for against one that keeps
 *  every value; backward may be repeated; layers that lead nowhere are left out.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "branched_net.h"
#include "device.h"
#include "harness.h"

enum { N = 4 };

static const int all_rows[N] = {0, 1, 2, 3};
static const isn_rows_t all = {N, all_rows};

static int fill_and_run(isn_backend_t *backend, isn_net_t *net, const int seeds[2])
{
  branched_put_noise(backend, isn_net_input(net).data, N * BRANCHED_IN, 1);
  TEST_REQUIRE(isn_net_forward(net, N));
  branched_put_noise(backend, isn_net_seed(net, seeds[0]).data, N * BRANCHED_FC1, 2);
  branched_put_noise(backend, isn_net_seed(net, seeds[1]).data, N * BRANCHED_PROB, 3);
  TEST_REQUIRE(isn_net_backward(net, 2, seeds, all));
  return 0;
}

static bool same_bits(isn_backend_t *backend, isn_tensor_t a, isn_tensor_t b)
{
  size_t n = N * isn_shape_count(a.shape);
  float *x = device_get(backend, a.data, n), *y = device_get(backend, b.data, n);
  bool same = memcmp(x, y, n * sizeof *x) == 0;
  free(x);
  free(y);
  return same;
}

/** Once more backward, also from a part of the seeds in between: nothing may have been destroyed.
 */
static int check_repeat(isn_backend_t *backend, isn_net_t *net, isn_net_t *other,
                        const int seeds[2])
{
  const size_t n_seed = N * BRANCHED_FC1, n_input = N * BRANCHED_IN;
  float *seed = device_get(backend, isn_net_seed(net, seeds[0]).data, n_seed);
  float *input = device_get(backend, isn_net_input(net).data, n_input);
  TEST_REQUIRE(isn_net_backward(net, 1, &seeds[1], all));
  TEST_CHECK(!same_bits(backend, isn_net_grad_input(net), isn_net_grad_input(other)));
  TEST_REQUIRE(isn_net_backward(net, 1, &seeds[0], all));
  TEST_REQUIRE(isn_net_backward(net, 2, seeds, all));
  TEST_CHECK(same_bits(backend, isn_net_grad_input(net), isn_net_grad_input(other)));
  float *seed_now = device_get(backend, isn_net_seed(net, seeds[0]).data, n_seed);
  float *input_now = device_get(backend, isn_net_input(net).data, n_input);
  TEST_CHECK(memcmp(seed, seed_now, n_seed * sizeof *seed) == 0);
  TEST_CHECK(memcmp(input, input_now, n_input * sizeof *input) == 0);
  free(seed);
  free(input);
  free(seed_now);
  free(input_now);
  return 0;
}

/** A planned net against one in which every value has its own memory. */
static int check_sharing(isn_backend_t *backend, bool in_place, float slope)
{
  const char *few[] = {"fc1", "prob"};
  const char *every[] = {"data",     "c1",   "c1/relu1",  "n1",        "c2",
                         "c2/relu2", "c3",   "c3/relu3",  "c3/relu3b", "flat",
                         "fc1",      "side", "fc2/bias2", "fc2",       "prob"};
  const int few_seeds[2] = {0, 1}, every_seeds[2] = {10, 14};
  isn_net_spec_t *spec, *apart;
  isn_net_t *net, *kept;
  isn_net_counts_t counts, kept_counts;
  TEST_REQUIRE(branched_net_create(in_place, slope, &spec));
  TEST_REQUIRE(branched_net_create(false, slope, &apart));
  TEST_REQUIRE(isn_net_create(backend, spec, 2, few, N, true, &net));
  TEST_REQUIRE(isn_net_create(backend, apart, 15, every, N, true, &kept));
  if (fill_and_run(backend, net, few_seeds) || fill_and_run(backend, kept, every_seeds))
    return 1;
  TEST_CHECK(same_bits(backend, isn_net_blob(net, 0), isn_net_blob(kept, 10)));
  TEST_CHECK(same_bits(backend, isn_net_blob(net, 1), isn_net_blob(kept, 14)));
  TEST_CHECK(same_bits(backend, isn_net_grad_input(net), isn_net_grad_input(kept)));
  if (check_repeat(backend, net, kept, few_seeds) || check_repeat(backend, kept, net, every_seeds))
    return 1;
  isn_net_counts(net, &counts);
  isn_net_counts(kept, &kept_counts);
  printf("  %zu floats planned of %zu; %zu of %zu with all kept\n", counts.buffer_floats,
         counts.unplanned_floats, kept_counts.buffer_floats, kept_counts.unplanned_floats);
  TEST_CHECK(2 * counts.buffer_floats < counts.unplanned_floats);
  TEST_CHECK(counts.buffer_floats < kept_counts.buffer_floats);
  isn_net_destroy(net);
  isn_net_destroy(kept);
  isn_net_spec_destroy(spec);
  isn_net_spec_destroy(apart);
  return 0;
}

/** Only layers that lead to what is asked for are run, and backward only those above the input. */
static int check_pruning(isn_backend_t *backend)
{
  const char *fc1 = "fc1", *c1_and_fc1[] = {"c1", "fc1"}, *data = "data";
  const int first = 0;
  isn_net_spec_t *spec;
  isn_net_t *net;
  isn_net_counts_t counts;
  TEST_REQUIRE(branched_net_create(true, 0.0f, &spec));
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &fc1, N, false, &net));
  TEST_REQUIRE(isn_net_forward(net, N));
  isn_net_counts(net, &counts);
  TEST_CHECK_MSG(counts.n_layers == 7, "%d", counts.n_layers);
  /* The Reshape is no call; on a GPU the ReLU after a convolution is none either. */
  TEST_CHECK(counts.n_forward_calls == (isn_backend_is_host(backend) ? 6 : 4));
  TEST_ERROR(isn_net_backward(net, 1, &first, all), ISN_ERR_ARG, "forward passes only");
  isn_net_destroy(net);
  TEST_REQUIRE(isn_net_create(backend, spec, 2, c1_and_fc1, N, true, &net));
  TEST_REQUIRE(isn_net_forward(net, N));
  TEST_REQUIRE(isn_net_backward(net, 1, &first, all));
  isn_net_counts(net, &counts);
  TEST_CHECK_MSG(counts.n_backward_calls == 2, "%d", (int)counts.n_backward_calls);
  isn_net_destroy(net);
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &data, N, true, &net));
  isn_net_counts(net, &counts);
  TEST_CHECK(counts.n_layers == 0);
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  return 0;
}

static int check_errors(isn_backend_t *backend)
{
  const char *blob = "fc9", *fc1 = "fc1";
  const int first = 0, wrong = 1, twice[2] = {1, 1}, beyond[1] = {2};
  isn_net_spec_t *spec;
  isn_net_t *net;
  TEST_REQUIRE(branched_net_create(true, 0.0f, &spec));
  TEST_ERROR(isn_net_create(backend, spec, 1, &blob, N, true, &net), ISN_ERR_INPUT,
             "no blob 'fc9'; it has: data, c1, n1");
  TEST_ERROR(isn_net_create(backend, spec, 1, &fc1, 0, true, &net), ISN_ERR_ARG, "batch of 0 to 0");
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &fc1, N, true, &net));
  TEST_ERROR(isn_net_forward(net, N + 1), ISN_ERR_ARG, "wanted 1 to 4");
  TEST_REQUIRE(isn_net_forward(net, 2));
  TEST_ERROR(isn_net_backward(net, 1, &wrong, (isn_rows_t){1, &first}), ISN_ERR_ARG, "blob 1");
  TEST_ERROR(isn_net_backward(net, 1, &first, (isn_rows_t){2, twice}), ISN_ERR_ARG, "ascending");
  TEST_ERROR(isn_net_backward(net, 1, &first, (isn_rows_t){1, beyond}), ISN_ERR_ARG, "below 2");
  isn_net_destroy(net);
  free(spec->layers[0].weights[0].data);
  spec->layers[0].weights[0].data = NULL;
  TEST_ERROR(isn_net_create(backend, spec, 1, &fc1, N, true, &net), ISN_ERR_ARG, "not loaded");
  isn_net_spec_destroy(spec);
  return 0;
}

/** Let host memory end where it is now and a little more, or again where it did. */
static void limit_memory(bool limited)
{
  static struct rlimit before;
  struct rlimit now;
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  TEST_CHECK(file && fscanf(file, "%ld", &pages) == 1 && fclose(file) == 0);
  if (limited)
    TEST_CHECK(getrlimit(RLIMIT_AS, &before) == 0);
  now = before;
  if (limited)
    now.rlim_cur = (rlim_t)(pages * sysconf(_SC_PAGESIZE)) + (64 << 20);
  TEST_CHECK(setrlimit(RLIMIT_AS, &now) == 0);
}

/** A batch that does not fit is halved until it does. */
static int check_shrinking(isn_backend_t *backend)
{
  const char *fc1 = "fc1";
  const isn_batch_limits_t endless = {1, 1 << 24, SIZE_MAX, 0}; /* of 5 KB or more */
  isn_net_spec_t *spec;
  isn_net_t *net;
  TEST_REQUIRE(branched_net_create(true, 0.0f, &spec));
  if (isn_backend_is_host(backend))
    limit_memory(true);
  isn_status_t status =
      isn_net_create_within(backend, spec, 1, &fc1, endless, true, ISN_PRECISION_FP32, &net);
  if (isn_backend_is_host(backend))
    limit_memory(false);
  TEST_REQUIRE(status);
  int batch = isn_net_max_batch(net);
  printf("  batch %d instead of %d\n", batch, endless.most);
  TEST_CHECK(batch >= 1 && batch < endless.most);
  TEST_OK(isn_net_forward(net, 1));
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  if (check_sharing(backend, true, 0.0f) || check_sharing(backend, true, 0.3f) ||
      check_sharing(backend, false, 0.3f) || check_pruning(backend) || check_errors(backend))
    return 1;
#ifdef __SANITIZE_ADDRESS__
  const bool limitable = false; /* it takes more address space than any limit */
#else
  const bool limitable = true;
#endif
  if (limitable && check_shrinking(backend))
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
