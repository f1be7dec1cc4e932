/** @file net_spec_fold.c
 *  Folding of layers that multiply and add a number for each channel into the layer before them:
 *
 *      y_c = a_c (W_c x + b_c) + s_c  =  (a_c W_c) x + (a_c b_c + s_c)
 *
 *      BatchNorm  a = 1 / sqrt(variance/s + epsilon),  s_c = -a mean/s
 *      Scale      a = gamma, s_c = beta                Bias  a = 1, s_c = its numbers
 *
 *  Factors are worked out in double.  Knows no files and no backend.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "invset/memory.h"
#include "invset/net_spec.h"
#include "spec_layers.h"

/** y = factor x + shift for each channel. */
typedef struct {
  int n;
  double *factor, *shift; /**< (n), owned */
} affine_t;

static bool is_affine(isn_layer_kind_t kind)
{
  return kind == ISN_LAYER_BATCH_NORM || kind == ISN_LAYER_SCALE || kind == ISN_LAYER_BIAS;
}

/** Whether a layer's outputs are the channels of its top. */
static bool can_take(const isn_layer_params_t *params)
{
  if (params->kind == ISN_LAYER_INNER_PRODUCT)
    return params->inner_product.axis == 1;
  return params->kind == ISN_LAYER_CONVOLUTION || params->kind == ISN_LAYER_DECONVOLUTION;
}

static int n_readers(const isn_graph_t *graph, int value)
{
  int n = 0;
  for (int i = 0; i < graph->n_layers; i++)
    for (int b = 0; b < graph->layers[i].n_bottoms; b++)
      n += graph->layers[i].bottoms[b] == value ? 1 : 0;
  return n;
}

/** Whether a value is what one of these blobs is at the end. */
static bool is_kept(const isn_graph_t *graph, int value, int n_keep, const char *const *keep)
{
  const char *name = graph->values[value].name;
  for (int v = value + 1; v < graph->n_values; v++)
    if (strcmp(graph->values[v].name, name) == 0)
      return false; /* a later layer works on it in place */
  for (int k = 0; k < n_keep; k++)
    if (strcmp(keep[k], name) == 0)
      return true;
  return false;
}

/** The layer that can take over layer `at`, or -1.  A last layer must not leave another one last:
 *  its top is the net's output. */
static int find_target(const isn_net_spec_t *spec, const isn_graph_t *graph, int at, int n_keep,
                       const char *const *keep)
{
  int value = graph->layers[at].bottoms[0], target = graph->values[value].producer;
  if (!is_affine(spec->layers[at].params.kind) || target < 0 ||
      !can_take(&spec->layers[target].params) || n_readers(graph, value) != 1 ||
      is_kept(graph, value, n_keep, keep))
    return -1;
  return at == spec->n_layers - 1 && target != at - 1 ? -1 : target;
}

static isn_status_t check_loaded(const isn_net_spec_t *spec, const isn_layer_spec_t *layer)
{
  for (int w = 0; w < layer->n_weights; w++)
    if (!layer->weights[w].data)
      ISN_FAIL(ISN_ERR_ARG, "%s: layer '%s': its weights are not loaded", spec->origin,
               layer->name);
  return ISN_OK;
}

static void set_batch_norm(const isn_layer_spec_t *layer, affine_t *affine)
{
  double s = (double)layer->weights[2].data[0];
  double unit = s == 0.0 ? 0.0 : 1.0 / s;
  for (int c = 0; c < affine->n; c++) {
    double mean = unit * (double)layer->weights[0].data[c];
    double variance = unit * (double)layer->weights[1].data[c];
    affine->factor[c] = 1.0 / sqrt(variance + layer->params.batch_norm.epsilon);
    affine->shift[c] = -affine->factor[c] * mean;
  }
}

static void set_affine(const isn_layer_spec_t *layer, affine_t *affine)
{
  const isn_weight_t *weights = layer->weights;
  if (layer->params.kind == ISN_LAYER_BATCH_NORM) {
    set_batch_norm(layer, affine);
    return;
  }
  bool is_bias = layer->params.kind == ISN_LAYER_BIAS;
  const float *shift = is_bias ? weights[0].data : weights[1].data;
  bool has_shift = is_bias || layer->params.scale.has_bias;
  for (int c = 0; c < affine->n; c++) {
    affine->factor[c] = is_bias ? 1.0 : (double)weights[0].data[c];
    affine->shift[c] = has_shift ? (double)shift[c] : 0.0;
  }
}

