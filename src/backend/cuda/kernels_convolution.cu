/** @file kernels_convolution.cu
 *  Kernels around convolutions: images as blocks of pixels, weights in other arrangements, and
 *  convolutions without a library.
 */
#include "backend/cuda/channels.cuh"
#include "backend/cuda/places.cuh"

/* Channels of a block: pixel row, pixel column, channel of the image.  So a pixel row of a block
 * is a run of `run` numbers of a row of the image. */
static unsigned block_run(const isn_cuda_blocks_t *b)
{
  return (unsigned)(b->stride_w * b->image.c);
}

template <class T> struct to_blocks_source {
  divider_t channels, columns, pixels;       /* pixels: a row of them in a block, in numbers */
  int stride_h, pad_h, pad_w, height, width; /* of columns in numbers, too */
  size_t count;
  const T *image;
  same_of op;
  __device__ run_t<T> run(size_t sample, unsigned i) const
  {
    unsigned block = channels.quotient(i), channel = i - block * channels.divisor;
    unsigned by = columns.quotient(block), bx = block - by * columns.divisor;
    unsigned py = pixels.quotient(channel), at = channel - py * pixels.divisor;
    int y = (int)(by * (unsigned)stride_h + py) - pad_h, left = (int)(pixels.divisor - at);
    int x = (int)(bx * pixels.divisor + at) - pad_w;
    if ((int)py >= stride_h)
      return {NULL, channels.divisor - channel};
    if (y < 0 || y >= height || x >= width)
      return {NULL, (unsigned)left};
    if (x < 0)
      return {NULL, (unsigned)(-x < left ? -x : left)};
    return {image + sample * count + (size_t)y * (size_t)width + (size_t)x,
            (unsigned)(width - x < left ? width - x : left)};
  }
};

template <class Form> struct from_blocks_source {
  using T = typename Form::number;
  divider_t width, stride_h, pixels; /* in numbers, as above */
  unsigned n_h, n_w, channels, pad_h, pad_w;
  const T *in;
  bias_relu_of<Form> op;
  __device__ run_t<T> run(size_t sample, unsigned i) const
  {
    unsigned row = width.quotient(i), column = i - row * width.divisor;
    unsigned y = row + pad_h, x = column + pad_w;
    unsigned by = stride_h.quotient(y), bx = pixels.quotient(x), at = x - bx * pixels.divisor;
    unsigned left = pixels.divisor - at, in_row = width.divisor - column;
    left = left < in_row ? left : in_row;
    if (by >= n_h || bx >= n_w)
      return {NULL, left};
    unsigned channel = (y - by * stride_h.divisor) * pixels.divisor + at;
    return {in + ((sample * n_h + by) * n_w + bx) * channels + channel, left};
  }
};

/* A "sample" is a map: its kernel for all channels, (span_h, span_w, channels). */
template <class T> struct block_weights_source {
  isn_cuda_blocks_t b;
  const T *weights;
  __device__ float operator()(size_t map, unsigned i) const
  {
    int channel = (int)(i % (unsigned)b.channels), block = (int)(i / (unsigned)b.channels);
    int run = b.stride_w * b.image.c, c = channel % b.image.c;
    int y = block / b.span_w * b.stride_h + channel / run;
    int x = block % b.span_w * b.stride_w + channel % run / b.image.c;
    if (channel >= b.stride_h * run || y >= b.kernel_h || x >= b.kernel_w)
      return 0.0f;
    return to_float(
        weights[((map * b.kernel_h + y) * b.kernel_w + x) * (size_t)b.image.c + (size_t)c]);
  }
};

/* Whether a pixel's channels are whole groups: then so are runs. */
template <class T> static bool is_whole(const isn_cuda_blocks_t *b, const float *from)
{
  return (size_t)b->image.c * sizeof(T) % 16 == 0 && is_aligned(from);
}

cudaError_t isn_cuda_to_blocks(cudaStream_t stream, isn_cuda_layout_t layout,
                               const isn_cuda_rows_t *rows, const isn_cuda_blocks_t *b,
                               const float *image, float *out)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    to_blocks_source<T> source = {divider_of((size_t)b->channels),
                                  divider_of((size_t)b->n_w),
                                  divider_of(block_run(b)),
                                  b->stride_h,
                                  b->pad_h,
                                  b->pad_w * b->image.c,
                                  b->image.h,
                                  b->image.w * b->image.c,
                                  isn_shape_count(b->image),
                                  (const T *)image,
                                  same_of{}};
    return launch_runs(stream, rows, image_count(b->channels, b->n_h, b->n_w), source,
                       is_whole<T>(b, image), (T *)out);
  });
}

