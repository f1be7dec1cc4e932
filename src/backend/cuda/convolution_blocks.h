/** @file convolution_blocks.h
 *  A packed convolution with a stride, as one without on blocks of pixels.
 *
 *  The image (C, H, W) is cut into blocks of stride_h x stride_w pixels, whose pixels become
 *  channels (C stride_h stride_w, blocks down, blocks along), padded with zeros to a number that
 *  tensor cores take.  A kernel of k pixels covers ceil(k / stride) blocks, its weights padded with
 *  zeros.  Nothing is computed twice, and what was a convolution of very few channels, at which
 *  cuDNN is slow, becomes one of many: CaffeNet's conv1 (3 channels, 11x11, stride 4) is 48
 *  channels, 3x3; the generator's deconv0 (4x4, stride 2) 12 channels, 2x2.  Without a stride a
 *  block is a pixel, and only its channels are padded.  Where the image is computed, a bias and a
 *  ReLU of it cost nothing.
 */
#ifndef INVSET_CUDA_CONVOLUTION_BLOCKS_H
#define INVSET_CUDA_CONVOLUTION_BLOCKS_H

#include "backend/cuda/convolution_choice.h"

/** Whether it may pay: no groups, no dilation, and blocks of few channels, or without a stride
 *  fewer channels than tensor cores take. */
bool isn_cuda_blocks_fit(const isn_cuda_convolution_t *convolution);

/** Bytes of workspace that the form takes, whatever the batch.
 *  @param[in] form of the convolution of blocks: DIRECT or FLIPPED */
size_t isn_cuda_blocks_bytes(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form);

/** Compute a convolution in this form, some samples at a time.
 *  @param[in]  workspace isn_cuda_blocks_bytes()
 *  @param[out] done      false: cuDNN has nothing for the convolution of blocks */
ISN_MUST_USE isn_status_t isn_cuda_blocks_run(isn_cuda_t *cuda,
                                              const isn_cuda_convolution_t *convolution,
                                              const isn_cuda_convolution_data_t *data,
                                              isn_cuda_form_t form, void *workspace, bool *done);

#endif
