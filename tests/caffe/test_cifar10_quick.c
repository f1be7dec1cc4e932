/** @file test_cifar10_quick.c
 *  A third party's weights and Caffe's own numbers: every blob, and the gradient of one unit.
 */
#include <stdlib.h>

#include "harness.h"
#include "model_files.h"

enum { N = 2, UNIT = 5, IP2 = 7, N_BLOBS = 9 };

static const char *const blobs[N_BLOBS] = {"conv1", "pool1", "conv2", "pool2", "conv3",
                                           "pool3", "ip1",   "ip2",   "prob"};

static int compare(isn_net_t *net, isn_blob_file_t *file)
{
  double difference = 1.0;
  char name[64];
  for (int b = 0; b < N_BLOBS; b++) {
    isn_tensor_t tensor = isn_net_blob(net, b);
    snprintf(name, sizeof name, "forward/%s", blobs[b]);
    TEST_OK(
        reference_compare(file, name, tensor.data, N * isn_shape_count(tensor.shape), &difference));
    TEST_CHECK_MSG(difference < 1e-5, "%s: %.2e", name, difference);
  }
  isn_tensor_t seed = isn_net_seed(net, IP2), gradient = isn_net_grad_input(net);
  memset(seed.data, 0, N * isn_shape_count(seed.shape) * sizeof *seed.data);
  for (int i = 0; i < N; i++)
    seed.data[i * seed.shape.c + UNIT] = 1.0f;
  const int rows[N] = {0, 1}, ip2 = IP2;
  TEST_REQUIRE(isn_net_backward(net, 1, &ip2, (isn_rows_t){N, rows}));
  TEST_OK(reference_compare(file, "gradient/data", gradient.data,
                            N * isn_shape_count(gradient.shape), &difference));
  TEST_CHECK_MSG(difference < 1e-5, "gradient: %.2e", difference);
  return 0;
}

int main(void)
{
  isn_backend_t *backend;
  isn_net_spec_t *spec;
  isn_blob_file_t *file;
  isn_net_t *net;
  float *input;
  int n_unused = -1;
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  TEST_REQUIRE(model_load(ISN_TEST_DATA "/caffe/models/cifar10_quick", &spec));
  TEST_OK(isn_caffe_load_weights(ISN_TEST_DATA "/caffe/models/cifar10_quick.caffemodel.h5", spec,
                                 &n_unused));
  TEST_CHECK_MSG(n_unused == 0, "%d", n_unused);
  TEST_CHECK(isn_net_spec_n_parameters(spec) == 145578);
  TEST_REQUIRE(isn_blob_file_open(ISN_TEST_DATA "/caffe/models/cifar10_quick.ref.h5", &file));
  TEST_REQUIRE(isn_net_create(backend, spec, N_BLOBS, blobs, N, true, &net));
  isn_tensor_t to = isn_net_input(net);
  size_t count = N * isn_shape_count(to.shape);
  TEST_REQUIRE(reference_read(file, "input/data", count, &input));
  memcpy(to.data, input, count * sizeof *input);
  free(input);
  TEST_REQUIRE(isn_net_forward(net, N));
  if (compare(net, file))
    return 1;
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  TEST_OK(isn_blob_file_close(file));
  isn_backend_close(backend);
  TEST_END();
}