cudaError_t isn_cuda_from_blocks(cudaStream_t stream, isn_cuda_layout_t layout,
                                 const isn_cuda_rows_t *rows, const isn_cuda_blocks_t *b,
                                 const float *in, const float *bias, float slope, float *image)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    using Form = decltype(form);
    isn_cuda_channels_t channels = {(unsigned)isn_shape_count(b->image),
                                    (unsigned)(b->image.h * b->image.w)};
    from_blocks_source<Form> source = {divider_of((size_t)b->image.w * (size_t)b->image.c),
                                       divider_of((size_t)b->stride_h),
                                       divider_of(block_run(b)),
                                       (unsigned)b->n_h,
                                       (unsigned)b->n_w,
                                       (unsigned)b->channels,
                                       (unsigned)b->pad_h,
                                       (unsigned)(b->pad_w * b->image.c),
                                       (const T *)in,
                                       {make_channel_of<Form>(channels), bias, slope}};
    return launch_runs(stream, rows, isn_shape_count(b->image), source, is_whole<T>(b, in),
                       (T *)image);
  });
}

cudaError_t isn_cuda_block_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_blocks_t *b, int n_maps, const float *weights,
                                   float *out)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    isn_cuda_rows_t maps = all_rows((size_t)n_maps);
    return launch_gather(stream, &maps, image_count(b->channels, b->span_h, b->span_w),
                         block_weights_source<T>{*b, (const T *)weights}, (T *)out);
  });
}

/* A "sample" is a map. */
template <class T> struct dense_weights_source {
  int group_channels, group_maps, channels, kernel;
  const T *weights;
  __device__ float operator()(size_t map, unsigned i) const
  {
    int c = (int)(i % (unsigned)channels), position = (int)(i / (unsigned)channels);
    int own = c - (int)map / group_maps * group_channels;
    if (own < 0 || own >= group_channels)
      return 0.0f;
    return to_float(weights[(map * kernel + position) * (size_t)group_channels + (size_t)own]);
  }
};

/* A "sample" is a channel of the image. */
template <class T> struct flipped_weights_source {
  int group_channels, group_maps, kernel;
  const T *weights;
  __device__ float operator()(size_t channel, unsigned i) const
  {
    int k = (int)(i % (unsigned)group_maps), position = (int)(i / (unsigned)group_maps);
    size_t group = channel / (size_t)group_channels;
    size_t map = group * (size_t)group_maps + (size_t)k;
    return to_float(weights[(map * kernel + (kernel - 1 - position)) * (size_t)group_channels +
                            channel % (size_t)group_channels]);
  }
};

cudaError_t isn_cuda_dense_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_conv_t *conv, const float *weights, float *out)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    const isn_conv_params_t *p = &conv->conv;
    isn_cuda_rows_t maps = all_rows((size_t)conv->map.c);
    dense_weights_source<T> source = {conv->image.c / p->group, conv->map.c / p->group,
                                      conv->image.c, p->kernel_h * p->kernel_w, (const T *)weights};
    return launch_gather(stream, &maps, image_count(conv->image.c, p->kernel_h, p->kernel_w),
                         source, (T *)out);
  });
}

cudaError_t isn_cuda_flipped_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                     const isn_cuda_conv_t *conv, const float *weights, float *out)
{
  return with_packed(layout, [&](auto form) {
    using T = typename decltype(form)::number;
    const isn_conv_params_t *p = &conv->conv;
    isn_cuda_rows_t channels = all_rows((size_t)conv->image.c);
    flipped_weights_source<T> source = {conv->image.c / p->group, conv->map.c / p->group,
                                        p->kernel_h * p->kernel_w, (const T *)weights};
    return launch_gather(stream, &channels,
                         image_count(conv->map.c / p->group, p->kernel_h, p->kernel_w), source,
                         (T *)out);
  });
}

