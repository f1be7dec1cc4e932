/** @file convolution.c
 *  Convolution and Deconvolution on CUDA.  Both have an image and a map, and each is the other's
 *  gradient (cpu/conv.c has the formulas): image to map is cuDNN's forward, map to image its
 *  backward data, with weights (map channels, image channels / group, kernel_h, kernel_w) for both.
 *  The bias, and a ReLU that follows, are one pass over the result.
 */
#include "backend/cuda/convolution_choice.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

/* In the order of the data: product over the image and the map. */
static cudnnStatus_t call_library(isn_cuda_t *cuda, bool to_map, const isn_cuda_choice_t *choice,
                                  const isn_cuda_convolution_data_t *data)
{
  const float one = 1.0F, zero = 0.0F;
  if (to_map)
    return isn_lib.cudnnConvolutionForward(
        cuda->dnn, &one, cuda->image_shape, data->image, cuda->filter_shape, data->weights,
        cuda->convolution, (cudnnConvolutionFwdAlgo_t)choice->algorithm, cuda->workspace,
        cuda->workspace_bytes, &zero, cuda->map_shape, data->map);
  return isn_lib.cudnnConvolutionBackwardData(
      cuda->dnn, &one, cuda->filter_shape, data->weights, cuda->map_shape, data->map,
      cuda->convolution, (cudnnConvolutionBwdDataAlgo_t)choice->algorithm, cuda->workspace,
      cuda->workspace_bytes, &zero, cuda->image_shape, data->image);
}

static isn_status_t call_plain(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                               const isn_cuda_convolution_data_t *data)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(data->n);
  isn_cuda_conv_t conv = {convolution->params, convolution->image, convolution->map};
  if (convolution->to_map)
    ISN_TRY_CUDA(
        isn_cuda_image_to_map(cuda->stream, &rows, &conv, data->weights, data->image, data->map));
  else
    ISN_TRY_CUDA(
        isn_cuda_map_to_image(cuda->stream, &rows, &conv, data->weights, data->map, data->image));
  return ISN_OK;
}

static isn_status_t convolve(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                             const isn_cuda_convolution_data_t *data)
{
  isn_cuda_choice_t *choice;
  ISN_TRY(isn_cuda_choose(cuda, convolution, data, &choice));
  if (choice->plain)
    return call_plain(cuda, convolution, data);
  cudnnStatus_t status = call_library(cuda, convolution->to_map, choice, data);
  if (isn_cuda_is_refusal(status)) { /* it thought it could */
    isn_cuda_choose_plain(cuda, convolution, choice, isn_lib.cudnnGetErrorString(status));
    return call_plain(cuda, convolution, data);
  }
  ISN_TRY_DNN(status);
  return ISN_OK;
}

static isn_status_t finish_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  const float *bias = call->params->conv.has_bias ? call->weights[1] : NULL;
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  if (!bias && !call->fused)
    return ISN_OK;
  ISN_TRY_CUDA(isn_cuda_bias_relu(cuda->stream, &rows, isn_cuda_channels_of(call->tops[0].shape),
                                  bias, call->fused ? call->fused->relu.negative_slope : 1.0F,
                                  call->tops[0].data));
  return ISN_OK;
}

static void needs(const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)call;
  needs->fuses_relu = true;
}

static isn_status_t convolution_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_convolution_t convolution = {call->params->conv, call->bottoms[0].shape,
                                        call->tops[0].shape, true};
  isn_cuda_convolution_data_t data = {n, call->weights[0], call->bottoms[0].data,
                                      call->tops[0].data};
  ISN_TRY(convolve(cuda, &convolution, &data));
  return finish_forward(cuda, call, n);
}

static isn_status_t convolution_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                         isn_rows_t rows)
{
  isn_cuda_convolution_t convolution = {call->params->conv, call->bottoms[0].shape,
                                        call->tops[0].shape, false};
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, &at, &stretch);) {
    isn_cuda_convolution_data_t data = {stretch.n, call->weights[0],
                                        isn_cuda_sample(call->grad_bottoms[0], stretch.first),
                                        isn_cuda_sample(call->grad_tops[0], stretch.first)};
    ISN_TRY(convolve(cuda, &convolution, &data));
  }
  return ISN_OK;
}

static isn_status_t deconvolution_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_convolution_t convolution = {call->params->conv, call->tops[0].shape,
                                        call->bottoms[0].shape, false};
  isn_cuda_convolution_data_t data = {n, call->weights[0], call->tops[0].data,
                                      call->bottoms[0].data};
  ISN_TRY(convolve(cuda, &convolution, &data));
  return finish_forward(cuda, call, n);
}

static isn_status_t deconvolution_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                           isn_rows_t rows)
{
  isn_cuda_convolution_t convolution = {call->params->conv, call->tops[0].shape,
                                        call->bottoms[0].shape, true};
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, &at, &stretch);) {
    isn_cuda_convolution_data_t data = {stretch.n, call->weights[0],
                                        isn_cuda_sample(call->grad_tops[0], stretch.first),
                                        isn_cuda_sample(call->grad_bottoms[0], stretch.first)};
    ISN_TRY(convolve(cuda, &convolution, &data));
  }
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_convolution = {needs, convolution_forward,
                                                      convolution_backward};
const isn_cuda_kernel_t isn_cuda_layer_deconvolution = {needs, deconvolution_forward,
                                                        deconvolution_backward};
