/** @file kernels_lrn.cu
 *  Kernels of LRN, across channels and within one.  Gradients are gathered, without atomics.
 */
#include "backend/cuda/places.cuh"

static size_t lrn_count(const isn_cuda_lrn_t *lrn)
{
  return image_count(lrn->channels, lrn->h, lrn->w);
}

/* s^-beta.  powf takes most of the time of the layer, and CaffeNet's 3/4 does without. */
static __device__ __forceinline__ float inverse_power(float s, float beta)
{
  if (beta == 0.75f) {
    float root = sqrtf(s);
    return 1.0f / (root * sqrtf(root));
  }
  return powf(s, -beta);
}

/* LRN across channels.  A thread walks down a run of channels at one position and keeps the window
 * in registers, so that each number is read once (and at the ends of runs twice); neighbouring
 * threads have neighbouring positions.  Windows are summed anew for each channel: a running sum
 * would carry its rounding along.  HALF is the reach of the window. */
enum { LRN_RUN = 32 };

template <int HALF> struct lrn_walk {
  static const int SIZE = 2 * HALF + 1;
  isn_cuda_lrn_t lrn;
  __device__ float at(const float *channels, int c) const
  {
    return c >= 0 && c < lrn.channels ? channels[(size_t)c * lrn.h * lrn.w] : 0.0f;
  }
  static __device__ void push(float *line, int length, float value)
  {
#pragma unroll
    for (int k = 0; k < length - 1; k++)
      line[k] = line[k + 1];
    line[length - 1] = value;
  }
  __device__ float scale_of(const float *values) const
  {
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < SIZE; k++)
      sum += values[k] * values[k];
    return lrn.k + lrn.scale * sum;
  }
  /* Where channel 0 of thread i's position lies, and the run of channels [*c, *end) that is its. */
  __device__ size_t begin(size_t sample, unsigned i, int *c, int *end) const
  {
    unsigned positions = (unsigned)(lrn.h * lrn.w);
    *c = (int)(i / positions) * LRN_RUN;
    *end = *c + LRN_RUN < lrn.channels ? *c + LRN_RUN : lrn.channels;
    return sample * lrn.channels * positions + i % positions;
  }
};

template <int HALF> struct lrn_layer : lrn_walk<HALF> {
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    float values[lrn_walk<HALF>::SIZE];
    int c, end, positions = this->lrn.h * this->lrn.w;
    size_t origin = this->begin(sample, i, &c, &end);
#pragma unroll
    for (int k = 0; k < lrn_walk<HALF>::SIZE; k++) /* one place late: the loop pushes first */
      values[k] = k == 0 ? 0.0f : this->at(x + origin, c - HALF + k - 1);
    for (; c < end; c++) {
      this->push(values, lrn_walk<HALF>::SIZE, this->at(x + origin, c + HALF));
      y[origin + (size_t)c * positions] =
          values[HALF] * inverse_power(this->scale_of(values), this->lrn.beta);
    }
  }
};

/* j runs HALF channels ahead of c, whose gradient needs the ratios r up to there:
 * grad_x_c = first_c - 2 scale beta x_c sum of r_j,  first_j = grad_y_j s_j^-beta,
 * r_j = first_j x_j / s_j. */
template <int HALF> struct lrn_gradient_layer : lrn_walk<HALF> {
  const float *x, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    float values[lrn_walk<HALF>::SIZE], ratios[lrn_walk<HALF>::SIZE] = {0}, firsts[HALF + 1] = {0};
    int begin, end, positions = this->lrn.h * this->lrn.w;
    size_t origin = this->begin(sample, i, &begin, &end);
    float factor = 2.0f * this->lrn.scale * this->lrn.beta;
#pragma unroll
    for (int k = 0; k < lrn_walk<HALF>::SIZE; k++)
      values[k] = k == 0 ? 0.0f : this->at(x + origin, begin - 2 * HALF + k - 1);
    for (int j = begin - HALF; j < end + HALF; j++) {
      float first = 0.0f, ratio = 0.0f, sum = 0.0f;
      this->push(values, lrn_walk<HALF>::SIZE, this->at(x + origin, j + HALF));
      if (j >= 0 && j < this->lrn.channels) {
        float s = this->scale_of(values);
        first = this->at(grad_y + origin, j) * inverse_power(s, this->lrn.beta);
        ratio = first * values[HALF] / s;
      }
      this->push(firsts, HALF + 1, first);
      this->push(ratios, lrn_walk<HALF>::SIZE, ratio);
      int c = j - HALF;
      if (c < begin)
        continue;
#pragma unroll
      for (int k = 0; k < lrn_walk<HALF>::SIZE; k++)
        sum += ratios[k];
      grad_x[origin + (size_t)c * positions] = firsts[0] - factor * values[0] * sum;
    }
  }
};