/* One number of an image or map (C, H, W), and one weight. */
template <class Form> struct plain_convolution {
  using T = typename Form::number;
  isn_cuda_conv_t g;
  const T *weights;
  static __device__ place_t place(unsigned i, isn_shape_t s)
  {
    if (!Form::channels_last)
      return place_of(i, s.h, s.w);
    unsigned position = i / (unsigned)s.c;
    return {(int)(i % (unsigned)s.c), (int)(position / (unsigned)s.w),
            (int)(position % (unsigned)s.w)};
  }
  static __device__ float number(const T *data, size_t sample, isn_shape_t s, int c, int y, int x)
  {
    size_t first = sample * image_count(s.c, s.h, s.w);
    size_t at =
        Form::channels_last ? ((size_t)y * s.w + x) * s.c + c : ((size_t)c * s.h + y) * s.w + x;
    return to_float(data[first + at]);
  }
  /* @param[in] c within the group, of so many */
  __device__ float weight(int k, int c, int n_c, int r, int q) const
  {
    const isn_conv_params_t &p = g.conv;
    size_t at = Form::channels_last ? (((size_t)k * p.kernel_h + r) * p.kernel_w + q) * n_c + c
                                    : (((size_t)k * n_c + c) * p.kernel_h + r) * p.kernel_w + q;
    return to_float(weights[at]);
  }
};

template <class Form> struct image_to_map_layer : plain_convolution<Form> {
  using base = plain_convolution<Form>;
  const typename base::T *image;
  typename base::T *map;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    const isn_cuda_conv_t &g = this->g;
    const isn_conv_params_t &p = g.conv;
    place_t o = base::place(i, g.map);
    int channels = g.image.c / p.group, first = o.c / (g.map.c / p.group) * channels;
    float sum = 0.0f;
    for (int c = 0; c < channels; c++)
      for (int r = 0; r < p.kernel_h; r++)
        for (int q = 0; q < p.kernel_w; q++) {
          int y = o.y * p.stride_h - p.pad_h + r * p.dilation_h;
          int x = o.x * p.stride_w - p.pad_w + q * p.dilation_w;
          if (y >= 0 && y < g.image.h && x >= 0 && x < g.image.w)
            sum += this->weight(o.c, c, channels, r, q) *
                   base::number(image, sample, g.image, first + c, y, x);
        }
    set_number(map + sample * image_count(g.map.c, g.map.h, g.map.w) + i, sum);
  }
};

template <class Form> struct map_to_image_layer : plain_convolution<Form> {
  using base = plain_convolution<Form>;
  const typename base::T *map;
  typename base::T *image;
  __device__ void operator()(size_t sample, unsigned i) const
  {
    const isn_cuda_conv_t &g = this->g;
    const isn_conv_params_t &p = g.conv;
    place_t pixel = base::place(i, g.image);
    int channels = g.image.c / p.group, outputs = g.map.c / p.group;
    int group = pixel.c / channels;
    float sum = 0.0f;
    for (int k = group * outputs; k < (group + 1) * outputs; k++)
      for (int r = 0; r < p.kernel_h; r++)
        for (int q = 0; q < p.kernel_w; q++) {
          int y = pixel.y + p.pad_h - r * p.dilation_h, x = pixel.x + p.pad_w - q * p.dilation_w;
          if (y < 0 || x < 0 || y % p.stride_h != 0 || x % p.stride_w != 0)
            continue;
          y /= p.stride_h;
          x /= p.stride_w;
          if (y < g.map.h && x < g.map.w)
            sum += this->weight(k, pixel.c % channels, channels, r, q) *
                   base::number(map, sample, g.map, k, y, x);
        }
    set_number(image + sample * image_count(g.image.c, g.image.h, g.image.w) + i, sum);
  }
};

cudaError_t isn_cuda_image_to_map(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_conv_t *conv,
                                  const float *weights, const float *image, float *map)
{
  return with_layout(layout, [&](auto form) {
    using layer = image_to_map_layer<decltype(form)>;
    using T = typename layer::T;
    return launch(stream, rows, image_count(conv->map.c, conv->map.h, conv->map.w),
                  layer{{*conv, (const T *)weights}, (const T *)image, (T *)map});
  });
}

cudaError_t isn_cuda_map_to_image(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_conv_t *conv,
                                  const float *weights, const float *map, float *image)
{
  return with_layout(layout, [&](auto form) {
    using layer = map_to_image_layer<decltype(form)>;
    using T = typename layer::T;
    return launch(stream, rows, image_count(conv->image.c, conv->image.h, conv->image.w),
                  layer{{*conv, (const T *)weights}, (const T *)map, (T *)image});
  });
}
