/** @file convolution_blocks.c
 *  See convolution_blocks.h.
 */
#include "backend/cuda/convolution_blocks.h"

#include "backend/cuda/rows.h"

enum { MOST_CHANNELS = 4, SAMPLES_AT_ONCE = 64 /* enough work for a large GPU */ };

bool isn_cuda_blocks_fit(const isn_cuda_convolution_t *convolution)
{
  const isn_conv_params_t *p = &convolution->params;
  return p->group == 1 && p->dilation_h == 1 && p->dilation_w == 1 &&
         (p->stride_h > 1 || p->stride_w > 1) && convolution->image.c <= MOST_CHANNELS;
}

static int ceiling(int a, int b)
{
  return (a + b - 1) / b;
}

static isn_cuda_blocks_t make_blocks(const isn_cuda_convolution_t *c)
{
  const isn_conv_params_t *p = &c->params;
  isn_cuda_blocks_t blocks = {.image = c->image,
                              .stride_h = p->stride_h,
                              .stride_w = p->stride_w,
                              .pad_h = p->pad_h,
                              .pad_w = p->pad_w,
                              .kernel_h = p->kernel_h,
                              .kernel_w = p->kernel_w};
  blocks.span_h = ceiling(p->kernel_h, p->stride_h);
  blocks.span_w = ceiling(p->kernel_w, p->stride_w);
  blocks.n_h = c->map.h + blocks.span_h - 1;
  blocks.n_w = c->map.w + blocks.span_w - 1;
  return blocks;
}

/* The convolution of the blocks: stride 1, no padding. */
static isn_cuda_convolution_t make_inner(const isn_cuda_convolution_t *c,
                                         const isn_cuda_blocks_t *blocks)
{
  isn_cuda_convolution_t inner = {.map = c->map, .to_map = c->to_map};
  inner.params = (isn_conv_params_t){.n_outputs = c->params.n_outputs,
                                     .group = 1,
                                     .kernel_h = blocks->span_h,
                                     .kernel_w = blocks->span_w,
                                     .stride_h = 1,
                                     .stride_w = 1,
                                     .dilation_h = 1,
                                     .dilation_w = 1};
  inner.image =
      (isn_shape_t){3, c->image.c * blocks->stride_h * blocks->stride_w, blocks->n_h, blocks->n_w};
  return inner;
}

static size_t weights_floats(const isn_cuda_convolution_t *inner)
{
  return (size_t)inner->map.c * (size_t)inner->image.c * (size_t)inner->params.kernel_h *
         (size_t)inner->params.kernel_w;
}

size_t isn_cuda_blocks_floats(const isn_cuda_convolution_t *convolution)
{
  isn_cuda_blocks_t blocks = make_blocks(convolution);
  isn_cuda_convolution_t inner = make_inner(convolution, &blocks);
  return SAMPLES_AT_ONCE * isn_shape_count(inner.image) + weights_floats(&inner);
}

isn_status_t isn_cuda_blocks_run(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                                 const isn_cuda_convolution_data_t *data, float *workspace)
{
  isn_cuda_blocks_t blocks = make_blocks(convolution);
  isn_cuda_convolution_t inner = make_inner(convolution, &blocks);
  float *weights = workspace + SAMPLES_AT_ONCE * isn_shape_count(inner.image);
  ISN_TRY_CUDA(isn_cuda_block_weights(cuda->stream, &blocks, (unsigned)convolution->map.c,
                                      data->weights, weights));
  for (int first = 0; first < data->n; first += SAMPLES_AT_ONCE) {
    int n = data->n - first < SAMPLES_AT_ONCE ? data->n - first : SAMPLES_AT_ONCE;
    isn_cuda_rows_t rows = isn_cuda_all_rows(n);
    float *image = data->image + (size_t)first * isn_shape_count(convolution->image);
    isn_cuda_convolution_data_t inside = {
        n, weights, workspace, data->map + (size_t)first * isn_shape_count(convolution->map)};
    if (convolution->to_map)
      ISN_TRY_CUDA(isn_cuda_to_blocks(cuda->stream, &rows, &blocks, image, workspace));
    ISN_TRY(isn_cuda_convolve_direct(cuda, &inner, &inside));
    if (!convolution->to_map)
      ISN_TRY_CUDA(isn_cuda_from_blocks(cuda->stream, &rows, &blocks, workspace, image));
  }
  return ISN_OK;
}
