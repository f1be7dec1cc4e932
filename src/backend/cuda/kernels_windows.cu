/** @file kernels_windows.cu
 *  Kernels of crop and pooling.  Gradients are gathered, one thread for each number of the bottom
 *  (or for some neighbouring channels of it): no atomics, so equal inputs give equal bits.
 */
#include "backend/cuda/places.cuh"

/* A row of the window is a run of numbers of a row of the image: `width` of `in_width`, from
 * `offset` on.  Rows of all channels follow each other where channels come first. */
template <class T> struct crop_source {
  divider_t width, rows;
  unsigned in_width, in_rows, offset, offset_rows;
  size_t in_count;
  const T *x;
  same_of op;
  __device__ run_t<T> run(size_t sample, unsigned i) const
  {
    unsigned row = width.quotient(i), at = i - row * width.divisor, channel = rows.quotient(row);
    size_t in_row = (size_t)channel * in_rows + (row - channel * rows.divisor) + offset_rows;
    return {x + sample * in_count + in_row * in_width + offset + at, width.divisor - at};
  }
};

template <class T> struct crop_gradient_source {
  divider_t in_width, in_rows;
  unsigned width, rows, offset, offset_rows;
  size_t count;
  const T *grad_y;
  same_of op;
  __device__ run_t<T> run(size_t sample, unsigned i) const
  {
    unsigned in_row = in_width.quotient(i), at = i - in_row * in_width.divisor;
    unsigned channel = in_rows.quotient(in_row);
    unsigned row = in_row - channel * in_rows.divisor - offset_rows; /* large if above */
    if (row >= rows || at >= offset + width)
      return {NULL, in_width.divisor - at};
    if (at < offset)
      return {NULL, offset - at};
    return {grad_y + sample * count + ((size_t)channel * rows + row) * width + at - offset,
            offset + width - at};
  }
};

/* Numbers of a pixel that lie side by side. */
template <class Form> static unsigned pixel_numbers(const isn_cuda_crop_t *crop)
{
  return Form::channels_last ? (unsigned)crop->c : 1;
}

cudaError_t isn_cuda_crop(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, const isn_cuda_crop_t *crop, const float *x,
                          float *y)
{
  return with_layout(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    unsigned c = pixel_numbers<decltype(form)>(crop);
    crop_source<T> source = {divider_of((size_t)crop->w * c),
                             divider_of((size_t)crop->h),
                             (unsigned)crop->in_w * c,
                             (unsigned)crop->in_h,
                             (unsigned)crop->offset_w * c,
                             (unsigned)crop->offset_h,
                             image_count(crop->c, crop->in_h, crop->in_w),
                             (const T *)x,
                             same_of{}};
    bool whole = c * sizeof(T) % 16 == 0 && is_aligned(x);
    return launch_runs(stream, rows, image_count(crop->c, crop->h, crop->w), source, whole, (T *)y);
  });
}

cudaError_t isn_cuda_crop_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_rows_t *rows, const isn_cuda_crop_t *crop,
                                   const float *grad_y, float *grad_x)
{
  return with_layout(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    unsigned c = pixel_numbers<decltype(form)>(crop);
    crop_gradient_source<T> source = {divider_of((size_t)crop->in_w * c),
                                      divider_of((size_t)crop->in_h),
                                      (unsigned)crop->w * c,
                                      (unsigned)crop->h,
                                      (unsigned)crop->offset_w * c,
                                      (unsigned)crop->offset_h,
                                      image_count(crop->c, crop->h, crop->w),
                                      (const T *)grad_y,
                                      same_of{}};
    bool whole = c * sizeof(T) % 16 == 0 && is_aligned(grad_y);
    return launch_runs(stream, rows, image_count(crop->c, crop->in_h, crop->in_w), source, whole,
                       (T *)grad_x);
  });
}

/* A window along one axis: the pixels [begin, end) that it covers, where it begins in the padded
 * image, and its length there, which is what an average divides by. */
struct span_t {
  int begin, end, origin, length;
};

static __device__ __forceinline__ span_t window(int position, int stride, int pad, int kernel,
                                                int size)
{
  int origin = position * stride - pad;
  int end = origin + kernel < size + pad ? origin + kernel : size + pad;
  span_t span = {origin > 0 ? origin : 0, end < size ? end : size, origin, end - origin};
  return span;
}

/* The windows [begin, end) along one axis that a pixel is in. */
static __device__ __forceinline__ span_t windows_at(int pixel, divider_t stride, int pad,
                                                    int kernel, int n_windows)
{
  int above = pixel + pad - kernel; /* the last pixel before the window that ends here */
  int begin = above < 0 ? 0 : (int)stride.quotient((unsigned)above) + 1;
  int end = (int)stride.quotient((unsigned)(pixel + pad)) + 1;
  span_t span = {begin, end < n_windows ? end : n_windows, 0, 0};
  return span;
}

/* Which of a window's pixels is the largest, in its row order. */
template <class Form> struct pool_index {
  using type = uint8_t;
};
template <> struct pool_index<plain_t> {
  using type = int32_t;
};

