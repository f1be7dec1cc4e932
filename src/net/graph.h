/** @file graph.h
 *  A net's blobs as values that are written once (static single assignment).
 *
 *  Value 0 is the input; every top of every layer is a value of its own, also where a layer works
 *  in place and the blob keeps its name.  Made from a spec; knows no backend.  Private to the room.
 */
#ifndef INVSET_NET_GRAPH_H
#define INVSET_NET_GRAPH_H

#include "invset/net_spec.h"

typedef struct {
  isn_shape_t shape;
  const char *name; /**< borrowed from the spec */
  int producer;     /**< layer that makes it, -1 for the input */
} isn_value_t;

typedef struct {
  int n_bottoms, n_tops;
  int bottoms[ISN_LAYER_MAX_BOTTOMS]; /**< value numbers */
  int tops[ISN_LAYER_MAX_TOPS];
} isn_graph_layer_t;

typedef struct {
  int n_values;
  isn_value_t *values; /**< (n_values), owned */
  int n_layers;
  isn_graph_layer_t *layers; /**< (n_layers), owned, in the order of the spec */
} isn_graph_t;

/** Find every bottom's value and work out all shapes.
 *  @param[out] graph isn_graph_clear() after success; nothing to free after an error
 *  @return ISN_ERR_INPUT naming the net's file, the layer and the blob; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_graph_build(const isn_net_spec_t *spec, isn_graph_t *graph);
void isn_graph_clear(isn_graph_t *graph);

/** The value that a blob has at the end.
 *  @param[in] origin file of the net, for the message
 *  @return ISN_ERR_INPUT with a list of the blobs there are */
ISN_MUST_USE isn_status_t isn_graph_find(const isn_graph_t *graph, const char *origin,
                                         const char *blob, int *value);

#endif
