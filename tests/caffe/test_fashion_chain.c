/** @file test_fashion_chain.c
 *  Generator, crop, picture, classifier and encoder as one net against float64 reference numbers:
 *  every blob, and two gradients with respect to the code.
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "invset/memory.h"
#include "model_files.h"

enum { N = 8, CODE = 64, RAW = 32, SIDE = 28 };

static const struct {
  const char *blob, *reference;
} compared[] = {{"generator/conv3_1", "image_raw"}, {"picture", "image"},
                {"classifier/pool5", "pool5"},      {"classifier/fc6", "fc6"},
                {"classifier/fc7", "fc7"},          {"classifier/fc8", "fc8"},
                {"encoder/code", "encoding"}};
enum { N_COMPARED = sizeof compared / sizeof *compared, FC8 = 5, ENCODING = 6 };

/** Crop and Picture, which belong to no file. */
static isn_status_t add_picture(isn_net_spec_t *chain)
{
  isn_layer_params_t crop = {.kind = ISN_LAYER_CROP, .crop = {2, 2, SIDE, SIDE}};
  isn_layer_params_t picture = {.kind = ISN_LAYER_PICTURE, .picture = {.scale = 1.0f}};
  const char *raw = "generator/conv3_1", *cropped = "cropped", *valid = "picture";
  isn_layer_spec_t *layer;
  ISN_TRY(isn_net_spec_add(chain, "crop", &crop, 1, &raw, 1, &cropped, NULL));
  ISN_TRY(isn_net_spec_add(chain, "picture", &picture, 1, &cropped, 1, &valid, &layer));
  ISN_TRY(isn_net_spec_resolve(chain));
  ISN_TRY(isn_net_spec_alloc_weights(chain));
  layer->weights[0].data[0] = 73.0f;
  return ISN_OK;
}

static isn_status_t append_model(isn_net_spec_t *chain, const char *name, const char *bottom)
{
  char prefix[512];
  isn_net_spec_t *model;
  snprintf(prefix, sizeof prefix, ISN_SOURCE_DIR "/models/fashion/%s", name);
  ISN_TRY(model_load(prefix, &model));
  isn_status_t status = isn_net_spec_append(chain, model, name, bottom);
  isn_net_spec_destroy(model);
  return status;
}

static isn_status_t make_chain(isn_net_spec_t **out)
{
  isn_status_t status = ISN_OK;
  isn_net_spec_t *chain = NULL;
  ISN_TRY(isn_net_spec_create("chain", "chain", "code", (isn_shape_t){1, CODE, 1, 1}, &chain));
  ISN_TRY_GOTO(append_model(chain, "generator", "code"), done);
  ISN_TRY_GOTO(add_picture(chain), done);
  ISN_TRY_GOTO(append_model(chain, "classifier", "picture"), done);
  ISN_TRY_GOTO(append_model(chain, "encoder", "picture"), done);
  *out = chain;
done:
  if (status != ISN_OK)
    isn_net_spec_destroy(chain);
  return status;
}

/** Seed of the unit that the reference names for each code. */
static isn_status_t seed_units(isn_backend_t *backend, isn_blob_file_t *file, float *seed,
                               int n_units)
{
  float *unit;
  ISN_TRY(reference_read(file, "unit", N, &unit));
  float *ones = calloc((size_t)(N * n_units), sizeof *ones);
  if (!ones)
    abort();
  for (int i = 0; i < N; i++)
    ones[i * n_units + (int)unit[i]] = 1.0f;
  device_put(backend, seed, ones, (size_t)(N * n_units));
  free(ones);
  free(unit);
  return ISN_OK;
}

/** Gradient of sum over ordered pairs of ||e_i - e_j||^2: 4 (n e_i - sum_j e_j). */
static void seed_pairs(isn_backend_t *backend, const float *blob, float *seed)
{
  float *encodings = device_get(backend, blob, (size_t)N * CODE), pairs[N * CODE];
  for (int k = 0; k < CODE; k++) {
    double sum = 0.0;
    for (int i = 0; i < N; i++)
      sum += (double)encodings[i * CODE + k];
    for (int i = 0; i < N; i++)
      pairs[i * CODE + k] = (float)(4.0 * (N * (double)encodings[i * CODE + k] - sum));
  }
  device_put(backend, seed, pairs, (size_t)N * CODE);
  free(encodings);
}

