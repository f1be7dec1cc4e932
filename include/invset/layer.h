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
  X(ISN_LAYER_PRELU, "PReLU")                                                                      \
  X(ISN_LAYER_ELU, "ELU")                                                                          \
  X(ISN_LAYER_SIGMOID, "Sigmoid")                                                                  \
  X(ISN_LAYER_TANH, "TanH")                                                                        \
  X(ISN_LAYER_ABSVAL, "AbsVal")                                                                    \
  X(ISN_LAYER_POWER, "Power")                                                                      \
  X(ISN_LAYER_EXP, "Exp")                                                                          \
  X(ISN_LAYER_LOG, "Log")                                                                          \
  X(ISN_LAYER_BATCH_NORM, "BatchNorm")                                                             \
  X(ISN_LAYER_SCALE, "Scale")                                                                      \
  X(ISN_LAYER_ELTWISE, "Eltwise")                                                                  \
  X(ISN_LAYER_CONCAT, "Concat")                                                                    \
  X(ISN_LAYER_SLICE, "Slice")                                                                      \
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

/** Local response normalisation.  Across channels:
 *  y = x / (k + alpha/size * sum of x^2 over size channels around)^beta;  within a channel:
 *  y = x * (1 + alpha/size^2 * sum of x^2 over the size x size window around)^-beta, padded with
 *  zeros, the divisor always size^2, k not used. */
typedef struct {
  int size; /**< odd */
  double alpha, beta, k;
  bool within_channel;
} isn_lrn_params_t;

/** y = x for x > 0, else negative_slope * x. */
typedef struct {
  float negative_slope;
} isn_relu_params_t;

/** y = W x + b on the sample flattened from `axis` on: axis 1 takes the whole sample (C*H*W
 * numbers, output (C' = n_outputs)), axis 2 each channel by itself (H*W numbers, output (C,
 * n_outputs)), axis 3 each row.  Weights: [0] (out, in), or (in, out) if transposed; [1] bias
 * (out). */
typedef struct {
  int n_outputs;
  bool has_bias;
  bool transposed;
  int axis; /**< 1 to 3 */
} isn_inner_product_params_t;

/** y = x for x > 0, else slope_c * x.  Weights: [0] slopes (C), or (1) if shared. */
typedef struct {
  bool shared;
} isn_prelu_params_t;

/** y = x for x > 0, else alpha * (exp(x) - 1). */
typedef struct {
  float alpha;
} isn_elu_params_t;

/** POWER: y = (shift + scale * x)^power.  EXP: y = base^(shift + scale * x), base e if base is -1.
 *  LOG: y = log_base(shift + scale * x), likewise. */
typedef struct {
  double power, base, scale, shift;
} isn_power_params_t;

/** y = (x - mean_c/s) / sqrt(variance_c/s + epsilon).  Weights: [0] mean (C), [1] variance (C),
 *  [2] s (1), where 0 means that mean and variance count as 0. */
typedef struct {
  double epsilon;
} isn_batch_norm_params_t;

/** y = gamma_c * x + beta_c.  Weights: [0] gamma (C), [1] beta (C) if has_bias. */
typedef struct {
  bool has_bias;
} isn_scale_params_t;

typedef enum { ISN_ELTWISE_SUM, ISN_ELTWISE_PRODUCT, ISN_ELTWISE_MAX } isn_eltwise_mode_t;

/** Element by element over bottoms of one shape.  SUM: sum of coefficient_i * x_i.  MAX gives its
 *  gradient to one of equal maxima, as Caffe's CPU code does: the second of the first two bottoms
 *  if these are equal, else the first that is largest. */
typedef struct {
  isn_eltwise_mode_t mode;
  float coefficients[ISN_LAYER_MAX_BOTTOMS]; /**< SUM: 1 by default */
} isn_eltwise_params_t;

/** Join bottoms along an axis: 1 channels, 2 rows, 3 columns; the other axes are equal. */
typedef struct {
  int axis;
} isn_concat_params_t;

/** Cut a bottom along an axis into its tops. */
typedef struct {
  int axis;
  int points[ISN_LAYER_MAX_TOPS]; /**< where top i+1 begins; (n_tops - 1) of them, ascending */
  bool equal;                     /**< all tops have the same size; points are not used */
} isn_slice_params_t;

/** Exponentials over an axis, at each position by itself: 1 channels (the default), 2, 3. */
typedef struct {
  int axis;
} isn_softmax_params_t;

/** Cut a window (h, w) at (offset_h, offset_w) out of every channel.  Caffe's second bottom, which
 *  only lends its shape, is resolved when the net is read. */
typedef struct {
  int offset_h, offset_w, h, w;
} isn_crop_params_t;

/** New shape of the same numbers. */
typedef struct {
  isn_shape_t shape;
} isn_reshape_params_t;

/** Make a generator's output a valid picture (design: "valid").  In network values, which are
 *  scale * (grey level - mean):
 *      y = scale * (min(max(x / scale + mean, 0), 255) - mean),
 *  rounded to whole grey levels before the mean is taken off again if `round` is set.  The gradient
 *  is 1 inside [0, 255] and 0 outside; the rounding passes it unchanged.
 *  Weights: [0] mean (C), or (C, H, W) if per_pixel, grey levels. */
typedef struct {
  bool round;
  bool per_pixel;
  float scale; /**< > 0; 1 for Caffe's own models */
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
    isn_prelu_params_t prelu;
    isn_elu_params_t elu;
    isn_power_params_t power; /**< POWER, EXP, LOG */
    isn_batch_norm_params_t batch_norm;
    isn_scale_params_t scale;
    isn_eltwise_params_t eltwise;
    isn_concat_params_t concat;
    isn_slice_params_t slice;
    isn_softmax_params_t softmax;
  }; /**< SIGMOID, TANH, ABSVAL and BIAS (one number per channel, weights: [0] (C)) have none */
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
