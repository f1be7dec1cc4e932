/** @file kernels_windows.cu
 *  Kernels of crop and pooling.  Gradients are gathered, one thread for each number of the bottom:
 * no atomics, so equal inputs give equal bits.
 */
#include "backend/cuda/places.cuh"

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
