/** @file branched_net.c
 *  The net that the tests of this room share.
 */
#include "branched_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "invset/random.h"

typedef struct {
  const char *name, *bottom, *top;
  isn_layer_params_t params;
} row_t;

#define CONV(outputs)                                                                              \
  {                                                                                                \
    ISN_LAYER_CONVOLUTION,                                                                         \
    {                                                                                              \
      .conv = { outputs, 1, 3, 3, 1, 1, 1, 1, 1, 1, true }                                         \
    }                                                                                              \
  }
#define FC(outputs)                                                                                \
  {                                                                                                \
    ISN_LAYER_INNER_PRODUCT,                                                                       \
    {                                                                                              \
      .inner_product = {.n_outputs = outputs, .has_bias = true, .axis = 1 }                        \
    }                                                                                              \
  }
#define RELU                                                                                       \
  {                                                                                                \
    ISN_LAYER_RELU,                                                                                \
    {                                                                                              \
      .relu = { 0.0f }                                                                             \
    }                                                                                              \
  }

static const row_t rows[] = {
    {"conv1", "data", "c1", CONV(4)},
    {"relu1", "c1", "c1", RELU},
    {"lrn", "c1", "n1", {ISN_LAYER_LRN, {.lrn = {3, 0.5, 0.75, 1.0, false}}}},
    {"conv2", "n1", "c2", CONV(4)},
    {"relu2", "c2", "c2", RELU},
    {"conv3", "c1", "c3", CONV(4)},
    {"relu3", "c3", "c3", RELU},
    {"relu3b", "c3", "c3", RELU},
    {"flat", "c3", "flat", {ISN_LAYER_RESHAPE, {.reshape = {{1, 256, 1, 1}}}}},
    {"fc1", "flat", "fc1", FC(BRANCHED_FC1)},
    {"side", "c2", "side", CONV(2)},
    {"fc2", "c2", "fc2", FC(BRANCHED_PROB)},
    {"bias2", "fc2", "fc2", {.kind = ISN_LAYER_BIAS}},
    {"prob", "fc2", "prob", {ISN_LAYER_SOFTMAX, {.softmax = {1}}}},
};
enum { N_ROWS = sizeof rows / sizeof *rows, NAME_CHARS = 32 };

void branched_noise(float *x, size_t n, unsigned stream)
{
  const isn_random_key_t key = {.seed = 7, .purpose = ISN_RANDOM_TEST, .sample = stream};
  double *normal = malloc(n * sizeof *normal);
  if (!normal)
    abort();
  isn_random_normal(&key, n, normal);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)normal[i];
  free(normal);
}

void branched_put_noise(isn_backend_t *backend, float *x, size_t n, unsigned stream)
{
  float *host = malloc(n * sizeof *host);
  if (!host)
    abort();
  branched_noise(host, n, stream);
  device_put(backend, x, host, n);
  free(host);
}

/** The name by which a blob goes now, when in-place layers give new names. */
static const char *current(char names[][2][NAME_CHARS], int n, const char *blob)
{
  for (int i = n - 1; i >= 0; i--)
    if (strcmp(names[i][0], blob) == 0)
      return names[i][1];
  return blob;
}

static isn_status_t add_rows(isn_net_spec_t *spec, bool in_place, float slope)
{
  char names[N_ROWS][2][NAME_CHARS];
  for (int i = 0; i < N_ROWS; i++) {
    isn_layer_params_t params = rows[i].params;
    bool same = strcmp(rows[i].bottom, rows[i].top) == 0;
    const char *bottom = in_place ? rows[i].bottom : current(names, i, rows[i].bottom);
    if (params.kind == ISN_LAYER_RELU)
      params.relu.negative_slope = slope;
    snprintf(names[i][0], NAME_CHARS, "%s", rows[i].top);
    snprintf(names[i][1], NAME_CHARS, "%s%s%s", rows[i].top, same ? "/" : "",
             same ? rows[i].name : "");
    const char *top = in_place ? rows[i].top : names[i][1];
    ISN_TRY(isn_net_spec_add(spec, rows[i].name, &params, 1, &bottom, 1, &top, NULL));
  }
  return ISN_OK;
}

isn_status_t branched_net_create(bool in_place, float slope, isn_net_spec_t **out)
{
  isn_status_t status = ISN_OK;
  isn_net_spec_t *spec;
  ISN_TRY(isn_net_spec_create("branched", "branched", "data", (isn_shape_t){3, 3, 8, 8}, &spec));
  ISN_TRY_GOTO(add_rows(spec, in_place, slope), done);
  ISN_TRY_GOTO(isn_net_spec_resolve(spec), done);
  ISN_TRY_GOTO(isn_net_spec_alloc_weights(spec), done);
  for (int i = 0; i < spec->n_layers; i++)
    for (int w = 0; w < spec->layers[i].n_weights; w++) {
      isn_weight_t *weight = &spec->layers[i].weights[w];
      branched_noise(weight->data, weight->count, (unsigned)(100 + 2 * i + w));
      for (size_t k = 0; k < weight->count; k++)
        weight->data[k] *= 0.2f;
    }
  *out = spec;
done:
  if (status != ISN_OK)
    isn_net_spec_destroy(spec);
  return status;
}
