/** @file kernels_values.cu
 *  Kernels that work number by number; see kernels.h for the formulas.
 */
#include "backend/cuda/results.cuh"

template <isn_cuda_map_t OP> static __device__ float map_value(isn_cuda_map_params_t p, float x)
{
  switch (OP) {
  case ISN_CUDA_LEAKY:
    return x > 0.0f ? x : p.a * x;
  case ISN_CUDA_ELU:
    return x > 0.0f ? x : p.a * expm1f(x);
  case ISN_CUDA_SIGMOID:
    return 1.0f / (1.0f + expf(-x));
  case ISN_CUDA_TANH:
    return tanhf(x);
  case ISN_CUDA_ABS:
    return fabsf(x);
  case ISN_CUDA_CONSTANT:
    return p.a;
  case ISN_CUDA_LINE:
    return p.b + p.a * x;
  case ISN_CUDA_POWER:
    return powf(p.b + p.a * x, p.c);
  case ISN_CUDA_EXP:
    return expf(p.b + p.a * x);
  default:
    return p.c * logf(p.b + p.a * x);
  }
}

template <isn_cuda_map_t OP> struct map_value_of {
  static constexpr int inputs = OP == ISN_CUDA_CONSTANT ? 0 : 1;
  isn_cuda_map_params_t params;
  __device__ float operator()(unsigned, float x, float) const
  {
    return map_value<OP>(params, x);
  }
};

cudaError_t isn_cuda_map(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         size_t count, isn_cuda_map_t op, isn_cuda_map_params_t params,
                         const float *x, float *y)
{
#define MAP_CASE(OP)                                                                               \
  case OP:                                                                                         \
    return with_layout(layout, [&](auto form) {                                                    \
      return launch_values<decltype(form)>(stream, rows, count, map_value_of<OP>{params}, x, NULL, \
                                           y);                                                     \
    })
  switch (op) {
    MAP_CASE(ISN_CUDA_LEAKY);
    MAP_CASE(ISN_CUDA_ELU);
    MAP_CASE(ISN_CUDA_SIGMOID);
    MAP_CASE(ISN_CUDA_TANH);
    MAP_CASE(ISN_CUDA_ABS);
    MAP_CASE(ISN_CUDA_CONSTANT);
    MAP_CASE(ISN_CUDA_LINE);
    MAP_CASE(ISN_CUDA_POWER);
    MAP_CASE(ISN_CUDA_EXP);
    MAP_CASE(ISN_CUDA_LOG);
  }
#undef MAP_CASE
  return cudaErrorInvalidValue;
}

template <isn_cuda_map_gradient_t OP>
static __device__ float map_slope(isn_cuda_map_params_t p, float s, float g)
{
  switch (OP) {
  case ISN_CUDA_GRAD_LEAKY:
    return s > 0.0f ? g : p.a * g;
  case ISN_CUDA_GRAD_ELU:
    return s > 0.0f ? g : g * (p.a * expf(s));
  case ISN_CUDA_GRAD_ELU_TOP:
    return s > 0.0f ? g : g * (s + p.a);
  case ISN_CUDA_GRAD_SIGMOID:
    return g * s * (1.0f - s);
  case ISN_CUDA_GRAD_TANH:
    return g * (1.0f - s * s);
  case ISN_CUDA_GRAD_ABS:
    return s > 0.0f ? g : s < 0.0f ? -g : 0.0f;
  case ISN_CUDA_GRAD_FACTOR:
    return p.a * g;
  case ISN_CUDA_GRAD_POWER:
    return g * (p.d * powf(p.b + p.a * s, p.c));
  case ISN_CUDA_GRAD_EXP:
    return g * (p.a * s);
  default:
    return g * (p.d / (p.b + p.a * s));
  }
}

/* Of the gradient and, where there is one, the source. */
template <isn_cuda_map_gradient_t OP> struct map_gradient_of {
  static constexpr int inputs = OP == ISN_CUDA_GRAD_FACTOR ? 1 : 2;
  isn_cuda_map_params_t params;
  __device__ float operator()(unsigned, float grad_y, float source) const
  {
    return map_slope<OP>(params, source, grad_y);
  }
};

