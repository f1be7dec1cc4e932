/** @file fallback.h
 *  Packed data through the plain form of a layer: some samples at a time are unpacked into the
 *  workspace, computed in fp32, and packed again.  Rare kinds go this way, which nets of pictures
 *  have few of or none (Softmax, PReLU, BatchNorm, Scale, Bias, LRN within a channel, inner
 *  products of rows, the largest windows of max pooling), so that none needs two forms.
 *
 *  Weights of these are plain, and their state is that of the plain layer.
 */
#ifndef INVSET_CUDA_FALLBACK_H
#define INVSET_CUDA_FALLBACK_H

#include "backend/cuda/cuda.h"

/** What the plain layer needs, and workspace for its data.  @param[in] kernel the plain layer */
void isn_cuda_fallback_needs(const isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                             const isn_layer_call_t *call, isn_layer_needs_t *needs);

/** As isn_backend_forward() and isn_backend_backward(), of packed data. */
ISN_MUST_USE isn_status_t isn_cuda_fallback_forward(isn_cuda_t *cuda,
                                                    const isn_cuda_kernel_t *kernel,
                                                    const isn_layer_call_t *call, int n);
ISN_MUST_USE isn_status_t isn_cuda_fallback_backward(isn_cuda_t *cuda,
                                                     const isn_cuda_kernel_t *kernel,
                                                     const isn_layer_call_t *call, isn_rows_t rows);

#endif
