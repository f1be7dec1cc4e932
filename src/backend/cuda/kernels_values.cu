/** @file kernels_values.cu
 *  Kernels that work number by number or channel by channel; see kernels.h for the formulas.
 */
#include "backend/cuda/launch.cuh"

/* Where a number of a sample lies. */
static __device__ __forceinline__ size_t at(size_t sample, unsigned count, unsigned i)
{
  return sample * count + i;
}

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

template <isn_cuda_map_t OP> struct map_layer {
  isn_cuda_map_params_t params;
  unsigned count;
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    y[at(sample, count, i)] = map_value<OP>(params, x[at(sample, count, i)]);
  }
};

cudaError_t isn_cuda_map(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                         isn_cuda_map_t op, isn_cuda_map_params_t params, const float *x, float *y)
{
#define MAP_CASE(OP)                                                                               \
  case OP:                                                                                         \
    return launch(stream, rows, count, map_layer<OP>{params, (unsigned)count, x, y})
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

template <isn_cuda_map_gradient_t OP> struct map_gradient_layer {
  isn_cuda_map_params_t params;
  unsigned count;
  const float *source, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = at(sample, count, i);
    float s = OP == ISN_CUDA_GRAD_FACTOR ? 0.0f : source[place];
    grad_x[place] = map_slope<OP>(params, s, grad_y[place]);
  }
};

cudaError_t isn_cuda_map_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                                  isn_cuda_map_gradient_t op, isn_cuda_map_params_t params,
                                  const float *source, const float *grad_y, float *grad_x)
{
#define GRADIENT_CASE(OP)                                                                          \
  case OP:                                                                                         \
    return launch(stream, rows, count,                                                             \
                  map_gradient_layer<OP>{params, (unsigned)count, source, grad_y, grad_x})
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

struct zero_layer {
  unsigned count;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    y[at(sample, count, i)] = 0.0f;
  }
};

struct copy_layer {
  unsigned count;
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    y[at(sample, count, i)] = x[at(sample, count, i)];
  }
};

struct add_layer {
  unsigned count;
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    y[at(sample, count, i)] += x[at(sample, count, i)];
  }
};

/* Whether one kernel can run here says it for all: they were compiled alike. */
cudaError_t isn_cuda_kernels_check(void)
{
  void (*kernel)(zero_layer, isn_cuda_rows_t, unsigned) = for_each<zero_layer>;
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, (const void *)kernel);
}

cudaError_t isn_cuda_zero(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count, float *y)
{
  return launch(stream, rows, count, zero_layer{(unsigned)count, y});
}

cudaError_t isn_cuda_copy(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                          const float *x, float *y)
{
  return launch(stream, rows, count, copy_layer{(unsigned)count, x, y});
}

cudaError_t isn_cuda_add(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                         const float *x, float *y)
{
  return launch(stream, rows, count, add_layer{(unsigned)count, x, y});
}

struct bias_relu_layer {
  isn_cuda_channels_t channels;
  const float *bias;
  float slope;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    float *place = y + at(sample, channels.count, i);
    float value = bias ? *place + bias[i / channels.positions] : *place;
    *place = value > 0.0f ? value : slope * value;
  }
};

cudaError_t isn_cuda_bias_relu(cudaStream_t stream, const isn_cuda_rows_t *rows,
                               isn_cuda_channels_t channels, const float *bias, float slope,
                               float *y)
{
  return launch(stream, rows, channels.count, bias_relu_layer{channels, bias, slope, y});
}

struct prelu_layer {
  isn_cuda_channels_t channels;
  const float *slopes;
  bool shared;
  const float *x, *grad_y; /* grad_y NULL: forward */
  float *out;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = at(sample, channels.count, i);
    float value = x[place], passed = grad_y ? grad_y[place] : value;
    out[place] = value > 0.0f ? passed : slopes[shared ? 0 : i / channels.positions] * passed;
  }
};

cudaError_t isn_cuda_prelu(cudaStream_t stream, const isn_cuda_rows_t *rows,
                           isn_cuda_channels_t channels, const float *slopes, bool shared,
                           const float *x, float *y)
{
  return launch(stream, rows, channels.count, prelu_layer{channels, slopes, shared, x, NULL, y});
}

