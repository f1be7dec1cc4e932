/** @file net_spec.c
 *  Building and resolving net specs.  Knows no files and no backend.
 */
#include "invset/net_spec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "invset/memory.h"
#include "spec_layers.h"

isn_status_t isn_net_spec_create(const char *name, const char *origin, const char *input,
                                 isn_shape_t input_shape, isn_net_spec_t **out)
{
  isn_status_t status = ISN_OK;
  isn_net_spec_t *spec = NULL;
  ISN_TRY(isn_alloc(&spec, 1, "net"));
  spec->input_shape = input_shape;
  ISN_TRY_GOTO(isn_alloc_string(&spec->name, name), done);
  ISN_TRY_GOTO(isn_alloc_string(&spec->origin, origin), done);
  ISN_TRY_GOTO(isn_alloc_string(&spec->input, input), done);
  *out = spec;
done:
  if (status != ISN_OK)
    isn_net_spec_destroy(spec);
  return status;
}

void isn_net_spec_destroy(isn_net_spec_t *spec)
{
  if (!spec)
    return;
  for (int i = 0; i < spec->n_layers; i++)
    isn_layer_spec_clear(&spec->layers[i]);
  free(spec->layers);
  free(spec->name);
  free(spec->origin);
  free(spec->input);
  free(spec);
}

void isn_layer_spec_clear(isn_layer_spec_t *layer)
{
  free(layer->name);
  for (int i = 0; i < layer->n_bottoms; i++)
    free(layer->bottoms[i]);
  for (int i = 0; i < layer->n_tops; i++)
    free(layer->tops[i]);
  for (int i = 0; i < ISN_LAYER_MAX_WEIGHTS; i++)
    free(layer->weights[i].data);
  *layer = (isn_layer_spec_t){0};
}

/** Smallest power of two that holds n layers; the array always has that size. */
static size_t capacity_for(int n)
{
  size_t capacity = 1;
  while (capacity < (size_t)n)
    capacity *= 2;
  return n > 0 ? capacity : 0;
}

isn_status_t isn_net_spec_reserve(isn_net_spec_t *spec, int n_more)
{
  size_t wanted = capacity_for(spec->n_layers + n_more);
  if (wanted <= capacity_for(spec->n_layers))
    return ISN_OK;
  isn_layer_spec_t *layers = NULL;
  ISN_TRY(isn_alloc(&layers, wanted, "layers of a net"));
  if (spec->n_layers > 0)
    memcpy(layers, spec->layers, (size_t)spec->n_layers * sizeof *layers);
  free(spec->layers);
  spec->layers = layers;
  return ISN_OK;
}

isn_status_t isn_net_spec_check_name(const isn_net_spec_t *spec, const char *name)
{
  for (int i = 0; i < spec->n_layers; i++)
    if (strcmp(spec->layers[i].name, name) == 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s: two layers have the name '%s'; rename one of them", spec->origin,
               name);
  return ISN_OK;
}

isn_status_t isn_net_spec_add(isn_net_spec_t *spec, const char *name,
                              const isn_layer_params_t *params, int n_bottoms,
                              const char *const *bottoms, int n_tops, const char *const *tops,
                              isn_layer_spec_t **layer)
{
  isn_status_t status = ISN_OK;
  isn_layer_spec_t new_layer = {.params = *params};
  if (n_bottoms < 1 || n_bottoms > ISN_LAYER_MAX_BOTTOMS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: layer '%s' has %d bottoms; wanted 1 to %d", spec->origin, name,
             n_bottoms, ISN_LAYER_MAX_BOTTOMS);
  if (n_tops < 1 || n_tops > ISN_LAYER_MAX_TOPS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: layer '%s' has %d tops; wanted 1 to %d", spec->origin, name,
             n_tops, ISN_LAYER_MAX_TOPS);
  ISN_TRY(isn_net_spec_check_name(spec, name));
  ISN_TRY(isn_net_spec_reserve(spec, 1));
  ISN_TRY_GOTO(isn_alloc_string(&new_layer.name, name), done);
  for (; new_layer.n_bottoms < n_bottoms; new_layer.n_bottoms++)
    ISN_TRY_GOTO(
        isn_alloc_string(&new_layer.bottoms[new_layer.n_bottoms], bottoms[new_layer.n_bottoms]),
        done);
  for (; new_layer.n_tops < n_tops; new_layer.n_tops++)
    ISN_TRY_GOTO(isn_alloc_string(&new_layer.tops[new_layer.n_tops], tops[new_layer.n_tops]), done);
  spec->layers[spec->n_layers++] = new_layer;
  if (layer)
    *layer = &spec->layers[spec->n_layers - 1];
done:
  if (status != ISN_OK)
    isn_layer_spec_clear(&new_layer);
  return status;
}

