/** @file kernels.h
 *  What kernels use of CUDA's language when they are compiled as C++, and how they are started.
 *  backend/cuda/launch.cuh includes it, and nothing else under src/.
 */
#ifndef INVSET_EMULATION_KERNELS_H
#define INVSET_EMULATION_KERNELS_H

#include <cuda_runtime.h>

#include <cmath>
#include <functional>

/* Blocks run one after the other, so that one of each array is enough. */
#undef __shared__
#define __shared__ static

extern dim3 gridDim, blockDim;
extern uint3 blockIdx, threadIdx;

namespace emulation
{

/** Run a kernel's threads, as kernel<<<grid, threads, 0, stream>>> does.  More blocks or threads
 * than a GPU takes, or none, leave cudaErrorInvalidConfiguration for cudaGetLastError().
 *  @param thread what one thread does; it reads its place from blockIdx and threadIdx */
void start(dim3 grid, unsigned threads, cudaStream_t stream, std::function<void()> thread);

/** Have this thread wait until each other one of its block waits at the same line, or has ended. */
void meet(int line);

} // namespace emulation

static inline void __syncthreads(int line = __builtin_LINE())
{
  emulation::meet(line);
}

#endif
