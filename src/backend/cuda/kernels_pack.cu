/** @file kernels_pack.cu
 *  Kernels between plain and packed data, and on what is put in between: factors of gradients.
 */
#include <float.h>

#include "backend/cuda/results.cuh"

/* Number i of a packed sample, (positions, C, inner), in the plain one, (C, positions, inner). */
struct permutation_t {
  divider_t inner, channels;
  unsigned positions;
  __device__ unsigned plain_place(unsigned i) const
  {
    unsigned run = inner.quotient(i), position = channels.quotient(run);
    unsigned channel = run - position * channels.divisor;
    return (channel * positions + position) * inner.divisor + i - run * inner.divisor;
  }
};

/* The other way is the same with channels and positions in each other's place. */
static permutation_t permutation_of(size_t channels, size_t positions, size_t inner)
{
  return {divider_of(inner), divider_of(channels), (unsigned)positions};
}

/* Of a sample's numbers, in another order, times a factor or divided by it. */
template <class T> struct permuted_source {
  permutation_t order;
  unsigned count;
  const T *in;
  const float *factors;
  bool divide;
  __device__ float operator()(size_t sample, unsigned i) const
  {
    float x = to_float(in[sample * count + order.plain_place(i)]);
    if (!factors)
      return x;
    return divide ? x / factors[sample] : x * factors[sample];
  }
};

/* The same for whole groups of channels: neighbouring threads have neighbouring positions, so that
 * both sides are read and written in order. */
template <class Form> struct pack_groups_layer {
  static constexpr int V = Form::vector;
  divider_t positions;
  unsigned channels;
  const float *plain, *factors;
  typename Form::number *packed;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned group = positions.quotient(i), position = i - group * positions.divisor;
    size_t first = sample * channels * positions.divisor;
    float factor = factors ? factors[sample] : 1.0f, x[V];
#pragma unroll
    for (int k = 0; k < V; k++)
      x[k] = factor * plain[first + (size_t)(group * V + k) * positions.divisor + position];
    store<V>(packed + first + (size_t)position * channels + group * V, x);
  }
};

template <class Form> struct unpack_groups_layer {
  static constexpr int V = Form::vector;
  divider_t positions;
  unsigned channels;
  const typename Form::number *packed;
  const float *factors;
  float *plain;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned group = positions.quotient(i), position = i - group * positions.divisor;
    size_t first = sample * channels * positions.divisor;
    float factor = factors ? factors[sample] : 1.0f, x[V];
    load<V>(packed + first + (size_t)position * channels + group * V, x);
#pragma unroll
    for (int k = 0; k < V; k++)
      plain[first + (size_t)(group * V + k) * positions.divisor + position] = x[k] / factor;
  }
};

cudaError_t isn_cuda_pack(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape, int n,
                          const float *plain, const float *factors, float *packed)
{
  return with_packed(layout, [&](auto form) {
    using Form = decltype(form);
    using T = typename Form::number;
    isn_cuda_rows_t rows = all_rows((size_t)n);
    size_t channels = (size_t)shape.c, positions = (size_t)shape.h * (size_t)shape.w;
    if (positions > 1 && channels % Form::vector == 0 && is_aligned(packed))
      return launch(stream, &rows, channels / Form::vector * positions,
                    pack_groups_layer<Form>{divider_of(positions), (unsigned)channels, plain,
                                            factors, (T *)packed});
    permuted_source<float> source = {permutation_of(channels, positions, 1),
                                     (unsigned)(channels * positions), plain, factors, false};
    return launch_gather(stream, &rows, channels * positions, source, (T *)packed);
  });
}