cudaError_t isn_cuda_prelu_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                    isn_cuda_channels_t channels, const float *slopes, bool shared,
                                    const float *x, const float *grad_y, float *grad_x)
{
  return launch(stream, rows, channels.count,
                prelu_layer{channels, slopes, shared, x, grad_y, grad_x});
}

struct lines_layer {
  isn_layer_kind_t kind;
  double epsilon;
  unsigned n_channels;
  const float *first, *second, *third; /* weights */
  float *lines;
  __device__ void operator()(size_t, unsigned c) const
  {
    float before = 0.0f, factor = 1.0f, after = 0.0f;
    if (kind == ISN_LAYER_BATCH_NORM) { /* mean, variance, how often they were added up */
      double share = third[0] == 0.0f ? 0.0 : 1.0 / (double)third[0];
      before = (float)(share * (double)first[c]);
      factor = (float)(1.0 / sqrt(share * (double)second[c] + epsilon));
    } else if (kind == ISN_LAYER_SCALE) {
      factor = first[c];
      after = second ? second[c] : 0.0f;
    } else {
      after = first[c];
    }
    lines[c] = before;
    lines[n_channels + c] = factor;
    lines[2 * n_channels + c] = after;
  }
};

cudaError_t isn_cuda_lines(cudaStream_t stream, isn_layer_kind_t kind, double epsilon,
                           unsigned n_channels, const float *const weights[3], float *lines)
{
  isn_cuda_rows_t one;
  one.first = 0;
  one.n = 1;
  one.all = true;
  return launch(stream, &one, n_channels,
                lines_layer{kind, epsilon, n_channels, weights[0], weights[1], weights[2], lines});
}

struct affine_layer {
  isn_cuda_channels_t channels;
  const float *lines, *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned c = i / channels.positions, n = channels.count / channels.positions;
    size_t place = at(sample, channels.count, i);
    y[place] = (x[place] - lines[c]) * lines[n + c] + lines[2 * n + c];
  }
};

struct affine_gradient_layer {
  isn_cuda_channels_t channels;
  const float *lines, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned c = i / channels.positions, n = channels.count / channels.positions;
    size_t place = at(sample, channels.count, i);
    grad_x[place] = lines[n + c] * grad_y[place];
  }
};

cudaError_t isn_cuda_affine(cudaStream_t stream, const isn_cuda_rows_t *rows,
                            isn_cuda_channels_t channels, const float *lines, const float *x,
                            float *y)
{
  return launch(stream, rows, channels.count, affine_layer{channels, lines, x, y});
}

cudaError_t isn_cuda_affine_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                     isn_cuda_channels_t channels, const float *lines,
                                     const float *grad_y, float *grad_x)
{
  return launch(stream, rows, channels.count,
                affine_gradient_layer{channels, lines, grad_y, grad_x});
}

struct picture_layer {
  isn_cuda_channels_t channels;
  isn_picture_params_t params;
  const float *mean, *x, *grad_y; /* grad_y NULL: forward */
  float *out;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = at(sample, channels.count, i);
    float m = mean[params.per_pixel ? i : i / channels.positions];
    float grey = x[place] / params.scale + m;
    if (grad_y) {
      out[place] = grey >= 0.0f && grey <= 255.0f ? grad_y[place] : 0.0f;
      return;
    }
    grey = grey > 0.0f ? grey : 0.0f;
    grey = grey < 255.0f ? grey : 255.0f;
    out[place] = ((params.round ? rintf(grey) : grey) - m) * params.scale;
  }
};

cudaError_t isn_cuda_picture(cudaStream_t stream, const isn_cuda_rows_t *rows,
                             isn_cuda_channels_t channels, const isn_picture_params_t *params,
                             const float *mean, const float *x, float *y)
{
  return launch(stream, rows, channels.count, picture_layer{channels, *params, mean, x, NULL, y});
}

cudaError_t isn_cuda_picture_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                      isn_cuda_channels_t channels,
                                      const isn_picture_params_t *params, const float *mean,
                                      const float *x, const float *grad_y, float *grad_x)
{
  return launch(stream, rows, channels.count,
                picture_layer{channels, *params, mean, x, grad_y, grad_x});
}

