/** @file layer.h
 *  What a layer is, apart from any net, file or device: its kind and the numbers that define it.
 *  Meanings and defaults are Caffe's.  One small struct per kind, in a tagged union.
 */
#ifndef INVSET_LAYER_H
#define INVSET_LAYER_H

#include <stdbool.h>

#include "invset/status.h"
#include "invset/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ISN_LAYER_MAX_BOTTOMS = 16, /**< more are refused when a net is read */
  ISN_LAYER_MAX_TOPS = 16,
  ISN_LAYER_MAX_WEIGHTS = 3
};

/* kind, Caffe's type name */
#define ISN_LAYER_TABLE(X)                                                                         \
  X(ISN_LAYER_CONVOLUTION, "Convolution")                                                          \
  X(ISN_LAYER_DECONVOLUTION, "Deconvolution")                                                      \
  X(ISN_LAYER_POOLING, "Pooling")                                                                  \
  X(ISN_LAYER_LRN, "LRN")                                                                          \
  X(ISN_LAYER_RELU, "ReLU")                                                                        \
  X(ISN_LAYER_INNER_PRODUCT, "InnerProduct")                                                       \
  X(ISN_LAYER_SOFTMAX, "Softmax")                                                                  \
  X(ISN_LAYER_BIAS, "Bias")                                                                        \
  X(ISN_LAYER_CROP, "Crop")                                                                        \
  X(ISN_LAYER_RESHAPE, "Reshape")                                                                  \
  X(ISN_LAYER_PICTURE, "Picture") /* ours: clip to valid pixels, see isn_picture_params_t */

typedef enum {
#define ISN_LAYER_ENUM(kind, name) kind,
  ISN_LAYER_TABLE(ISN_LAYER_ENUM)
#undef ISN_LAYER_ENUM
      ISN_N_LAYER_KINDS
} isn_layer_kind_t;

/** Convolution (a correlation, not flipped) and Deconvolution (its transpose).
 *  Weights: [0] (out, in/group, kernel_h, kernel_w), for Deconvolution (in, out/group, kernel_h,
 *  kernel_w); [1] bias (out) if has_bias.
 *  Output rows: floor((H + 2 pad_h - (dilation_h (kernel_h - 1) + 1)) / stride_h) + 1, transposed
 *  stride_h (H - 1) + dilation_h (kernel_h - 1) + 1 - 2 pad_h. */
typedef struct {
  int n_outputs, group;
  int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
  bool has_bias;
} isn_conv_params_t;

typedef enum { ISN_POOL_MAX, ISN_POOL_AVERAGE } isn_pool_mode_t;

/** Pooling.  Output rows: ceil((H + 2 pad - kernel) / stride) + 1 and, only if a pad is > 0, one
 *  less where the last window would start at or beyond H + pad.  MAX ignores padding and gives the
 *  gradient to the first maximum in row order.  AVERAGE divides by the window clipped to the padded
 *  image, min(start + kernel, H + pad) - start per axis. */
typedef struct {
  isn_pool_mode_t mode;
  int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
  bool global; /**< the window is the whole image; kernel and stride are not used */
} isn_pool_params_t;

/** Local response normalisation across channels:
 *  y = x / (k + alpha/size * sum of x^2 over size channels around)^beta. */
typedef struct {
  int size; /**< odd */
  double alpha, beta, k;
} isn_lrn_params_t;

/** y = x for x > 0, else negative_slope * x. */
typedef struct {
  float negative_slope;
} isn_relu_params_t;

/** y = W x + b on the flattened sample.  Weights: [0] (out, C*H*W), [1] bias (out). */
typedef struct {
  int n_outputs;
  bool has_bias;
} isn_inner_product_params_t;

/** Cut a window (h, w) at (offset_h, offset_w) out of every channel.  Caffe's second bottom, which
 *  only lends its shape, is resolved when the net is read. */
typedef struct {
  int offset_h, offset_w, h, w;
} isn_crop_params_t;

/** New shape of the same numbers. */
typedef struct {
  isn_shape_t shape;
} isn_reshape_params_t;

/** Make a generator's output a valid picture (design: "valid").  In network values, where 0 is the
 *  mean grey:  y = min(max(x + mean_c, 0), 255) - mean_c,  rounded to whole grey levels before the
 *  mean is taken off again if `round` is set.  The gradient is 1 inside [0, 255] and 0 outside; the
 *  rounding passes it unchanged.  Weights: [0] mean (C), grey levels. */
typedef struct {
  bool round;
} isn_picture_params_t;

typedef struct {
  isn_layer_kind_t kind;
  union {
    isn_conv_params_t conv; /**< CONVOLUTION, DECONVOLUTION */
    isn_pool_params_t pool;
    isn_lrn_params_t lrn;
    isn_relu_params_t relu;
    isn_inner_product_params_t inner_product;
    isn_crop_params_t crop;
    isn_reshape_params_t reshape;
    isn_picture_params_t picture;
  }; /**< SOFTMAX (over channels, at each position by itself) and BIAS (one number per channel,
          weights: [0] (C)) have none */
} isn_layer_params_t;

/** Caffe's type name of a kind.  Local.  @return static text */
const char *isn_layer_kind_name(isn_layer_kind_t kind);

/** Shapes of a layer's tops from its bottoms'.  Local.
 *  @param[in]  name     layer name, for messages
 *  @param[in]  bottoms  (n_bottoms)
 *  @param[out] tops     (n_tops)
 *  @return ISN_ERR_INPUT naming the layer: wrong number of bottoms or tops, a kernel larger than
 * the padded image (a pooling window may overhang, but not lie outside), channels not divisible by
 * the group, a parameter out of its range, a reshape that changes the count, a bottom without rows
 * and columns for a kind that wants them, more than INT_MAX numbers a sample */
ISN_MUST_USE isn_status_t isn_layer_shapes(const isn_layer_params_t *params, const char *name,
                                           int n_bottoms, const isn_shape_t *bottoms, int n_tops,
                                           isn_shape_t *tops);

/** Shapes of a layer's weights.
 *  @param[out] n_weights number of weight blobs, 0 to ISN_LAYER_MAX_WEIGHTS
 *  @param[out] n_axes    (ISN_LAYER_MAX_WEIGHTS)
 *  @param[out] dims      (ISN_LAYER_MAX_WEIGHTS, 4), first n_axes[i] of each are set */
void isn_layer_weight_shapes(const isn_layer_params_t *params, const isn_shape_t *bottoms,
                             int *n_weights, int n_axes[], int dims[][4]);

/** Multiply-accumulates of one sample's forward pass (bias and element-wise work not counted). */
double isn_layer_macs(const isn_layer_params_t *params, const isn_shape_t *bottoms);

#ifdef __cplusplus
}
#endif
#endif
