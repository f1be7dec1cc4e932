/** @file watch.h
 *  How long kernels of libraries run, for benchmarks: two events around each call, which is waited
 *  for.  Off, it costs nothing.
 */
#ifndef INVSET_CUDA_WATCH_H
#define INVSET_CUDA_WATCH_H

#include "backend/cuda/cuda.h"

/** The table's entry; see isn_backend_watch_libraries(). */
isn_status_t isn_cuda_watch_libraries(isn_backend_t *backend, bool on, double *ms);

/** Before and after a call of a library. */
ISN_MUST_USE isn_status_t isn_cuda_watch_begin(isn_cuda_t *cuda);
ISN_MUST_USE isn_status_t isn_cuda_watch_end(isn_cuda_t *cuda);

#endif
