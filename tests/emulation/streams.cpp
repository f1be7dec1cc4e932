/** @file streams.cpp
 *  See streams.h; and CUDA's streams, events and graphs.
 */
#include "emulation/streams.h"

#include <cstdio>
#include <vector>

#include "emulation/device.h"
#include "emulation/memory.h"
#include "emulation/settings.h"

using namespace emulation;

struct CUstream_st {
};

struct CUevent_st {
  bool recorded, passed; /* by the host's call, by the device */
};

struct CUgraph_st {
  std::vector<work_t> work;
};

struct CUgraphExec_st {
  std::vector<work_t> work;
};

namespace emulation
{

calls_t calls;
static std::vector<work_t> waiting;
static CUgraph_st *captured; /* NULL: no stream is captured */
static cudaStream_t captured_stream;
static bool capture_is_broken;

/* Says what was done, and what was left over. */
static const struct reporter_t {
  ~reporter_t()
  {
    if (settings().report)
      std::fprintf(
          stderr,
          "emulated GPU: %ld kernels, %ld products, %ld convolutions forward and %ld back, "
          "%ld copies, %ld graphs; %zu bytes were not freed\n",
          calls.kernels, calls.products, calls.forwards, calls.backwards, calls.copies,
          calls.graphs, bytes_in_use());
  }
} reporter;

void enqueue(cudaStream_t stream, work_t work)
{
  if (captured && stream == captured_stream)
    captured->work.push_back(std::move(work));
  else if (settings().delay)
    waiting.push_back(std::move(work));
  else {
    device_access access;
    work();
  }
}

void wait_for_all()
{
  if (waiting.empty())
    return;
  device_access access;
  for (const work_t &work : waiting)
    work();
  waiting.clear();
}

bool breaks_capture(const char *call)
{
  if (!captured)
    return false;
  std::fprintf(stderr, "emulated GPU: %s while a stream is captured\n", call);
  capture_is_broken = true;
  return true;
}

} // namespace emulation

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
  *stream = new CUstream_st();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
  wait_for_all();
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t)
{
  if (breaks_capture("cudaStreamSynchronize"))
    return failed(cudaErrorStreamCaptureUnsupported);
  wait_for_all();
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
  *event = new CUevent_st();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
  wait_for_all(); /* for what would set it */
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
  event->recorded = true;
  event->passed = false;
  enqueue(stream, [event] { event->passed = true; });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t)
{
  if (breaks_capture("cudaEventSynchronize"))
    return failed(cudaErrorStreamCaptureUnsupported);
  wait_for_all();
  return cudaSuccess;
}

static float next_ms()
{
  static unsigned n = 0;
  n++;
  switch (settings().times) {
  case times_t::equal:
    return 1.0F;
  case times_t::second:
    return n % 2 ? 2.0F : 1.0F;
  case times_t::any:
    return 1.0F + (float)(n * 2654435761U >> 20 & 255) / 256.0F;
  }
  return 0.0F;
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end)
{
  if (!begin->recorded || !end->recorded)
    return failed(cudaErrorInvalidResourceHandle);
  if (!begin->passed || !end->passed)
    return failed(cudaErrorNotReady);
  *ms = next_ms();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
  if (captured)
    return failed(cudaErrorIllegalState);
  captured = new CUgraph_st();
  captured_stream = stream;
  capture_is_broken = false;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
  *graph = nullptr;
  if (!captured || stream != captured_stream)
    return failed(cudaErrorIllegalState);
  CUgraph_st *done = captured;
  captured = nullptr;
  if (capture_is_broken) {
    delete done;
    return failed(cudaErrorStreamCaptureInvalidated);
  }
  *graph = done;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *graph, cudaGraph_t from,
                                          unsigned long long)
{
  *graph = new CUgraphExec_st{from->work};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream)
{
  if (breaks_capture("cudaGraphLaunch"))
    return failed(cudaErrorStreamCaptureUnsupported);
  calls.graphs++;
  for (const work_t &work : graph->work)
    enqueue(stream, work);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph)
{
  delete graph;
  return cudaSuccess;
}
