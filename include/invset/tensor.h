/** @file tensor.h
 *  Shapes and tensors.  Letters used everywhere: N samples of a batch, C channels, H rows,
 *  W columns; data are row-major in that order, so one sample is C*H*W floats in a row.
 */
#ifndef INVSET_TENSOR_H
#define INVSET_TENSOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Shape of one sample of a blob (the batch axis is left out).  Blobs with fewer axes have ones:
 *  an inner product's output is (C, 1, 1) with n_axes 1. */
typedef struct {
  int n_axes; /**< axes besides the batch axis that Caffe gives the blob, 1 to 3 */
  int c, h, w;
} isn_shape_t;

/** Floats of one sample. */
static inline size_t isn_shape_count(isn_shape_t s)
{
  return (size_t)s.c * (size_t)s.h * (size_t)s.w;
}

/** Length of one axis of a sample: 1 channels, 2 rows, 3 columns. */
static inline int isn_shape_axis(isn_shape_t s, int axis)
{
  return axis == 1 ? s.c : axis == 2 ? s.h : s.w;
}

/** A batch of one blob in the memory of a backend.  Does not own its data. */
typedef struct {
  isn_shape_t shape;
  float *data; /**< (N, C, H, W), backend memory */
} isn_tensor_t;

#ifdef __cplusplus
}
#endif
#endif