/* A thread has V neighbouring channels of one position: one channel where they come first. */
template <class Form, int V_> struct pool_layer {
  static constexpr int V = V_;
  using T = typename Form::number;
  using index_t = typename pool_index<Form>::type;
  isn_cuda_pool_t pool;
  divider_t columns, rows_or_groups; /* of the thread's own numbers: bottom or top */
  divider_t stride_h, stride_w;
  struct thread_place_t {
    int c, y, x;
  };
  __device__ thread_place_t place_of_group(unsigned i, int h) const
  {
    thread_place_t p;
    if (Form::channels_last) {
      unsigned position = rows_or_groups.quotient(i), y = columns.quotient(position);
      p.c = (int)(i - position * rows_or_groups.divisor) * V;
      p.y = (int)y;
      p.x = (int)(position - y * columns.divisor);
    } else {
      unsigned row = columns.quotient(i), c = rows_or_groups.quotient(row);
      p.c = (int)c;
      p.y = (int)row - (int)c * h;
      p.x = (int)(i - row * columns.divisor);
    }
    return p;
  }
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
    return windows_at(y, stride_h, pool.pad_h, pool.kernel_h, pool.top_h);
  }
  __device__ span_t windows_of_column(int x) const
  {
    return windows_at(x, stride_w, pool.pad_w, pool.kernel_w, pool.top_w);
  }
  __device__ size_t at(size_t sample, int c, int y, int x, int h, int w) const
  {
    int place = Form::channels_last ? (y * w + x) * pool.channels + c : (c * h + y) * w + x;
    return sample * (size_t)(pool.channels * h * w) + (size_t)place; /* a sample fits an int */
  }
  __device__ size_t in_at(size_t sample, int c, int y, int x) const
  {
    return at(sample, c, y, x, pool.h, pool.w);
  }
  __device__ size_t out_at(size_t sample, int c, int y, int x) const
  {
    return at(sample, c, y, x, pool.top_h, pool.top_w);
  }
};

/* A maximum begins with the window's first pixel, so that windows of -inf have one, too. */
template <class Form, int V> struct max_pool_layer : pool_layer<Form, V> {
  using base = pool_layer<Form, V>;
  const typename base::T *x;
  typename base::T *y;
  typename base::index_t *winner;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    typename base::thread_place_t p = this->place_of_group(i, this->pool.top_h);
    span_t rows = this->rows_of(p.y), columns = this->columns_of(p.x);
    float best[V];
    int best_at[V], first = (rows.begin - rows.origin) * this->pool.kernel_w - columns.origin;
    load<V>(x + this->in_at(sample, p.c, rows.begin, columns.begin), best);
#pragma unroll
    for (int k = 0; k < V; k++)
      best_at[k] = first + columns.begin;
    for (int r = rows.begin; r < rows.end; r++, first += this->pool.kernel_w)
      for (int c = columns.begin; c < columns.end; c++) {
        float values[V];
        load<V>(x + this->in_at(sample, p.c, r, c), values);
#pragma unroll
        for (int k = 0; k < V; k++)
          if (!(values[k] <= best[k])) {
            best[k] = values[k];
            best_at[k] = first + c;
          }
      }
    size_t place = this->out_at(sample, p.c, p.y, p.x);
    store<V>(y + place, best);
    if (winner)
      put_winners(place, best_at);
  }
  __device__ void put_winners(size_t place, const int *best_at) const
  {
    neighbours_t<typename base::index_t, V> all;
#pragma unroll
    for (int k = 0; k < V; k++)
      all.numbers[k] = (typename base::index_t)best_at[k];
    *reinterpret_cast<neighbours_t<typename base::index_t, V> *>(winner + place) = all;
  }
};

template <class Form, int V> struct max_pool_gradient_layer : pool_layer<Form, V> {
  using base = pool_layer<Form, V>;
  const typename base::index_t *winner;
  const typename base::T *grad_y;
  typename base::T *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    typename base::thread_place_t p = this->place_of_group(i, this->pool.h);
    span_t rows = this->windows_of_row(p.y), columns = this->windows_of_column(p.x);
    float sum[V];
#pragma unroll
    for (int k = 0; k < V; k++)
      sum[k] = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++) {
        size_t place = this->out_at(sample, p.c, r, c);
        int own = (p.y - this->rows_of(r).origin) * this->pool.kernel_w + p.x -
                  this->columns_of(c).origin;
        neighbours_t<typename base::index_t, V> winners =
            *reinterpret_cast<const neighbours_t<typename base::index_t, V> *>(winner + place);
        float gradients[V];
        load<V>(grad_y + place, gradients);
#pragma unroll
        for (int k = 0; k < V; k++)
          if ((int)winners.numbers[k] == own)
            sum[k] += gradients[k];
      }
    store<V>(grad_x + this->in_at(sample, p.c, p.y, p.x), sum);
  }
};

