/** @file kernels_windows.cu
 *  Kernels that look at an image through windows: crop, pooling, LRN, and plain convolutions.
 *  Gradients are gathered, one thread for each number of the bottom: no atomics, so equal inputs
 *  give equal bits.
 */
#include "backend/cuda/launch.cuh"

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

struct crop_layer {
  isn_cuda_crop_t crop;
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, crop.h, crop.w);
    p.y += crop.offset_h;
    p.x += crop.offset_w;
    y[sample * image_count(crop.c, crop.h, crop.w) + i] =
        x[sample * image_count(crop.c, crop.in_h, crop.in_w) + offset(p, crop.in_h, crop.in_w)];
  }
};

struct crop_gradient_layer {
  isn_cuda_crop_t crop;
  const float *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, crop.in_h, crop.in_w);
    p.y -= crop.offset_h;
    p.x -= crop.offset_w;
    bool inside = p.y >= 0 && p.y < crop.h && p.x >= 0 && p.x < crop.w;
    grad_x[sample * image_count(crop.c, crop.in_h, crop.in_w) + i] =
        inside ? grad_y[sample * image_count(crop.c, crop.h, crop.w) + offset(p, crop.h, crop.w)]
               : 0.0f;
  }
};

cudaError_t isn_cuda_crop(cudaStream_t stream, const isn_cuda_rows_t *rows,
                          const isn_cuda_crop_t *crop, const float *x, float *y)
{
  return launch(stream, rows, image_count(crop->c, crop->h, crop->w), crop_layer{*crop, x, y});
}

cudaError_t isn_cuda_crop_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                   const isn_cuda_crop_t *crop, const float *grad_y, float *grad_x)
{
  return launch(stream, rows, image_count(crop->c, crop->in_h, crop->in_w),
                crop_gradient_layer{*crop, grad_y, grad_x});
}

/* A window along one axis: the pixels [begin, end) that it covers, and its length in the padded
 * image, which is what an average divides by. */
struct span_t {
  int begin, end, length;
};

static __device__ __forceinline__ span_t window(int position, int stride, int pad, int kernel,
                                                int size)
{
  int begin = position * stride - pad;
  int end = begin + kernel < size + pad ? begin + kernel : size + pad;
  span_t span = {begin > 0 ? begin : 0, end < size ? end : size, end - begin};
  return span;
}

/* The windows [begin, end) along one axis that a pixel is in. */
static __device__ __forceinline__ span_t windows_at(int pixel, int stride, int pad, int kernel,
                                                    int n_windows)
{
  int above = pixel + pad - kernel; /* the last pixel before the window that ends here */
  int begin = above < 0 ? 0 : above / stride + 1, end = (pixel + pad) / stride + 1;
  span_t span = {begin, end < n_windows ? end : n_windows, 0};
  return span;
}

struct pool_layer {
  isn_cuda_pool_t pool;
  __device__ span_t rows_of(int oy) const
  {
    return window(oy, pool.stride_h, pool.pad_h, pool.kernel_h, pool.h);
  }
  __device__ span_t columns_of(int ox) const
  {
    return window(ox, pool.stride_w, pool.pad_w, pool.kernel_w, pool.w);
  }
  __device__ span_t windows_of_row(int y) const
  {
    return windows_at(y, pool.stride_h, pool.pad_h, pool.kernel_h, pool.top_h);
  }
  __device__ span_t windows_of_column(int x) const
  {
    return windows_at(x, pool.stride_w, pool.pad_w, pool.kernel_w, pool.top_w);
  }
  __device__ size_t in_channel(size_t sample, int c) const
  {
    return (sample * pool.channels + c) * pool.h * pool.w;
  }
  __device__ size_t out_channel(size_t sample, int c) const
  {
    return (sample * pool.channels + c) * pool.top_h * pool.top_w;
  }
};

/* The first maximum in row order wins.  Asking for "not larger" gives even a window of NaNs an
 * index within the image. */
struct max_pool_layer : pool_layer {
  const float *x;
  float *y;
  int32_t *argmax;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, pool.top_h, pool.top_w);
    span_t rows = rows_of(p.y), columns = columns_of(p.x);
    const float *in = x + in_channel(sample, p.c);
    int best_at = rows.begin * pool.w + columns.begin;
    float best = in[best_at];
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++) {
        float value = in[r * pool.w + c];
        if (!(value <= best)) {
          best = value;
          best_at = r * pool.w + c;
        }
      }
    size_t place = sample * image_count(pool.channels, pool.top_h, pool.top_w) + i;
    y[place] = best;
    if (argmax)
      argmax[place] = best_at;
  }
};

struct max_pool_gradient_layer : pool_layer {
  const int32_t *argmax;
  const float *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, pool.h, pool.w);
    span_t rows = windows_of_row(p.y), columns = windows_of_column(p.x);
    size_t out = out_channel(sample, p.c);
    int pixel = p.y * pool.w + p.x;
    float sum = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++)
        if (argmax[out + r * pool.top_w + c] == pixel)
          sum += grad_y[out + r * pool.top_w + c];
    grad_x[in_channel(sample, p.c) + pixel] = sum;
  }
};