/** Give a weight its shape; data that are there already must have it. */
static isn_status_t set_weight_shape(const isn_net_spec_t *spec, const isn_layer_spec_t *layer,
                                     int index, int n_axes, const int *dims, isn_weight_t *weight)
{
  size_t count = 1;
  for (int a = 0; a < n_axes; a++) {
    if (dims[a] < 1 || count > SIZE_MAX / sizeof(float) / (size_t)dims[a])
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: layer '%s': axis %d of its weight %d is %d; too small or too large",
               spec->origin, layer->name, a, index, dims[a]);
    count *= (size_t)dims[a];
  }
  if (weight->data && weight->count != count)
    ISN_FAIL(ISN_ERR_INPUT, "%s: layer '%s': its weight %d has %zu numbers; wanted %zu",
             spec->origin, layer->name, index, weight->count, count);
  weight->count = count;
  weight->n_axes = n_axes;
  memcpy(weight->dims, dims, (size_t)n_axes * sizeof *dims);
  return ISN_OK;
}

static isn_status_t set_weight_shapes(const isn_net_spec_t *spec, const isn_graph_t *graph,
                                      int layer_id)
{
  isn_layer_spec_t *layer = &spec->layers[layer_id];
  const isn_graph_layer_t *node = &graph->layers[layer_id];
  isn_shape_t bottoms[ISN_LAYER_MAX_BOTTOMS];
  int n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  for (int i = 0; i < node->n_bottoms; i++)
    bottoms[i] = graph->values[node->bottoms[i]].shape;
  isn_layer_weight_shapes(&layer->params, bottoms, &layer->n_weights, n_axes, dims);
  for (int i = 0; i < layer->n_weights; i++)
    ISN_TRY(set_weight_shape(spec, layer, i, n_axes[i], dims[i], &layer->weights[i]));
  return ISN_OK;
}

isn_status_t isn_net_spec_resolve(isn_net_spec_t *spec)
{
  isn_status_t status = ISN_OK;
  isn_graph_t graph;
  ISN_TRY(isn_graph_build(spec, &graph));
  for (int i = 0; i < spec->n_layers; i++)
    ISN_TRY_GOTO(set_weight_shapes(spec, &graph, i), done);
done:
  isn_graph_clear(&graph);
  return status;
}

isn_status_t isn_net_spec_blob_shape(const isn_net_spec_t *spec, const char *blob,
                                     isn_shape_t *shape)
{
  isn_status_t status = ISN_OK;
  isn_graph_t graph;
  int value;
  ISN_TRY(isn_graph_build(spec, &graph));
  ISN_TRY_GOTO(isn_graph_find(&graph, spec->origin, blob, &value), done);
  *shape = graph.values[value].shape;
done:
  isn_graph_clear(&graph);
  return status;
}

const char *isn_net_spec_output(const isn_net_spec_t *spec)
{
  return spec->n_layers > 0 ? spec->layers[spec->n_layers - 1].tops[0] : spec->input;
}

isn_status_t isn_net_spec_alloc_weights(isn_net_spec_t *spec)
{
  for (int i = 0; i < spec->n_layers; i++)
    for (int w = 0; w < spec->layers[i].n_weights; w++) {
      isn_weight_t *weight = &spec->layers[i].weights[w];
      if (!weight->data)
        ISN_TRY(isn_alloc(&weight->data, weight->count, spec->layers[i].name));
    }
  return ISN_OK;
}

isn_status_t isn_net_spec_check_weights(const isn_net_spec_t *spec)
{
  for (int i = 0; i < spec->n_layers; i++)
    for (int w = 0; w < spec->layers[i].n_weights; w++)
      if (!spec->layers[i].weights[w].data)
        ISN_FAIL(ISN_ERR_INPUT, "%s: layer '%s' needs weights, and no file of them is named",
                 spec->origin, spec->layers[i].name);
  return ISN_OK;
}

int64_t isn_net_spec_n_parameters(const isn_net_spec_t *spec)
{
  int64_t n = 0;
  for (int i = 0; i < spec->n_layers; i++)
    for (int w = 0; w < spec->layers[i].n_weights; w++)
      n += (int64_t)spec->layers[i].weights[w].count;
  return n;
}
