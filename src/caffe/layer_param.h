/** @file layer_param.h
 *  What the readers of layer parameters share.  Private to the room; local.  Every error names
 *  file, line and layer.
 */
#ifndef INVSET_CAFFE_LAYER_PARAM_H
#define INVSET_CAFFE_LAYER_PARAM_H

#include "layer_table.h"

/** Find the message with a layer's parameters and check that it has no other fields.
 *  @param[in]  fields ends with NULL
 *  @param[out] param  NULL if the layer has none: all defaults */
ISN_MUST_USE isn_status_t isn_caffe_open_param(const isn_caffe_layer_t *layer, const char *name,
                                               const char *const *fields,
                                               const isn_prototxt_t **param);

/** Read an int of at least 1 that must be there.  @param[in] message name of param */
ISN_MUST_USE isn_status_t isn_caffe_required_int(const isn_caffe_layer_t *layer,
                                                 const isn_prototxt_t *param, const char *message,
                                                 const char *name, int *out);

/** Check that an int, if it is there, has the one value that is supported. */
ISN_MUST_USE isn_status_t isn_caffe_only_int(const isn_caffe_layer_t *layer,
                                             const isn_prototxt_t *param, const char *name,
                                             int supported);

/** Check that an enum, if it is there, does not have a value that is not supported.
 *  @param[in] unsupported index into words */
ISN_MUST_USE isn_status_t isn_caffe_get_enum(const isn_caffe_layer_t *layer,
                                             const isn_prototxt_t *param, const char *name,
                                             int n_words, const char *const *words, int unsupported,
                                             int *out);

/** Read an axis of the first bottom; negative ones count from the last.  What is not there keeps
 *  the value that *axis has on entry.
 *  @param[out] axis 1 channels, 2 rows, 3 columns
 *  @return ISN_ERR_INPUT: the batch axis, or one that the bottom does not have */
ISN_MUST_USE isn_status_t isn_caffe_get_axis(const isn_caffe_layer_t *layer,
                                             const isn_prototxt_t *param, const char *name,
                                             int *axis);

/** As isn_caffe_get_axis() for `axis`, or its older name if that is there.
 *  @return ISN_ERR_INPUT also if both are */
ISN_MUST_USE isn_status_t isn_caffe_get_axis_or(const isn_caffe_layer_t *layer,
                                                const isn_prototxt_t *param, const char *older,
                                                int *axis);

/** Read `axis` and `num_axes` of a layer that has one number for each channel; both have to be 1.
 */
ISN_MUST_USE isn_status_t isn_caffe_only_channels(const isn_caffe_layer_t *layer,
                                                  const isn_prototxt_t *param);

/** Lengths of a bottom's axes: the batch (as `batch`), channels, rows, columns. */
void isn_caffe_lengths(isn_shape_t shape, int batch, int lengths[4]);

#endif
