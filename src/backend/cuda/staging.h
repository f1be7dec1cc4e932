/** @file staging.h
 *  Lists on their way to the device and results on their way back: pinned host memory and device
 *  memory of one size, taken piece by piece.  A piece is the caller's until the next
 *  isn_cuda_stage(); what the device does with it is in the stream's order.
 */
#ifndef INVSET_CUDA_STAGING_H
#define INVSET_CUDA_STAGING_H

#include "backend/cuda/cuda.h"

/** Both sides of a piece, aligned for any type. */
typedef struct {
  char *host, *device;
} isn_cuda_piece_t;

/** Take so many bytes.  Waits for the device where all has been taken.
 *  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_cuda_stage(isn_cuda_t *cuda, size_t bytes, isn_cuda_piece_t *piece);

/** Where the next part of a piece may begin, after one that ends at so many bytes. */
static inline size_t isn_cuda_aligned(size_t bytes)
{
  return (bytes + 255) / 256 * 256;
}

/** Bring the first bytes of a piece to the device. */
ISN_MUST_USE isn_status_t isn_cuda_send(isn_cuda_t *cuda, isn_cuda_piece_t piece, size_t bytes);

/** Bring bytes of a piece, from `first` on, to the host, and wait for them. */
ISN_MUST_USE isn_status_t isn_cuda_receive(isn_cuda_t *cuda, isn_cuda_piece_t piece, size_t first,
                                           size_t bytes);

/** Device memory for intermediate results, at least so many bytes, until the next call.
 *  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_cuda_reserve_scratch(isn_cuda_t *cuda, size_t bytes, void **out);

/** Give all of it back. */
void isn_cuda_free_staging(isn_cuda_t *cuda);

#endif
