/** @file convolution_forms.c
 *  See convolution_forms.h.
 */
#include "backend/cuda/convolution_forms.h"

#include "backend/cuda/convolution_blocks.h"
#include "backend/cuda/rows.h"
#include "backend/cuda/watch.h"

enum { ALIGNED_BYTES = 256, ALIGNED_SAMPLES = 16, VECTOR_BYTES = 16, MOST_UNPACKED = 256 };
static const size_t MOST_UNPACKED_BYTES = (size_t)64 << 20;

const char *isn_cuda_form_name(isn_cuda_form_t form)
{
  static const char *const names[ISN_CUDA_N_FORMS] = {
      "unknown", "direct",        "blocks",        "blocks flipped", "split", "dense",
      "flipped", "flipped split", "flipped dense", "unpacked",       "plain"};
  return names[form];
}

size_t isn_cuda_piece_bytes(isn_cuda_layout_t layout, size_t numbers)
{
  size_t bytes = numbers * isn_cuda_number_bytes(layout);
  return (bytes + ALIGNED_BYTES - 1) / ALIGNED_BYTES * ALIGNED_BYTES;
}

int isn_cuda_equal_part(int n, int most)
{
  int parts = (n + most - 1) / most, part = (n + parts - 1) / parts;
  int whole = (part + ALIGNED_SAMPLES - 1) / ALIGNED_SAMPLES * ALIGNED_SAMPLES;
  return whole <= most ? whole : part;
}

static size_t kernel_numbers(const isn_cuda_convolution_t *c)
{
  return (size_t)c->params.kernel_h * (size_t)c->params.kernel_w;
}

static size_t weights_numbers(const isn_cuda_convolution_t *c)
{
  return (size_t)c->map.c * (size_t)(c->image.c / c->params.group) * kernel_numbers(c);
}

static isn_cuda_conv_t geometry_of(const isn_cuda_convolution_t *c)
{
  return (isn_cuda_conv_t){c->params, c->image, c->map};
}

/* Without bias and ReLU, unless the form has them for nothing. */
static isn_status_t run_form(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                             const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                             void *workspace, bool *done);

/* Direct. */

static cudnnStatus_t call_library(isn_cuda_t *cuda, bool to_map, const isn_cuda_choice_t *choice,
                                  const isn_cuda_convolution_data_t *data)
{
  const float one = 1.0F, zero = 0.0F;
  if (to_map)
    return isn_lib.cudnnConvolutionForward(
        cuda->dnn, &one, cuda->image_shape, data->image, cuda->filter_shape, data->weights,
        cuda->convolution, (cudnnConvolutionFwdAlgo_t)choice->algorithm, cuda->workspace,
        cuda->workspace_bytes, &zero, cuda->map_shape, data->map);
  return isn_lib.cudnnConvolutionBackwardData(
      cuda->dnn, &one, cuda->filter_shape, data->weights, cuda->map_shape, data->map,
      cuda->convolution, (cudnnConvolutionBwdDataAlgo_t)choice->algorithm, cuda->workspace,
      cuda->workspace_bytes, &zero, cuda->image_shape, data->image);
}

static isn_status_t run_direct(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                               const isn_cuda_convolution_data_t *data, bool *done)
{
  isn_cuda_choice_t *choice;
  ISN_TRY(isn_cuda_choose(cuda, c, data, &choice));
  *done = !choice->refusal;
  if (!*done)
    return ISN_OK;
  ISN_TRY(isn_cuda_watch_begin(cuda));
  cudnnStatus_t status = call_library(cuda, c->to_map, choice, data);
  if (isn_cuda_is_refusal(status)) { /* it thought it could */
    choice->refusal = isn_lib.cudnnGetErrorString(status);
    *done = false;
    return ISN_OK;
  }
  ISN_TRY_DNN(status);
  return isn_cuda_watch_end(cuda);
}

