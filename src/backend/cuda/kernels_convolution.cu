/** @file kernels_convolution.cu
 *  Kernels around convolutions: images as blocks of pixels, and convolutions without a library.
 */
#include "backend/cuda/places.cuh"

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