struct average_pool_layer : pool_layer {
  const float *x;
  float *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, pool.top_h, pool.top_w);
    span_t rows = rows_of(p.y), columns = columns_of(p.x);
    const float *in = x + in_channel(sample, p.c);
    float sum = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++)
        sum += in[r * pool.w + c];
    y[sample * image_count(pool.channels, pool.top_h, pool.top_w) + i] =
        sum / ((float)rows.length * (float)columns.length);
  }
};

struct average_pool_gradient_layer : pool_layer {
  const float *grad_y;
  float *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, pool.h, pool.w);
    span_t rows = windows_of_row(p.y), columns = windows_of_column(p.x);
    size_t out = out_channel(sample, p.c);
    float sum = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++)
        sum += grad_y[out + r * pool.top_w + c] /
               ((float)rows_of(r).length * (float)columns_of(c).length);
    grad_x[in_channel(sample, p.c) + p.y * pool.w + p.x] = sum;
  }
};

static size_t pool_outputs(const isn_cuda_pool_t *pool)
{
  return image_count(pool->channels, pool->top_h, pool->top_w);
}

static size_t pool_inputs(const isn_cuda_pool_t *pool)
{
  return image_count(pool->channels, pool->h, pool->w);
}

cudaError_t isn_cuda_max_pool(cudaStream_t stream, const isn_cuda_rows_t *rows,
                              const isn_cuda_pool_t *pool, const float *x, float *y,
                              int32_t *argmax)
{
  return launch(stream, rows, pool_outputs(pool), max_pool_layer{{*pool}, x, y, argmax});
}

cudaError_t isn_cuda_max_pool_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                       const isn_cuda_pool_t *pool, const int32_t *argmax,
                                       const float *grad_y, float *grad_x)
{
  return launch(stream, rows, pool_inputs(pool),
                max_pool_gradient_layer{{*pool}, argmax, grad_y, grad_x});
}

cudaError_t isn_cuda_average_pool(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                  const isn_cuda_pool_t *pool, const float *x, float *y)
{
  return launch(stream, rows, pool_outputs(pool), average_pool_layer{{*pool}, x, y});
}