static isn_status_t run_plain(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                              const isn_cuda_convolution_data_t *data)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(data->n);
  isn_cuda_conv_t conv = geometry_of(c);
  if (c->to_map)
    ISN_TRY_CUDA(isn_cuda_image_to_map(cuda->stream, c->layout, &rows, &conv, data->weights,
                                       data->image, data->map));
  else
    ISN_TRY_CUDA(isn_cuda_map_to_image(cuda->stream, c->layout, &rows, &conv, data->weights,
                                       data->map, data->image));
  return ISN_OK;
}

/* Groups. */

/* Where each group's numbers are aligned for libraries. */
static bool split_fits(const isn_cuda_convolution_t *c)
{
  size_t unit = VECTOR_BYTES / isn_cuda_number_bytes(c->layout);
  int group = c->params.group;
  return group > 1 && (size_t)(c->image.c / group) % unit == 0 &&
         (size_t)(c->map.c / group) % unit == 0;
}

static isn_status_t run_split(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                              const isn_cuda_convolution_data_t *data, bool *done)
{
  int group = c->params.group, channels = c->image.c / group, maps = c->map.c / group;
  isn_cuda_convolution_t part = *c;
  part.params.group = 1;
  part.params.n_outputs = maps;
  part.image.c = channels;
  part.map.c = maps;
  part.image_channels = c->image.c;
  part.map_channels = c->map.c;
  *done = true;
  for (int g = 0; *done && g < group; g++) {
    size_t first = (size_t)g, weights = weights_numbers(c) / (size_t)group;
    isn_cuda_convolution_data_t inside = {
        .n = data->n,
        .weights = isn_cuda_at(c->layout, data->weights, first * weights),
        .image = isn_cuda_at(c->layout, data->image, first * (size_t)channels),
        .map = isn_cuda_at(c->layout, data->map, first * (size_t)maps)};
    ISN_TRY(run_direct(cuda, &part, &inside, done));
  }
  return ISN_OK;
}

static size_t dense_bytes(const isn_cuda_convolution_t *c)
{
  return isn_cuda_piece_bytes(c->layout, weights_numbers(c) * (size_t)c->params.group);
}

static isn_status_t run_dense(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                              const isn_cuda_convolution_data_t *data, void *workspace, bool *done)
{
  isn_cuda_conv_t conv = geometry_of(c);
  isn_cuda_convolution_t dense = *c;
  isn_cuda_convolution_data_t inside = *data;
  dense.params.group = 1;
  inside.weights = workspace;
  ISN_TRY_CUDA(isn_cuda_dense_weights(cuda->stream, c->layout, &conv, data->weights, workspace));
  return run_direct(cuda, &dense, &inside, done);
}

/* Flipped. */

static isn_cuda_convolution_t make_flipped(const isn_cuda_convolution_t *c)
{
  isn_cuda_convolution_t flipped = *c;
  isn_conv_params_t *p = &flipped.params;
  p->n_outputs = c->image.c;
  p->pad_h = p->dilation_h * (p->kernel_h - 1) - p->pad_h;
  p->pad_w = p->dilation_w * (p->kernel_w - 1) - p->pad_w;
  flipped.image = c->map;
  flipped.map = c->image;
  flipped.to_map = true;
  return flipped;
}

static bool flipped_fits(const isn_cuda_convolution_t *c)
{
  isn_cuda_convolution_t flipped = make_flipped(c);
  return !c->to_map && c->params.stride_h == 1 && c->params.stride_w == 1 &&
         flipped.params.pad_h >= 0 && flipped.params.pad_w >= 0;
}

static isn_cuda_form_t after_flipping(isn_cuda_form_t form)
{
  return form == ISN_CUDA_FORM_FLIPPED_SPLIT   ? ISN_CUDA_FORM_SPLIT
         : form == ISN_CUDA_FORM_FLIPPED_DENSE ? ISN_CUDA_FORM_DENSE
                                               : ISN_CUDA_FORM_DIRECT;
}

