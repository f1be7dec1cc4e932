/** @file model_file.h
 *  The layers of a binary .caffemodel (a NetParameter), one at a time.  Private to the room; local.
 *
 *      NetParameter       name 1, layers 2 (V1), input 3, input_dim 4, input_shape 8, layer 100
 * (V2) LayerParameter     name 1, type 2 (a text), bottom 3, top 4, blobs 7, ... V1LayerParameter
 * layer 1 (V0), bottom 2, top 3, name 4, type 5 (an enum), blobs 6, ... V0LayerParameter   name 1,
 * type 2, blobs 50, ...
 */
#ifndef INVSET_CAFFE_MODEL_FILE_H
#define INVSET_CAFFE_MODEL_FILE_H

#include "caffe_weights.pb-c.h"
#include "invset/layer.h"
#include "wire.h"

enum { ISN_MODEL_MAX_LAYERS = 10000 /**< in one file; more are refused */ };

typedef struct {
  isn_wire_t wire;
  isn_wire_span_t rest; /**< of the file, after the layer read last */
  int n_layers;         /**< read so far */
  bool v1;              /**< they are of the list `layers` */
} isn_model_file_t;

/** One layer; its definition is in v2 or v1, the other is NULL. */
typedef struct {
  ProtobufCMessage *message; /**< owned: what v2 or v1 points to */
  const Isn__Wire__Layer *v2;
  const Isn__Wire__LayerV1 *v1;
  const char *name; /**< "" if it has none */
  int n_bottoms, n_tops;
  char *const *bottoms, *const *tops;
  int n_blobs;
  isn_wire_span_t blobs[ISN_LAYER_MAX_WEIGHTS]; /**< of the first ones */
} isn_model_layer_t;

/** Open a file.  @param[out] model isn_model_close() after success */
ISN_MUST_USE isn_status_t isn_model_open(isn_model_file_t *model, const char *path);
void isn_model_close(isn_model_file_t *model);

/** Begin again with the first layer. */
void isn_model_rewind(isn_model_file_t *model);

/** Read the next layer.
 *  @param[out] layer if found: isn_model_layer_clear()
 *  @param[out] found false after the last one
 *  @return ISN_ERR_INPUT naming file, place and, where it is known, the layer: damaged, layers of
 *          both lists, too many; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_model_next(isn_model_file_t *model, isn_model_layer_t *layer,
                                         bool *found);
void isn_model_layer_clear(isn_model_layer_t *layer);

#endif
