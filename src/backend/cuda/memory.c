/** @file memory.c
 *  See memory.h.
 */
#include "backend/cuda/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Larger blocks are those of nets, which come once; and so much is kept at most. */
static const size_t LARGEST_KEPT = (size_t)64 << 20, MOST_KEPT = (size_t)1 << 30;

struct isn_cuda_block {
  void *data;
  size_t bytes;
  bool is_free;
};

static isn_status_t fail_memory(const isn_cuda_t *cuda, size_t bytes, const char *what)
{
  size_t free_bytes = 0, total = 0;
  (void)cudaGetLastError();
  (void)cudaMemGetInfo(&free_bytes, &total);
  ISN_FAIL(ISN_ERR_MEMORY,
           "%s: no memory on GPU %d for %.1f MB; %.1f of its %.1f MB are free (a smaller run.batch "
           "takes less)",
           what, cuda->device, 1e-6 * (double)bytes, 1e-6 * (double)free_bytes,
           1e-6 * (double)total);
}

/* Forget a block; its place is taken by the last one. */
static void drop(isn_cuda_memory_t *memory, int i)
{
  cudaFree(memory->blocks[i].data);
  memory->blocks[i] = memory->blocks[--memory->n];
}

static void drop_kept(isn_cuda_memory_t *memory)
{
  for (int i = memory->n - 1; i >= 0; i--)
    if (memory->blocks[i].is_free)
      drop(memory, i);
}

size_t isn_cuda_kept_bytes(const isn_cuda_t *cuda)
{
  size_t bytes = 0;
  for (int i = 0; i < cuda->memory.n; i++)
    bytes += cuda->memory.blocks[i].is_free ? cuda->memory.blocks[i].bytes : 0;
  return bytes;
}

void isn_cuda_free_all(isn_cuda_t *cuda)
{
  while (cuda->memory.n > 0)
    drop(&cuda->memory, cuda->memory.n - 1);
  free(cuda->memory.blocks);
  cuda->memory = (isn_cuda_memory_t){0};
}

isn_status_t isn_cuda_take(isn_cuda_t *cuda, size_t bytes, const char *what, void **out)
{
  cudaError_t error = cudaMalloc(out, bytes);
  if (error == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    drop_kept(&cuda->memory);
    error = cudaMalloc(out, bytes);
  }
  if (error == cudaErrorMemoryAllocation)
    return fail_memory(cuda, bytes, what);
  ISN_TRY_CUDA(error);
  return ISN_OK;
}

/* @return a kept block of just this size, or NULL */
static isn_cuda_block_t *find_kept(isn_cuda_memory_t *memory, size_t bytes)
{
  for (int i = 0; i < memory->n; i++)
    if (memory->blocks[i].is_free && memory->blocks[i].bytes == bytes)
      return &memory->blocks[i];
  return NULL;
}

static isn_status_t add_block(isn_cuda_t *cuda, size_t bytes, const char *what, void **out)
{
  isn_cuda_memory_t *memory = &cuda->memory;
  if (memory->n == memory->capacity) {
    int capacity = memory->capacity > 0 ? 2 * memory->capacity : 64;
    isn_cuda_block_t *blocks = realloc(memory->blocks, (size_t)capacity * sizeof *blocks);
    if (!blocks)
      ISN_FAIL(ISN_ERR_MEMORY, "no memory for a list of %d blocks", capacity);
    memory->blocks = blocks;
    memory->capacity = capacity;
  }
  ISN_TRY(isn_cuda_take(cuda, bytes, what, out));
  memory->blocks[memory->n++] = (isn_cuda_block_t){.data = *out, .bytes = bytes};
  return ISN_OK;
}

isn_status_t isn_cuda_alloc(isn_backend_t *backend, size_t n, const char *what, float **out)
{
  isn_cuda_t *cuda = backend->own;
  void *data = NULL;
  if (n > SIZE_MAX / sizeof(float))
    return fail_memory(cuda, SIZE_MAX, what);
  size_t bytes = n * sizeof(float);
  isn_cuda_block_t *kept = find_kept(&cuda->memory, bytes);
  if (kept) {
    kept->is_free = false;
    data = kept->data;
  } else {
    ISN_TRY(add_block(cuda, bytes, what, &data));
  }
  cudaError_t error = cudaMemsetAsync(data, 0, bytes, cuda->stream);
  if (error != cudaSuccess)
    isn_cuda_free(backend, data);
  ISN_TRY_CUDA(error);
  *out = data;
  return ISN_OK;
}

void isn_cuda_free(isn_backend_t *backend, float *data)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_memory_t *memory = &cuda->memory;
  for (int i = 0; i < memory->n; i++) {
    isn_cuda_block_t *block = &memory->blocks[i];
    if (block->data != data)
      continue;
    if (block->bytes <= LARGEST_KEPT && isn_cuda_kept_bytes(cuda) + block->bytes <= MOST_KEPT)
      block->is_free = true;
    else
      drop(memory, i);
    return;
  }
}