static isn_status_t run_flipped(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                                const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                                void *workspace, bool *done)
{
  isn_cuda_conv_t conv = geometry_of(c);
  isn_cuda_convolution_t flipped = make_flipped(c);
  isn_cuda_convolution_data_t inside = {
      .n = data->n, .weights = workspace, .image = data->map, .map = data->image};
  void *rest = (char *)workspace + isn_cuda_piece_bytes(c->layout, weights_numbers(c));
  ISN_TRY_CUDA(isn_cuda_flipped_weights(cuda->stream, c->layout, &conv, data->weights, workspace));
  return run_form(cuda, &flipped, &inside, after_flipping(form), rest, done);
}

/* Unpacked. */

static size_t unpacked_bytes(const isn_cuda_convolution_t *c, int samples)
{
  return isn_cuda_piece_bytes(ISN_CUDA_PLAIN, weights_numbers(c)) +
         isn_cuda_piece_bytes(ISN_CUDA_PLAIN, (size_t)samples * isn_shape_count(c->image)) +
         isn_cuda_piece_bytes(ISN_CUDA_PLAIN, (size_t)samples * isn_shape_count(c->map));
}

static int unpacked_samples(const isn_cuda_convolution_t *c)
{
  int samples = MOST_UNPACKED;
  while (samples > 1 && unpacked_bytes(c, samples) > MOST_UNPACKED_BYTES)
    samples /= 2;
  return samples;
}

static isn_status_t run_unpacked(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                                 const isn_cuda_convolution_data_t *data, float *workspace,
                                 bool *done)
{
  int most = unpacked_samples(c), part = isn_cuda_equal_part(data->n, most);
  isn_shape_t kernels = {3, c->image.c / c->params.group, c->params.kernel_h, c->params.kernel_w};
  isn_cuda_convolution_t plain = *c;
  isn_cuda_convolution_data_t inside = {.weights = workspace};
  plain.layout = ISN_CUDA_PLAIN;
  inside.image =
      workspace + isn_cuda_piece_bytes(ISN_CUDA_PLAIN, weights_numbers(c)) / sizeof(float);
  inside.map = inside.image +
               isn_cuda_piece_bytes(ISN_CUDA_PLAIN, (size_t)most * isn_shape_count(c->image)) /
                   sizeof(float);
  isn_shape_t from = c->to_map ? c->image : c->map, to = c->to_map ? c->map : c->image;
  *done = true;
  ISN_TRY_CUDA(
      isn_cuda_unpack(cuda->stream, c->layout, kernels, c->map.c, data->weights, NULL, workspace));
  for (int first = 0; *done && first < data->n; first += inside.n) {
    inside.n = data->n - first < part ? data->n - first : part;
    const float *in = isn_cuda_at(c->layout, c->to_map ? data->image : data->map,
                                  (size_t)first * isn_shape_count(from));
    float *out = isn_cuda_at(c->layout, c->to_map ? data->map : data->image,
                             (size_t)first * isn_shape_count(to));
    ISN_TRY_CUDA(isn_cuda_unpack(cuda->stream, c->layout, from, inside.n, in, NULL,
                                 c->to_map ? inside.image : inside.map));
    ISN_TRY(run_direct(cuda, &plain, &inside, done));
    if (*done)
      ISN_TRY_CUDA(isn_cuda_pack(cuda->stream, c->layout, to, inside.n,
                                 c->to_map ? inside.map : inside.image, NULL, out));
  }
  return ISN_OK;
}

