/** @file convolution.c
 *  Convolution and Deconvolution on CUDA.  Both have an image and a map, and each is the other's
 *  gradient (cpu/conv.c has the formulas): image to map is cuDNN's forward, map to image its
 *  backward data, with weights (map channels, image channels / group, kernel_h, kernel_w) for both.
 *  The bias, and a ReLU that follows, are one pass over the result.
 */
#include "backend/cuda/convolution_blocks.h"
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

isn_status_t isn_cuda_convolve_direct(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
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

/* A convolution, its data, and the workspace of its layer. */
typedef struct {
  isn_cuda_convolution_t convolution;
  isn_cuda_convolution_data_t data;
  float *workspace;
} job_t;

static isn_status_t convolve_as(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form)
{
  if (form == ISN_CUDA_FORM_BLOCKS)
    return isn_cuda_blocks_run(cuda, &job->convolution, &job->data, job->workspace);
  return isn_cuda_convolve_direct(cuda, &job->convolution, &job->data);
}

/* Between two events; the first call chooses algorithms. */
static isn_status_t time_calls(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form,
                               cudaEvent_t begin, cudaEvent_t end, float *ms)
{
  enum { N_CALLS = 3 };
  ISN_TRY(convolve_as(cuda, job, form));
  ISN_TRY_CUDA(cudaEventRecord(begin, cuda->stream));
  for (int i = 0; i < N_CALLS; i++)
    ISN_TRY(convolve_as(cuda, job, form));
  ISN_TRY_CUDA(cudaEventRecord(end, cuda->stream));
  ISN_TRY_CUDA(cudaEventSynchronize(end));
  ISN_TRY_CUDA(cudaEventElapsedTime(ms, begin, end));
  return ISN_OK;
}

static isn_status_t time_form(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form, float *ms)
{
  cudaEvent_t begin, end;
  ISN_TRY_CUDA(cudaEventCreate(&begin));
  cudaError_t error = cudaEventCreate(&end);
  if (error != cudaSuccess)
    cudaEventDestroy(begin);
  ISN_TRY_CUDA(error);
  isn_status_t status = time_calls(cuda, job, form, begin, end, ms);
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return status;
}

/* As an algorithm is chosen: by what is faster here, once.  Not in fp32, whose choices are the same
 * in each run. */
static isn_status_t choose_form(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t *form)
{
  isn_cuda_choice_t *choice;
  float direct, blocks;
  *form = ISN_CUDA_FORM_DIRECT;
  if (cuda->precision == ISN_PRECISION_FP32 || !isn_cuda_blocks_fit(&job->convolution))
    return ISN_OK;
  ISN_TRY(isn_cuda_choose(cuda, &job->convolution, &job->data, &choice));
  if (choice->form == ISN_CUDA_FORM_UNKNOWN) {
    ISN_TRY(time_form(cuda, job, ISN_CUDA_FORM_DIRECT, &direct));
    ISN_TRY(time_form(cuda, job, ISN_CUDA_FORM_BLOCKS, &blocks));
    ISN_TRY(isn_cuda_choose(cuda, &job->convolution, &job->data, &choice));
    choice->form = blocks < direct ? ISN_CUDA_FORM_BLOCKS : ISN_CUDA_FORM_DIRECT;
  }
  *form = choice->form;
  return ISN_OK;
}

static isn_status_t convolve(isn_cuda_t *cuda, const job_t *job)
{
  isn_cuda_form_t form;
  ISN_TRY(choose_form(cuda, job, &form));
  return convolve_as(cuda, job, form);
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

/* The image of a Deconvolution is its top. */
static isn_cuda_convolution_t make_convolution(const isn_layer_call_t *call, bool to_map)
{
  isn_shape_t bottom = call->bottoms[0].shape, top = call->tops[0].shape;
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  return (isn_cuda_convolution_t){call->params->conv, transposed ? top : bottom,
                                  transposed ? bottom : top, to_map};
}

static void needs(const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  isn_cuda_convolution_t convolution = make_convolution(call, true);
  needs->fuses_relu = true;
  if (isn_cuda_blocks_fit(&convolution))
    needs->workspace_floats = isn_cuda_blocks_floats(&convolution);
}

static isn_status_t forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  float *bottom = call->bottoms[0].data, *top = call->tops[0].data;
  job_t job = {make_convolution(call, !transposed),
               {n, call->weights[0], transposed ? top : bottom, transposed ? bottom : top},
               call->workspace};
  ISN_TRY(convolve(cuda, &job));
  return finish_forward(cuda, call, n);
}

static isn_status_t backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, &at, &stretch);) {
    float *bottom = isn_cuda_sample(call->grad_bottoms[0], stretch.first);
    float *top = isn_cuda_sample(call->grad_tops[0], stretch.first);
    job_t job = {
        make_convolution(call, transposed),
        {stretch.n, call->weights[0], transposed ? top : bottom, transposed ? bottom : top},
        call->workspace};
    ISN_TRY(convolve(cuda, &job));
  }
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_convolution = {needs, forward, backward};
