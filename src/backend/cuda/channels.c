/** @file channels.c
 *  Layers with numbers for each channel, and those over several bottoms or along an axis, on CUDA:
 *  PReLU, Bias, Scale, BatchNorm, Picture, Eltwise, Softmax.  Formulas are in the CPU's files.
 */
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

static void prelu_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->backward_bottoms = true; /* a slope may be negative */
  needs->in_place_backward = true;
}

static isn_status_t prelu_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  ISN_TRY_CUDA(isn_cuda_prelu(cuda->stream, &rows, isn_cuda_channels_of(call->bottoms[0].shape),
                              call->weights[0], call->params->prelu.shared, call->bottoms[0].data,
                              call->tops[0].data));
  return ISN_OK;
}

static isn_status_t prelu_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_channels_t channels = isn_cuda_channels_of(call->bottoms[0].shape);
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_prelu_gradient(cuda->stream, &rows_, channels, call->weights[0],
                                                 call->params->prelu.shared, call->bottoms[0].data,
                                                 call->grad_tops[0].data,
                                                 call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_prelu = {prelu_needs, prelu_forward, prelu_backward, NULL};

/* The lines are made anew for each pass, from weights that are few. */
static void affine_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                         isn_layer_needs_t *needs)
{
  (void)cuda;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
  needs->workspace_floats = 3 * (size_t)call->bottoms[0].shape.c;
}

static isn_status_t make_lines(isn_cuda_t *cuda, const isn_layer_call_t *call)
{
  const isn_layer_params_t *p = call->params;
  const float *weights[3] = {call->weights[0], call->weights[1], call->weights[2]};
  if (p->kind == ISN_LAYER_SCALE && !p->scale.has_bias)
    weights[1] = NULL;
  ISN_TRY_CUDA(isn_cuda_lines(cuda->stream, p->kind,
                              p->kind == ISN_LAYER_BATCH_NORM ? p->batch_norm.epsilon : 0.0,
                              (unsigned)call->bottoms[0].shape.c, weights, call->workspace));
  return ISN_OK;
}

static isn_status_t affine_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  ISN_TRY(make_lines(cuda, call));
  ISN_TRY_CUDA(isn_cuda_affine(cuda->stream, &rows, isn_cuda_channels_of(call->bottoms[0].shape),
                               call->workspace, call->bottoms[0].data, call->tops[0].data));
  return ISN_OK;
}

static isn_status_t affine_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_channels_t channels = isn_cuda_channels_of(call->bottoms[0].shape);
  ISN_TRY(make_lines(cuda, call));
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_affine_gradient(cuda->stream, &rows_, channels, call->workspace,
                                                  call->grad_tops[0].data,
                                                  call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_affine = {affine_needs, affine_forward, affine_backward,
                                                 NULL};

static void picture_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->backward_bottoms = true; /* a pixel at 0 in the output may have been inside or outside */
  needs->in_place_backward = true;
}

static isn_status_t picture_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  ISN_TRY_CUDA(isn_cuda_picture(
      cuda->stream, isn_cuda_layout(cuda), &rows, isn_cuda_channels_of(call->bottoms[0].shape),
      &call->params->picture, call->weights[0], call->bottoms[0].data, call->tops[0].data));
  return ISN_OK;
}

static isn_status_t picture_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  isn_cuda_channels_t channels = isn_cuda_channels_of(call->bottoms[0].shape);
  ISN_CUDA_FOR_GRADIENTS(
      cuda, rows,
      isn_cuda_picture_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_, channels,
                                &call->params->picture, call->weights[0], call->bottoms[0].data,
                                call->grad_tops[0].data, call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_picture = {picture_needs, picture_forward, picture_backward,
                                                  isn_cuda_always_packs};

static void eltwise_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cuda;
  isn_eltwise_mode_t mode = call->params->eltwise.mode;
  needs->backward_bottoms = mode == ISN_ELTWISE_PRODUCT;
  needs->in_place_forward = mode != ISN_ELTWISE_PRODUCT;
  needs->in_place_backward = true;
  if (mode == ISN_ELTWISE_MAX)
    needs->state_bytes_per_sample = isn_shape_count(call->tops[0].shape) * sizeof(uint8_t);
}

static isn_cuda_eltwise_t make_eltwise(const isn_layer_call_t *call)
{
  isn_cuda_eltwise_t e = {
      .mode = call->params->eltwise.mode, .n = call->n_bottoms, .winner = call->state};
  for (int b = 0; b < call->n_bottoms; b++) {
    e.coefficients[b] = call->params->eltwise.coefficients[b];
    e.x[b] = call->bottoms[b].data;
    e.grad_x[b] = call->grad_bottoms[b].data;
  }
  return e;
}

static isn_status_t eltwise_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  isn_cuda_eltwise_t eltwise = make_eltwise(call);
  ISN_TRY_CUDA(isn_cuda_eltwise(cuda->stream, isn_cuda_layout(cuda), &rows,
                                isn_shape_count(call->tops[0].shape), &eltwise,
                                call->tops[0].data));
  return ISN_OK;
}

static isn_status_t eltwise_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  isn_cuda_eltwise_t eltwise = make_eltwise(call);
  size_t count = isn_shape_count(call->tops[0].shape);
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_eltwise_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_,
                                                   count, &eltwise, call->grad_tops[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_eltwise = {eltwise_needs, eltwise_forward, eltwise_backward,
                                                  isn_cuda_always_packs};

static void softmax_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->backward_tops = true;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

static isn_cuda_axis_t softmax_axis(const isn_layer_call_t *call)
{
  isn_shape_t shape = call->tops[0].shape;
  int axis = call->params->softmax.axis;
  size_t count = isn_shape_count(shape), n = (size_t)isn_shape_axis(shape, axis);
  return (isn_cuda_axis_t){(unsigned)(count / n), (unsigned)n,
                           (unsigned)(count / isn_cuda_blocks(shape, axis) / n)};
}

static isn_status_t softmax_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  ISN_TRY_CUDA(isn_cuda_softmax(cuda->stream, &rows, softmax_axis(call), call->bottoms[0].data,
                                call->tops[0].data));
  return ISN_OK;
}

static isn_status_t softmax_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  isn_cuda_axis_t axis = softmax_axis(call);
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_softmax_gradient(cuda->stream, &rows_, axis, call->tops[0].data,
                                                   call->grad_tops[0].data,
                                                   call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_softmax = {softmax_needs, softmax_forward, softmax_backward,
                                                  NULL};