cudaError_t isn_cuda_average_pool_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                           const isn_cuda_pool_t *pool, const float *grad_y,
                                           float *grad_x)
{
  return launch(stream, rows, pool_inputs(pool),
                average_pool_gradient_layer{{*pool}, grad_y, grad_x});
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

static size_t lrn_count(const isn_cuda_lrn_t *lrn)
{
  return image_count(lrn->channels, lrn->h, lrn->w);
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
static __device__ __forceinline__ span_t around(int pixel, int half, int size)
{
  span_t span = {pixel > half ? pixel - half : 0, size - pixel > half + 1 ? pixel + half + 1 : size,
                 0};
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

/* Channel of a block's pixel: c, and where the pixel is in the block. */
static __device__ __forceinline__ place_t pixel_in_block(int channel, const isn_cuda_blocks_t &b)
{
  place_t p = {channel / (b.stride_h * b.stride_w), channel / b.stride_w % b.stride_h,
               channel % b.stride_w};
  return p;
}

static size_t blocks_count(const isn_cuda_blocks_t *b)
{
  return image_count(b->image.c * b->stride_h * b->stride_w, b->n_h, b->n_w);
}

struct to_blocks_layer {
  isn_cuda_blocks_t b;
  const float *image;
  float *out;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t block = place_of(i, b.n_h, b.n_w), p = pixel_in_block(block.c, b);
    p.y += block.y * b.stride_h - b.pad_h;
    p.x += block.x * b.stride_w - b.pad_w;
    bool inside = p.y >= 0 && p.y < b.image.h && p.x >= 0 && p.x < b.image.w;
    out[sample * image_count(b.image.c * b.stride_h * b.stride_w, b.n_h, b.n_w) + i] =
        inside ? image[sample * image_count(b.image.c, b.image.h, b.image.w) +
                       offset(p, b.image.h, b.image.w)]
               : 0.0f;
  }
};

struct from_blocks_layer {
  isn_cuda_blocks_t b;
  const float *in;
  float *image;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    place_t p = place_of(i, b.image.h, b.image.w);
    int y = p.y + b.pad_h, x = p.x + b.pad_w;
    place_t block = {(p.c * b.stride_h + y % b.stride_h) * b.stride_w + x % b.stride_w,
                     y / b.stride_h, x / b.stride_w};
    bool inside = block.y < b.n_h && block.x < b.n_w;
    image[sample * image_count(b.image.c, b.image.h, b.image.w) + i] =
        inside ? in[sample * image_count(b.image.c * b.stride_h * b.stride_w, b.n_h, b.n_w) +
                    offset(block, b.n_h, b.n_w)]
               : 0.0f;
  }
};

/* A "sample" is a map: its kernels for all channels. */
struct block_weights_layer {
  isn_cuda_blocks_t b;
  const float *weights;
  float *out;
  __device__ void operator()(size_t map, unsigned i) const
  {
    place_t w = place_of(i, b.span_h, b.span_w), p = pixel_in_block(w.c, b);
    p.y += w.y * b.stride_h;
    p.x += w.x * b.stride_w;
    bool inside = p.y < b.kernel_h && p.x < b.kernel_w;
    out[map * image_count(b.image.c * b.stride_h * b.stride_w, b.span_h, b.span_w) + i] =
        inside ? weights[map * image_count(b.image.c, b.kernel_h, b.kernel_w) +
                         offset(p, b.kernel_h, b.kernel_w)]
               : 0.0f;
  }
};

cudaError_t isn_cuda_to_blocks(cudaStream_t stream, const isn_cuda_rows_t *rows,
                               const isn_cuda_blocks_t *blocks, const float *image, float *out)
{
  return launch(stream, rows, blocks_count(blocks), to_blocks_layer{*blocks, image, out});
}

cudaError_t isn_cuda_from_blocks(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                 const isn_cuda_blocks_t *blocks, const float *in, float *image)
{
  return launch(stream, rows, image_count(blocks->image.c, blocks->image.h, blocks->image.w),
                from_blocks_layer{*blocks, in, image});
}

cudaError_t isn_cuda_block_weights(cudaStream_t stream, const isn_cuda_blocks_t *blocks,
                                   unsigned n_maps, const float *weights, float *out)
{
  isn_cuda_rows_t maps;
  maps.first = 0;
  maps.n = (int)n_maps;
  maps.all = true;
  return launch(stream, &maps,
                image_count(blocks->image.c * blocks->stride_h * blocks->stride_w, blocks->span_h,
                            blocks->span_w),
                block_weights_layer{*blocks, weights, out});
}

struct image_to_map_layer {
  isn_cuda_conv_t g;
  const float *weights, *image;
  float *map;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    const isn_conv_params_t &p = g.conv;
    place_t o = place_of(i, g.map.h, g.map.w);
    int channels = g.image.c / p.group, group = o.c / (g.map.c / p.group);
    const float *w = weights + (size_t)o.c * channels * p.kernel_h * p.kernel_w;
    float sum = 0.0f;
    for (int c = 0; c < channels; c++) {
      const float *in = image + (sample * g.image.c + group * channels + c) * g.image.h * g.image.w;
      for (int r = 0; r < p.kernel_h; r++)
        for (int q = 0; q < p.kernel_w; q++, w++) {
          int y = o.y * p.stride_h - p.pad_h + r * p.dilation_h;
          int x = o.x * p.stride_w - p.pad_w + q * p.dilation_w;
          if (y >= 0 && y < g.image.h && x >= 0 && x < g.image.w)
            sum += *w * in[(size_t)y * g.image.w + x];
        }
    }
    map[sample * image_count(g.map.c, g.map.h, g.map.w) + i] = sum;
  }
};

struct map_to_image_layer {
  isn_cuda_conv_t g;
  const float *weights, *map;
  float *image;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    const isn_conv_params_t &p = g.conv;
    place_t pixel = place_of(i, g.image.h, g.image.w);
    int channels = g.image.c / p.group, outputs = g.map.c / p.group;
    int group = pixel.c / channels, kernel = p.kernel_h * p.kernel_w;
    float sum = 0.0f;
    for (int k = group * outputs; k < (group + 1) * outputs; k++) {
      const float *w = weights + ((size_t)k * channels + pixel.c % channels) * kernel;
      const float *from = map + (sample * g.map.c + k) * g.map.h * g.map.w;
      for (int r = 0; r < p.kernel_h; r++)
        for (int q = 0; q < p.kernel_w; q++, w++) {
          int y = pixel.y + p.pad_h - r * p.dilation_h, x = pixel.x + p.pad_w - q * p.dilation_w;
          if (y < 0 || x < 0 || y % p.stride_h != 0 || x % p.stride_w != 0)
            continue;
          y /= p.stride_h;
          x /= p.stride_w;
          if (y < g.map.h && x < g.map.w)
            sum += *w * from[(size_t)y * g.map.w + x];
        }
    }
    image[sample * image_count(g.image.c, g.image.h, g.image.w) + i] = sum;
  }
};

cudaError_t isn_cuda_image_to_map(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                  const isn_cuda_conv_t *conv, const float *weights,
                                  const float *image, float *map)
{
  return launch(stream, rows, image_count(conv->map.c, conv->map.h, conv->map.w),
                image_to_map_layer{*conv, weights, image, map});
}

cudaError_t isn_cuda_map_to_image(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                  const isn_cuda_conv_t *conv, const float *weights,
                                  const float *map, float *image)
{
  return launch(stream, rows, image_count(conv->image.c, conv->image.h, conv->image.w),
                map_to_image_layer{*conv, weights, map, image});
}
