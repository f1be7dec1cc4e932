/** @file net_private.h
 *  A built net, as the files that build it and run it see it.  Private to the room.
 */
#ifndef INVSET_NET_PRIVATE_H
#define INVSET_NET_PRIVATE_H

#include "graph.h"
#include "invset/net.h"
#include "invset/vectors.h"
#include "plan.h"

/** One layer that is run. */
typedef struct {
  char *name; /**< owned; for messages, as the spec may be gone */
  const isn_graph_layer_t *node;
  isn_layer_needs_t needs;
  isn_layer_params_t params;
  isn_layer_call_t call;                  /**< complete for forward */
  bool is_fused;                          /**< forward, the layer before applies it */
  float *uploaded[ISN_LAYER_MAX_WEIGHTS]; /**< owned backend memory; NULL where host's is used */
} isn_net_layer_t;

/** Where data are packed: what callers see of the net; packed.h. */
typedef struct {
  size_t number_bytes; /**< of a packed number; 0: data are not packed, there is nothing of this */
  float **values;      /**< (n_values) copies of the input and of kept blobs, NULL for the others */
  float **seeds;       /**< (n_values) seeds of kept blobs */
  float *grad_input;
  float *factors;           /**< (max_batch) of the gradients of the present pass */
  float target;             /**< size with which gradients begin */
  isn_vectors_t *vectors;   /**< owned, and */
  unsigned char *is_finite; /**< (max_batch): for looking whether gradients are */
} isn_net_packed_t;

/** A recorded pass; recordings.h. */
typedef struct isn_net_recording {
  struct isn_net_recording *next;
  int n; /**< samples */
  bool backward;
  bool *has_seed; /**< (n_values) seeds of a backward pass, owned */
  bool was_run;
  isn_recording_t *recording; /**< owned; NULL: not recorded yet */
  int64_t n_calls;            /**< of layers */
} isn_net_recording_t;

struct isn_net {
  isn_backend_t *backend; /**< borrowed */
  int max_batch;
  bool backward;
  isn_precision_t precision;
  isn_net_packed_t packed;
  int n_samples;     /**< of the last forward pass */
  isn_graph_t graph; /**< names in it are not used after isn_net_create() */
  int n_blobs;
  int *blobs; /**< (n_blobs) values that were asked for */
  int n_layers;
  isn_net_layer_t *layers; /**< (n_layers) in order */
  isn_plan_t plan;
  float *arena;
  float **kept;                    /**< (n_storages) memory of kept storages, NULL for the others */
  float *workspace;                /**< for one layer at a time */
  size_t extra_bytes;              /**< states and workspace */
  bool *has_seed;                  /**< (n_values) during a backward pass: it is one of its seeds */
  bool *has_grad;                  /**< (n_values) ... its gradient has contents */
  bool records;                    /**< whether passes of small batches are recorded */
  isn_net_recording_t *recordings; /**< owned list */
  int *all_rows;                   /**< (max_batch) 0, 1, 2, ... */
  int64_t n_forward_calls, n_backward_calls;
};

/** Memory of a storage.  @return NULL for ISN_PLAN_NONE */
static inline float *isn_net_memory(const isn_net_t *net, int storage)
{
  if (storage == ISN_PLAN_NONE)
    return NULL;
  const isn_storage_t *s = &net->plan.storages[storage];
  return s->kept ? net->kept[storage] : net->arena + s->offset * (size_t)net->max_batch;
}

/** A layer's call going backward, complete; where its gradients go depends on what has come before
 * in this pass (has_grad).  In run.c. */
isn_layer_call_t isn_net_backward_call(const isn_net_t *net, int layer_index);

#endif
