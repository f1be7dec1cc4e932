/** @file launch.cuh
 *  The kernels that everything is run by: a functor for each number of each wanted sample, and one
 *  for blocks of threads that work together.
 */
#ifndef INVSET_CUDA_LAUNCH_CUH
#define INVSET_CUDA_LAUNCH_CUH

#include "backend/cuda/kernels.h"
#ifdef ISN_CUDA_EMULATION
#include "emulation/kernels.h"
#endif

/* kernel<<<grid, threads, 0, stream>>>(arguments), or all its threads on the CPU. */
template <class... Arguments>
static void start_kernel(void (*kernel)(Arguments...), dim3 grid, unsigned threads,
                         cudaStream_t stream, const Arguments &...arguments)
{
#ifdef ISN_CUDA_EMULATION
  emulation::start(grid, threads, stream, [=] { kernel(arguments...); });
#else
  kernel<<<grid, threads, 0, stream>>>(arguments...);
#endif
}

static __device__ __forceinline__ bool has_row(const isn_cuda_rows_t &rows, int s)
{
  return rows.all || (rows.mask[s / 32] >> (s % 32) & 1u);
}

/* layer(sample, i) for i = 0 .. count-1: the block's y counts samples, so that no number has to be
 * divided.  The loops make any grid do. */
template <class Layer>
__global__ void for_each(const Layer layer, const isn_cuda_rows_t rows, const unsigned count)
{
  for (int s = (int)blockIdx.y; s < rows.n; s += (int)gridDim.y) {
    if (!has_row(rows, s))
      continue;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
      layer((size_t)(rows.first + s), i);
  }
}

/* A sample's numbers fit an int (layer.h), so that an unsigned can pass over their end. */
template <class Layer>
static cudaError_t launch(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                          const Layer &layer)
{
  const unsigned threads = 256, most_y = 65535, most_x = 1024;
  if (count == 0 || rows->n == 0)
    return cudaSuccess;
  unsigned x = (unsigned)((count + threads - 1) / threads);
  dim3 grid(x < most_x ? x : most_x, (unsigned)rows->n < most_y ? (unsigned)rows->n : most_y);
  start_kernel(for_each<Layer>, grid, threads, stream, layer, *rows, (unsigned)count);
  return cudaGetLastError();
}

/* body(block) for block = 0 .. n_blocks-1, each by `threads` threads that may use __syncthreads()
 * and static __shared__ arrays. */
template <class Body> __global__ void for_blocks(const Body body)
{
  body(blockIdx.x);
}

template <class Body>
static cudaError_t launch_blocks(cudaStream_t stream, unsigned n_blocks, unsigned threads,
                                 const Body &body)
{
  if (n_blocks == 0)
    return cudaSuccess;
  start_kernel(for_blocks<Body>, dim3(n_blocks), threads, stream, body);
  return cudaGetLastError();
}

#endif
