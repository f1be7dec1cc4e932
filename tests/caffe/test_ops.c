/** @file test_ops.c
 *  Single layers against Caffe: the definition as text through our parser, the numbers through our
 *  net, forward and backward.
 */
#include <hdf5.h>
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "model_files.h"

enum { N_EXPECTED = 21 };

/** The layer's text with an input of the case's shape before it.  @return caller's, free() */
static char *definition(hid_t group, int n_axes, const int *dims)
{
  hid_t attribute = H5Aopen(group, "layer", H5P_DEFAULT), type = H5Aget_type(attribute);
  size_t length = H5Tget_size(type), used = 0;
  char *text = calloc(length + 256, 1);
  used += (size_t)sprintf(text, "input: \"data\" input_shape {");
  for (int a = 0; a < n_axes; a++)
    used += (size_t)sprintf(text + used, " dim: %d", dims[a]);
  used += (size_t)sprintf(text + used, " }\n");
  TEST_CHECK(!H5Tis_variable_str(type) && H5Aread(attribute, type, text + used) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  return text;
}

static isn_status_t read_case(isn_blob_file_t *file, const char *name, const char *what,
                              int *n_axes, int dims[8], float **data)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", name, what);
  return isn_blob_file_read(file, path, n_axes, dims, data);
}

static int set_weights(isn_blob_file_t *file, const char *name, isn_layer_spec_t *layer)
{
  static const char *const what[] = {"weight", "bias"};
  for (int w = 0; w < layer->n_weights; w++) {
    int n_axes, dims[8];
    TEST_REQUIRE(read_case(file, name, what[w], &n_axes, dims, &layer->weights[w].data));
    TEST_CHECK(n_axes == layer->weights[w].n_axes);
    for (int a = 0; a < n_axes && a < 4; a++)
      TEST_CHECK(dims[a] == layer->weights[w].dims[a]);
  }
  return 0;
}

static int run_case(isn_backend_t *backend, isn_blob_file_t *file, const char *name,
                    const isn_net_spec_t *spec, int batch, const float *input)
{
  const char *out = "out";
  const int seed_blob = 0, rows[3] = {0, 1, 2};
  int n_axes, dims[8];
  isn_net_t *net;
  float *output, *seed, *gradient;
  double forward, backward;
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &out, batch, true, &net));
  TEST_REQUIRE(read_case(file, name, "output", &n_axes, dims, &output));
  TEST_REQUIRE(read_case(file, name, "output_gradient", &n_axes, dims, &seed));
  TEST_REQUIRE(read_case(file, name, "input_gradient", &n_axes, dims, &gradient));
  isn_tensor_t in = isn_net_input(net), top = isn_net_blob(net, 0);
  size_t n_in = (size_t)batch * isn_shape_count(in.shape);
  size_t n_out = (size_t)batch * isn_shape_count(top.shape);
  device_put(backend, in.data, input, n_in);
  TEST_REQUIRE(isn_net_forward(net, batch));
  device_put(backend, isn_net_seed(net, 0).data, seed, n_out);
  TEST_REQUIRE(isn_net_backward(net, 1, &seed_blob, (isn_rows_t){batch, rows}));
  float *found = device_get(backend, top.data, n_out);
  float *found_gradient = device_get(backend, isn_net_grad_input(net).data, n_in);
  TEST_NORM_DIFFERENCE(found, output, n_out, forward);
  TEST_NORM_DIFFERENCE(found_gradient, gradient, n_in, backward);
  printf("  %-24s forward %.2e  gradient %.2e\n", name, forward, backward);
  TEST_CHECK_MSG(forward < 1e-5 && backward < 1e-5, "%s: %.2e %.2e", name, forward, backward);
  isn_net_destroy(net);
  free(found);
  free(found_gradient);
  free(output);
  free(seed);
  free(gradient);
  return 0;
}

static int try_case(isn_backend_t *backend, isn_blob_file_t *file, hid_t root, const char *name)
{
  int n_axes, dims[8];
  float *input;
  isn_net_spec_t *spec;
  TEST_REQUIRE(read_case(file, name, "input", &n_axes, dims, &input));
  hid_t group = H5Gopen2(root, name, H5P_DEFAULT);
  char *text = definition(group, n_axes, dims);
  TEST_REQUIRE(isn_caffe_parse_net(text, name, &spec));
  int failed = set_weights(file, name, &spec->layers[0]) ||
               run_case(backend, file, name, spec, dims[0], input);
  isn_net_spec_destroy(spec);
  H5Gclose(group);
  free(text);
  free(input);
  return failed;
}

int main(int argc, char **argv)
{
  static const char path[] = ISN_TEST_DATA "/caffe/ops.ref.h5";
  isn_backend_t *backend;
  isn_blob_file_t *file;
  H5G_info_t info;
  int n_run = 0;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(isn_blob_file_open(path, &file));
  hid_t root = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  TEST_CHECK(root >= 0 && H5Gget_info(root, &info) >= 0);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    char name[64];
    TEST_CHECK(H5Lget_name_by_idx(root, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name,
                                  H5P_DEFAULT) > 0);
    if (try_case(backend, file, root, name))
      return 1;
    n_run++;
  }
  printf("%d cases run\n", n_run);
  TEST_CHECK_MSG(n_run == N_EXPECTED, "%d cases run, wanted %d", n_run, N_EXPECTED);
  H5Fclose(root);
  TEST_OK(isn_blob_file_close(file));
  isn_backend_close(backend);
  TEST_END();
}
