/** @file kernels.h
 *  The kernels of the CUDA backend as C sees them: one launcher each, on a stream, asynchronous.
 *
 *  Data are in device memory; a launcher with a `layout` takes them in that, whatever the pointers'
 *  type says, others (of layers that are always computed so, see fallback.h) take plain ones.
 *  Samples (shape, count, places) are described as tensor.h has them in any case.  A launcher works
 *  on the samples of `rows` only; what a layer means is in invset/layer.h, what a launcher returns
 *  is the launch's error.  Sums are in float32.  Nothing here allocates, waits or knows a net.
 */
#ifndef INVSET_CUDA_KERNELS_H
#define INVSET_CUDA_KERNELS_H

#include <cuda_runtime_api.h>
#include <stdint.h>

#include "invset/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How numbers lie. */
typedef enum {
  ISN_CUDA_PLAIN,  /**< float32, (N, C, H, W) */
  ISN_CUDA_FLOATS, /**< float32, (N, H, W, C): packed in tf32 */
  ISN_CUDA_HALVES  /**< half precision, (N, H, W, C): packed in fp16 */
} isn_cuda_layout_t;

static inline size_t isn_cuda_number_bytes(isn_cuda_layout_t layout)
{
  return layout == ISN_CUDA_HALVES ? 2 : sizeof(float);
}

enum { ISN_CUDA_MASK_WORDS = 64, ISN_CUDA_MASK_ROWS = 32 * ISN_CUDA_MASK_WORDS };

/** Samples first .. first+n-1, all of them or those whose bit is set: it travels with the launch,
 * so that no list has to be on the device.  Longer lists take several launches (rows.h). */
typedef struct {
  int first, n;
  bool all;                           /**< the mask is not read, and n may be anything */
  uint32_t mask[ISN_CUDA_MASK_WORDS]; /**< bit s is for sample first + s */
} isn_cuda_rows_t;

/** Whether this program holds code for the current device.  @return the error of asking */
cudaError_t isn_cuda_kernels_check(void);

/* Number by number.  y := op(x), grad_x := grad_y * op'(source); x may be y, grad_y grad_x. */

typedef enum {
  ISN_CUDA_LEAKY,    /**< x > 0 ? x : a x */
  ISN_CUDA_ELU,      /**< x > 0 ? x : a (exp(x) - 1) */
  ISN_CUDA_SIGMOID,  /**< 1 / (1 + exp(-x)) */
  ISN_CUDA_TANH,     /**< tanh(x) */
  ISN_CUDA_ABS,      /**< |x| */
  ISN_CUDA_CONSTANT, /**< a */
  ISN_CUDA_LINE,     /**< b + a x */
  ISN_CUDA_POWER,    /**< (b + a x)^c */
  ISN_CUDA_EXP,      /**< exp(b + a x) */
  ISN_CUDA_LOG       /**< c log(b + a x) */
} isn_cuda_map_t;

/** In the source s: the bottom, or the top where the name says so. */
typedef enum {
  ISN_CUDA_GRAD_LEAKY,   /**< s > 0 ? 1 : a;  bottom, or with a >= 0 the top */
  ISN_CUDA_GRAD_ELU,     /**< s > 0 ? 1 : a exp(s);  bottom */
  ISN_CUDA_GRAD_ELU_TOP, /**< s > 0 ? 1 : s + a */
  ISN_CUDA_GRAD_SIGMOID, /**< s (1 - s);  top */
  ISN_CUDA_GRAD_TANH,    /**< 1 - s^2;  top */
  ISN_CUDA_GRAD_ABS,     /**< sign of s;  bottom */
  ISN_CUDA_GRAD_FACTOR,  /**< a;  no source */
  ISN_CUDA_GRAD_POWER,   /**< d (b + a s)^c;  bottom */
  ISN_CUDA_GRAD_EXP,     /**< a s;  top */
  ISN_CUDA_GRAD_LOG      /**< d / (b + a s);  bottom */
} isn_cuda_map_gradient_t;

typedef struct {
  float a, b, c, d;
} isn_cuda_map_params_t;

cudaError_t isn_cuda_map(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         size_t count, isn_cuda_map_t op, isn_cuda_map_params_t params,
                         const float *x, float *y);
/** @param[in] source may be NULL for FACTOR */
cudaError_t isn_cuda_map_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, size_t count,
                                  isn_cuda_map_gradient_t op, isn_cuda_map_params_t params,
                                  const float *source, const float *grad_y, float *grad_x);

/** y := 0, y := x, y += x; count floats a sample. */
cudaError_t isn_cuda_zero(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, size_t count, float *y);
cudaError_t isn_cuda_copy(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, size_t count, const float *x, float *y);
cudaError_t isn_cuda_add(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         size_t count, const float *x, float *y);

/* Channel by channel; in place where pointers are the same. */

/** The numbers of a sample, and how many of them each channel has. */
typedef struct {
  unsigned count, positions;
} isn_cuda_channels_t;

