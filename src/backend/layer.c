/** @file layer.c
 *  Shapes and counts of layers, by Caffe's rules.  Knows no device, net or file.
 */
#include "invset/layer.h"

#include <limits.h>
#include <stdint.h>

/* A definition comes from a file: sizes are worked out in 64 bits and bounded before they become
 * ints.  The bound on a parameter keeps every product below from overflowing. */
#define MAX_PARAMETER 1000000

static const char *const kind_names[] = {
#define ISN_LAYER_NAME(kind, name) [kind] = name,
    ISN_LAYER_TABLE(ISN_LAYER_NAME)
#undef ISN_LAYER_NAME
};

const char *isn_layer_kind_name(isn_layer_kind_t kind)
{
  if ((int)kind < 0 || kind >= ISN_N_LAYER_KINDS)
    return "unknown";
  return kind_names[kind];
}

/* What the checks below speak about. */
typedef struct {
  const isn_layer_params_t *params;
  const char *kind;
  const char *name;
  isn_shape_t bottom;
} layer_t;

static isn_status_t check_range(const layer_t *layer, const char *what, int value, int low)
{
  if (value < low || value > MAX_PARAMETER)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %s is %d, must be %d to %d", layer->kind, layer->name,
             what, value, low, MAX_PARAMETER);
  return ISN_OK;
}

static isn_status_t check_spatial(const layer_t *layer)
{
  if (layer->bottom.n_axes != 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': the input has %d axes besides the batch, wanted 3 "
             "(channels, rows, columns); put a Reshape before it",
             layer->kind, layer->name, layer->bottom.n_axes);
  return ISN_OK;
}

static isn_status_t check_divisible(const layer_t *layer, const char *what, int channels, int group)
{
  if (channels % group != 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %d %s channels cannot be split into %d groups",
             layer->kind, layer->name, channels, what, group);
  return ISN_OK;
}

static isn_status_t check_conv(const layer_t *layer)
{
  const isn_conv_params_t *p = &layer->params->conv;
  ISN_TRY(check_spatial(layer));
  ISN_TRY(check_range(layer, "num_output", p->n_outputs, 1));
  ISN_TRY(check_range(layer, "group", p->group, 1));
  ISN_TRY(check_range(layer, "kernel height", p->kernel_h, 1));
  ISN_TRY(check_range(layer, "kernel width", p->kernel_w, 1));
  ISN_TRY(check_range(layer, "stride of rows", p->stride_h, 1));
  ISN_TRY(check_range(layer, "stride of columns", p->stride_w, 1));
  ISN_TRY(check_range(layer, "pad of rows", p->pad_h, 0));
  ISN_TRY(check_range(layer, "pad of columns", p->pad_w, 0));
  ISN_TRY(check_range(layer, "dilation of rows", p->dilation_h, 1));
  ISN_TRY(check_range(layer, "dilation of columns", p->dilation_w, 1));
  ISN_TRY(check_divisible(layer, "input", layer->bottom.c, p->group));
  return check_divisible(layer, "output", p->n_outputs, p->group);
}

/* Extent of a kernel with holes. */
static int64_t dilated(int kernel, int dilation)
{
  return (int64_t)dilation * (kernel - 1) + 1;
}

/** Output size along one axis: floor((size + 2 pad - extent) / stride) + 1. */
static isn_status_t conv_size(const layer_t *layer, const char *axis, int size, int kernel,
                              int stride, int pad, int dilation, int *out)
{
  int64_t padded = (int64_t)size + 2 * (int64_t)pad;
  int64_t extent = dilated(kernel, dilation);
  if (extent > padded)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': the kernel spans %lld %s, but the padded input has only %lld",
             layer->kind, layer->name, (long long)extent, axis, (long long)padded);
  *out = (int)((padded - extent) / stride + 1);
  return ISN_OK;
}

/** Output size along one axis: stride (size - 1) + extent - 2 pad. */
static isn_status_t deconv_size(const layer_t *layer, const char *axis, int size, int kernel,
                                int stride, int pad, int dilation, int *out)
{
  int64_t wide = (int64_t)stride * (size - 1) + dilated(kernel, dilation) - 2 * (int64_t)pad;
  if (wide < 1 || wide > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the output would have %lld %s", layer->kind,
             layer->name, (long long)wide, axis);
  *out = (int)wide;
  return ISN_OK;
}

