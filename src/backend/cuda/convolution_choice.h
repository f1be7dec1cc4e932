/** @file convolution_choice.h
 *  Which of cuDNN's algorithms computes a convolution, chosen once for each shape and kept.
 *
 *  In fp32 cuDNN's own advice is followed among the algorithms that round as the definition does
 * (no Winograd, no FFT) and give equal bits for equal inputs: what a run accepts there must hold on
 * any machine.  In tf32 all algorithms are timed on the real data; one that gives equal bits is
 *  preferred if it is nearly as fast.
 */
#ifndef INVSET_CUDA_CONVOLUTION_CHOICE_H
#define INVSET_CUDA_CONVOLUTION_CHOICE_H

#include "backend/cuda/cuda.h"

/** A convolution: an image, over which the kernel slides, and a map, which has its positions. */
typedef struct {
  isn_conv_params_t params;
  isn_shape_t image, map;
  bool to_map; /**< image to map (cuDNN's forward), else map to image (its backward data) */
} isn_cuda_convolution_t;

/** The data of a call: device memory of n samples; what is computed is overwritten. */
typedef struct {
  int n;
  const float *weights;
  float *image, *map;
} isn_cuda_convolution_data_t;

typedef enum {
  ISN_CUDA_FORM_UNKNOWN, /**< not tried yet */
  ISN_CUDA_FORM_DIRECT,
  ISN_CUDA_FORM_BLOCKS /**< convolution_blocks.h */
} isn_cuda_form_t;

/** What to call. */
typedef struct {
  isn_cuda_form_t form; /**< the faster one, where there are two */
  bool plain;           /**< cuDNN cannot: our own kernel */
  int algorithm;        /**< cudnnConvolutionFwdAlgo_t or cudnnConvolutionBwdDataAlgo_t */
  cudnnMathType_t math;
  size_t workspace_bytes; /**< for up to n samples */
  int n;
} isn_cuda_choice_t;

ISN_MUST_USE isn_status_t isn_cuda_choices_create(isn_cuda_choices_t **out);
void isn_cuda_choices_destroy(isn_cuda_choices_t *choices); /**< NULL is fine */

/** Set the backend's descriptors for a convolution, look the choice up or make it, and have its
 *  workspace ready.
 *  @param[out] choice owned by the backend, until the next call */
ISN_MUST_USE isn_status_t isn_cuda_choose(isn_cuda_t *cuda,
                                          const isn_cuda_convolution_t *convolution,
                                          const isn_cuda_convolution_data_t *data,
                                          isn_cuda_choice_t **choice);

/** Whether cuDNN says with this that it has nothing for such a call (and nothing is broken). */
bool isn_cuda_is_refusal(cudnnStatus_t status);

/** Use our own kernel from now on, and say so, once for each shape.
 *  @param[in,out] choice as isn_cuda_choose() gave it for this convolution */
void isn_cuda_choose_plain(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                           isn_cuda_choice_t *choice, const char *reason);

#endif
