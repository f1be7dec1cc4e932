/** @file net_input.h
 *  The one input of a definition.  Private to the room.
 */
#ifndef INVSET_CAFFE_NET_INPUT_H
#define INVSET_CAFFE_NET_INPUT_H

#include "invset/tensor.h"
#include "prototxt.h"

typedef struct {
  const char *name; /**< borrowed from the tree */
  isn_shape_t shape;
  int batch; /**< only a default */
} isn_caffe_input_t;

/** Find the input: `input` with `input_dim` or `input_shape` at the top level, or an Input layer.
 *  @param[in] layers name of the layers' fields: "layer" or "layers"
 *  @return ISN_ERR_INPUT naming file and line: none, several, or without a usable shape */
ISN_MUST_USE isn_status_t isn_caffe_find_input(const isn_prototxt_t *root, const char *layers,
                                               isn_caffe_input_t *out);

#endif