static isn_status_t conv_shape(const layer_t *layer, isn_shape_t *top)
{
  const isn_conv_params_t *p = &layer->params->conv;
  ISN_TRY(check_conv(layer));
  *top = (isn_shape_t){.n_axes = 3, .c = p->n_outputs};
  if (layer->params->kind == ISN_LAYER_CONVOLUTION) {
    ISN_TRY(conv_size(layer, "rows", layer->bottom.h, p->kernel_h, p->stride_h, p->pad_h,
                      p->dilation_h, &top->h));
    return conv_size(layer, "columns", layer->bottom.w, p->kernel_w, p->stride_w, p->pad_w,
                     p->dilation_w, &top->w);
  }
  ISN_TRY(deconv_size(layer, "rows", layer->bottom.h, p->kernel_h, p->stride_h, p->pad_h,
                      p->dilation_h, &top->h));
  return deconv_size(layer, "columns", layer->bottom.w, p->kernel_w, p->stride_w, p->pad_w,
                     p->dilation_w, &top->w);
}

/** Output size along one axis: ceil((size + 2 pad - kernel) / stride) + 1, and with any padding one
 *  less where the last window would start at or beyond size + pad.  A kernel that is a little
 * larger than the image still gives one (overhanging) window, as in Caffe. */
static isn_status_t pool_size(const layer_t *layer, const char *axis, int size, int kernel,
                              int stride, int pad, bool clip, int *out)
{
  int64_t room = (int64_t)size + 2 * (int64_t)pad - kernel;
  int64_t n = (room >= 0 ? (room + stride - 1) / stride : -(-room / stride)) + 1;
  if (n < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the kernel has %d %s, but the padded input only %lld",
             layer->kind, layer->name, kernel, axis, (long long)(room + kernel));
  if (clip && (n - 1) * stride >= (int64_t)size + pad)
    n--;
  if (n < 1 || (n - 1) * stride - pad >= size)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': with stride %d a window would lie wholly outside the %d %s of the "
             "input",
             layer->kind, layer->name, stride, size, axis);
  *out = (int)n;
  return ISN_OK;
}

static isn_status_t pool_shape(const layer_t *layer, isn_shape_t *top)
{
  const isn_pool_params_t *p = &layer->params->pool;
  ISN_TRY(check_spatial(layer));
  if (p->mode != ISN_POOL_MAX && p->mode != ISN_POOL_AVERAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': unknown pooling method %d", layer->kind, layer->name,
             (int)p->mode);
  if (p->global) {
    if (p->pad_h != 0 || p->pad_w != 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': global pooling has padding; remove the padding",
               layer->kind, layer->name);
    *top = (isn_shape_t){3, layer->bottom.c, 1, 1};
    return ISN_OK;
  }
  ISN_TRY(check_range(layer, "kernel height", p->kernel_h, 1));
  ISN_TRY(check_range(layer, "kernel width", p->kernel_w, 1));
  ISN_TRY(check_range(layer, "stride of rows", p->stride_h, 1));
  ISN_TRY(check_range(layer, "stride of columns", p->stride_w, 1));
  ISN_TRY(check_range(layer, "pad of rows", p->pad_h, 0));
  ISN_TRY(check_range(layer, "pad of columns", p->pad_w, 0));
  if (p->pad_h >= p->kernel_h || p->pad_w >= p->kernel_w)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': padding %dx%d must be smaller than the kernel %dx%d",
             layer->kind, layer->name, p->pad_h, p->pad_w, p->kernel_h, p->kernel_w);
  bool clip = p->pad_h > 0 || p->pad_w > 0;
  *top = (isn_shape_t){.n_axes = 3, .c = layer->bottom.c};
  ISN_TRY(
      pool_size(layer, "rows", layer->bottom.h, p->kernel_h, p->stride_h, p->pad_h, clip, &top->h));
  return pool_size(layer, "columns", layer->bottom.w, p->kernel_w, p->stride_w, p->pad_w, clip,
                   &top->w);
}

