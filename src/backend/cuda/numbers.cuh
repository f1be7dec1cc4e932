/** @file numbers.cuh
 *  Numbers of any layout (kernels.h) as kernels see them: float while they are computed with, and
 *  read and written 16 bytes at a time where they lie so.
 */
#ifndef INVSET_CUDA_NUMBERS_CUH
#define INVSET_CUDA_NUMBERS_CUH

#include <cuda_fp16.h>
#include <limits.h>

#include <type_traits>

#include "backend/cuda/launch.cuh"

/* The layouts as types.  `vector` numbers are read or written at once where that can be. */
struct plain_t {
  using number = float;
  static constexpr bool channels_last = false;
  static constexpr int vector = 1;
};
struct floats_t {
  using number = float;
  static constexpr bool channels_last = true;
  static constexpr int vector = 4;
};
struct halves_t {
  using number = __half;
  static constexpr bool channels_last = true;
  static constexpr int vector = 8;
};

/* call(plain_t()), or of another layout. */
template <class Call> static cudaError_t with_layout(isn_cuda_layout_t layout, const Call &call)
{
  switch (layout) {
  case ISN_CUDA_PLAIN:
    return call(plain_t());
  case ISN_CUDA_FLOATS:
    return call(floats_t());
  case ISN_CUDA_HALVES:
    return call(halves_t());
  }
  return cudaErrorInvalidValue;
}

/* The same for what only packed data come to. */
template <class Call> static cudaError_t with_packed(isn_cuda_layout_t layout, const Call &call)
{
  if (layout == ISN_CUDA_PLAIN)
    return cudaErrorInvalidValue;
  return layout == ISN_CUDA_HALVES ? call(halves_t()) : call(floats_t());
}

static __host__ __device__ __forceinline__ float to_float(float x)
{
  return x;
}

static __host__ __device__ __forceinline__ float to_float(__half x)
{
  return __half2float(x);
}

/* What is too large for a half becomes infinite. */
static __host__ __device__ __forceinline__ void set_number(float *to, float x)
{
  *to = x;
}

static __host__ __device__ __forceinline__ void set_number(__half *to, float x)
{
  *to = __float2half(x);
}

/* V neighbours, of which the first lies on a multiple of their size, or of 16 bytes. */
template <class T, int V> struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) neighbours_t {
  T numbers[V];
};

template <int V, class T> static __device__ __forceinline__ void load(const T *from, float *to)
{
  neighbours_t<T, V> all = *reinterpret_cast<const neighbours_t<T, V> *>(from);
#pragma unroll
  for (int k = 0; k < V; k++)
    to[k] = to_float(all.numbers[k]);
}

template <int V, class T> static __device__ __forceinline__ void store(T *to, const float *from)
{
  neighbours_t<T, V> all;
#pragma unroll
  for (int k = 0; k < V; k++)
    set_number(&all.numbers[k], from[k]);
  *reinterpret_cast<neighbours_t<T, V> *>(to) = all;
}

static inline bool is_aligned(const void *data)
{
  return (uintptr_t)data % 16 == 0;
}

/* call(form, number of neighbouring channels), as the data and the channels allow it. */
template <class Call>
static cudaError_t with_channels(isn_cuda_layout_t layout, int channels, bool aligned,
                                 const Call &call)
{
  return with_layout(layout, [&](auto form) {
    constexpr int V = decltype(form)::vector;
    if constexpr (V > 1) {
      if (channels % V == 0 && aligned)
        return call(form, std::integral_constant<int, V>());
    }
    return call(form, std::integral_constant<int, 1>());
  });
}

/* Division of numbers up to INT_MAX by one divisor, as a product: several times faster than the
 * processor's.  With the least s for which 2^s >= d, and f = floor(2^32 (2^s - d) / d) + 1, it is
 * n / d = (n f / 2^32 + n) / 2^s (Granlund and Montgomery 1994). */
struct divider_t {
  unsigned divisor, factor, shift;
  __device__ __forceinline__ unsigned quotient(unsigned n) const
  {
    return ((unsigned)((uint64_t)n * factor >> 32) + n) >> shift;
  }
  __device__ __forceinline__ unsigned rest(unsigned n) const
  {
    return n - quotient(n) * divisor;
  }
};

static inline divider_t divider_of(size_t divisor)
{
  divider_t d = {(unsigned)divisor, 0, 0};
  while (((size_t)1 << d.shift) < divisor)
    d.shift++;
  d.factor = (unsigned)((((uint64_t)1 << 32) * (((uint64_t)1 << d.shift) - divisor)) / divisor + 1);
  return d;
}

#endif