bool isn_cuda_form_fits(const isn_cuda_convolution_t *c, isn_cuda_form_t form)
{
  bool packed = c->layout != ISN_CUDA_PLAIN;
  switch (form) {
  case ISN_CUDA_FORM_DIRECT:
  case ISN_CUDA_FORM_PLAIN:
    return true;
  case ISN_CUDA_FORM_UNPACKED:
    return packed;
  case ISN_CUDA_FORM_BLOCKS:
    return packed && isn_cuda_blocks_fit(c);
  case ISN_CUDA_FORM_BLOCKS_FLIPPED:
    return packed && isn_cuda_blocks_fit(c) && !c->to_map;
  case ISN_CUDA_FORM_SPLIT:
    return packed && split_fits(c);
  case ISN_CUDA_FORM_DENSE:
    return packed && c->params.group > 1;
  case ISN_CUDA_FORM_FLIPPED:
    return packed && flipped_fits(c);
  case ISN_CUDA_FORM_FLIPPED_SPLIT:
    return packed && flipped_fits(c) && split_fits(c);
  case ISN_CUDA_FORM_FLIPPED_DENSE:
    return packed && flipped_fits(c) && c->params.group > 1;
  default:
    return false;
  }
}

size_t isn_cuda_form_bytes(const isn_cuda_convolution_t *c, isn_cuda_form_t form)
{
  size_t flipped = isn_cuda_piece_bytes(c->layout, weights_numbers(c));
  switch (form) {
  case ISN_CUDA_FORM_BLOCKS:
    return isn_cuda_blocks_bytes(c, ISN_CUDA_FORM_DIRECT);
  case ISN_CUDA_FORM_BLOCKS_FLIPPED:
    return isn_cuda_blocks_bytes(c, ISN_CUDA_FORM_FLIPPED);
  case ISN_CUDA_FORM_DENSE:
    return dense_bytes(c);
  case ISN_CUDA_FORM_FLIPPED:
  case ISN_CUDA_FORM_FLIPPED_SPLIT:
    return flipped;
  case ISN_CUDA_FORM_FLIPPED_DENSE:
    return flipped + dense_bytes(c);
  case ISN_CUDA_FORM_UNPACKED:
    return unpacked_bytes(c, unpacked_samples(c));
  default:
    return 0;
  }
}

static bool is_blocks(isn_cuda_form_t form)
{
  return form == ISN_CUDA_FORM_BLOCKS || form == ISN_CUDA_FORM_BLOCKS_FLIPPED;
}

static isn_status_t run_form(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                             const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                             void *workspace, bool *done)
{
  *done = true;
  switch (form) {
  case ISN_CUDA_FORM_BLOCKS:
    return isn_cuda_blocks_run(cuda, c, data, ISN_CUDA_FORM_DIRECT, workspace, done);
  case ISN_CUDA_FORM_BLOCKS_FLIPPED:
    return isn_cuda_blocks_run(cuda, c, data, ISN_CUDA_FORM_FLIPPED, workspace, done);
  case ISN_CUDA_FORM_SPLIT:
    return run_split(cuda, c, data, done);
  case ISN_CUDA_FORM_DENSE:
    return run_dense(cuda, c, data, workspace, done);
  case ISN_CUDA_FORM_FLIPPED:
  case ISN_CUDA_FORM_FLIPPED_SPLIT:
  case ISN_CUDA_FORM_FLIPPED_DENSE:
    return run_flipped(cuda, c, data, form, workspace, done);
  case ISN_CUDA_FORM_UNPACKED:
    return run_unpacked(cuda, c, data, workspace, done);
  case ISN_CUDA_FORM_PLAIN:
    return run_plain(cuda, c, data);
  default:
    return run_direct(cuda, c, data, done);
  }
}

isn_status_t isn_cuda_form_run(isn_cuda_t *cuda, const isn_cuda_convolution_t *c,
                               const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                               void *workspace, bool *done)
{
  isn_shape_t out = c->to_map ? c->map : c->image;
  isn_cuda_rows_t rows = isn_cuda_all_rows(data->n);
  bool asked = data->bias || data->slope != 1.0F;
  ISN_TRY(run_form(cuda, c, data, form, workspace, done));
  if (!*done || !asked || (is_blocks(form) && !c->to_map)) /* which writes the image anyway */
    return ISN_OK;
  ISN_TRY_CUDA(isn_cuda_bias_relu(cuda->stream, c->layout, &rows, isn_cuda_channels_of(out),
                                  data->bias, data->slope, c->to_map ? data->map : data->image));
  return ISN_OK;
}
