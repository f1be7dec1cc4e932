/** @file convolution_choice.h
 *  Which of cuDNN's algorithms computes a convolution, chosen once for each shape and kept, and
 *  which form it is brought into before (convolution_forms.h).
 *
 *  In fp32 cuDNN's own advice is followed among the algorithms that round as the definition does
 *  (no Winograd, no FFT) and give equal bits for equal inputs: what a run accepts there must hold
 *  on any machine.  Otherwise algorithms are timed on the real data, in tf32 all, in fp16 those
 *  without Winograd and FFT; one that gives equal bits is preferred if it is nearly as fast.
 */
#ifndef INVSET_CUDA_CONVOLUTION_CHOICE_H
#define INVSET_CUDA_CONVOLUTION_CHOICE_H

#include "backend/cuda/cuda.h"

/** A convolution: an image, over which the kernel slides, and a map, which has its positions. */
typedef struct {
  isn_conv_params_t params;
  isn_shape_t image, map;
  bool to_map; /**< image to map (cuDNN's forward), else map to image (its backward data) */
  isn_cuda_layout_t layout;         /**< of image, map and weights */
  int image_channels, map_channels; /**< packed: of the tensors that image and map are neighbouring
                                         channels of; 0: they are all */
} isn_cuda_convolution_t;

/** The data of a call: device memory of n samples; what is computed is overwritten.  The bias and
 *  the ReLU are for isn_cuda_form_run(). */
typedef struct {
  int n;
  const float *weights;
  float *image, *map;
  const float *bias; /**< of what is computed, float32; or NULL */
  float slope;       /**< of a ReLU after it; 1 for none */
} isn_cuda_convolution_data_t;

/** See convolution_forms.h. */
typedef enum {
  ISN_CUDA_FORM_UNKNOWN, /**< not tried yet */
  ISN_CUDA_FORM_DIRECT,
  ISN_CUDA_FORM_BLOCKS,
  ISN_CUDA_FORM_BLOCKS_FLIPPED,
  ISN_CUDA_FORM_SPLIT,
  ISN_CUDA_FORM_DENSE,
  ISN_CUDA_FORM_FLIPPED,
  ISN_CUDA_FORM_FLIPPED_SPLIT,
  ISN_CUDA_FORM_FLIPPED_DENSE,
  ISN_CUDA_FORM_UNPACKED,
  ISN_CUDA_FORM_PLAIN,
  ISN_CUDA_N_FORMS
} isn_cuda_form_t;

/** What to call. */
typedef struct {
  const char *refusal; /**< cuDNN cannot, in its words; NULL: it can */
  int algorithm;       /**< cudnnConvolutionFwdAlgo_t or cudnnConvolutionBwdDataAlgo_t */
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

/** The form for such a convolution of about n samples in this precision; UNKNOWN at first. */
isn_cuda_form_t isn_cuda_known_form(const isn_cuda_t *cuda,
                                    const isn_cuda_convolution_t *convolution, int n);

/** Take this form from now on.  Says so if it is PLAIN, once for each shape. */
ISN_MUST_USE isn_status_t isn_cuda_remember_form(isn_cuda_t *cuda,
                                                 const isn_cuda_convolution_t *convolution, int n,
                                                 isn_cuda_form_t form);

#endif
