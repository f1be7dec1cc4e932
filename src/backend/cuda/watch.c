/** @file watch.c
 *  See watch.h.
 */
#include "backend/cuda/watch.h"

isn_status_t isn_cuda_watch_libraries(isn_backend_t *backend, bool on, double *ms)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_watch_t *watch = &cuda->watch;
  *ms = watch->ms;
  if (on == watch->on)
    return ISN_OK;
  watch->on = on;
  watch->ms = 0.0;
  if (!on) {
    cudaEventDestroy(watch->begin);
    cudaEventDestroy(watch->end);
    return ISN_OK;
  }
  ISN_TRY_CUDA(cudaEventCreate(&watch->begin));
  ISN_TRY_CUDA(cudaEventCreate(&watch->end));
  return ISN_OK;
}

isn_status_t isn_cuda_watch_begin(isn_cuda_t *cuda)
{
  if (cuda->watch.on)
    ISN_TRY_CUDA(cudaEventRecord(cuda->watch.begin, cuda->stream));
  return ISN_OK;
}

isn_status_t isn_cuda_watch_end(isn_cuda_t *cuda)
{
  float ms = 0.0F;
  if (!cuda->watch.on)
    return ISN_OK;
  ISN_TRY_CUDA(cudaEventRecord(cuda->watch.end, cuda->stream));
  ISN_TRY_CUDA(cudaEventSynchronize(cuda->watch.end));
  ISN_TRY_CUDA(cudaEventElapsedTime(&ms, cuda->watch.begin, cuda->watch.end));
  cuda->watch.ms += (double)ms;
  return ISN_OK;
}
