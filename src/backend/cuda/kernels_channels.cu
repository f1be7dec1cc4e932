/** @file kernels_channels.cu
 *  Kernels that work channel by channel or along an axis; see kernels.h for the formulas.
 */
#include "backend/cuda/channels.cuh"

/* Channels of neighbours are neighbours: so are their biases. */
template <class Form> struct bias_relu_layer {
  static constexpr int V = Form::vector;
  using T = typename Form::number;
  bias_relu_of<Form> op;
  unsigned count;
  T *y;
  __device__ void operator()(size_t sample, unsigned group) const
  {
    T *place = y + sample * count + (size_t)group * V;
    float values[V], biases[V];
    load<V>(place, values);
    load<V>(op.bias + op.channel(group * V), biases);
#pragma unroll
    for (int k = 0; k < V; k++) {
      float value = values[k] + biases[k];
      values[k] = value > 0.0f ? value : op.slope * value;
    }
    store<V>(place, values);
  }
};

cudaError_t isn_cuda_bias_relu(cudaStream_t stream, isn_cuda_layout_t layout,
                               const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                               const float *bias, float slope, float *y)
{
  return with_layout(layout, [&](auto form) {
    using Form = decltype(form);
    bias_relu_of<Form> op = {make_channel_of<Form>(channels), bias, slope};
    if constexpr (Form::vector > 1) {
      bool whole = channels.count / channels.positions % Form::vector == 0;
      if (bias && whole && is_aligned(bias) && is_aligned(y))
        return launch(stream, rows, channels.count / Form::vector,
                      bias_relu_layer<Form>{op, channels.count, (typename Form::number *)y});
    }
    return launch_values<Form>(stream, rows, channels.count, op, y, NULL, y);
  });
}

struct prelu_layer {
  isn_cuda_channels_t channels;
  const float *slopes;
  bool shared;
  const float *x, *grad_y; /* grad_y NULL: forward */
  float *out;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = sample * channels.count + i;
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
  isn_cuda_rows_t one = all_rows(1);
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
    size_t place = sample * channels.count + i;
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
    size_t place = sample * channels.count + i;
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

/* Of x, and backward of the gradient.  pixels are those of a sample. */
template <class Form, bool Backward> struct picture_of {
  static constexpr int inputs = Backward ? 2 : 1;
  isn_picture_params_t params;
  float inverse; /* of the scale where a product with it is the quotient; else 0 */
  channel_of<Form> channel;
  divider_t pixels; /* the numbers of a sample */
  unsigned positions;
  const float *mean;
  __device__ float mean_at(unsigned i) const
  {
    if (!params.per_pixel)
      return mean[channel(i)];
    i = pixels.rest(i);
    return mean[Form::channels_last ? channel(i) * positions + channel.step.quotient(i) : i];
  }
  __device__ float operator()(unsigned i, float x, float grad_y) const
  {
    float m = mean_at(i), grey = (inverse > 0.0f ? x * inverse : x / params.scale) + m;
    if (Backward)
      return grey >= 0.0f && grey <= 255.0f ? grad_y : 0.0f;
    grey = grey > 0.0f ? grey : 0.0f;
    grey = grey < 255.0f ? grey : 255.0f;
    return ((params.round ? rintf(grey) : grey) - m) * params.scale;
  }
};

template <bool Backward>
static cudaError_t launch_picture(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                                  const isn_picture_params_t *params, const float *mean,
                                  const float *x, const float *grad_y, float *out)
{
  return with_layout(layout, [&](auto form) {
    using Form = decltype(form);
    int exponent;
    bool power_of_two = frexpf(params->scale, &exponent) == 0.5f;
    picture_of<Form, Backward> op = {*params,
                                     power_of_two ? 1.0f / params->scale : 0.0f,
                                     make_channel_of<Form>(channels),
                                     divider_of(channels.count),
                                     channels.positions,
                                     mean};
    return launch_values<Form>(stream, rows, channels.count, op, x, grad_y, out);
  });
}

cudaError_t isn_cuda_picture(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                             const isn_picture_params_t *params, const float *mean, const float *x,
                             float *y)
{
  return launch_picture<false>(stream, layout, rows, channels, params, mean, x, NULL, y);
}

cudaError_t isn_cuda_picture_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                      const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                                      const isn_picture_params_t *params, const float *mean,
                                      const float *x, const float *grad_y, float *grad_x)
{
  return launch_picture<true>(stream, layout, rows, channels, params, mean, x, grad_y, grad_x);
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
