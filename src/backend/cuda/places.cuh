/** @file places.cuh
 *  Where the numbers of an image lie.
 */
#ifndef INVSET_CUDA_PLACES_CUH
#define INVSET_CUDA_PLACES_CUH

#include "backend/cuda/results.cuh"

/* Number i of a sample (C, H, W). */
struct place_t {
  int c, y, x;
};

static __device__ __forceinline__ place_t place_of(unsigned i, int h, int w)
{
  unsigned row = i / (unsigned)w;
  place_t p = {(int)(row / (unsigned)h), (int)(row % (unsigned)h), (int)(i % (unsigned)w)};
  return p;
}

static __device__ __forceinline__ size_t offset(place_t p, int h, int w)
{
  return ((size_t)p.c * h + p.y) * w + p.x;
}

static __host__ __device__ size_t image_count(int c, int h, int w)
{
  return (size_t)c * (size_t)h * (size_t)w;
}

#endif