static int compare_blobs(isn_backend_t *backend, const isn_net_t *net, isn_blob_file_t *file)
{
  for (int b = 0; b < N_COMPARED; b++) {
    isn_tensor_t tensor = isn_net_blob(net, b);
    double difference = 1.0;
    TEST_OK(reference_compare(backend, file, compared[b].reference, tensor.data,
                              N * isn_shape_count(tensor.shape), &difference));
    TEST_CHECK_MSG(difference < 1e-5, "%s: %.2e", compared[b].blob, difference);
  }
  return 0;
}

static int compare_gradient(isn_backend_t *backend, isn_net_t *net, isn_blob_file_t *file, int blob,
                            const char *reference)
{
  const int all[N] = {0, 1, 2, 3, 4, 5, 6, 7};
  double difference = 1.0;
  TEST_REQUIRE(isn_net_backward(net, 1, &blob, (isn_rows_t){N, all}));
  TEST_OK(reference_compare(backend, file, reference, isn_net_grad_input(net).data, N * CODE,
                            &difference));
  TEST_CHECK_MSG(difference < 1e-4, "%s: %.2e", reference, difference);
  return 0;
}

/** Both seeds in one pass: the sum of the two gradients. */
static int check_sum(isn_backend_t *backend, isn_net_t *net, isn_blob_file_t *file)
{
  const int all[N] = {0, 1, 2, 3, 4, 5, 6, 7}, both[2] = {FC8, ENCODING};
  float *unit, *pairs;
  double difference;
  TEST_REQUIRE(isn_net_backward(net, 2, both, (isn_rows_t){N, all}));
  TEST_REQUIRE(reference_read(file, "grad_code_of_fc8_unit", N * CODE, &unit));
  TEST_REQUIRE(reference_read(file, "grad_code_of_pair_sum", N * CODE, &pairs));
  for (int i = 0; i < N * CODE; i++)
    unit[i] += pairs[i];
  float *sum = device_get(backend, isn_net_grad_input(net).data, (size_t)N * CODE);
  TEST_NORM_DIFFERENCE(sum, unit, N * CODE, difference);
  free(sum);
  TEST_CHECK_MSG(difference < 1e-4, "sum of the gradients: %.2e", difference);
  printf("  %-28s %.2e\n", "sum of the gradients", difference);
  free(unit);
  free(pairs);
  return 0;
}

static int run_chain(isn_backend_t *backend, isn_net_t *net, isn_blob_file_t *file)
{
  float *code;
  isn_net_counts_t counts;
  TEST_REQUIRE(reference_read(file, "code", N * CODE, &code));
  device_put(backend, isn_net_input(net).data, code, (size_t)N * CODE);
  free(code);
  TEST_REQUIRE(isn_net_forward(net, N));
  if (compare_blobs(backend, net, file))
    return 1;
  TEST_REQUIRE(seed_units(backend, file, isn_net_seed(net, FC8).data, 10));
  seed_pairs(backend, isn_net_blob(net, ENCODING).data, isn_net_seed(net, ENCODING).data);
  if (compare_gradient(backend, net, file, FC8, "grad_code_of_fc8_unit") ||
      compare_gradient(backend, net, file, ENCODING, "grad_code_of_pair_sum") ||
      check_sum(backend, net, file))
    return 1;
  isn_net_counts(net, &counts);
  printf("  %zu floats per sample planned, %zu without a plan\n", counts.buffer_floats,
         counts.unplanned_floats);
  TEST_CHECK(counts.buffer_floats < counts.unplanned_floats);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  isn_net_spec_t *chain = NULL;
  isn_blob_file_t *file;
  isn_net_t *net;
  const char *blobs[N_COMPARED];
  for (int b = 0; b < N_COMPARED; b++)
    blobs[b] = compared[b].blob;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(make_chain(&chain));
  TEST_REQUIRE(isn_blob_file_open(ISN_TEST_DATA "/fashion/reference.h5", &file));
  TEST_REQUIRE(isn_net_create(backend, chain, N_COMPARED, blobs, N, true, &net));
  if (run_chain(backend, net, file))
    return 1;
  isn_net_destroy(net);

  /* What a run asks for: fewer blobs, so more to share. */
  const char *run_blobs[] = {"classifier/fc8", "encoder/code", "picture"};
  isn_net_counts_t counts;
  TEST_REQUIRE(isn_net_create(backend, chain, 3, run_blobs, N, true, &net));
  isn_net_counts(net, &counts);
  printf("  fc8, code and picture only: %zu planned, %zu without a plan, %d layers\n",
         counts.buffer_floats, counts.unplanned_floats, counts.n_layers);
  isn_net_destroy(net);
  TEST_OK(isn_blob_file_close(file));
  isn_net_spec_destroy(chain);
  isn_backend_close(backend);
  TEST_END();
}
