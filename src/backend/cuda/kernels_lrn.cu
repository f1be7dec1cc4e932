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

/* Windows of any other size: each thread has one number and reads what it needs. */
struct any_lrn {
  isn_cuda_lrn_t lrn;
  __device__ int window_begin(int c) const
  {
    return c > lrn.half ? c - lrn.half : 0;
  }
  __device__ int window_end(int c) const
  {
    return lrn.channels - c > lrn.half + 1 ? c + lrn.half + 1 : lrn.channels;
  }
  __device__ float scale_of(const float *x, int c) const
  {
    size_t positions = (size_t)lrn.h * lrn.w;
    float sum = 0.0f;
    for (int j = window_begin(c); j < window_end(c); j++)
      sum += x[j * positions] * x[j * positions];
    return lrn.k + lrn.scale * sum;
  }
};

struct any_lrn_layer : any_lrn {
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned positions = (unsigned)(lrn.h * lrn.w);
    size_t first = sample * lrn.channels * positions, place = first + i;
    y[place] = x[place] *
               inverse_power(scale_of(x + first + i % positions, (int)(i / positions)), lrn.beta);
  }
};

struct any_lrn_gradient_layer : any_lrn {
  const float *x, *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    unsigned positions = (unsigned)(lrn.h * lrn.w);
    size_t first = sample * lrn.channels * positions, origin = first + i % positions;
    int c = (int)(i / positions);
    float sum = 0.0f;
    for (int j = window_begin(c); j < window_end(c); j++) {
      size_t place = origin + (size_t)j * positions;
      float s = scale_of(x + origin, j);
      sum += grad_y[place] * inverse_power(s, lrn.beta) * x[place] / s;
    }
    float own = inverse_power(scale_of(x + origin, c), lrn.beta);
    grad_x[first + i] = grad_y[first + i] * own - 2.0f * lrn.scale * lrn.beta * x[first + i] * sum;
  }
};

static size_t lrn_threads(const isn_cuda_lrn_t *lrn)
{
  return (size_t)((lrn->channels + LRN_RUN - 1) / LRN_RUN) * (size_t)lrn->h * (size_t)lrn->w;
}

cudaError_t isn_cuda_lrn(cudaStream_t stream, const isn_cuda_rows_t *rows,
                         const isn_cuda_lrn_t *lrn, const float *x, float *y)
{
  switch (lrn->half) {
  case 1:
    return launch(stream, rows, lrn_threads(lrn), lrn_layer<1>{{*lrn}, x, y});
  case 2:
    return launch(stream, rows, lrn_threads(lrn), lrn_layer<2>{{*lrn}, x, y});
  default:
    return launch(stream, rows, lrn_count(lrn), any_lrn_layer{{*lrn}, x, y});
  }
}

cudaError_t isn_cuda_lrn_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                  const isn_cuda_lrn_t *lrn, const float *x, const float *grad_y,
                                  float *grad_x)
{
  switch (lrn->half) {
  case 1:
    return launch(stream, rows, lrn_threads(lrn), lrn_gradient_layer<1>{{*lrn}, x, grad_y, grad_x});
  case 2:
    return launch(stream, rows, lrn_threads(lrn), lrn_gradient_layer<2>{{*lrn}, x, grad_y, grad_x});
  default:
    return launch(stream, rows, lrn_count(lrn), any_lrn_gradient_layer{{*lrn}, x, grad_y, grad_x});
  }
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