/** y := relu(y + bias), in place.
 *  @param[in] bias (C) or NULL  @param[in] slope of the ReLU below 0; 1 for none */
cudaError_t isn_cuda_bias_relu(cudaStream_t stream, isn_cuda_layout_t layout,
                               const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                               const float *bias, float slope, float *y);

/** PReLU: y := x > 0 ? x : slope_c x.  @param[in] slopes (C), or (1) if shared */
cudaError_t isn_cuda_prelu(cudaStream_t stream, const isn_cuda_rows_t *rows,
                           isn_cuda_channels_t channels, const float *slopes, bool shared,
                           const float *x, float *y);
cudaError_t isn_cuda_prelu_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                    isn_cuda_channels_t channels, const float *slopes, bool shared,
                                    const float *x, const float *grad_y, float *grad_x);

/** The lines (x - before) factor + after of Bias, Scale and BatchNorm.
 *  @param[in]  weights those of the layer, NULL where there are none
 *  @param[out] lines   (3, C): before, factor, after */
cudaError_t isn_cuda_lines(cudaStream_t stream, isn_layer_kind_t kind, double epsilon,
                           unsigned n_channels, const float *const weights[3], float *lines);
cudaError_t isn_cuda_affine(cudaStream_t stream, const isn_cuda_rows_t *rows,
                            isn_cuda_channels_t channels, const float *lines, const float *x,
                            float *y);
cudaError_t isn_cuda_affine_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                     isn_cuda_channels_t channels, const float *lines,
                                     const float *grad_y, float *grad_x);

/** Picture.  @param[in] mean (C), or (C, H, W) if per pixel */
cudaError_t isn_cuda_picture(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                             const isn_picture_params_t *params, const float *mean, const float *x,
                             float *y);
cudaError_t isn_cuda_picture_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                      const isn_cuda_rows_t *rows, isn_cuda_channels_t channels,
                                      const isn_picture_params_t *params, const float *mean,
                                      const float *x, const float *grad_y, float *grad_x);

/** Eltwise over n bottoms. */
typedef struct {
  isn_eltwise_mode_t mode;
  int n;
  float coefficients[ISN_LAYER_MAX_BOTTOMS];
  const float *x[ISN_LAYER_MAX_BOTTOMS]; /**< backward: read by PRODUCT only */
  float *grad_x[ISN_LAYER_MAX_BOTTOMS];  /**< backward; NULL: not wanted; the first may be grad_y */
  uint8_t *winner;                       /**< MAX: (N, count), may be NULL forward */
} isn_cuda_eltwise_t;

cudaError_t isn_cuda_eltwise(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, size_t count,
                             const isn_cuda_eltwise_t *eltwise, float *y);
cudaError_t isn_cuda_eltwise_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                      const isn_cuda_rows_t *rows, size_t count,
                                      const isn_cuda_eltwise_t *eltwise, const float *grad_y);

/** Softmax over an axis of n numbers that lie `step` apart. */
typedef struct {
  unsigned n_positions, n, step;
} isn_cuda_axis_t;

cudaError_t isn_cuda_softmax(cudaStream_t stream, const isn_cuda_rows_t *rows, isn_cuda_axis_t axis,
                             const float *x, float *y);
cudaError_t isn_cuda_softmax_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                      isn_cuda_axis_t axis, const float *y, const float *grad_y,
                                      float *grad_x);

/* Windows of an image. */

/** Crop (C, h, w) at an offset from (C, H, W). */
typedef struct {
  int c, in_h, in_w, h, w, offset_h, offset_w;
} isn_cuda_crop_t;

cudaError_t isn_cuda_crop(cudaStream_t stream, isn_cuda_layout_t layout,
                          const isn_cuda_rows_t *rows, const isn_cuda_crop_t *crop, const float *x,
                          float *y);
cudaError_t isn_cuda_crop_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_rows_t *rows, const isn_cuda_crop_t *crop,
                                   const float *grad_y, float *grad_x);

typedef struct {
  int channels, h, w, top_h, top_w;
  int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
} isn_cuda_pool_t;

/** @param[out] winner the place of each maximum in its window, in row order from the window's own
 *                     first pixel (which padding may be) on; NULL: not wanted.  In the tops' order;
 *                     plain int32_t, packed uint8_t, which windows of up to 256 numbers fit */
cudaError_t isn_cuda_max_pool(cudaStream_t stream, isn_cuda_layout_t layout,
                              const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                              const float *x, float *y, void *winner);
cudaError_t isn_cuda_max_pool_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                       const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                       const void *winner, const float *grad_y, float *grad_x);
cudaError_t isn_cuda_average_pool(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                  const float *x, float *y);
cudaError_t isn_cuda_average_pool_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                           const isn_cuda_rows_t *rows, const isn_cuda_pool_t *pool,
                                           const float *grad_y, float *grad_x);

/** LRN: s = k + scale * sum of squares over the window, y = x s^-beta. */
typedef struct {
  int channels, h, w, half; /**< the window reaches `half` to each side */
  float scale, k, beta;
} isn_cuda_lrn_t;

