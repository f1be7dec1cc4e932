/** @file layer_table.h
 *  Caffe's layer types that are supported: one row each.  A new type is a new row and, if it has
 *  parameters, a reader.  Private to the room.
 */
#ifndef INVSET_CAFFE_LAYER_TABLE_H
#define INVSET_CAFFE_LAYER_TABLE_H

#include "invset/layer.h"
#include "prototxt.h"

/** A layer of the definition, as its reader sees it. */
typedef struct {
  const isn_prototxt_t *node; /**< its message */
  const char *name;
  int n_bottoms, n_tops;
  const isn_shape_t *bottoms; /**< (n_bottoms) */
  int batch;                  /**< batch size of the definition's input, only a default */
} isn_caffe_layer_t;

/** Read a layer's parameters.  @return ISN_ERR_INPUT naming file and line */
typedef isn_status_t isn_caffe_reader_t(const isn_caffe_layer_t *layer, isn_layer_params_t *params);

typedef enum {
  ISN_CAFFE_INPUT,    /**< gives the net's input its shape */
  ISN_CAFFE_COMPUTE,  /**< becomes one layer of the net */
  ISN_CAFFE_IDENTITY, /**< its tops are its bottom at test time */
  ISN_CAFFE_LEFT_OUT  /**< for training only */
} isn_caffe_role_t;

typedef struct {
  const char *type;    /**< of `layer` (V2), a text */
  const char *v1_type; /**< of `layers` (V1), a word; NULL: no such type in V1 */
  isn_caffe_role_t role;
  int n_bottoms_used;       /**< bottoms of the net's layer; 0: all (Crop's second only lends its
                                 shape) */
  isn_caffe_reader_t *read; /**< of role COMPUTE */
} isn_caffe_type_t;

/** Find a type.  @param[in] v1 whether name is V1's  @return NULL if it is not supported */
const isn_caffe_type_t *isn_caffe_find_type(const char *name, bool v1);

/** What can be done about a type that is not supported.  @return static words */
const char *isn_caffe_type_advice(const char *name);

/* Readers, in layer_readers.c, layer_readers_axes.c, layer_readers_shape.c, layer_readers_values.c.
 */
isn_caffe_reader_t isn_caffe_read_absval, isn_caffe_read_batch_norm, isn_caffe_read_bias,
    isn_caffe_read_concat, isn_caffe_read_convolution, isn_caffe_read_crop,
    isn_caffe_read_deconvolution, isn_caffe_read_eltwise, isn_caffe_read_elu, isn_caffe_read_exp,
    isn_caffe_read_flatten, isn_caffe_read_inner_product, isn_caffe_read_log, isn_caffe_read_lrn,
    isn_caffe_read_pooling, isn_caffe_read_power, isn_caffe_read_prelu, isn_caffe_read_relu,
    isn_caffe_read_reshape, isn_caffe_read_scale, isn_caffe_read_sigmoid, isn_caffe_read_slice,
    isn_caffe_read_softmax, isn_caffe_read_tanh;

#endif