cudaError_t isn_cuda_map_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, size_t count,
                                  isn_cuda_map_gradient_t op, isn_cuda_map_params_t params,
                                  const float *source, const float *grad_y, float *grad_x)
{
#define GRADIENT_CASE(OP)                                                                          \
  case OP:                                                                                         \
    return with_layout(layout, [&](auto form) {                                                    \
      return launch_values<decltype(form)>(stream, rows, count, map_gradient_of<OP>{params},       \
                                           grad_y, source, grad_x);                                \
    })
  switch (op) {
    GRADIENT_CASE(ISN_CUDA_GRAD_LEAKY);
    GRADIENT_CASE(ISN_CUDA_GRAD_ELU);
    GRADIENT_CASE(ISN_CUDA_GRAD_ELU_TOP);
    GRADIENT_CASE(ISN_CUDA_GRAD_SIGMOID);
    GRADIENT_CASE(ISN_CUDA_GRAD_TANH);
    GRADIENT_CASE(ISN_CUDA_GRAD_ABS);
    GRADIENT_CASE(ISN_CUDA_GRAD_FACTOR);
    GRADIENT_CASE(ISN_CUDA_GRAD_POWER);
    GRADIENT_CASE(ISN_CUDA_GRAD_EXP);
    GRADIENT_CASE(ISN_CUDA_GRAD_LOG);
  }
#undef GRADIENT_CASE
  return cudaErrorInvalidValue;
}

struct zero_of {
  static constexpr int inputs = 0;
  __device__ float operator()(unsigned, float, float) const
  {
    return 0.0f;
  }
};

struct sum_of {
  static constexpr int inputs = 2;
  __device__ float operator()(unsigned, float x, float y) const
  {
    return x + y;
  }
};

/* Whether one kernel can run here says it for all: they were compiled alike. */
cudaError_t isn_cuda_kernels_check(void)
{
  using layer = values_layer<float, 1, zero_of>;
  void (*kernel)(layer, isn_cuda_rows_t, unsigned) = for_each<layer>;
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, (const void *)kernel);
}

cudaError_t isn_cuda_zero(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, size_t count, float *y)
{
  return with_layout(layout, [&](auto form) {
    return launch_values<decltype(form)>(stream, rows, count, zero_of{}, NULL, NULL, y);
  });
}

cudaError_t isn_cuda_copy(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, size_t count, const float *x, float *y)
{
  return with_layout(layout, [&](auto form) {
    return launch_values<decltype(form)>(stream, rows, count, same_of{}, x, NULL, y);
  });
}

cudaError_t isn_cuda_add(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         size_t count, const float *x, float *y)
{
  return with_layout(layout, [&](auto form) {
    return launch_values<decltype(form)>(stream, rows, count, sum_of{}, y, x, y);
  });
}

/* Each thread reads its number of every bottom before it writes: the first may be the top. */
template <class T> struct eltwise_layer {
  isn_cuda_eltwise_t e;
  unsigned count;
  T *y;
  __device__ float at(int bottom, size_t place) const
  {
    return to_float(((const T *)e.x[bottom])[place]);
  }
  __device__ void largest(size_t place) const
  {
    float first = at(0, place), best = at(1, place);
    uint8_t winner = 1; /* of the first two that are equal, the second; then the one before */
    if (first > best) {
      best = first;
      winner = 0;
    }
    for (int b = 2; b < e.n; b++) {
      float value = at(b, place);
      if (value > best) {
        best = value;
        winner = (uint8_t)b;
      }
    }
    set_number(y + place, best);
    if (e.winner)
      e.winner[place] = winner;
  }
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = sample * count + i;
    if (e.mode == ISN_ELTWISE_MAX) {
      largest(place);
      return;
    }
    bool sum = e.mode == ISN_ELTWISE_SUM;
    float value = sum ? e.coefficients[0] * at(0, place) : at(0, place);
    for (int b = 1; b < e.n; b++)
      value = sum ? value + e.coefficients[b] * at(b, place) : value * at(b, place);
    set_number(y + place, value);
  }
};

template <class T> struct eltwise_gradient_layer {
  isn_cuda_eltwise_t e;
  unsigned count;
  const T *grad_y;
  __device__ float gradient(size_t place, int bottom, float g) const
  {
    if (e.mode == ISN_ELTWISE_SUM)
      return e.coefficients[bottom] * g;
    if (e.mode == ISN_ELTWISE_MAX)
      return e.winner[place] == bottom ? g : 0.0f;
    for (int b = 0; b < e.n; b++)
      if (b != bottom)
        g *= to_float(((const T *)e.x[b])[place]);
    return g;
  }
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = sample * count + i;
    float g = to_float(grad_y[place]);
    for (int b = 0; b < e.n; b++)
      if (e.grad_x[b])
        set_number((T *)e.grad_x[b] + place, gradient(place, b, g));
  }
};

cudaError_t isn_cuda_eltwise(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, size_t count,
                             const isn_cuda_eltwise_t *eltwise, float *y)
{
  return with_layout(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    return launch(stream, rows, count, eltwise_layer<T>{*eltwise, (unsigned)count, (T *)y});
  });
}

cudaError_t isn_cuda_eltwise_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                      const isn_cuda_rows_t *rows, size_t count,
                                      const isn_cuda_eltwise_t *eltwise, const float *grad_y)
{
  return with_layout(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    return launch(stream, rows, count,
                  eltwise_gradient_layer<T>{*eltwise, (unsigned)count, (const T *)grad_y});
  });
}