cudaError_t isn_cuda_lrn(cudaStream_t stream, isn_cuda_layout_t layout, const isn_cuda_rows_t *rows,
                         const isn_cuda_lrn_t *lrn, const float *x, float *y);
/** grad_x must not be grad_y: neighbours are read. */
cudaError_t isn_cuda_lrn_gradient(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_lrn_t *lrn,
                                  const float *x, const float *grad_y, float *grad_x);
/** Within a channel.  @param[out] s (N, C, H, W) kept for the gradient; NULL: not wanted */
cudaError_t isn_cuda_lrn_within(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                const isn_cuda_lrn_t *lrn, const float *x, float *s, float *y);
cudaError_t isn_cuda_lrn_within_gradient(cudaStream_t stream, const isn_cuda_rows_t *rows,
                                         const isn_cuda_lrn_t *lrn, const float *x, const float *s,
                                         const float *grad_y, float *grad_x);

/** A packed image as blocks of stride_h x stride_w pixels, whose pixels are channels, and a kernel
 *  on them (convolution_blocks.h).  Pixel (y, x) of channel c is that of block ((y + pad_h) /
 *  stride_h, ...), channel (((y + pad_h) % stride_h) stride_w + (x + pad_w) % stride_w) C + c. */
typedef struct {
  isn_shape_t image;
  int stride_h, stride_w, pad_h, pad_w, kernel_h, kernel_w;
  int n_h, n_w;       /**< blocks */
  int channels;       /**< of a block; those beyond C stride_h stride_w are zero */
  int span_h, span_w; /**< the kernel, in blocks */
} isn_cuda_blocks_t;

/** Pixels outside the image are zero in blocks; pixels outside the blocks are zero in the image. */
cudaError_t isn_cuda_to_blocks(cudaStream_t stream, isn_cuda_layout_t layout,
                               const isn_cuda_rows_t *rows, const isn_cuda_blocks_t *blocks,
                               const float *image, float *out);
/** With a bias and a ReLU, as isn_cuda_bias_relu() has them. */
cudaError_t isn_cuda_from_blocks(cudaStream_t stream, isn_cuda_layout_t layout,
                                 const isn_cuda_rows_t *rows, const isn_cuda_blocks_t *blocks,
                                 const float *in, const float *bias, float slope, float *image);
/** @param[in] weights (n_maps, kernel_h, kernel_w, C)
 *  @param[out] out (n_maps, span_h, span_w, channels) */
cudaError_t isn_cuda_block_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_blocks_t *blocks, int n_maps,
                                   const float *weights, float *out);

/** A convolution: image (C, H, W), map (K, map_h, map_w), weights (K, C / group, kernel_h,
 * kernel_w), packed (K, kernel_h, kernel_w, C / group). */
typedef struct {
  isn_conv_params_t conv; /**< kernel, stride, pad, dilation, group */
  isn_shape_t image, map;
} isn_cuda_conv_t;

/** Packed weights of all channels for every map, zero for those of other groups.
 *  @param[out] out (K, kernel_h, kernel_w, C) */
cudaError_t isn_cuda_dense_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                   const isn_cuda_conv_t *conv, const float *weights, float *out);
/** Packed weights with which the transposed convolution is one, where its stride is 1.
 *  @param[out] out (C, kernel_h, kernel_w, K / group), kernels turned round */
cudaError_t isn_cuda_flipped_weights(cudaStream_t stream, isn_cuda_layout_t layout,
                                     const isn_cuda_conv_t *conv, const float *weights, float *out);

/** Without a library, for the shapes that cuDNN refuses: one thread for each number. */

cudaError_t isn_cuda_image_to_map(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_conv_t *conv,
                                  const float *weights, const float *image, float *map);
cudaError_t isn_cuda_map_to_image(cudaStream_t stream, isn_cuda_layout_t layout,
                                  const isn_cuda_rows_t *rows, const isn_cuda_conv_t *conv,
                                  const float *weights, const float *map, float *image);

/* Between plain data and packed ones of a layout, as invset/backend.h has it. */

cudaError_t isn_cuda_pack(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape, int n,
                          const float *plain, const float *factors, float *packed);
cudaError_t isn_cuda_unpack(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape, int n,
                            const float *packed, const float *factors, float *plain);
/** One sample whose numbers are runs: plain (C, H, W, run) to packed (H, W, C, run). */
cudaError_t isn_cuda_pack_runs(cudaStream_t stream, isn_cuda_layout_t layout, isn_shape_t shape,
                               int run, const float *plain, float *packed);
/** Packed samples in another shape: the plain order stays. */
cudaError_t isn_cuda_reshape(cudaStream_t stream, isn_cuda_layout_t layout,
                             const isn_cuda_rows_t *rows, isn_shape_t from, isn_shape_t to,
                             const float *x, float *y);
cudaError_t isn_cuda_find_factors(cudaStream_t stream, size_t count, int n, const float *plain,
                                  float target, bool first, float *factors);

#ifdef __cplusplus
}
#endif
#endif
