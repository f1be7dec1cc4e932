/** @file convolution_choice.c
 *  See convolution_choice.h.  cuDNN's functions for the two directions differ in names and types
 *  only; what they say of an algorithm is brought into one form.
 */
#include "backend/cuda/convolution_choice.h"

#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"

enum { MAX_OFFERS = 16 };
static const float NEARLY_AS_FAST = 1.15F;

/* A list: a net has some dozens of convolutions. */
typedef struct {
  isn_cuda_convolution_t convolution;
  int n_class; /* next power of two of the samples */
  isn_precision_t precision;
  isn_cuda_choice_t choice; /* n 0: not made yet */
  isn_cuda_form_t form;
} entry_t;

struct isn_cuda_choices {
  int n, capacity;
  entry_t *entries;
};

/* One algorithm, as cuDNN describes it. */
typedef struct {
  cudnnStatus_t status;
  int algorithm;
  float ms;
  size_t bytes;
  bool deterministic;
  cudnnMathType_t math;
} offer_t;

isn_status_t isn_cuda_choices_create(isn_cuda_choices_t **out)
{
  return isn_alloc(out, 1, "choices of algorithms");
}

void isn_cuda_choices_destroy(isn_cuda_choices_t *choices)
{
  if (choices)
    free(choices->entries);
  free(choices);
}

bool isn_cuda_is_refusal(cudnnStatus_t status)
{
  int category = (int)status / 1000 * 1000;
  return category == (int)CUDNN_STATUS_NOT_SUPPORTED || category == (int)CUDNN_STATUS_BAD_PARAM ||
         category == (int)CUDNN_STATUS_INTERNAL_ERROR; /* what is broken fails again elsewhere */
}

static bool same_convolution(const isn_cuda_convolution_t *a, const isn_cuda_convolution_t *b)
{
  const isn_conv_params_t *p = &a->params, *q = &b->params;
  return a->layout == b->layout && a->image_channels == b->image_channels &&
         a->map_channels == b->map_channels && a->to_map == b->to_map && a->image.c == b->image.c &&
         a->image.h == b->image.h && a->image.w == b->image.w && a->map.c == b->map.c &&
         a->map.h == b->map.h && a->map.w == b->map.w && p->group == q->group &&
         p->kernel_h == q->kernel_h && p->kernel_w == q->kernel_w && p->stride_h == q->stride_h &&
         p->stride_w == q->stride_w && p->pad_h == q->pad_h && p->pad_w == q->pad_w &&
         p->dilation_h == q->dilation_h && p->dilation_w == q->dilation_w;
}

/* Some or all channels of a tensor. */
static isn_status_t set_tensor(cudnnTensorDescriptor_t tensor, isn_cuda_layout_t layout, int n,
                               isn_shape_t s, int all_channels)
{
  cudnnDataType_t type = layout == ISN_CUDA_HALVES ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT;
  int step = all_channels > 0 ? all_channels : s.c;
  if (layout == ISN_CUDA_PLAIN)
    ISN_TRY_DNN(
        isn_lib.cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, type, n, s.c, s.h, s.w));
  else if (step == s.c)
    ISN_TRY_DNN(
        isn_lib.cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NHWC, type, n, s.c, s.h, s.w));
  else
    ISN_TRY_DNN(isn_lib.cudnnSetTensor4dDescriptorEx(tensor, type, n, s.c, s.h, s.w,
                                                     s.h * s.w * step, 1, s.w * step, step));
  return ISN_OK;
}

