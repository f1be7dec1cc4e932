/** @file test_pair.c
 *  The reduced generator and CaffeNet one after the other, as the paper has them, against Caffe:
 *  four codes to images, their central 227 x 227 to activations, and gradients all the way back.
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "model_files.h"

#define MODELS ISN_TEST_DATA "/caffe/models/"

enum { N = 4, CODE = 96, IMAGE = 256, SIDE = 227, OFFSET = 14, UNIT = 17, FC8 = 2 };

/** All four samples, then of the first one only. */
static const struct {
  const char *blob, *reference;
} compared[] = {
    {"classifier/fc6", "forward/fc6"},
    {"classifier/fc7", "forward/fc7"},
    {"classifier/fc8", "forward/fc8"},
    {"classifier/prob", "forward/prob"},
    {"generator/deconv0", "image_first"},
    {"generator/defc5", "forward_first/defc5"},
    {"generator/conv5_1", "forward_first/conv5_1"},
    {"generator/conv4_1", "forward_first/conv4_1"},
    {"classifier/conv1", "forward_first/conv1"},
    {"classifier/norm1", "forward_first/norm1"},
    {"classifier/norm2", "forward_first/norm2"},
    {"classifier/conv5", "forward_first/conv5"},
    {"classifier/pool5", "forward_first/pool5"},
};
enum { N_COMPARED = sizeof compared / sizeof *compared, N_ALL = 4 };

static isn_status_t append_model(isn_net_spec_t *pair, const char *file, const char *name,
                                 const char *bottom)
{
  isn_net_spec_t *model;
  ISN_TRY(model_load(file, &model));
  isn_status_t status = isn_net_spec_append(pair, model, name, bottom);
  isn_net_spec_destroy(model);
  return status;
}

static isn_status_t make_pair(isn_net_spec_t **out)
{
  static const isn_layer_params_t crop = {.kind = ISN_LAYER_CROP,
                                          .crop = {OFFSET, OFFSET, SIDE, SIDE}};
  const char *image = "generator/deconv0", *cropped = "cropped";
  isn_status_t status = ISN_OK;
  isn_net_spec_t *pair = NULL;
  ISN_TRY(isn_net_spec_create("pair", "pair", "code", (isn_shape_t){1, CODE, 1, 1}, &pair));
  ISN_TRY_GOTO(append_model(pair, MODELS "generator_reduced", "generator", "code"), done);
  ISN_TRY_GOTO(isn_net_spec_add(pair, "crop", &crop, 1, &image, 1, &cropped, NULL), done);
  ISN_TRY_GOTO(append_model(pair, MODELS "caffenet_reduced", "classifier", cropped), done);
  ISN_TRY_GOTO(isn_net_spec_resolve(pair), done);
  *out = pair;
done:
  if (status != ISN_OK)
    isn_net_spec_destroy(pair);
  return status;
}

static int compare(isn_backend_t *backend, isn_blob_file_t *file, const char *name,
                   const float *data, size_t count, double bound)
{
  double difference = 1.0;
  TEST_REQUIRE(reference_compare(backend, file, name, data, count, &difference));
  TEST_CHECK_MSG(difference < bound, "%s: %.2e", name, difference);
  return 0;
}

/** d sum over n of fc8[n, 17] by the input, for n samples of the last forward pass. */
static int run_backward(isn_backend_t *backend, isn_net_t *net, int blob, int n)
{
  static const int rows[N] = {0, 1, 2, 3};
  isn_tensor_t seed = isn_net_seed(net, blob);
  size_t count = (size_t)n * isn_shape_count(seed.shape);
  float *ones = calloc(count, sizeof *ones);
  if (!ones)
    abort();
  for (int i = 0; i < n; i++)
    ones[i * seed.shape.c + UNIT] = 1.0F;
  device_put(backend, seed.data, ones, count);
  free(ones);
  TEST_REQUIRE(isn_net_backward(net, 1, &blob, (isn_rows_t){n, rows}));
  return 0;
}

static int check_pair(isn_backend_t *backend, isn_blob_file_t *file)
{
  const char *blobs[N_COMPARED];
  isn_net_spec_t *spec = NULL;
  isn_net_t *net;
  float *codes;
  for (int b = 0; b < N_COMPARED; b++)
    blobs[b] = compared[b].blob;
  TEST_REQUIRE(make_pair(&spec));
  TEST_REQUIRE(isn_net_create(backend, spec, N_COMPARED, blobs, N, true, &net));
  TEST_REQUIRE(reference_read(file, "code", (size_t)N * CODE, &codes));
  device_put(backend, isn_net_input(net).data, codes, (size_t)N * CODE);
  free(codes);
  TEST_REQUIRE(isn_net_forward(net, N));
  for (int b = 0; b < N_COMPARED; b++) {
    isn_tensor_t blob = isn_net_blob(net, b);
    size_t n = b < N_ALL ? N : 1;
    if (compare(backend, file, compared[b].reference, blob.data, n * isn_shape_count(blob.shape),
                1e-5))
      return 1;
  }
  if (run_backward(backend, net, FC8, N) ||
      compare(backend, file, "gradient/code", isn_net_grad_input(net).data, (size_t)N * CODE, 1e-4))
    return 1;
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  return 0;
}

/** The gradient in between: the classifier alone on the reference's image. */
static int check_image_gradient(isn_backend_t *backend, isn_blob_file_t *file)
{
  const char *fc8 = "fc8";
  isn_net_spec_t *spec;
  isn_net_t *net;
  float *image;
  TEST_REQUIRE(model_load(MODELS "caffenet_reduced", &spec));
  TEST_REQUIRE(isn_net_create(backend, spec, 1, &fc8, 1, true, &net));
  TEST_REQUIRE(reference_read(file, "image_first", (size_t)3 * IMAGE * IMAGE, &image));
  float *to = isn_net_input(net).data;
  for (int row = 0; row < 3 * SIDE; row++) {
    int from = row / SIDE * IMAGE + OFFSET + row % SIDE;
    device_put(backend, to + (ptrdiff_t)row * SIDE, image + (ptrdiff_t)from * IMAGE + OFFSET, SIDE);
  }
  free(image);
  TEST_REQUIRE(isn_net_forward(net, 1));
  if (run_backward(backend, net, 0, 1) ||
      compare(backend, file, "gradient/crop_first", isn_net_grad_input(net).data,
              (size_t)3 * SIDE * SIDE, 1e-4))
    return 1;
  isn_net_destroy(net);
  isn_net_spec_destroy(spec);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  isn_blob_file_t *file;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(isn_blob_file_open(MODELS "pair_reduced.ref.h5", &file));
  if (check_pair(backend, file) || check_image_gradient(backend, file))
    return 1;
  TEST_OK(isn_blob_file_close(file));
  isn_backend_close(backend);
  TEST_END();
}
