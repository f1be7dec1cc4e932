/** @file convolution_blocks.h
 *  A convolution with a stride, as one without on blocks of pixels.
 *
 *  The image (C, H, W) is cut into blocks of stride_h x stride_w pixels, whose pixels become
 * channels (C stride_h stride_w, blocks down, blocks along).  A kernel of k pixels covers ceil(k /
 * stride) blocks, its weights padded with zeros.  Nothing is computed twice, and what was a
 * convolution of very few channels, at which cuDNN is slow, becomes one of many: CaffeNet's conv1
 * (3 channels, 11x11, stride 4) is 48 channels, 3x3; the generator's deconv0 (4x4, stride 2) 12
 * channels, 2x2.
 */
#ifndef INVSET_CUDA_CONVOLUTION_BLOCKS_H
#define INVSET_CUDA_CONVOLUTION_BLOCKS_H

#include "backend/cuda/convolution_choice.h"

/** Whether it may pay: a stride, few channels, no groups and no dilation. */
bool isn_cuda_blocks_fit(const isn_cuda_convolution_t *convolution);

/** Floats of workspace that the form takes, whatever the batch. */
size_t isn_cuda_blocks_floats(const isn_cuda_convolution_t *convolution);

/** Compute a convolution in this form, some samples at a time.
 *  @param[in] workspace isn_cuda_blocks_floats() */
ISN_MUST_USE isn_status_t isn_cuda_blocks_run(isn_cuda_t *cuda,
                                              const isn_cuda_convolution_t *convolution,
                                              const isn_cuda_convolution_data_t *data,
                                              float *workspace);

/** Compute a convolution as it stands; convolution.c. */
ISN_MUST_USE isn_status_t isn_cuda_convolve_direct(isn_cuda_t *cuda,
                                                   const isn_cuda_convolution_t *convolution,
                                                   const isn_cuda_convolution_data_t *data);

#endif
