/** @file plan.h
 *  Which memory every value of a net lives in, forward and backward.  Private; local.
 *
 *  The timeline: with L layers, layer i runs forward at step i and backward at step 2L-1-i.  Values
 *  whose lifetimes do not overlap share memory.  As backward may run several times after one
 *  forward, what any backward step reads of the forward pass lives to the end.
 *  Knows no backend: what a layer kind needs and allows comes in as data.
 */
#ifndef INVSET_NET_PLAN_H
#define INVSET_NET_PLAN_H

#include <stdbool.h>

#include "graph.h"
#include "invset/backend.h"

enum { ISN_PLAN_NONE = -1 };

/** A layer that is run. */
typedef struct {
  const isn_graph_layer_t *node; /**< borrowed from the graph */
  isn_layer_needs_t needs;
} isn_plan_layer_t;

/** One piece of memory; several values may live in it, one after the other or being the same. */
typedef struct {
  size_t floats; /**< per sample, rounded up so that every piece is aligned */
  bool kept;     /**< memory of its own for the life of the net; else a place in the arena */
  size_t offset; /**< per sample, in the arena */
} isn_storage_t;

typedef struct {
  int n_storages;
  isn_storage_t *storages; /**< (n_storages), owned */
  /* Numbers of storages, ISN_PLAN_NONE where there is none; owned. */
  int *values; /**< (n_values) */
  int *grads;  /**< (n_values) gradient of a value, complete when its producer's step comes */
  int *seeds;  /**< (n_values) seed of a wanted value; may be the gradient's storage, if nothing
                    else can come to it */
  int *extras; /**< (n_layers, ISN_LAYER_MAX_BOTTOMS) where a layer's gradient of a bottom goes when
                    the bottom's gradient has contents already and is added to */
  size_t arena_floats;     /**< per sample */
  size_t planned_floats;   /**< per sample: arena and kept storages */
  size_t unplanned_floats; /**< per sample: one buffer for every value, gradient, seed and extra */
} isn_plan_t;

/** Plan the memory of the layers that are run.
 *  @param[in]  layers   (n_layers), in order
 *  @param[in]  wanted   (graph->n_values) values to be kept
 *  @param[in]  backward whether there will be backward passes
 *  @param[in]  number_bytes of a number of a value or gradient, at most those of a float
 *  @param[out] plan     isn_plan_clear() after success
 *  @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_plan_make(const isn_graph_t *graph, int n_layers,
                                        const isn_plan_layer_t *layers, const bool *wanted,
                                        bool backward, size_t number_bytes, isn_plan_t *plan);
void isn_plan_clear(isn_plan_t *plan);

#endif