/** Give a layer without bias one of zeros. */
static isn_status_t add_bias(isn_layer_spec_t *layer, int n)
{
  bool *has_bias = layer->params.kind == ISN_LAYER_INNER_PRODUCT
                       ? &layer->params.inner_product.has_bias
                       : &layer->params.conv.has_bias;
  if (*has_bias)
    return ISN_OK;
  ISN_TRY(isn_alloc(&layer->weights[1].data, n, layer->name));
  layer->weights[1].count = (size_t)n;
  layer->weights[1].n_axes = 1;
  layer->weights[1].dims[0] = n;
  layer->n_weights = 2;
  *has_bias = true;
  return ISN_OK;
}

/** Output channel of a weight, by its place in the layer's first blob. */
static size_t channel_of(const isn_layer_spec_t *layer, size_t place)
{
  const int *dims = layer->weights[0].dims;
  if (layer->params.kind == ISN_LAYER_INNER_PRODUCT)
    return layer->params.inner_product.transposed ? place % (size_t)dims[1]
                                                  : place / (size_t)dims[1];
  size_t kernel = (size_t)dims[2] * (size_t)dims[3], inner = (size_t)dims[1];
  size_t outer = place / kernel / inner;
  if (layer->params.kind == ISN_LAYER_CONVOLUTION)
    return outer;
  /* Deconvolution: (in, out/group, h, w), inputs of one group after the other. */
  size_t inputs_per_group = (size_t)(dims[0] / layer->params.conv.group);
  return outer / inputs_per_group * inner + place / kernel % inner;
}

static void apply(const affine_t *affine, isn_layer_spec_t *layer)
{
  float *weights = layer->weights[0].data, *bias = layer->weights[1].data;
  for (size_t i = 0; i < layer->weights[0].count; i++)
    weights[i] = (float)((double)weights[i] * affine->factor[channel_of(layer, i)]);
  for (int c = 0; c < affine->n; c++)
    bias[c] = (float)((double)bias[c] * affine->factor[c] + affine->shift[c]);
}

/** Take a layer out, after its top has become the other's. */
static void remove_layer(isn_net_spec_t *spec, int at, isn_layer_spec_t *target)
{
  isn_layer_spec_t *layer = &spec->layers[at];
  char *top = target->tops[0];
  target->tops[0] = layer->tops[0];
  layer->tops[0] = top;
  isn_layer_spec_clear(layer);
  memmove(layer, layer + 1, (size_t)(spec->n_layers - at - 1) * sizeof *layer);
  spec->n_layers--;
  spec->layers[spec->n_layers] = (isn_layer_spec_t){0};
}

static isn_status_t fold_layer(isn_net_spec_t *spec, int at, isn_layer_spec_t *target)
{
  isn_status_t status = ISN_OK;
  const isn_layer_spec_t *layer = &spec->layers[at];
  affine_t affine = {.n = (int)layer->weights[0].count};
  ISN_TRY(check_loaded(spec, layer));
  ISN_TRY(check_loaded(spec, target));
  ISN_TRY_GOTO(isn_alloc(&affine.factor, affine.n, layer->name), done);
  ISN_TRY_GOTO(isn_alloc(&affine.shift, affine.n, layer->name), done);
  set_affine(layer, &affine);
  ISN_TRY_GOTO(add_bias(target, affine.n), done);
  apply(&affine, target);
  remove_layer(spec, at, target);
done:
  free(affine.factor);
  free(affine.shift);
  return status;
}

/** Fold one layer, if there is one that can be.  @param[out] found whether there was */
static isn_status_t fold_next(isn_net_spec_t *spec, int n_keep, const char *const *keep,
                              bool *found)
{
  isn_status_t status = ISN_OK;
  isn_graph_t graph;
  ISN_TRY(isn_graph_build(spec, &graph));
  *found = false;
  for (int i = 0; !*found && i < spec->n_layers; i++) {
    int target = find_target(spec, &graph, i, n_keep, keep);
    if (target < 0)
      continue;
    *found = true;
    status = fold_layer(spec, i, &spec->layers[target]);
  }
  isn_graph_clear(&graph);
  return status;
}

isn_status_t isn_net_spec_fold(isn_net_spec_t *spec, int n_keep, const char *const *keep,
                               int *n_folded)
{
  int n_before = spec->n_layers;
  for (bool found = true; found;)
    ISN_TRY(fold_next(spec, n_keep, keep, &found));
  if (n_folded)
    *n_folded = n_before - spec->n_layers;
  return isn_net_spec_resolve(spec);
}
