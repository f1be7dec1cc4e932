/** @file random_net.c
 *  Random nets and their results, for tests.
 */
#include "random_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "invset/random.h"

enum { MAX_N = 8 };

void random_fill(float *x, size_t n, unsigned stream)
{
  const isn_random_key_t key = {.seed = 11, .purpose = ISN_RANDOM_TEST, .sample = stream};
  double *normal = malloc((n > 0 ? n : 1) * sizeof *normal);
  if (!normal)
    abort();
  isn_random_normal(&key, n, normal);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)normal[i];
  free(normal);
}

static void fill_layer(isn_layer_spec_t *layer, unsigned stream)
{
  bool is_norm = layer->params.kind == ISN_LAYER_BATCH_NORM;
  for (int w = 0; w < layer->n_weights; w++) {
    isn_weight_t *weight = &layer->weights[w];
    random_fill(weight->data, weight->count, stream + (unsigned)w);
    for (size_t i = 0; i < weight->count; i++)
      weight->data[i] = is_norm && w == 1 ? 0.5F + fabsf(weight->data[i]) : 0.3F * weight->data[i];
    if (is_norm && w == 2)
      weight->data[0] = 2.0F;
  }
}

isn_status_t random_net(const char *text, isn_net_spec_t **out)
{
  isn_net_spec_t *spec;
  ISN_TRY(isn_caffe_parse_net(text, "random", &spec));
  isn_status_t status = isn_net_spec_alloc_weights(spec);
  for (int i = 0; status == ISN_OK && i < spec->n_layers; i++)
    fill_layer(&spec->layers[i], 100 + 10 * (unsigned)i);
  if (status != ISN_OK)
    isn_net_spec_destroy(spec);
  else
    *out = spec;
  return status;
}

void random_put(isn_backend_t *backend, float *x, size_t n, unsigned stream)
{
  float *host = malloc(n * sizeof *host);
  if (!host)
    abort();
  random_fill(host, n, stream);
  device_put(backend, x, host, n);
  free(host);
}

/** Copy a kept blob of n samples and put a random seed on it. */
static isn_status_t take_blob(isn_backend_t *backend, isn_net_t *net, int blob, int n,
                              float **values)
{
  isn_tensor_t tensor = isn_net_blob(net, blob);
  size_t count = (size_t)n * isn_shape_count(tensor.shape);
  *values = device_get(backend, tensor.data, count);
  random_put(backend, isn_net_seed(net, blob).data, count, 50 + (unsigned)blob);
  return ISN_OK;
}

isn_status_t random_run(isn_backend_t *backend, const isn_net_spec_t *spec, int n_blobs,
                        const char *const *blobs, int n, float **values, float **gradient)
{
  static const int all[MAX_N] = {0, 1, 2, 3, 4, 5, 6, 7};
  isn_status_t status = ISN_OK;
  isn_net_t *net;
  ISN_TRY(isn_net_create(backend, spec, n_blobs, blobs, n, true, &net));
  isn_tensor_t input = isn_net_input(net);
  size_t count = (size_t)n * isn_shape_count(input.shape);
  random_put(backend, input.data, count, 1);
  ISN_TRY_GOTO(isn_net_forward(net, n), done);
  for (int b = 0; b < n_blobs; b++)
    ISN_TRY_GOTO(take_blob(backend, net, b, n, &values[b]), done);
  ISN_TRY_GOTO(isn_net_backward(net, n_blobs, all, (isn_rows_t){n, all}), done);
  *gradient = device_get(backend, isn_net_grad_input(net).data, count);
done:
  isn_net_destroy(net);
  return status;
}
