/** @file device_memory.cpp
 *  CUDA's functions for device memory, memory pools, pinned memory, and copies.
 */
#include <cstdlib>
#include <cstring>

#include "emulation/device.h"
#include "emulation/memory.h"
#include "emulation/settings.h"
#include "emulation/stop.h"
#include "emulation/streams.h"

using namespace emulation;

static cudaError_t allocate_block(void **block, size_t bytes)
{
  *block = nullptr;
  if (bytes == 0)
    return cudaSuccess;
  *block = allocate(bytes);
  return *block ? cudaSuccess : failed(cudaErrorMemoryAllocation);
}

cudaError_t cudaMalloc(void **block, size_t bytes)
{
  if (breaks_capture("cudaMalloc"))
    return failed(cudaErrorStreamCaptureUnsupported);
  return allocate_block(block, bytes);
}

/* Waits for all that is at work, as CUDA's does. */
cudaError_t cudaFree(void *block)
{
  if (!block)
    return cudaSuccess;
  if (breaks_capture("cudaFree"))
    return failed(cudaErrorStreamCaptureUnsupported);
  wait_for_all();
  release(block);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total)
{
  *total = settings().memory;
  *free_bytes = settings().memory - bytes_in_use();
  return cudaSuccess;
}

/* In a captured stream these would become parts of the graph, with addresses of their own. */
cudaError_t cudaMallocAsync(void **block, size_t bytes, cudaStream_t)
{
  if (breaks_capture("cudaMallocAsync (not emulated there)"))
    return failed(cudaErrorStreamCaptureUnsupported);
  return allocate_block(block, bytes);
}

cudaError_t cudaFreeAsync(void *block, cudaStream_t stream)
{
  if (breaks_capture("cudaFreeAsync (not emulated there)"))
    return failed(cudaErrorStreamCaptureUnsupported);
  if (block)
    enqueue(stream, [block] { release(block); });
  return cudaSuccess;
}

/* One pool, which keeps nothing back. */
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int)
{
  static char the_pool;
  *pool = reinterpret_cast<cudaMemPool_t>(&the_pool);
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *)
{
  return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void *value)
{
  switch (attribute) {
  case cudaMemPoolAttrReservedMemCurrent:
  case cudaMemPoolAttrUsedMemCurrent:
    *static_cast<unsigned long long *>(value) = bytes_in_use();
    return cudaSuccess;
  default:
    stop("attribute %d of memory pools is not emulated", (int)attribute);
  }
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, size_t)
{
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void **block, size_t bytes, unsigned)
{
  *block = std::malloc(bytes);
  return *block ? cudaSuccess : failed(cudaErrorMemoryAllocation);
}

cudaError_t cudaFreeHost(void *block)
{
  wait_for_all();
  std::free(block);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
  require_device(to, bytes, "cudaMemsetAsync");
  enqueue(stream, [=] { fill(to, value, bytes); });
  return cudaSuccess;
}

static void require_ends(const void *to, size_t to_bytes, const void *from, size_t from_bytes,
                         cudaMemcpyKind kind)
{
  if (kind == cudaMemcpyDefault)
    stop("copies of kind cudaMemcpyDefault are not emulated");
  if (kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice)
    require_device(to, to_bytes, "copy to the device");
  if (kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice)
    require_device(from, from_bytes, "copy from the device");
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream)
{
  require_ends(to, bytes, from, bytes, kind);
  calls.copies++;
  if (bytes > 0)
    enqueue(stream, [=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind, cudaStream_t stream)
{
  if (width > to_pitch || width > from_pitch)
    return failed(cudaErrorInvalidValue);
  if (width == 0 || height == 0)
    return cudaSuccess;
  require_ends(to, to_pitch * (height - 1) + width, from, from_pitch * (height - 1) + width, kind);
  calls.copies++;
  enqueue(stream, [=] {
    for (size_t row = 0; row < height; row++)
      std::memcpy((char *)to + row * to_pitch, (const char *)from + row * from_pitch, width);
  });
  return cudaSuccess;
}
