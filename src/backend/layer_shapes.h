/** @file layer_shapes.h
 *  What the files that work out shapes of layers share: the layer in question, the checks that
 *  several kinds want, and one function for each family of kinds.  Private to the room.
 */
#ifndef INVSET_LAYER_SHAPES_H
#define INVSET_LAYER_SHAPES_H

#include "invset/layer.h"

/* A definition comes from a file: sizes are worked out in 64 bits and bounded before they become
 * ints.  The bound on a parameter keeps every product of two from overflowing. */
#define ISN_LAYER_MAX_PARAMETER 1000000

/** What the checks speak about.  All borrowed. */
typedef struct {
  const isn_layer_params_t *params;
  const char *kind, *name;
  int n_bottoms, n_tops;
  const isn_shape_t *bottoms;
} isn_layer_subject_t;

/** Whether a kind takes so many bottoms and tops. */
bool isn_layer_arity_fits(isn_layer_kind_t kind, int n_bottoms, int n_tops);

/** low <= value <= ISN_LAYER_MAX_PARAMETER.  @param[in] what Caffe's word for it */
ISN_MUST_USE isn_status_t isn_layer_check_range(const isn_layer_subject_t *layer, const char *what,
                                                int value, int low);

/** The first bottom has channels, rows and columns. */
ISN_MUST_USE isn_status_t isn_layer_check_spatial(const isn_layer_subject_t *layer);

/** The axis is one of the first bottom's, and not the batch. */
ISN_MUST_USE isn_status_t isn_layer_check_axis(const isn_layer_subject_t *layer, int axis);

/* Kinds with a window (layer_windows.c). */
ISN_MUST_USE isn_status_t isn_layer_conv_shape(const isn_layer_subject_t *layer, isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_pool_shape(const isn_layer_subject_t *layer, isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_lrn_shape(const isn_layer_subject_t *layer, isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_crop_shape(const isn_layer_subject_t *layer, isn_shape_t *top);

/* Kinds that mix or regroup whole axes (layer_axes.c). */
ISN_MUST_USE isn_status_t isn_layer_inner_product_shape(const isn_layer_subject_t *layer,
                                                        isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_reshape_shape(const isn_layer_subject_t *layer,
                                                  isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_eltwise_shape(const isn_layer_subject_t *layer,
                                                  isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_concat_shape(const isn_layer_subject_t *layer,
                                                 isn_shape_t *top);
ISN_MUST_USE isn_status_t isn_layer_slice_shapes(const isn_layer_subject_t *layer,
                                                 isn_shape_t *tops);

/** Parameters of the kinds that work number by number; others pass. */
ISN_MUST_USE isn_status_t isn_layer_check_values(const isn_layer_subject_t *layer);

#endif