static isn_status_t set_descriptors(isn_cuda_t *cuda, const isn_cuda_convolution_t *c, int n)
{
  const isn_conv_params_t *p = &c->params;
  ISN_TRY(set_tensor(cuda->image_shape, c->layout, n, c->image, c->image_channels));
  ISN_TRY(set_tensor(cuda->map_shape, c->layout, n, c->map, c->map_channels));
  ISN_TRY_DNN(isn_lib.cudnnSetFilter4dDescriptor(
      cuda->filter_shape, c->layout == ISN_CUDA_HALVES ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT,
      c->layout == ISN_CUDA_PLAIN ? CUDNN_TENSOR_NCHW : CUDNN_TENSOR_NHWC, c->map.c,
      c->image.c / p->group, p->kernel_h, p->kernel_w));
  ISN_TRY_DNN(isn_lib.cudnnSetConvolution2dDescriptor(
      cuda->convolution, p->pad_h, p->pad_w, p->stride_h, p->stride_w, p->dilation_h, p->dilation_w,
      CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  ISN_TRY_DNN(isn_lib.cudnnSetConvolutionGroupCount(cuda->convolution, p->group));
  return ISN_OK;
}

/* FMA alone in fp32; of floats cuDNN may take tensor cores by default, of halves it is told to. */
static cudnnMathType_t wanted_math(const isn_cuda_t *cuda, isn_cuda_layout_t layout)
{
  if (cuda->precision == ISN_PRECISION_FP32)
    return CUDNN_FMA_MATH;
  return layout == ISN_CUDA_HALVES ? CUDNN_TENSOR_OP_MATH : CUDNN_DEFAULT_MATH;
}

static isn_status_t set_math(isn_cuda_t *cuda, cudnnMathType_t math)
{
  ISN_TRY_DNN(isn_lib.cudnnSetConvolutionMathType(cuda->convolution, math));
  return ISN_OK;
}

/* In fp32: cuDNN's advice, best first.  Else: what it measures, fastest first. */
static cudnnStatus_t ask_to_map(isn_cuda_t *cuda, const isn_cuda_convolution_data_t *data,
                                int *n_offers, offer_t offers[MAX_OFFERS])
{
  cudnnConvolutionFwdAlgoPerf_t perf[MAX_OFFERS];
  cudnnStatus_t status;
  if (cuda->precision == ISN_PRECISION_FP32)
    status = isn_lib.cudnnGetConvolutionForwardAlgorithm_v7(
        cuda->dnn, cuda->image_shape, cuda->filter_shape, cuda->convolution, cuda->map_shape,
        MAX_OFFERS, n_offers, perf);
  else
    status = isn_lib.cudnnFindConvolutionForwardAlgorithmEx(
        cuda->dnn, cuda->image_shape, data->image, cuda->filter_shape, data->weights,
        cuda->convolution, cuda->map_shape, data->map, MAX_OFFERS, n_offers, perf, cuda->workspace,
        cuda->workspace_bytes);
  for (int i = 0; status == CUDNN_STATUS_SUCCESS && i < *n_offers; i++)
    offers[i] = (offer_t){perf[i].status,
                          (int)perf[i].algo,
                          perf[i].time,
                          perf[i].memory,
                          perf[i].determinism == CUDNN_DETERMINISTIC,
                          perf[i].mathType};
  return status;
}

static cudnnStatus_t ask_to_image(isn_cuda_t *cuda, const isn_cuda_convolution_data_t *data,
                                  int *n_offers, offer_t offers[MAX_OFFERS])
{
  cudnnConvolutionBwdDataAlgoPerf_t perf[MAX_OFFERS];
  cudnnStatus_t status;
  if (cuda->precision == ISN_PRECISION_FP32)
    status = isn_lib.cudnnGetConvolutionBackwardDataAlgorithm_v7(
        cuda->dnn, cuda->filter_shape, cuda->map_shape, cuda->convolution, cuda->image_shape,
        MAX_OFFERS, n_offers, perf);
  else
    status = isn_lib.cudnnFindConvolutionBackwardDataAlgorithmEx(
        cuda->dnn, cuda->filter_shape, data->weights, cuda->map_shape, data->map, cuda->convolution,
        cuda->image_shape, data->image, MAX_OFFERS, n_offers, perf, cuda->workspace,
        cuda->workspace_bytes);
  for (int i = 0; status == CUDNN_STATUS_SUCCESS && i < *n_offers; i++)
    offers[i] = (offer_t){perf[i].status,
                          (int)perf[i].algo,
                          perf[i].time,
                          perf[i].memory,
                          perf[i].determinism == CUDNN_DETERMINISTIC,
                          perf[i].mathType};
  return status;
}

/* Sums of products in some order, and nothing else. */
static bool is_plain_sum(bool to_map, int algorithm)
{
  if (to_map)
    return algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM ||
           algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM ||
           algorithm == CUDNN_CONVOLUTION_FWD_ALGO_GEMM ||
           algorithm == CUDNN_CONVOLUTION_FWD_ALGO_DIRECT;
  return algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_0 ||
         algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
}

/* Halves are too coarse for the sums and differences of Winograd's and Fourier's. */
static bool can_take(const isn_cuda_t *cuda, const isn_cuda_convolution_t *c, const offer_t *offer)
{
  bool strict = cuda->precision == ISN_PRECISION_FP32;
  if (offer->status != CUDNN_STATUS_SUCCESS || offer->bytes > cuda->workspace_limit)
    return false;
  if (strict && offer->math != CUDNN_FMA_MATH)
    return false;
  return (!strict && c->layout != ISN_CUDA_HALVES) || is_plain_sum(c->to_map, offer->algorithm);
}

/* The first that can be taken; rather one that gives equal bits, in fp32 at any price.
 * @return NULL: none */
static const offer_t *best_offer(const isn_cuda_t *cuda, const isn_cuda_convolution_t *c, int n,
                                 const offer_t *offers)
{
  const offer_t *first = NULL;
  for (int i = 0; i < n; i++) {
    if (!can_take(cuda, c, &offers[i]))
      continue;
    if (!first)
      first = &offers[i];
    bool fast = cuda->precision == ISN_PRECISION_FP32 || offers[i].ms <= NEARLY_AS_FAST * first->ms;
    if (offers[i].deterministic && fast)
      return &offers[i];
  }
  return first;
}

/* To be tried, algorithms need their workspace: as much of it as is to be had. */
static isn_status_t reserve_for_trials(isn_cuda_t *cuda)
{
  const size_t least = (size_t)1 << 24;
  isn_status_t status = isn_cuda_reserve_workspace(cuda, cuda->workspace_limit);
  while (status == ISN_ERR_MEMORY && cuda->workspace_limit > least) {
    cuda->workspace_limit /= 2;
    status = isn_cuda_reserve_workspace(cuda, cuda->workspace_limit);
  }
  return status;
}

static isn_status_t choose_anew(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                                const isn_cuda_convolution_data_t *data, isn_cuda_choice_t *choice)
{
  offer_t offers[MAX_OFFERS];
  int n = 0;
  bool strict = cuda->precision == ISN_PRECISION_FP32;
  ISN_TRY(set_math(cuda, wanted_math(cuda, convolution->layout)));
  if (!strict)
    ISN_TRY(reserve_for_trials(cuda));
  cudnnStatus_t status = convolution->to_map ? ask_to_map(cuda, data, &n, offers)
                                             : ask_to_image(cuda, data, &n, offers);
  if (status != CUDNN_STATUS_SUCCESS && !isn_cuda_is_refusal(status))
    return isn_cuda_fail_dnn(status, "choice of an algorithm", __FILE__, __LINE__);
  const offer_t *best =
      status == CUDNN_STATUS_SUCCESS ? best_offer(cuda, convolution, n, offers) : NULL;
  *choice = (isn_cuda_choice_t){.n = data->n};
  if (!best) {
    choice->refusal = isn_lib.cudnnGetErrorString(status);
    return ISN_OK;
  }
  choice->algorithm = best->algorithm;
  choice->math = best->math;
  choice->workspace_bytes = best->bytes;
  return ISN_OK;
}

/* More samples than the choice was made for may want more workspace. */
static isn_status_t grow_choice(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution, int n,
                                isn_cuda_choice_t *choice)
{
  size_t bytes = 0;
  cudnnStatus_t status;
  if (convolution->to_map)
    status = isn_lib.cudnnGetConvolutionForwardWorkspaceSize(
        cuda->dnn, cuda->image_shape, cuda->filter_shape, cuda->convolution, cuda->map_shape,
        (cudnnConvolutionFwdAlgo_t)choice->algorithm, &bytes);
  else
    status = isn_lib.cudnnGetConvolutionBackwardDataWorkspaceSize(
        cuda->dnn, cuda->filter_shape, cuda->map_shape, cuda->convolution, cuda->image_shape,
        (cudnnConvolutionBwdDataAlgo_t)choice->algorithm, &bytes);
  if (isn_cuda_is_refusal(status)) {
    choice->refusal = isn_lib.cudnnGetErrorString(status);
    return ISN_OK;
  }
  if (status != CUDNN_STATUS_SUCCESS)
    return isn_cuda_fail_dnn(status, "size of a workspace", __FILE__, __LINE__);
  choice->n = n;
  choice->workspace_bytes = bytes > choice->workspace_bytes ? bytes : choice->workspace_bytes;
  return ISN_OK;
}

static int next_power_of_two(int n)
{
  int power = 1;
  while (power < n)
    power *= 2;
  return power;
}

static entry_t *find_entry(const isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution, int n)
{
  const isn_cuda_choices_t *choices = cuda->choices;
  int n_class = next_power_of_two(n);
  for (int i = 0; i < choices->n; i++) {
    entry_t *entry = &choices->entries[i];
    if (entry->n_class == n_class && entry->precision == cuda->precision &&
        same_convolution(&entry->convolution, convolution))
      return entry;
  }
  return NULL;
}

static isn_status_t make_room(isn_cuda_choices_t *choices)
{
  if (choices->n < choices->capacity)
    return ISN_OK;
  entry_t *entries = NULL;
  int capacity = choices->capacity ? 2 * choices->capacity : 64;
  ISN_TRY(isn_alloc(&entries, capacity, "choices of algorithms"));
  if (choices->n > 0)
    memcpy(entries, choices->entries, (size_t)choices->n * sizeof *entries);
  free(choices->entries);
  choices->entries = entries;
  choices->capacity = capacity;
  return ISN_OK;
}

/* @param[out] out until the next call */
static isn_status_t have_entry(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution, int n,
                               entry_t **out)
{
  *out = find_entry(cuda, convolution, n);
  if (*out)
    return ISN_OK;
  ISN_TRY(make_room(cuda->choices));
  *out = &cuda->choices->entries[cuda->choices->n++];
  **out = (entry_t){
      .convolution = *convolution, .n_class = next_power_of_two(n), .precision = cuda->precision};
  return ISN_OK;
}

isn_status_t isn_cuda_choose(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                             const isn_cuda_convolution_data_t *data, isn_cuda_choice_t **choice)
{
  entry_t *entry;
  ISN_TRY(have_entry(cuda, convolution, data->n, &entry));
  *choice = &entry->choice;
  if (entry->choice.refusal)
    return ISN_OK;
  ISN_TRY(set_descriptors(cuda, convolution, data->n));
  if (entry->choice.n == 0)
    ISN_TRY(choose_anew(cuda, convolution, data, &entry->choice));
  if (entry->choice.refusal)
    return ISN_OK;
  ISN_TRY(set_math(cuda, entry->choice.math));
  if (data->n > entry->choice.n)
    ISN_TRY(grow_choice(cuda, convolution, data->n, &entry->choice));
  return isn_cuda_reserve_workspace(cuda, entry->choice.workspace_bytes);
}

isn_cuda_form_t isn_cuda_known_form(const isn_cuda_t *cuda,
                                    const isn_cuda_convolution_t *convolution, int n)
{
  const entry_t *entry = find_entry(cuda, convolution, n);
  return entry ? entry->form : ISN_CUDA_FORM_UNKNOWN;
}

static void say_plain(const isn_cuda_t *cuda, const entry_t *entry)
{
  const isn_cuda_convolution_t *c = &entry->convolution;
  const isn_conv_params_t *p = &c->params;
  for (int i = 0; i < cuda->choices->n; i++)
    if (cuda->choices->entries[i].form == ISN_CUDA_FORM_PLAIN &&
        same_convolution(&cuda->choices->entries[i].convolution, c))
      return;
  isn_log_info(
      "cuDNN has nothing for a convolution %dx%d, stride %dx%d, pad %dx%d, dilation %dx%d, "
      "%s, images %dx%dx%d, maps %dx%dx%d (%s): a plain kernel computes it, slowly",
      p->kernel_h, p->kernel_w, p->stride_h, p->stride_w, p->pad_h, p->pad_w, p->dilation_h,
      p->dilation_w, c->to_map ? "forward" : "backward", c->image.c, c->image.h, c->image.w,
      c->map.c, c->map.h, c->map.w, entry->choice.refusal ? entry->choice.refusal : "none fits");
}

isn_status_t isn_cuda_remember_form(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                                    int n, isn_cuda_form_t form)
{
  entry_t *entry;
  ISN_TRY(have_entry(cuda, convolution, n, &entry));
  if (form == ISN_CUDA_FORM_PLAIN)
    say_plain(cuda, entry);
  entry->form = form;
  return ISN_OK;
}
