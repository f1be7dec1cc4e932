/** @file layer_windows.c
 *  Shapes of the kinds that look at an image through a window: Convolution, Deconvolution, Pooling,
 *  LRN, Crop.
 */
#include <limits.h>
#include <stdint.h>

#include "backend/layer_shapes.h"

static isn_status_t check_divisible(const isn_layer_subject_t *layer, const char *what,
                                    int channels, int group)
{
  if (channels % group != 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %d %s channels cannot be split into %d groups",
             layer->kind, layer->name, channels, what, group);
  return ISN_OK;
}

static isn_status_t check_conv(const isn_layer_subject_t *layer)
{
  const isn_conv_params_t *p = &layer->params->conv;
  ISN_TRY(isn_layer_check_spatial(layer));
  ISN_TRY(isn_layer_check_range(layer, "num_output", p->n_outputs, 1));
  ISN_TRY(isn_layer_check_range(layer, "group", p->group, 1));
  ISN_TRY(isn_layer_check_range(layer, "kernel height", p->kernel_h, 1));
  ISN_TRY(isn_layer_check_range(layer, "kernel width", p->kernel_w, 1));
  ISN_TRY(isn_layer_check_range(layer, "stride of rows", p->stride_h, 1));
  ISN_TRY(isn_layer_check_range(layer, "stride of columns", p->stride_w, 1));
  ISN_TRY(isn_layer_check_range(layer, "pad of rows", p->pad_h, 0));
  ISN_TRY(isn_layer_check_range(layer, "pad of columns", p->pad_w, 0));
  ISN_TRY(isn_layer_check_range(layer, "dilation of rows", p->dilation_h, 1));
  ISN_TRY(isn_layer_check_range(layer, "dilation of columns", p->dilation_w, 1));
  ISN_TRY(check_divisible(layer, "input", layer->bottoms[0].c, p->group));
  return check_divisible(layer, "output", p->n_outputs, p->group);
}

/* Extent of a kernel with holes. */
static int64_t dilated(int kernel, int dilation)
{
  return (int64_t)dilation * (kernel - 1) + 1;
}

/** Output size along one axis: floor((size + 2 pad - extent) / stride) + 1. */
static isn_status_t conv_size(const isn_layer_subject_t *layer, const char *axis, int size,
                              int kernel, int stride, int pad, int dilation, int *out)
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
static isn_status_t deconv_size(const isn_layer_subject_t *layer, const char *axis, int size,
                                int kernel, int stride, int pad, int dilation, int *out)
{
  int64_t wide = (int64_t)stride * (size - 1) + dilated(kernel, dilation) - 2 * (int64_t)pad;
  if (wide < 1 || wide > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the output would have %lld %s", layer->kind,
             layer->name, (long long)wide, axis);
  *out = (int)wide;
  return ISN_OK;
}

isn_status_t isn_layer_conv_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_conv_params_t *p = &layer->params->conv;
  ISN_TRY(check_conv(layer));
  *top = (isn_shape_t){.n_axes = 3, .c = p->n_outputs};
  if (layer->params->kind == ISN_LAYER_CONVOLUTION) {
    ISN_TRY(conv_size(layer, "rows", layer->bottoms[0].h, p->kernel_h, p->stride_h, p->pad_h,
                      p->dilation_h, &top->h));
    return conv_size(layer, "columns", layer->bottoms[0].w, p->kernel_w, p->stride_w, p->pad_w,
                     p->dilation_w, &top->w);
  }
  ISN_TRY(deconv_size(layer, "rows", layer->bottoms[0].h, p->kernel_h, p->stride_h, p->pad_h,
                      p->dilation_h, &top->h));
  return deconv_size(layer, "columns", layer->bottoms[0].w, p->kernel_w, p->stride_w, p->pad_w,
                     p->dilation_w, &top->w);
}