static isn_status_t lrn_shape(const layer_t *layer, isn_shape_t *top)
{
  const isn_lrn_params_t *p = &layer->params->lrn;
  ISN_TRY(check_spatial(layer));
  ISN_TRY(check_range(layer, "local_size", p->size, 1));
  if (p->size % 2 == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': local_size is %d, must be odd", layer->kind,
             layer->name, p->size);
  if (!(p->k > 0.0) || !(p->alpha >= 0.0))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': k is %g and alpha %g; k must be above 0 and alpha not below",
             layer->kind, layer->name, p->k, p->alpha);
  *top = layer->bottom;
  return ISN_OK;
}

static isn_status_t crop_shape(const layer_t *layer, isn_shape_t *top)
{
  const isn_crop_params_t *p = &layer->params->crop;
  ISN_TRY(check_spatial(layer));
  ISN_TRY(check_range(layer, "row offset", p->offset_h, 0));
  ISN_TRY(check_range(layer, "column offset", p->offset_w, 0));
  ISN_TRY(check_range(layer, "rows", p->h, 1));
  ISN_TRY(check_range(layer, "columns", p->w, 1));
  if (p->offset_h + p->h > layer->bottom.h || p->offset_w + p->w > layer->bottom.w)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': a window of %dx%d at (%d, %d) leaves the input of %dx%d", layer->kind,
             layer->name, p->h, p->w, p->offset_h, p->offset_w, layer->bottom.h, layer->bottom.w);
  *top = (isn_shape_t){3, layer->bottom.c, p->h, p->w};
  return ISN_OK;
}

static isn_status_t inner_product_shape(const layer_t *layer, isn_shape_t *top)
{
  ISN_TRY(check_range(layer, "num_output", layer->params->inner_product.n_outputs, 1));
  *top = (isn_shape_t){1, layer->params->inner_product.n_outputs, 1, 1};
  return ISN_OK;
}

static isn_status_t reshape_shape(const layer_t *layer, isn_shape_t *top)
{
  const isn_shape_t *to = &layer->params->reshape.shape;
  const isn_shape_t *from = &layer->bottom;
  if (to->n_axes < 1 || to->n_axes > 3)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %d axes besides the batch, wanted 1 to 3", layer->kind,
             layer->name, to->n_axes);
  ISN_TRY(check_range(layer, "channels", to->c, 1));
  ISN_TRY(check_range(layer, "rows", to->h, 1));
  ISN_TRY(check_range(layer, "columns", to->w, 1));
  if (isn_shape_count(*to) != isn_shape_count(*from))
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the input of %dx%dx%d does not fit into %dx%dx%d",
             layer->kind, layer->name, from->c, from->h, from->w, to->c, to->h, to->w);
  *top = *to;
  return ISN_OK;
}

static isn_status_t check_count(const layer_t *layer, const char *which, isn_shape_t s)
{
  if (s.n_axes < 1 || s.n_axes > 3 || s.c < 1 || s.h < 1 || s.w < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the %s has the shape %dx%dx%d (%d axes)", layer->kind,
             layer->name, which, s.c, s.h, s.w, s.n_axes);
  if ((int64_t)s.c * s.h > INT_MAX || (int64_t)s.c * s.h * s.w > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the %s, %dx%dx%d, has more than %d numbers",
             layer->kind, layer->name, which, s.c, s.h, s.w, INT_MAX);
  return ISN_OK;
}

static isn_status_t top_shape(const layer_t *layer, isn_shape_t *top)
{
  switch (layer->params->kind) {
  case ISN_LAYER_CONVOLUTION:
  case ISN_LAYER_DECONVOLUTION:
    return conv_shape(layer, top);
  case ISN_LAYER_POOLING:
    return pool_shape(layer, top);
  case ISN_LAYER_LRN:
    return lrn_shape(layer, top);
  case ISN_LAYER_INNER_PRODUCT:
    return inner_product_shape(layer, top);
  case ISN_LAYER_CROP:
    return crop_shape(layer, top);
  case ISN_LAYER_RESHAPE:
    return reshape_shape(layer, top);
  case ISN_LAYER_RELU:
  case ISN_LAYER_SOFTMAX:
  case ISN_LAYER_BIAS:
  case ISN_LAYER_PICTURE:
    *top = layer->bottom;
    return ISN_OK;
  case ISN_N_LAYER_KINDS:
    break;
  }
  ISN_FAIL(ISN_ERR_INPUT, "layer '%s': unknown layer kind %d", layer->name,
           (int)layer->params->kind);
}