/* Where channels lie side by side: a thread has V of them, and reads as many to each side (its
 * neighbours' own, which are in the cache).  HALF <= V / 2. */
template <class Form, int HALF> struct packed_lrn {
  static constexpr int V = Form::vector, AROUND = 3 * V;
  using T = typename Form::number;
  isn_cuda_lrn_t lrn;
  divider_t groups;
  /* Numbers c - V .. c + 2 V - 1 of the channels at `place`, zero where there are none. */
  __device__ void load_around(const T *numbers, size_t place, int c, float *to) const
  {
#pragma unroll
    for (int k = 0; k < V; k++)
      to[k] = to[2 * V + k] = 0.0f;
    if (c > 0)
      load<V>(numbers + place - V, to);
    load<V>(numbers + place, to + V);
    if (c + V < lrn.channels)
      load<V>(numbers + place + V, to + 2 * V);
  }
  __device__ float scale_of(const float *middle) const
  {
    float sum = 0.0f;
#pragma unroll
    for (int k = -HALF; k <= HALF; k++)
      sum += middle[k] * middle[k];
    return lrn.k + lrn.scale * sum;
  }
  __device__ size_t place_of_group(size_t sample, unsigned i, int *c) const
  {
    *c = (int)groups.rest(i) * V;
    return sample * (size_t)(lrn.channels * lrn.h * lrn.w) + (size_t)i * V;
  }
};

template <class Form, int HALF> struct packed_lrn_layer : packed_lrn<Form, HALF> {
  using base = packed_lrn<Form, HALF>;
  const typename base::T *x;
  typename base::T *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    int c;
    size_t place = this->place_of_group(sample, i, &c);
    float values[base::AROUND], out[base::V];
    this->load_around(x, place, c, values);
#pragma unroll
    for (int k = 0; k < base::V; k++) {
      const float *middle = values + base::V + k;
      out[k] = *middle * inverse_power(this->scale_of(middle), this->lrn.beta);
    }
    store<base::V>(y + place, out);
  }
};

/* first_j and r_j as above, for the channels that a thread's own ones have in their windows. */
template <class Form, int HALF> struct packed_lrn_gradient_layer : packed_lrn<Form, HALF> {
  using base = packed_lrn<Form, HALF>;
  const typename base::T *x, *grad_y;
  typename base::T *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    constexpr int V = base::V;
    int c;
    size_t place = this->place_of_group(sample, i, &c);
    float values[base::AROUND], gradients[base::AROUND], ratios[V + 2 * HALF], firsts[V];
    float factor = 2.0f * this->lrn.scale * this->lrn.beta;
    this->load_around(x, place, c, values);
    this->load_around(grad_y, place, c, gradients);
#pragma unroll
    for (int k = -HALF; k < V + HALF; k++) {
      float s = this->scale_of(values + V + k);
      float first = gradients[V + k] * inverse_power(s, this->lrn.beta);
      bool inside = c + k >= 0 && c + k < this->lrn.channels;
      ratios[k + HALF] = inside ? first * values[V + k] / s : 0.0f;
      if (k >= 0 && k < V)
        firsts[k] = first;
    }
#pragma unroll
    for (int k = 0; k < V; k++) {
      float sum = 0.0f;
#pragma unroll
      for (int j = 0; j <= 2 * HALF; j++)
        sum += ratios[k + j];
      firsts[k] -= factor * values[V + k] * sum;
    }
    store<V>(grad_x + place, firsts);
  }
};

