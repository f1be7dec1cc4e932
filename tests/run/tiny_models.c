/** @file tiny_models.c
 *  The models of tiny_models.h.
 */
#include "tiny_models.h"

#include <stdlib.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/memory.h"
#include "invset/random.h"

const float TINY_MEAN[TINY_C] = {104.25F, 117.0F, 122.625F};

static const char generator[] =
    "input: 'code' input_shape { dim: 1 dim: 5 }\n"
    "layer { name: 'up' type: 'InnerProduct' bottom: 'code' top: 'up'\n"
    "        inner_product_param { num_output: 126 } }\n"
    "layer { name: 'picture' type: 'Reshape' bottom: 'up' top: 'picture'\n"
    "        reshape_param { shape { dim: 0 dim: 3 dim: 6 dim: 7 } } }\n";

static const char classifier[] =
    "input: 'data' input_shape { dim: 1 dim: 3 dim: 4 dim: 4 }\n"
    "layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'\n"
    "        convolution_param { num_output: 5 kernel_size: 3 pad: 1 } }\n"
    "layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv'\n"
    "        relu_param { negative_slope: 0.3 } }\n"
    "layer { name: 'hidden' type: 'InnerProduct' bottom: 'conv' top: 'hidden'\n"
    "        inner_product_param { num_output: 6 } }\n"
    "layer { name: 'relu_h' type: 'ReLU' bottom: 'hidden' top: 'hidden'\n"
    "        relu_param { negative_slope: 0.1 } }\n"
    "layer { name: 'fc8' type: 'InnerProduct' bottom: 'hidden' top: 'fc8'\n"
    "        inner_product_param { num_output: 3 } }\n";

static const char encoder[] =
    "input: 'data' input_shape { dim: 1 dim: 3 dim: 4 dim: 4 }\n"
    "layer { name: 'code' type: 'InnerProduct' bottom: 'data' top: 'code'\n"
    "        inner_product_param { num_output: 4 } }\n";

void tiny_noise(float *x, size_t n, unsigned stream, double scale)
{
  const isn_random_key_t key = {.seed = 11, .purpose = ISN_RANDOM_TEST, .sample = stream};
  double normal[1024];
  isn_random_normal(&key, n, normal);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(scale * normal[i]);
}

/* Read a net and give it weights of the scale, biases too. */
static isn_status_t make_net(const char *text, unsigned stream, double scale, isn_net_spec_t **spec)
{
  ISN_TRY(isn_caffe_parse_net(text, "tiny", spec));
  ISN_TRY(isn_net_spec_alloc_weights(*spec));
  for (int l = 0; l < (*spec)->n_layers; l++)
    for (int w = 0; w < (*spec)->layers[l].n_weights; w++) {
      isn_weight_t *weight = &(*spec)->layers[l].weights[w];
      tiny_noise(weight->data, weight->count, stream++, scale);
    }
  return ISN_OK;
}

isn_status_t tiny_models(bool shared, isn_models_t *models)
{
  *models = (isn_models_t){.code_size = TINY_CODE,
                           .encoding_size = shared ? TINY_HIDDEN : TINY_ENCODING,
                           .picture = {3, TINY_C, TINY_IN, TINY_IN},
                           .crop_h = TINY_CROP_H,
                           .crop_w = TINY_CROP_W};
  /* Codes of a few units make grey levels on both sides of 0 and 255. */
  ISN_TRY(make_net(generator, 100, 40.0, &models->generator));
  ISN_TRY(make_net(classifier, 200, 0.05, &models->classifier));
  if (!shared)
    ISN_TRY(make_net(encoder, 300, 0.02, &models->encoder));
  ISN_TRY(isn_alloc_string(&models->encoder_blob, shared ? "hidden" : "code"));
  ISN_TRY(isn_alloc(&models->format.mean, TINY_C, "mean"));
  memcpy(models->format.mean, TINY_MEAN, sizeof TINY_MEAN);
  models->format.scale = 1.0F;
  return ISN_OK;
}
