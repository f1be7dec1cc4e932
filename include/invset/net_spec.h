/** @file net_spec.h
 *  A net as it is described, before it is built: layers with named bottoms and tops, and weights
 *  in host memory.  Made by the caffe room or by hand; isn_net_create() builds it.  Local.
 *
 *  Blob names are Caffe's: a layer may name the same blob as bottom and top (in place), so a name
 *  means the value that the latest layer gave it.
 */
#ifndef INVSET_NET_SPEC_H
#define INVSET_NET_SPEC_H

#include <stdint.h>

#include "invset/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One weight blob in host memory. */
typedef struct {
  float *data; /**< (count), owned; NULL until loaded */
  size_t count;
  int n_axes;
  int dims[4];
} isn_weight_t;

typedef struct {
  char *name; /**< owned, unique in the net */
  isn_layer_params_t params;
  int n_bottoms, n_tops;
  char *bottoms[ISN_LAYER_MAX_BOTTOMS]; /**< blob names, owned */
  char *tops[ISN_LAYER_MAX_TOPS];
  int n_weights;
  isn_weight_t weights[ISN_LAYER_MAX_WEIGHTS]; /**< shapes are set by isn_net_spec_resolve() */
} isn_layer_spec_t;

typedef struct {
  char *name;   /**< owned; may be "" */
  char *origin; /**< owned; file it came from, for messages */
  char *input;  /**< owned; name of the one input blob */
  isn_shape_t input_shape;
  int n_layers;
  isn_layer_spec_t *layers; /**< (n_layers), owned, in an order in which they can run */
} isn_net_spec_t;

/** Make an empty net.  @param[out] out caller's, isn_net_spec_destroy() */
ISN_MUST_USE isn_status_t isn_net_spec_create(const char *name, const char *origin,
                                              const char *input, isn_shape_t input_shape,
                                              isn_net_spec_t **out);
void isn_net_spec_destroy(isn_net_spec_t *spec); /**< NULL is fine; frees weights too */

/** Append a layer without weights data; strings are copied.
 *  @param[out] layer NULL or where to put the new layer's address, valid until the next append
 *  @return ISN_ERR_INPUT: name taken, too many bottoms or tops; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_net_spec_add(isn_net_spec_t *spec, const char *name,
                                           const isn_layer_params_t *params, int n_bottoms,
                                           const char *const *bottoms, int n_tops,
                                           const char *const *tops, isn_layer_spec_t **layer);

/** Check names and work out all shapes: every bottom is the input or a top of an earlier layer.
 *  Sets the weights' shapes; weight data already present are checked against them.
 *  @return ISN_ERR_INPUT naming the net's file, the layer and what does not fit */
ISN_MUST_USE isn_status_t isn_net_spec_resolve(isn_net_spec_t *spec);

/** Shape of the value that a blob has at the end.  @return ISN_ERR_INPUT, listing the blobs there
 *  are, if there is no such blob.  The spec must be resolved. */
ISN_MUST_USE isn_status_t isn_net_spec_blob_shape(const isn_net_spec_t *spec, const char *blob,
                                                  isn_shape_t *shape);

/** Name of the last layer's first top.  @return borrowed */
const char *isn_net_spec_output(const isn_net_spec_t *spec);

/** Allocate the data of all weights that have none yet, zero.  The spec must be resolved. */
ISN_MUST_USE isn_status_t isn_net_spec_alloc_weights(isn_net_spec_t *spec);

/** Check that all layers have the weights that they need.  The spec must be resolved.
 *  @return ISN_ERR_INPUT naming the net's file and the first layer that lacks them */
ISN_MUST_USE isn_status_t isn_net_spec_check_weights(const isn_net_spec_t *spec);

/** Number of weights (floats) of the whole net.  The spec must be resolved. */
int64_t isn_net_spec_n_parameters(const isn_net_spec_t *spec);

/** Fold BatchNorm, Scale and Bias into the Convolution, Deconvolution or InnerProduct whose top
 * they work on, where nothing else reads that top; one after the other also folds.  Results stay
 * the same within rounding; the blob in between is gone, and the one that is left has the last
 * name.
 *  @param[in]     keep     (n_keep) names of blobs that have to stay what they are
 *  @param[out]    n_folded NULL or number of layers that are gone
 *  @return ISN_ERR_ARG: weights not loaded; ISN_ERR_MEMORY; the net is usable after both */
ISN_MUST_USE isn_status_t isn_net_spec_fold(isn_net_spec_t *spec, int n_keep,
                                            const char *const *keep, int *n_folded);

/** Move all layers of `from` to the end of `to`.  Their names and blobs get the prefix
 *  ("classifier/fc8"), and from's input becomes to's blob `bottom`, whose shape must be the same.
 *  Several nets may be put on one blob: a layer that works in place on from's input gets a top of
 *  its own.  `from` is left without layers and still has to be destroyed; after an error nothing
 *  has changed.
 *  @param[in] prefix "classifier" or "classifier/"; "": names stay as they are
 *  @return ISN_ERR_INPUT: the shapes differ (with both), a name is taken; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_net_spec_append(isn_net_spec_t *to, isn_net_spec_t *from,
                                              const char *prefix, const char *bottom);

#ifdef __cplusplus
}
#endif
#endif