/* Windows of any other size: each thread has one number and reads what it needs. */
template <class Form> struct any_lrn {
  using T = typename Form::number;
  isn_cuda_lrn_t lrn;
  __device__ size_t step() const
  {
    return Form::channels_last ? 1 : (size_t)lrn.h * lrn.w;
  }
  __device__ int channel_of(unsigned i) const
  {
    return (int)(Form::channels_last ? i % (unsigned)lrn.channels : i / (unsigned)(lrn.h * lrn.w));
  }
  __device__ int window_begin(int c) const
  {
    return c > lrn.half ? c - lrn.half : 0;
  }
  __device__ int window_end(int c) const
  {
    return lrn.channels - c > lrn.half + 1 ? c + lrn.half + 1 : lrn.channels;
  }
  /* @param[in] x channel 0 of the position */
  __device__ float scale_of(const T *x, int c) const
  {
    float sum = 0.0f;
    for (int j = window_begin(c); j < window_end(c); j++) {
      float value = to_float(x[j * step()]);
      sum += value * value;
    }
    return lrn.k + lrn.scale * sum;
  }
  __device__ size_t place_of_number(size_t sample, unsigned i) const
  {
    return sample * (size_t)(lrn.channels * lrn.h * lrn.w) + i;
  }
};

template <class Form> struct any_lrn_layer : any_lrn<Form> {
  using T = typename Form::number;
  const T *x;
  T *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    size_t place = this->place_of_number(sample, i);
    int c = this->channel_of(i);
    float s = this->scale_of(x + place - (size_t)c * this->step(), c);
    set_number(y + place, to_float(x[place]) * inverse_power(s, this->lrn.beta));
  }
};

template <class Form> struct any_lrn_gradient_layer : any_lrn<Form> {
  using T = typename Form::number;
  const T *x, *grad_y;
  T *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    int c = this->channel_of(i);
    size_t place = this->place_of_number(sample, i), origin = place - (size_t)c * this->step();
    float beta = this->lrn.beta, sum = 0.0f;
    for (int j = this->window_begin(c); j < this->window_end(c); j++) {
      size_t other = origin + (size_t)j * this->step();
      float s = this->scale_of(x + origin, j);
      sum += to_float(grad_y[other]) * inverse_power(s, beta) * to_float(x[other]) / s;
    }
    float own = inverse_power(this->scale_of(x + origin, c), beta);
    set_number(grad_x + place, to_float(grad_y[place]) * own -
                                   2.0f * this->lrn.scale * beta * to_float(x[place]) * sum);
  }
};

static size_t lrn_threads(const isn_cuda_lrn_t *lrn)
{
  return (size_t)((lrn->channels + LRN_RUN - 1) / LRN_RUN) * (size_t)lrn->h * (size_t)lrn->w;
}

/* call(form, reach of the window, 0 for any): what is special about the common windows is written
 * out for them. */
template <class Call>
static cudaError_t with_lrn(isn_cuda_layout_t layout, const isn_cuda_lrn_t *lrn, bool aligned,
                            const Call &call)
{
  return with_channels(layout, lrn->channels, aligned, [&](auto form, auto width) {
    if (decltype(width)::value == decltype(form)::vector && lrn->half == 1)
      return call(form, std::integral_constant<int, 1>());
    if (decltype(width)::value == decltype(form)::vector && lrn->half == 2)
      return call(form, std::integral_constant<int, 2>());
    return call(form, std::integral_constant<int, 0>());
  });
}

template <class Form> static divider_t lrn_groups(const isn_cuda_lrn_t *lrn)
{
  return divider_of((size_t)(lrn->channels / Form::vector)); /* at least one, see with_channels() */
}

