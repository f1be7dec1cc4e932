/** @file recording.c
 *  Recordings as CUDA graphs: what is sent to the stream between record and end_record is captured,
 *  and replayed with one launch.
 */
#include <stdlib.h>

#include "backend/cuda/cuda.h"
#include "backend/cuda/recording.h"
#include "invset/memory.h"

struct isn_recording {
  cudaGraphExec_t graph;
  unsigned workspace_generation; /* what it was recorded with */
};

isn_status_t isn_cuda_record(isn_backend_t *backend)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(cudaStreamBeginCapture(cuda->stream, cudaStreamCaptureModeThreadLocal));
  return ISN_OK;
}

static isn_status_t make_graph(const isn_cuda_t *cuda, cudaGraph_t captured, isn_recording_t **out)
{
  isn_recording_t *recording = NULL;
  ISN_TRY(isn_alloc(&recording, 1, "recording"));
  recording->workspace_generation = cuda->workspace_generation;
  cudaError_t error = cudaGraphInstantiateWithFlags(&recording->graph, captured, 0);
  if (error != cudaSuccess)
    free(recording);
  ISN_TRY_CUDA(error);
  *out = recording;
  return ISN_OK;
}

isn_status_t isn_cuda_end_record(isn_backend_t *backend, isn_recording_t **out)
{
  const isn_cuda_t *cuda = backend->own;
  cudaGraph_t captured = NULL;
  ISN_TRY_CUDA(cudaStreamEndCapture(cuda->stream, &captured));
  isn_status_t status = make_graph(cuda, captured, out);
  cudaGraphDestroy(captured);
  return status;
}

isn_status_t isn_cuda_replay(isn_backend_t *backend, const isn_recording_t *recording, bool *stale)
{
  const isn_cuda_t *cuda = backend->own;
  *stale = recording->workspace_generation != cuda->workspace_generation;
  if (!*stale)
    ISN_TRY_CUDA(cudaGraphLaunch(recording->graph, cuda->stream));
  return ISN_OK;
}

void isn_cuda_free_recording(isn_backend_t *backend, isn_recording_t *recording)
{
  (void)backend;
  cudaGraphExecDestroy(recording->graph);
  free(recording);
}
