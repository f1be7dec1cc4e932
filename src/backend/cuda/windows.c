/** @file windows.c
 *  Layers that look at an image through windows, on CUDA: Crop, Pooling, LRN.
 */
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

static isn_cuda_crop_t make_crop(const isn_layer_call_t *call)
{
  const isn_crop_params_t *p = &call->params->crop;
  isn_shape_t in = call->bottoms[0].shape;
  return (isn_cuda_crop_t){in.c, in.h, in.w, p->h, p->w, p->offset_h, p->offset_w};
}

static isn_status_t crop_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  isn_cuda_crop_t crop = make_crop(call);
  ISN_TRY_CUDA(isn_cuda_crop(cuda->stream, isn_cuda_layout(cuda), &rows, &crop,
                             call->bottoms[0].data, call->tops[0].data));
  return ISN_OK;
}

static isn_status_t crop_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_crop_t crop = make_crop(call);
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_crop_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_, &crop,
                                                call->grad_tops[0].data,
                                                call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_crop = {NULL, crop_forward, crop_backward,
                                               isn_cuda_always_packs};

static isn_cuda_pool_t make_pool(const isn_layer_call_t *call)
{
  const isn_pool_params_t *p = &call->params->pool;
  isn_shape_t in = call->bottoms[0].shape, out = call->tops[0].shape;
  isn_cuda_pool_t pool = {in.c,        in.h,        in.w,        out.h,    out.w,   p->kernel_h,
                          p->kernel_w, p->stride_h, p->stride_w, p->pad_h, p->pad_w};
  if (p->global) {
    pool.kernel_h = in.h;
    pool.kernel_w = in.w;
    pool.stride_h = pool.stride_w = 1;
    pool.pad_h = pool.pad_w = 0;
  }
  return pool;
}

static bool is_max(const isn_layer_call_t *call)
{
  return call->params->pool.mode == ISN_POOL_MAX;
}

static void pooling_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  size_t place_bytes = isn_cuda_layout(cuda) == ISN_CUDA_PLAIN ? sizeof(int32_t) : sizeof(uint8_t);
  if (is_max(call)) /* the place of each maximum in its window */
    needs->state_bytes_per_sample = isn_shape_count(call->tops[0].shape) * place_bytes;
}

static bool pooling_packs(const isn_layer_call_t *call)
{
  isn_cuda_pool_t pool = make_pool(call);
  return !is_max(call) || (int64_t)pool.kernel_h * pool.kernel_w <= UINT8_MAX + 1;
}

static isn_status_t pooling_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  isn_cuda_pool_t pool = make_pool(call);
  const float *x = call->bottoms[0].data;
  float *y = call->tops[0].data;
  if (is_max(call))
    ISN_TRY_CUDA(
        isn_cuda_max_pool(cuda->stream, isn_cuda_layout(cuda), &rows, &pool, x, y, call->state));
  else
    ISN_TRY_CUDA(isn_cuda_average_pool(cuda->stream, isn_cuda_layout(cuda), &rows, &pool, x, y));
  return ISN_OK;
}

static isn_status_t pooling_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  isn_cuda_pool_t pool = make_pool(call);
  const float *grad_y = call->grad_tops[0].data;
  float *grad_x = call->grad_bottoms[0].data;
  if (is_max(call))
    ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                           isn_cuda_max_pool_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_,
                                                      &pool, call->state, grad_y, grad_x));
  else
    ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                           isn_cuda_average_pool_gradient(cuda->stream, isn_cuda_layout(cuda),
                                                          &rows_, &pool, grad_y, grad_x));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_pooling = {pooling_needs, pooling_forward, pooling_backward,
                                                  pooling_packs};

/* The divisor of a sum is the size of the window, across channels or within one. */
static isn_cuda_lrn_t make_lrn(const isn_layer_call_t *call)
{
  const isn_lrn_params_t *p = &call->params->lrn;
  isn_shape_t shape = call->bottoms[0].shape;
  double size = p->within_channel ? (double)p->size * p->size : p->size;
  return (isn_cuda_lrn_t){.channels = shape.c,
                          .h = shape.h,
                          .w = shape.w,
                          .half = p->size / 2,
                          .scale = (float)(p->alpha / size),
                          .k = p->within_channel ? 1.0F : (float)p->k,
                          .beta = (float)p->beta};
}

/* Not in place: threads read their neighbours' gradients. */
static void lrn_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                      isn_layer_needs_t *needs)
{
  (void)cuda;
  needs->backward_bottoms = true;
  if (call->params->lrn.within_channel) /* the scales */
    needs->state_bytes_per_sample = isn_shape_count(call->bottoms[0].shape) * sizeof(float);
}

static bool lrn_packs(const isn_layer_call_t *call)
{
  return !call->params->lrn.within_channel;
}

static isn_status_t lrn_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  isn_cuda_lrn_t lrn = make_lrn(call);
  const float *x = call->bottoms[0].data;
  float *y = call->tops[0].data;
  if (call->params->lrn.within_channel)
    ISN_TRY_CUDA(isn_cuda_lrn_within(cuda->stream, &rows, &lrn, x, call->state, y));
  else
    ISN_TRY_CUDA(isn_cuda_lrn(cuda->stream, isn_cuda_layout(cuda), &rows, &lrn, x, y));
  return ISN_OK;
}

static isn_status_t lrn_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_lrn_t lrn = make_lrn(call);
  const float *x = call->bottoms[0].data, *grad_y = call->grad_tops[0].data;
  float *grad_x = call->grad_bottoms[0].data;
  if (call->params->lrn.within_channel)
    ISN_CUDA_FOR_GRADIENTS(
        cuda, rows,
        isn_cuda_lrn_within_gradient(cuda->stream, &rows_, &lrn, x, call->state, grad_y, grad_x));
  else
    ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                           isn_cuda_lrn_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_, &lrn,
                                                 x, grad_y, grad_x));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_lrn = {lrn_needs, lrn_forward, lrn_backward, lrn_packs};