cudaError_t isn_cuda_lrn(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         const isn_cuda_lrn_t *lrn, const float *x, float *y)
{
  bool aligned = is_aligned(x) && is_aligned(y);
  return with_lrn(layout, lrn, aligned, [&](auto form, auto half) {
    using Form = decltype(form);
    using T = typename Form::number;
    constexpr int HALF = decltype(half)::value;
    const T *from = (const T *)x;
    T *to = (T *)y;
    if constexpr (HALF == 0)
      return launch(stream, rows, lrn_count(lrn), any_lrn_layer<Form>{{*lrn}, from, to});
    else if constexpr (Form::channels_last)
      return launch(stream, rows, lrn_count(lrn) / Form::vector,
                    packed_lrn_layer<Form, HALF>{{*lrn, lrn_groups<Form>(lrn)}, from, to});
    else
      return launch(stream, rows, lrn_threads(lrn), lrn_layer<HALF>{{*lrn}, from, to});
  });
}

cudaError_t isn_cuda_lrn_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_lrn_t *lrn,
                                  const float *x, const float *grad_y, float *grad_x)
{
  bool aligned = is_aligned(x) && is_aligned(grad_y) && is_aligned(grad_x);
  return with_lrn(layout, lrn, aligned, [&](auto form, auto half) {
    using Form = decltype(form);
    using T = typename Form::number;
    constexpr int HALF = decltype(half)::value;
    const T *from = (const T *)x, *gradient = (const T *)grad_y;
    T *to = (T *)grad_x;
    if constexpr (HALF == 0)
      return launch(stream, rows, lrn_count(lrn),
                    any_lrn_gradient_layer<Form>{{*lrn}, from, gradient, to});
    else if constexpr (Form::channels_last)
      return launch(
          stream, rows, lrn_count(lrn) / Form::vector,
          packed_lrn_gradient_layer<Form, HALF>{{*lrn, lrn_groups<Form>(lrn)}, from, gradient, to});
    else
      return launch(stream, rows, lrn_threads(lrn),
                    lrn_gradient_layer<HALF>{{*lrn}, from, gradient, to});
  });
}

/* The pixels [begin, end) along one axis of a window around a pixel, cut off at the edges. */
struct span_t {
  int begin, end;
};

static __device__ __forceinline__ span_t around(int pixel, int half, int size)
{
  span_t span = {pixel > half ? pixel - half : 0,
                 size - pixel > half + 1 ? pixel + half + 1 : size};
  return span;
}

struct lrn_within_layer {
  isn_cuda_lrn_t lrn;
  const float *x;
  float *s, *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, lrn.h, lrn.w);
    span_t rows = around(p.y, lrn.half, lrn.h), columns = around(p.x, lrn.half, lrn.w);
    size_t channel = (sample * lrn.channels + p.c) * lrn.h * lrn.w;
    float sum = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++)
        sum += x[channel + r * lrn.w + c] * x[channel + r * lrn.w + c];
    size_t place = channel + p.y * lrn.w + p.x;
    float scale = lrn.k + lrn.scale * sum;
    y[place] = x[place] * inverse_power(scale, lrn.beta);
    if (s)
      s[place] = scale;
  }
};

struct lrn_within_gradient_layer {
  isn_cuda_lrn_t lrn;
  const float *x, *s, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, lrn.h, lrn.w);
    span_t rows = around(p.y, lrn.half, lrn.h), columns = around(p.x, lrn.half, lrn.w);
    size_t channel = (sample * lrn.channels + p.c) * lrn.h * lrn.w;
    float sum = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++) {
        size_t j = channel + r * lrn.w + c;
        sum += grad_y[j] * inverse_power(s[j], lrn.beta) * x[j] / s[j];
      }
    size_t place = channel + p.y * lrn.w + p.x;
    grad_x[place] = grad_y[place] * inverse_power(s[place], lrn.beta) -
                    2.0f * lrn.scale * lrn.beta * x[place] * sum;
  }
};

cudaError_t isn_cuda_lrn_within(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                const isn_cuda_lrn_t *lrn, const float *x, float *s, float *y)
{
  return launch(stream, rows, lrn_count(lrn), lrn_within_layer{*lrn, x, s, y});
}

cudaError_t isn_cuda_lrn_within_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                         const isn_cuda_lrn_t *lrn, const float *x, const float *s,
                                         const float *grad_y, float *grad_x)
{
  return launch(stream, rows, lrn_count(lrn),
                lrn_within_gradient_layer{*lrn, x, s, grad_y, grad_x});
}