/** Output size along one axis: ceil((size + 2 pad - kernel) / stride) + 1, and with any padding one
 *  less where the last window would start at or beyond size + pad.  A kernel that is a little
 * larger than the image still gives one (overhanging) window, as in Caffe. */
static isn_status_t pool_size(const isn_layer_subject_t *layer, const char *axis, int size,
                              int kernel, int stride, int pad, bool clip, int *out)
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

isn_status_t isn_layer_pool_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_pool_params_t *p = &layer->params->pool;
  ISN_TRY(isn_layer_check_spatial(layer));
  if (p->mode != ISN_POOL_MAX && p->mode != ISN_POOL_AVERAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': unknown pooling method %d", layer->kind, layer->name,
             (int)p->mode);
  if (p->global) {
    if (p->pad_h != 0 || p->pad_w != 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': global pooling has padding; remove the padding",
               layer->kind, layer->name);
    *top = (isn_shape_t){3, layer->bottoms[0].c, 1, 1};
    return ISN_OK;
  }
  ISN_TRY(isn_layer_check_range(layer, "kernel height", p->kernel_h, 1));
  ISN_TRY(isn_layer_check_range(layer, "kernel width", p->kernel_w, 1));
  ISN_TRY(isn_layer_check_range(layer, "stride of rows", p->stride_h, 1));
  ISN_TRY(isn_layer_check_range(layer, "stride of columns", p->stride_w, 1));
  ISN_TRY(isn_layer_check_range(layer, "pad of rows", p->pad_h, 0));
  ISN_TRY(isn_layer_check_range(layer, "pad of columns", p->pad_w, 0));
  if (p->pad_h >= p->kernel_h || p->pad_w >= p->kernel_w)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': padding %dx%d must be smaller than the kernel %dx%d",
             layer->kind, layer->name, p->pad_h, p->pad_w, p->kernel_h, p->kernel_w);
  bool clip = p->pad_h > 0 || p->pad_w > 0;
  *top = (isn_shape_t){.n_axes = 3, .c = layer->bottoms[0].c};
  ISN_TRY(pool_size(layer, "rows", layer->bottoms[0].h, p->kernel_h, p->stride_h, p->pad_h, clip,
                    &top->h));
  return pool_size(layer, "columns", layer->bottoms[0].w, p->kernel_w, p->stride_w, p->pad_w, clip,
                   &top->w);
}

isn_status_t isn_layer_lrn_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_lrn_params_t *p = &layer->params->lrn;
  ISN_TRY(isn_layer_check_spatial(layer));
  ISN_TRY(isn_layer_check_range(layer, "local_size", p->size, 1));
  if (p->size % 2 == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': local_size is %d, must be odd", layer->kind,
             layer->name, p->size);
  if ((!p->within_channel && !(p->k > 0.0)) || !(p->alpha >= 0.0))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': k is %g and alpha %g; k must be above 0 and alpha not below",
             layer->kind, layer->name, p->k, p->alpha);
  *top = layer->bottoms[0];
  return ISN_OK;
}

isn_status_t isn_layer_crop_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_crop_params_t *p = &layer->params->crop;
  ISN_TRY(isn_layer_check_spatial(layer));
  ISN_TRY(isn_layer_check_range(layer, "row offset", p->offset_h, 0));
  ISN_TRY(isn_layer_check_range(layer, "column offset", p->offset_w, 0));
  ISN_TRY(isn_layer_check_range(layer, "rows", p->h, 1));
  ISN_TRY(isn_layer_check_range(layer, "columns", p->w, 1));
  if (p->offset_h + p->h > layer->bottoms[0].h || p->offset_w + p->w > layer->bottoms[0].w)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': a window of %dx%d at (%d, %d) leaves the input of %dx%d", layer->kind,
             layer->name, p->h, p->w, p->offset_h, p->offset_w, layer->bottoms[0].h,
             layer->bottoms[0].w);
  *top = (isn_shape_t){3, layer->bottoms[0].c, p->h, p->w};
  return ISN_OK;
}