cudaError_t isn_cuda_unpack(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape, int n,
                            const float *packed, const float *factors, float *plain)
{
  return with_packed(layout, [&](auto form) {
    using Form = decltype(form);
    using T = typename Form::number;
    isn_cuda_rows_t rows = all_rows((size_t)n);
    size_t channels = (size_t)shape.c, positions = (size_t)shape.h * (size_t)shape.w;
    if (positions > 1 && channels % Form::vector == 0 && is_aligned(packed))
      return launch(stream, &rows, channels / Form::vector * positions,
                    unpack_groups_layer<Form>{divider_of(positions), (unsigned)channels,
                                              (const T *)packed, factors, plain});
    permuted_source<T> source = {permutation_of(positions, channels, 1),
                                 (unsigned)(channels * positions), (const T *)packed, factors,
                                 true};
    return launch_gather(stream, &rows, channels * positions, source, plain);
  });
}

cudaError_t isn_cuda_pack_runs(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape,
                               int run, const float *plain, float *packed)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    isn_cuda_rows_t one = all_rows(1);
    size_t channels = (size_t)shape.c, positions = (size_t)shape.h * (size_t)shape.w;
    permuted_source<float> source = {permutation_of(channels, positions, (size_t)run), 0, plain,
                                     NULL, false};
    return launch_gather(stream, &one, channels * positions * (size_t)run, source, (T *)packed);
  });
}

/* Number i of a sample of one shape is the same plain number as which of the other? */
template <class T> struct reshaped_source {
  permutation_t to_plain, from_plain;
  unsigned count;
  const T *in;
  __device__ float operator()(size_t sample, unsigned i) const
  {
    return to_float(in[sample * count + from_plain.plain_place(to_plain.plain_place(i))]);
  }
};

cudaError_t isn_cuda_reshape(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, isn_shape_t from, isn_shape_t to,
                             const float *x, float *y)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    size_t count = isn_shape_count(from);
    reshaped_source<T> source = {permutation_of((size_t)to.c, (size_t)to.h * (size_t)to.w, 1),
                                 permutation_of((size_t)from.h * (size_t)from.w, (size_t)from.c, 1),
                                 (unsigned)count, (const T *)x};
    return launch_gather(stream, rows, count, source, (T *)y);
  });
}

/* 2^e with which m = f 2^d, 1/2 <= f < 1, comes to (target / 2, target]; within what both it and
 * its inverse can be as floats. */
static __device__ float factor_for(float m, float target)
{
  const float largest = ldexpf(1.0f, 126);
  int of_m, of_target;
  if (!(m > 0.0f)) /* so that another blob's counts */
    return largest;
  if (!(m <= FLT_MAX))
    return 1.0f;
  float f = frexpf(m, &of_m), t = frexpf(target, &of_target);
  int e = f <= t ? of_target - of_m : of_target - of_m - 1;
  return ldexpf(1.0f, e < -126 ? -126 : e > 126 ? 126 : e);
}

enum { FACTOR_THREADS = 256 };

/* One block of threads for each sample. */
struct factors_body {
  size_t count;
  const float *plain;
  float target;
  bool first;
  float *factors;
  __device__ void operator()(unsigned sample) const
  {
    __shared__ float largest[FACTOR_THREADS];
    unsigned t = threadIdx.x;
    float m = 0.0f;
    for (size_t i = t; i < count; i += FACTOR_THREADS)
      m = fmaxf(m, fabsf(plain[sample * count + i]));
    largest[t] = m;
    for (unsigned half = FACTOR_THREADS / 2; half > 0; half /= 2) {
      __syncthreads();
      if (t < half)
        largest[t] = fmaxf(largest[t], largest[t + half]);
    }
    if (t > 0)
      return;
    float factor = factor_for(largest[0], target);
    if (first || factor < factors[sample])
      factors[sample] = factor;
  }
};

cudaError_t isn_cuda_find_factors(cudaStream_t stream, size_t count, int n, const float *plain,
                                  float target, bool first, float *factors)
{
  return launch_blocks(stream, (unsigned)n, FACTOR_THREADS,
                       factors_body{count, plain, target, first, factors});
}
