/** @file graph.c
 *  From named blobs to values.  Follows Caffe's rules of names: a bottom means what the latest
 *  earlier layer made of that name; a name may be made again only in place.
 */
#include "graph.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

enum { LISTED_BLOBS_CHARS = 400 };

/** Latest value of a name among those made so far, or -1. */
static int latest(const isn_graph_t *graph, const char *name)
{
  for (int v = graph->n_values - 1; v >= 0; v--)
    if (strcmp(graph->values[v].name, name) == 0)
      return v;
  return -1;
}

static isn_status_t check_shape(const char *origin, const char *blob, isn_shape_t s)
{
  if (s.n_axes < 1 || s.n_axes > 3 || s.c < 1 || s.h < 1 || s.w < 1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: blob '%s' has the shape (%d, %d, %d) with %d axes; wanted 1 to 3 "
             "axes of at least 1",
             origin, blob, s.c, s.h, s.w, s.n_axes);
  /* The kernels count with int. */
  long long plane = (long long)s.h * s.w;
  if (plane > INT_MAX || plane * s.c > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: blob '%s' of shape (%d, %d, %d) is too large: more than %d numbers "
             "a sample",
             origin, blob, s.c, s.h, s.w, INT_MAX);
  return ISN_OK;
}

static isn_status_t find_bottoms(const isn_net_spec_t *spec, const isn_layer_spec_t *layer,
                                 isn_graph_t *graph, isn_graph_layer_t *node)
{
  node->n_bottoms = layer->n_bottoms;
  for (int i = 0; i < layer->n_bottoms; i++) {
    node->bottoms[i] = latest(graph, layer->bottoms[i]);
    if (node->bottoms[i] < 0)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: layer '%s': its bottom '%s' is neither the input '%s' nor the top "
               "of an earlier layer",
               spec->origin, layer->name, layer->bottoms[i], spec->input);
  }
  return ISN_OK;
}

/** A name may be made a second time only by a layer that works on it in place. */
static isn_status_t check_top_name(const isn_net_spec_t *spec, const isn_layer_spec_t *layer,
                                   const isn_graph_t *graph, int top)
{
  const char *name = layer->tops[top];
  for (int i = 0; i < top; i++)
    if (strcmp(layer->tops[i], name) == 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s: layer '%s' names its top '%s' twice", spec->origin, layer->name,
               name);
  if (top < layer->n_bottoms && strcmp(layer->bottoms[top], name) == 0)
    return ISN_OK;
  int before = latest(graph, name);
  if (before < 0)
    return ISN_OK;
  int producer = graph->values[before].producer;
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: layer '%s': its top '%s' is made by %s%s already; rename one of them", spec->origin,
           layer->name, name, producer < 0 ? "the input" : "layer ",
           producer < 0 ? "" : spec->layers[producer].name);
}

static isn_status_t add_tops(const isn_net_spec_t *spec, int layer_id, isn_graph_t *graph,
                             isn_graph_layer_t *node)
{
  const isn_layer_spec_t *layer = &spec->layers[layer_id];
  isn_shape_t bottoms[ISN_LAYER_MAX_BOTTOMS], tops[ISN_LAYER_MAX_TOPS];
  for (int i = 0; i < node->n_bottoms; i++)
    bottoms[i] = graph->values[node->bottoms[i]].shape;
  isn_status_t status =
      isn_layer_shapes(&layer->params, layer->name, layer->n_bottoms, bottoms, layer->n_tops, tops);
  if (status != ISN_OK) {
    isn_error_prefix("%s", spec->origin);
    return status;
  }
  for (int i = 0; i < layer->n_tops; i++) {
    ISN_TRY(check_top_name(spec, layer, graph, i));
    ISN_TRY(check_shape(spec->origin, layer->tops[i], tops[i]));
  }
  node->n_tops = layer->n_tops;
  for (int i = 0; i < layer->n_tops; i++) {
    node->tops[i] = graph->n_values;
    graph->values[graph->n_values++] =
        (isn_value_t){.shape = tops[i], .name = layer->tops[i], .producer = layer_id};
  }
  return ISN_OK;
}

isn_status_t isn_graph_build(const isn_net_spec_t *spec, isn_graph_t *graph)
{
  isn_status_t status = ISN_OK;
  size_t n_values = 1;
  for (int i = 0; i < spec->n_layers; i++)
    n_values += (size_t)spec->layers[i].n_tops;
  *graph = (isn_graph_t){.n_layers = spec->n_layers};
  ISN_TRY_GOTO(check_shape(spec->origin, spec->input, spec->input_shape), done);
  ISN_TRY_GOTO(isn_alloc(&graph->values, n_values, "values of a net"), done);
  ISN_TRY_GOTO(isn_alloc(&graph->layers, spec->n_layers, "layers of a net"), done);
  graph->values[graph->n_values++] =
      (isn_value_t){.shape = spec->input_shape, .name = spec->input, .producer = -1};
  for (int i = 0; i < spec->n_layers; i++) {
    ISN_TRY_GOTO(find_bottoms(spec, &spec->layers[i], graph, &graph->layers[i]), done);
    ISN_TRY_GOTO(add_tops(spec, i, graph, &graph->layers[i]), done);
  }
done:
  if (status != ISN_OK)
    isn_graph_clear(graph);
  return status;
}

void isn_graph_clear(isn_graph_t *graph)
{
  free(graph->values);
  free(graph->layers);
  *graph = (isn_graph_t){0};
}

/** Names of all blobs, each once, in the order they are made, cut off where the text is full. */
static void list_blobs(const isn_graph_t *graph, char text[LISTED_BLOBS_CHARS])
{
  size_t used = 0;
  text[0] = '\0';
  for (int v = 0; v < graph->n_values; v++) {
    const char *name = graph->values[v].name;
    if (latest(graph, name) != v)
      continue;
    size_t room = LISTED_BLOBS_CHARS - used;
    int n = snprintf(text + used, room, "%s%s", used > 0 ? ", " : "", name);
    if (n < 0 || (size_t)n + sizeof ", ..." > room) {
      snprintf(text + used, room, "%s", used > 0 ? ", ..." : "...");
      return;
    }
    used += (size_t)n;
  }
}

isn_status_t isn_graph_find(const isn_graph_t *graph, const char *origin, const char *blob,
                            int *value)
{
  int found = latest(graph, blob);
  if (found < 0) {
    char list[LISTED_BLOBS_CHARS];
    list_blobs(graph, list);
    ISN_FAIL(ISN_ERR_INPUT, "%s: the net has no blob '%s'; it has: %s", origin, blob, list);
  }
  *value = found;
  return ISN_OK;
}