template <class Form, int V> struct average_pool_layer : pool_layer<Form, V> {
  using base = pool_layer<Form, V>;
  const typename base::T *x;
  typename base::T *y;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    typename base::thread_place_t p = this->place_of_group(i, this->pool.top_h);
    span_t rows = this->rows_of(p.y), columns = this->columns_of(p.x);
    float sum[V];
#pragma unroll
    for (int k = 0; k < V; k++)
      sum[k] = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++) {
        float values[V];
        load<V>(x + this->in_at(sample, p.c, r, c), values);
#pragma unroll
        for (int k = 0; k < V; k++)
          sum[k] += values[k];
      }
#pragma unroll
    for (int k = 0; k < V; k++)
      sum[k] /= (float)rows.length * (float)columns.length;
    store<V>(y + this->out_at(sample, p.c, p.y, p.x), sum);
  }
};

template <class Form, int V> struct average_pool_gradient_layer : pool_layer<Form, V> {
  using base = pool_layer<Form, V>;
  const typename base::T *grad_y;
  typename base::T *grad_x;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    typename base::thread_place_t p = this->place_of_group(i, this->pool.h);
    span_t rows = this->windows_of_row(p.y), columns = this->windows_of_column(p.x);
    float sum[V];
#pragma unroll
    for (int k = 0; k < V; k++)
      sum[k] = 0.0f;
    for (int r = rows.begin; r < rows.end; r++)
      for (int c = columns.begin; c < columns.end; c++) {
        float divisor = (float)this->rows_of(r).length * (float)this->columns_of(c).length;
        float gradients[V];
        load<V>(grad_y + this->out_at(sample, p.c, r, c), gradients);
#pragma unroll
        for (int k = 0; k < V; k++)
          sum[k] += gradients[k] / divisor;
      }
    store<V>(grad_x + this->in_at(sample, p.c, p.y, p.x), sum);
  }
};

/* Threads for the numbers of the top, or of the bottom. */
template <class Form, int V>
static pool_layer<Form, V> make_pool(const isn_cuda_pool_t *pool, bool of_top)
{
  int h = of_top ? pool->top_h : pool->h, w = of_top ? pool->top_w : pool->w;
  return {*pool, divider_of((size_t)w),
          divider_of((size_t)(Form::channels_last ? pool->channels / V : h)),
          divider_of((size_t)pool->stride_h), divider_of((size_t)pool->stride_w)};
}

static size_t pool_outputs(const isn_cuda_pool_t *pool)
{
  return image_count(pool->channels, pool->top_h, pool->top_w);
}

static size_t pool_inputs(const isn_cuda_pool_t *pool)
{
  return image_count(pool->channels, pool->h, pool->w);
}

cudaError_t isn_cuda_max_pool(cudaStream_t stream, isn_cuda_layout_t layout,
                              const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                              const float *x, float *y, void *winner)
{
  bool aligned = is_aligned(x) && is_aligned(y) && is_aligned(winner);
  return with_channels(layout, pool->channels, aligned, [&](auto form, auto width) {
    constexpr int V = decltype(width)::value;
    using layer = max_pool_layer<decltype(form), V>;
    using T = typename layer::T;
    return launch(stream, rows, pool_outputs(pool) / V,
                  layer{make_pool<decltype(form), V>(pool, true), (const T *)x, (T *)y,
                        (typename layer::index_t *)winner});
  });
}

cudaError_t isn_cuda_max_pool_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                       const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                       const void *winner, const float *grad_y, float *grad_x)
{
  bool aligned = is_aligned(winner) && is_aligned(grad_y) && is_aligned(grad_x);
  return with_channels(layout, pool->channels, aligned, [&](auto form, auto width) {
    constexpr int V = decltype(width)::value;
    using layer = max_pool_gradient_layer<decltype(form), V>;
    using T = typename layer::T;
    return launch(stream, rows, pool_inputs(pool) / V,
                  layer{make_pool<decltype(form), V>(pool, false),
                        (const typename layer::index_t *)winner, (const T *)grad_y, (T *)grad_x});
  });
}

cudaError_t isn_cuda_average_pool(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                  const float *x, float *y)
{
  bool aligned = is_aligned(x) && is_aligned(y);
  return with_channels(layout, pool->channels, aligned, [&](auto form, auto width) {
    constexpr int V = decltype(width)::value;
    using layer = average_pool_layer<decltype(form), V>;
    using T = typename layer::T;
    return launch(stream, rows, pool_outputs(pool) / V,
                  layer{make_pool<decltype(form), V>(pool, true), (const T *)x, (T *)y});
  });
}

cudaError_t isn_cuda_average_pool_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                           const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                           const float *grad_y, float *grad_x)
{
  bool aligned = is_aligned(grad_y) && is_aligned(grad_x);
  return with_channels(layout, pool->channels, aligned, [&](auto form, auto width) {
    constexpr int V = decltype(width)::value;
    using layer = average_pool_gradient_layer<decltype(form), V>;
    using T = typename layer::T;
    return launch(stream, rows, pool_inputs(pool) / V,
                  layer{make_pool<decltype(form), V>(pool, false), (const T *)grad_y, (T *)grad_x});
  });
}
