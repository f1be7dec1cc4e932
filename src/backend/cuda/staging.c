/** @file staging.c
 *  See staging.h.
 */
#include "backend/cuda/staging.h"

#include "backend/cuda/memory.h"

enum { LEAST_BYTES = 1 << 20 };

void isn_cuda_free_staging(isn_cuda_t *cuda)
{
  isn_cuda_staging_t *staging = &cuda->staging;
  cudaFreeHost(staging->host);
  cudaFree(staging->device);
  cudaFree(staging->scratch);
  *staging = (isn_cuda_staging_t){0};
}

/* cudaFree() waits for what is at work. */
static isn_status_t grow(isn_cuda_t *cuda, size_t bytes)
{
  isn_cuda_staging_t *staging = &cuda->staging;
  void *host = NULL, *device = NULL;
  cudaFreeHost(staging->host);
  cudaFree(staging->device);
  staging->host = staging->device = NULL;
  staging->bytes = 0;
  cudaError_t error = cudaHostAlloc(&host, bytes, cudaHostAllocDefault);
  if (error == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    ISN_FAIL(ISN_ERR_MEMORY, "lists of jobs: no pinned host memory for %.1f MB",
             1e-6 * (double)bytes);
  }
  ISN_TRY_CUDA(error);
  staging->host = host;
  ISN_TRY(isn_cuda_take(cuda, bytes, "lists of jobs", &device));
  staging->device = device;
  staging->bytes = bytes;
  return ISN_OK;
}

isn_status_t isn_cuda_stage(isn_cuda_t *cuda, size_t bytes, isn_cuda_piece_t *piece)
{
  isn_cuda_staging_t *staging = &cuda->staging;
  bytes = isn_cuda_aligned(bytes);
  if (staging->used + bytes > staging->bytes) {
    ISN_TRY_CUDA(cudaStreamSynchronize(cuda->stream)); /* the host's side is being read */
    staging->used = 0;
    size_t doubled = 2 * staging->bytes > LEAST_BYTES ? 2 * staging->bytes : LEAST_BYTES;
    if (bytes > staging->bytes)
      ISN_TRY(grow(cuda, bytes > doubled ? bytes : doubled));
  }
  *piece = (isn_cuda_piece_t){staging->host + staging->used, staging->device + staging->used};
  staging->used += bytes;
  return ISN_OK;
}

isn_status_t isn_cuda_send(isn_cuda_t *cuda, isn_cuda_piece_t piece, size_t bytes)
{
  ISN_TRY_CUDA(
      cudaMemcpyAsync(piece.device, piece.host, bytes, cudaMemcpyHostToDevice, cuda->stream));
  return ISN_OK;
}

isn_status_t isn_cuda_receive(isn_cuda_t *cuda, isn_cuda_piece_t piece, size_t first, size_t bytes)
{
  ISN_TRY_CUDA(cudaMemcpyAsync(piece.host + first, piece.device + first, bytes,
                               cudaMemcpyDeviceToHost, cuda->stream));
  ISN_TRY_CUDA(cudaStreamSynchronize(cuda->stream));
  cuda->staging.used = 0; /* nothing is at work any more */
  return ISN_OK;
}

isn_status_t isn_cuda_reserve_scratch(isn_cuda_t *cuda, size_t bytes, void **out)
{
  isn_cuda_staging_t *staging = &cuda->staging;
  if (bytes > staging->scratch_bytes) {
    cudaFree(staging->scratch);
    staging->scratch = NULL;
    staging->scratch_bytes = 0;
    ISN_TRY(isn_cuda_take(cuda, bytes, "work space of moves", &staging->scratch));
    staging->scratch_bytes = bytes;
  }
  *out = staging->scratch;
  return ISN_OK;
}