/* Each thread reads its number of every bottom before it writes: the first may be the top. */
struct eltwise_layer {
  isn_cuda_eltwise_t e;
  unsigned count;
  float *y;
  __device__ void largest(size_t place) const
  {
    float first = e.x[0][place], best = e.x[1][place];
    uint8_t winner = 1; /* of the first two that are equal, the second; then the one before */
    if (first > best) {
      best = first;
      winner = 0;
    }
    for (int b = 2; b < e.n; b++) {
      float value = e.x[b][place];
      if (value > best) {
        best = value;
        winner = (uint8_t)b;
      }
    }
    y[place] = best;
    if (e.winner)
      e.winner[place] = winner;
  }
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = at(sample, count, i);
    if (e.mode == ISN_ELTWISE_MAX) {
      largest(place);
      return;
    }
    bool sum = e.mode == ISN_ELTWISE_SUM;
    float value = sum ? e.coefficients[0] * e.x[0][place] : e.x[0][place];
    for (int b = 1; b < e.n; b++)
      value = sum ? value + e.coefficients[b] * e.x[b][place] : value * e.x[b][place];
    y[place] = value;
  }
};

struct eltwise_gradient_layer {
  isn_cuda_eltwise_t e;
  unsigned count;
  const float *grad_y;
  __device__ float gradient(size_t place, int bottom, float g) const
  {
    if (e.mode == ISN_ELTWISE_SUM)
      return e.coefficients[bottom] * g;
    if (e.mode == ISN_ELTWISE_MAX)
      return e.winner[place] == bottom ? g : 0.0f;
    for (int b = 0; b < e.n; b++)
      if (b != bottom)
        g *= e.x[b][place];
    return g;
  }
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = at(sample, count, i);
    float g = grad_y[place];
    for (int b = 0; b < e.n; b++)
      if (e.grad_x[b])
        e.grad_x[b][place] = gradient(place, b, g);
  }
};

cudaError_t isn_cuda_eltwise(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                             const isn_cuda_eltwise_t *eltwise, float *y)
{
  return launch(stream, rows, count, eltwise_layer{*eltwise, (unsigned)count, y});
}

cudaError_t isn_cuda_eltwise_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                      size_t count, const isn_cuda_eltwise_t *eltwise,
                                      const float *grad_y)
{
  return launch(stream, rows, count, eltwise_gradient_layer{*eltwise, (unsigned)count, grad_y});
}

/* One thread for each position: softmax stands at the end of nets, where numbers are few. */
struct softmax_layer {
  isn_cuda_axis_t axis;
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned p) const
  {
    size_t begin = sample * axis.n_positions * axis.n +
                   (size_t)(p / axis.step) * axis.n * axis.step + p % axis.step;
    const float *from = x + begin;
    float *to = y + begin, max = from[0];
    double sum = 0.0;
    for (size_t c = 1; c < axis.n; c++)
      max = from[c * axis.step] > max ? from[c * axis.step] : max;
    for (size_t c = 0; c < axis.n; c++) {
      to[c * axis.step] = expf(from[c * axis.step] - max);
      sum += (double)to[c * axis.step];
    }
    for (size_t c = 0; c < axis.n; c++)
      to[c * axis.step] = (float)((double)to[c * axis.step] / sum);
  }
};

struct softmax_gradient_layer {
  isn_cuda_axis_t axis;
  const float *y, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned p) const
  {
    size_t begin = sample * axis.n_positions * axis.n +
                   (size_t)(p / axis.step) * axis.n * axis.step + p % axis.step;
    double dot = 0.0;
    for (size_t c = 0; c < axis.n; c++) {
      size_t place = begin + c * axis.step;
      dot += (double)grad_y[place] * (double)y[place];
    }
    for (size_t c = 0; c < axis.n; c++) {
      size_t place = begin + c * axis.step;
      grad_x[place] = (float)((double)y[place] * ((double)grad_y[place] - dot));
    }
  }
};

cudaError_t isn_cuda_softmax(cudaStream_t stream, const isn_cuda_rows_t *rows, isn_cuda_axis_t axis,
                             const float *x, float *y)
{
  return launch(stream, rows, axis.n_positions, softmax_layer{axis, x, y});
}

cudaError_t isn_cuda_softmax_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                      isn_cuda_axis_t axis, const float *y, const float *grad_y,
                                      float *grad_x)
{
  return launch(stream, rows, axis.n_positions, softmax_gradient_layer{axis, y, grad_y, grad_x});
}
