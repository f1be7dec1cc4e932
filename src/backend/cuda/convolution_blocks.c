/** @file convolution_blocks.c
 *  See convolution_blocks.h.
 */
#include "backend/cuda/convolution_blocks.h"

#include "backend/cuda/convolution_forms.h"
#include "backend/cuda/rows.h"

/* Samples at once: enough work for a large GPU, in a workspace that is bounded. */
enum { MOST_CHANNELS = 4, MOST_BLOCK_CHANNELS = 128, MOST_SAMPLES = 1024, VECTOR_BYTES = 16 };
static const size_t MOST_BYTES = (size_t)256 << 20;

static int vector_of(isn_cuda_layout_t layout)
{
  return VECTOR_BYTES / (int)isn_cuda_number_bytes(layout);
}

bool isn_cuda_blocks_fit(const isn_cuda_convolution_t *convolution)
{
  const isn_conv_params_t *p = &convolution->params;
  int channels = convolution->image.c;
  if (p->group != 1 || p->dilation_h != 1 || p->dilation_w != 1)
    return false;
  if (p->stride_h > 1 || p->stride_w > 1)
    return channels <= MOST_BLOCK_CHANNELS / p->stride_h / p->stride_w;
  return channels <= MOST_CHANNELS && channels % vector_of(convolution->layout) != 0;
}

static int ceiling(int a, int b)
{
  return (a + b - 1) / b;
}

static isn_cuda_blocks_t make_blocks(const isn_cuda_convolution_t *c)
{
  const isn_conv_params_t *p = &c->params;
  int vector = vector_of(c->layout);
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
  blocks.channels = ceiling(c->image.c * p->stride_h * p->stride_w, vector) * vector;
  return blocks;
}

/* The convolution of the blocks: stride 1, no padding. */
static isn_cuda_convolution_t make_inner(const isn_cuda_convolution_t *c,
                                         const isn_cuda_blocks_t *blocks)
{
  isn_cuda_convolution_t inner = {.map = c->map, .to_map = c->to_map, .layout = c->layout};
  inner.params = (isn_conv_params_t){.n_outputs = c->params.n_outputs,
                                     .group = 1,
                                     .kernel_h = blocks->span_h,
                                     .kernel_w = blocks->span_w,
                                     .stride_h = 1,
                                     .stride_w = 1,
                                     .dilation_h = 1,
                                     .dilation_w = 1};
  inner.image = (isn_shape_t){3, blocks->channels, blocks->n_h, blocks->n_w};
  return inner;
}

static size_t weights_bytes(const isn_cuda_convolution_t *inner)
{
  return isn_cuda_piece_bytes(inner->layout, (size_t)inner->map.c * (size_t)inner->image.c *
                                                 (size_t)inner->params.kernel_h *
                                                 (size_t)inner->params.kernel_w);
}

static int most_samples(const isn_cuda_convolution_t *inner)
{
  size_t bytes = isn_shape_count(inner->image) * isn_cuda_number_bytes(inner->layout);
  size_t samples = MOST_BYTES / bytes;
  if (samples >= MOST_SAMPLES)
    return MOST_SAMPLES;
  return samples >= 16 ? (int)samples / 16 * 16 : samples > 0 ? (int)samples : 1;
}

static size_t images_bytes(const isn_cuda_convolution_t *inner)
{
  return isn_cuda_piece_bytes(inner->layout,
                              (size_t)most_samples(inner) * isn_shape_count(inner->image));
}

size_t isn_cuda_blocks_bytes(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form)
{
  isn_cuda_blocks_t blocks = make_blocks(convolution);
  isn_cuda_convolution_t inner = make_inner(convolution, &blocks);
  return images_bytes(&inner) + weights_bytes(&inner) + isn_cuda_form_bytes(&inner, form);
}

isn_status_t isn_cuda_blocks_run(isn_cuda_t *cuda, const isn_cuda_convolution_t *convolution,
                                 const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                                 void *workspace, bool *done)
{
  isn_cuda_blocks_t blocks = make_blocks(convolution);
  isn_cuda_convolution_t inner = make_inner(convolution, &blocks);
  isn_cuda_layout_t layout = convolution->layout;
  int part = isn_cuda_equal_part(data->n, most_samples(&inner));
  float *block_images = workspace;
  float *weights = (float *)((char *)workspace + images_bytes(&inner));
  void *rest = (char *)weights + weights_bytes(&inner);
  *done = true;
  ISN_TRY_CUDA(isn_cuda_block_weights(cuda->stream, layout, &blocks, convolution->map.c,
                                      data->weights, weights));
  for (int first = 0; *done && first < data->n; first += part) {
    int n = data->n - first < part ? data->n - first : part;
    isn_cuda_rows_t rows = isn_cuda_all_rows(n);
    float *image =
        isn_cuda_at(layout, data->image, (size_t)first * isn_shape_count(convolution->image));
    isn_cuda_convolution_data_t inside = {
        .n = n,
        .weights = weights,
        .image = block_images,
        .map = isn_cuda_at(layout, data->map, (size_t)first * isn_shape_count(convolution->map)),
        .slope = 1.0F};
    if (convolution->to_map)
      ISN_TRY_CUDA(isn_cuda_to_blocks(cuda->stream, layout, &rows, &blocks, image, block_images));
    ISN_TRY(isn_cuda_form_run(cuda, &inner, &inside, form, rest, done));
    if (*done && !convolution->to_map)
      ISN_TRY_CUDA(isn_cuda_from_blocks(cuda->stream, layout, &rows, &blocks, block_images,
                                        data->bias, data->slope, image));
  }
  return ISN_OK;
}
