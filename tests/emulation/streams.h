/** @file streams.h
 *  Work that the host gives to the device: done at once or, with ISN_EMULATED_DELAY, when something
 *  waits; or put into a graph while its stream is captured.  All streams are one queue.
 */
#ifndef INVSET_EMULATION_STREAMS_H
#define INVSET_EMULATION_STREAMS_H

#include <cuda_runtime_api.h>

#include <functional>

namespace emulation
{

/** What a piece of work does; it runs while a device_access exists. */
using work_t = std::function<void()>;

void enqueue(cudaStream_t stream, work_t work);

/** Do what was enqueued. */
void wait_for_all();

/** For what must not be called while a stream is captured: says so, and breaks the capture.
 *  @return whether one is */
bool breaks_capture(const char *call);

/** Numbers of calls, for ISN_EMULATED_REPORT. */
struct calls_t {
  long kernels, products, forwards, backwards, copies, graphs;
};
extern calls_t calls;

} // namespace emulation

#endif
