/** @file cudnn_algorithms.cpp
 *  cuDNN's advice on algorithms: three for each direction, so that a chooser has to choose.
 */
#include <algorithm>

#include "emulation/cudnn_shapes.h"
#include "emulation/streams.h"

using namespace emulation;

namespace
{

/* cuDNN's names for the two directions differ, and the fields of their answers do not. */
template <class Answer>
Answer answer_of(const convolution_t &c, decltype(Answer::algo) algorithm, bool supported)
{
  Answer answer = {};
  answer.algo = algorithm;
  answer.status = supported ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
  answer.time = -1.0F;
  answer.memory = workspace_bytes(c, (int)algorithm);
  answer.determinism = CUDNN_DETERMINISTIC;
  answer.mathType = c.how.math;
  return answer;
}

template <class Answer>
cudnnStatus_t give(const Answer (&known)[3], int most, int *n, Answer *answers)
{
  if (most < 1)
    return CUDNN_STATUS_BAD_PARAM;
  *n = std::min(most, 3);
  std::copy(known, known + *n, answers);
  return CUDNN_STATUS_SUCCESS;
}

/* The order that was advised is that of the times. */
template <class Answer> void time_all(Answer (&known)[3])
{
  for (int i = 0; i < 3; i++)
    known[i].time = 1.0F + 0.1F * (float)i;
}

/* As cuDNN, nothing where the padding is as wide as the kernel. */
void advise(const convolution_t &c, cudnnConvolutionFwdAlgoPerf_t (&known)[3])
{
  bool supported = c.how.pad_h < c.filter.h && c.how.pad_w < c.filter.w;
  const cudnnConvolutionFwdAlgo_t algorithms[3] = {CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD,
                                                   CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
                                                   CUDNN_CONVOLUTION_FWD_ALGO_GEMM};
  for (int i = 0; i < 3; i++)
    known[i] = answer_of<cudnnConvolutionFwdAlgoPerf_t>(c, algorithms[i], supported);
}

/* As cuDNN in most cases, nothing for dilated ones. */
void advise(const convolution_t &c, cudnnConvolutionBwdDataAlgoPerf_t (&known)[3])
{
  bool supported = c.how.dilation_h == 1 && c.how.dilation_w == 1;
  const cudnnConvolutionBwdDataAlgo_t algorithms[3] = {CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD,
                                                       CUDNN_CONVOLUTION_BWD_DATA_ALGO_0,
                                                       CUDNN_CONVOLUTION_BWD_DATA_ALGO_1};
  for (int i = 0; i < 3; i++)
    known[i] = answer_of<cudnnConvolutionBwdDataAlgoPerf_t>(c, algorithms[i], supported);
  known[1].determinism = CUDNN_NON_DETERMINISTIC;
}

} // namespace

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t image, const cudnnFilterDescriptor_t filter,
    const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t map, const int most,
    int *n, cudnnConvolutionFwdAlgoPerf_t *answers)
{
  const convolution_t c = {*image, *map, *filter, *how};
  cudnnConvolutionFwdAlgoPerf_t known[3];
  if (cudnnStatus_t refusal = check_convolution(c))
    return refusal;
  advise(c, known);
  return give(known, most, n, answers);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t filter, const cudnnTensorDescriptor_t map,
    const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t image, const int most,
    int *n, cudnnConvolutionBwdDataAlgoPerf_t *answers)
{
  const convolution_t c = {*image, *map, *filter, *how};
  cudnnConvolutionBwdDataAlgoPerf_t known[3];
  if (cudnnStatus_t refusal = check_convolution(c))
    return refusal;
  advise(c, known);
  return give(known, most, n, answers);
}

/* Times, and so waits.  The fastest gives other bits each time; the second takes tensor cores. */
cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(
    cudnnHandle_t, const cudnnTensorDescriptor_t image, const void *,
    const cudnnFilterDescriptor_t filter, const void *, const cudnnConvolutionDescriptor_t how,
    const cudnnTensorDescriptor_t map, void *, const int most, int *n,
    cudnnConvolutionFwdAlgoPerf_t *answers, void *, size_t)
{
  const convolution_t c = {*image, *map, *filter, *how};
  cudnnConvolutionFwdAlgoPerf_t known[3];
  if (breaks_capture("cudnnFindConvolutionForwardAlgorithmEx"))
    return CUDNN_STATUS_EXECUTION_FAILED;
  if (cudnnStatus_t refusal = check_convolution(c))
    return refusal;
  advise(c, known);
  time_all(known);
  known[0].determinism = CUDNN_NON_DETERMINISTIC;
  known[1].mathType = CUDNN_TENSOR_OP_MATH;
  return give(known, most, n, answers);
}

cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(
    cudnnHandle_t, const cudnnFilterDescriptor_t filter, const void *,
    const cudnnTensorDescriptor_t map, const void *, const cudnnConvolutionDescriptor_t how,
    const cudnnTensorDescriptor_t image, void *, const int most, int *n,
    cudnnConvolutionBwdDataAlgoPerf_t *answers, void *, size_t)
{
  const convolution_t c = {*image, *map, *filter, *how};
  cudnnConvolutionBwdDataAlgoPerf_t known[3];
  if (breaks_capture("cudnnFindConvolutionBackwardDataAlgorithmEx"))
    return CUDNN_STATUS_EXECUTION_FAILED;
  if (cudnnStatus_t refusal = check_convolution(c))
    return refusal;
  advise(c, known);
  time_all(known);
  return give(known, most, n, answers);
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(
    cudnnHandle_t, const cudnnTensorDescriptor_t image, const cudnnFilterDescriptor_t filter,
    const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t map,
    cudnnConvolutionFwdAlgo_t algorithm, size_t *bytes)
{
  *bytes = workspace_bytes({*image, *map, *filter, *how}, (int)algorithm);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t, const cudnnFilterDescriptor_t filter, const cudnnTensorDescriptor_t map,
    const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t image,
    cudnnConvolutionBwdDataAlgo_t algorithm, size_t *bytes)
{
  *bytes = workspace_bytes({*image, *map, *filter, *how}, (int)algorithm);
  return CUDNN_STATUS_SUCCESS;
}
