/* The chain of an engine as a net's spec: the models' layers, and between them the centre crop,
 * what is kept of another picture, and the clip to valid 8-bit pixels. */
#include "engine_chain.h"

#include <string.h>

/* Append a layer of one bottom and one top, which is called as the layer, with its weights, zero.
 */
static isn_status_t append_layer(isn_net_spec_t *chain, const char *name,
                                 const isn_layer_params_t *params, isn_layer_spec_t **layer)
{
  const char *bottom = isn_net_spec_output(chain);
  ISN_TRY(isn_net_spec_add(chain, name, params, 1, &bottom, 1, &name, NULL));
  ISN_TRY(isn_net_spec_resolve(chain));
  ISN_TRY(isn_net_spec_alloc_weights(chain));
  *layer = &chain->layers[chain->n_layers - 1];
  return ISN_OK;
}

static void set_weight(isn_layer_spec_t *layer, int weight, const float *values)
{
  memcpy(layer->weights[weight].data, values, layer->weights[weight].count * sizeof *values);
}

/* Append the clip to valid pixels, of whole grey levels if they are rounded. */
static isn_status_t append_valid(isn_net_spec_t *chain, const char *name,
                                 const isn_picture_format_t *format, bool round)
{
  const isn_layer_params_t valid = {
      .kind = ISN_LAYER_PICTURE,
      .picture = {.round = round, .per_pixel = format->per_pixel, .scale = format->scale}};
  isn_layer_spec_t *layer = NULL;
  ISN_TRY(append_layer(chain, name, &valid, &layer));
  set_weight(layer, 0, format->mean);
  return ISN_OK;
}

/* Mix in what is kept of another picture; what it is mixed with is clipped before, so that a grey
 * mask mixes pixels.  A Scale layer has a line for each channel, so the numbers of the picture pass
 * as so many channels. */
static isn_status_t append_keep(isn_net_spec_t *chain, const isn_models_t *models)
{
  const isn_layer_params_t flat = {
      .kind = ISN_LAYER_RESHAPE, .reshape.shape = {1, (int)isn_shape_count(models->picture), 1, 1}};
  const isn_layer_params_t mix = {.kind = ISN_LAYER_SCALE, .scale.has_bias = true};
  const isn_layer_params_t back = {.kind = ISN_LAYER_RESHAPE, .reshape.shape = models->picture};
  isn_layer_spec_t *layer = NULL;
  if (!models->keep.factor)
    return ISN_OK;
  ISN_TRY(append_valid(chain, "invset/free", &models->format, false));
  ISN_TRY(append_layer(chain, "invset/flat", &flat, &layer));
  ISN_TRY(append_layer(chain, "invset/mix", &mix, &layer));
  set_weight(layer, 0, models->keep.factor);
  set_weight(layer, 1, models->keep.offset);
  return append_layer(chain, "invset/mixed", &back, &layer);
}

/* Append to the generator the centre crop, what is kept of another picture, and the clip to valid
 * 8-bit pixels. */
static isn_status_t append_picture(isn_net_spec_t *chain, const isn_models_t *models)
{
  isn_shape_t in = models->picture;
  isn_layer_params_t crop = {.kind = ISN_LAYER_CROP,
                             .crop = {models->crop_h, models->crop_w, in.h, in.w}};
  isn_layer_spec_t *layer = NULL;
  ISN_TRY(append_layer(chain, "invset/crop", &crop, &layer));
  ISN_TRY(append_keep(chain, models));
  return append_valid(chain, "invset/picture", &models->format, true);
}

isn_status_t engine_chain_create(isn_models_t *models, isn_net_spec_t **out, const float **mean)
{
  isn_net_spec_t *g = models->generator, *chain = NULL;
  int picture_layer;
  isn_status_t status;
  ISN_TRY(isn_net_spec_create("chain", g->origin, g->input, g->input_shape, &chain));
  ISN_TRY_GOTO(isn_net_spec_append(chain, g, "generator/", g->input), fail);
  ISN_TRY_GOTO(append_picture(chain, models), fail);
  picture_layer = chain->n_layers - 1;
  ISN_TRY_GOTO(isn_net_spec_append(chain, models->classifier, "classifier/", "invset/picture"),
               fail);
  if (models->encoder)
    ISN_TRY_GOTO(isn_net_spec_append(chain, models->encoder, "encoder/", "invset/picture"), fail);
  ISN_TRY_GOTO(isn_net_spec_resolve(chain), fail);
  *mean = chain->layers[picture_layer].weights[0].data;
  *out = chain;
  return ISN_OK;
fail:
  isn_net_spec_destroy(chain);
  return status;
}