isn_status_t isn_layer_shapes(const isn_layer_params_t *params, const char *name, int n_bottoms,
                              const isn_shape_t *bottoms, int n_tops, isn_shape_t *tops)
{
  const char *kind = isn_layer_kind_name(params->kind);
  if (n_bottoms != 1 || n_tops != 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': has %d bottoms and %d tops, wants one of each", kind,
             name, n_bottoms, n_tops);
  layer_t layer = {params, kind, name, bottoms[0]};
  isn_shape_t top;
  ISN_TRY(check_count(&layer, "input", bottoms[0]));
  ISN_TRY(top_shape(&layer, &top));
  ISN_TRY(check_count(&layer, "output", top));
  tops[0] = top;
  return ISN_OK;
}

static void set_vector(int *n_axes, int dims[4], int n)
{
  *n_axes = 1;
  dims[0] = n;
}

void isn_layer_weight_shapes(const isn_layer_params_t *params, const isn_shape_t *bottoms,
                             int *n_weights, int n_axes[], int dims[][4])
{
  const isn_conv_params_t *conv = &params->conv;
  const isn_inner_product_params_t *product = &params->inner_product;
  bool transposed = params->kind == ISN_LAYER_DECONVOLUTION;
  *n_weights = 0;
  switch (params->kind) {
  case ISN_LAYER_CONVOLUTION:
  case ISN_LAYER_DECONVOLUTION:
    n_axes[0] = 4;
    dims[0][0] = transposed ? bottoms[0].c : conv->n_outputs;
    dims[0][1] = (transposed ? conv->n_outputs : bottoms[0].c) / conv->group;
    dims[0][2] = conv->kernel_h;
    dims[0][3] = conv->kernel_w;
    if (conv->has_bias)
      set_vector(&n_axes[1], dims[1], conv->n_outputs);
    *n_weights = conv->has_bias ? 2 : 1;
    break;
  case ISN_LAYER_INNER_PRODUCT:
    n_axes[0] = 2;
    dims[0][0] = product->n_outputs;
    dims[0][1] = (int)isn_shape_count(bottoms[0]);
    if (product->has_bias)
      set_vector(&n_axes[1], dims[1], product->n_outputs);
    *n_weights = product->has_bias ? 2 : 1;
    break;
  case ISN_LAYER_BIAS:
  case ISN_LAYER_PICTURE:
    set_vector(&n_axes[0], dims[0], bottoms[0].c);
    *n_weights = 1;
    break;
  default: /* the other kinds have no weights */
    break;
  }
}

double isn_layer_macs(const isn_layer_params_t *params, const isn_shape_t *bottoms)
{
  isn_shape_t top;
  if (params->kind == ISN_LAYER_INNER_PRODUCT)
    return (double)params->inner_product.n_outputs * (double)isn_shape_count(bottoms[0]);
  if (params->kind != ISN_LAYER_CONVOLUTION && params->kind != ISN_LAYER_DECONVOLUTION)
    return 0.0;
  if (isn_layer_shapes(params, "", 1, bottoms, 1, &top) != ISN_OK)
    return 0.0;
  /* Each position of the smaller map (the output of a convolution, the input of its transpose)
   * meets the whole kernel once for every pair of channels of its group. */
  const isn_conv_params_t *p = &params->conv;
  bool transposed = params->kind == ISN_LAYER_DECONVOLUTION;
  double positions = transposed ? (double)bottoms[0].h * bottoms[0].w : (double)top.h * top.w;
  return positions * p->kernel_h * p->kernel_w * bottoms[0].c * (p->n_outputs / p->group);
}
