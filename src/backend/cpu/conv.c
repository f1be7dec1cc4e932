/** @file conv.c
 *  Convolution and Deconvolution on the CPU, sample by sample: the shape of every matrix product is
 *  then fixed, and a sample's bits cannot depend on its batch.
 *
 *  Both kinds have an image, over which the kernel slides, and a map, which has its positions; each
 *  is the other's gradient:
 *      image to map:  map_g = W_g columns(image_g) + b    Convolution forward, Deconvolution
 * backward map to image:  columns(image_g) = W_g^T map_g      Deconvolution forward, Convolution
 * backward for each group g, with W_g (map channels, image channels * kernel_h * kernel_w).
 */
#include "backend/cpu/cpu.h"
#include "backend/cpu/gemm.h"
#include "backend/cpu/windows.h"

typedef struct {
  isn_windows_t win;
  int group;
  int map_channels;      /* of one group */
  int rows, positions;   /* of the columns */
  size_t image_floats;   /* of one group */
  size_t weights_floats; /* of one group */
} conv_t;

static conv_t make_conv(const isn_conv_params_t *p, isn_shape_t image, isn_shape_t map)
{
  conv_t conv = {.group = p->group, .map_channels = map.c / p->group};
  conv.win = isn_windows_make(p, image.c / p->group, image, map);
  conv.rows = conv.win.channels * p->kernel_h * p->kernel_w;
  conv.positions = map.h * map.w;
  conv.image_floats = isn_shape_count(image) / (size_t)p->group;
  conv.weights_floats = (size_t)conv.map_channels * (size_t)conv.rows;
  return conv;
}

static conv_t convolution(const isn_layer_call_t *call)
{
  return make_conv(&call->params->conv, call->bottoms[0].shape, call->tops[0].shape);
}

static conv_t deconvolution(const isn_layer_call_t *call)
{
  return make_conv(&call->params->conv, call->tops[0].shape, call->bottoms[0].shape);
}

static size_t workspace_floats(const conv_t *conv)
{
  if (conv->win.same)
    return 0;
  return isn_windows_column_floats(&conv->win) + isn_windows_plane_floats(&conv->win);
}

/* Each row of x (channels, n) := its channel's bias. */
static void fill_bias(float *x, const float *bias, int channels, int n)
{
  for (int c = 0; c < channels; c++) {
    for (int i = 0; i < n; i++)
      x[i] = bias[c];
    x += n;
  }
}

/* One sample.  The product is added to the bias. */
static void image_to_map(const conv_t *conv, const float *weights, const float *bias,
                         const float *image, float *map, float *workspace)
{
  for (int g = 0; g < conv->group; g++) {
    const float *columns = image;
    if (!conv->win.same) {
      float *made = workspace;
      isn_windows_gather(&conv->win, image, made + isn_windows_column_floats(&conv->win), made);
      columns = made;
    }
    if (bias)
      fill_bias(map, bias + g * conv->map_channels, conv->map_channels, conv->positions);
    isn_gemm(false, false, conv->map_channels, conv->positions, conv->rows, weights, columns,
             bias ? 1.0F : 0.0F, map);
    image += conv->image_floats;
    map += (size_t)conv->map_channels * (size_t)conv->positions;
    weights += conv->weights_floats;
  }
}

/* One sample.  What the windows hold is added to the bias. */
static void map_to_image(const conv_t *conv, const float *weights, const float *bias,
                         const float *map, float *image, float *workspace)
{
  for (int g = 0; g < conv->group; g++) {
    const float *group_bias = bias ? bias + g * conv->win.channels : NULL;
    float *columns = conv->win.same ? image : workspace;
    bool add = conv->win.same && bias;
    if (add)
      fill_bias(image, group_bias, conv->win.channels, conv->positions);
    isn_gemm(true, false, conv->rows, conv->positions, conv->map_channels, weights, map,
             add ? 1.0F : 0.0F, columns);
    if (!conv->win.same)
      isn_windows_scatter(&conv->win, columns, group_bias,
                          workspace + isn_windows_column_floats(&conv->win), image);
    image += conv->image_floats;
    map += (size_t)conv->map_channels * (size_t)conv->positions;
    weights += conv->weights_floats;
  }
}

static const float *bias_of(const isn_layer_call_t *call)
{
  return call->params->conv.has_bias ? call->weights[1] : NULL;
}

static void convolution_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                              isn_layer_needs_t *needs)
{
  (void)cpu;
  conv_t conv = convolution(call);
  needs->workspace_floats = workspace_floats(&conv);
}

static void convolution_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  conv_t conv = convolution(call);
  for (int i = 0; i < n; i++)
    image_to_map(&conv, call->weights[0], bias_of(call), isn_cpu_sample(call->bottoms[0], i),
                 isn_cpu_sample(call->tops[0], i), call->workspace);
}

static void convolution_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                                 isn_rows_t rows)
{
  (void)cpu;
  conv_t conv = convolution(call);
  for (int i = 0; i < rows.n; i++)
    map_to_image(&conv, call->weights[0], NULL, isn_cpu_sample(call->grad_tops[0], rows.index[i]),
                 isn_cpu_sample(call->grad_bottoms[0], rows.index[i]), call->workspace);
}

static void deconvolution_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                                isn_layer_needs_t *needs)
{
  (void)cpu;
  conv_t conv = deconvolution(call);
  needs->workspace_floats = workspace_floats(&conv);
}

static void deconvolution_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  conv_t conv = deconvolution(call);
  for (int i = 0; i < n; i++)
    map_to_image(&conv, call->weights[0], bias_of(call), isn_cpu_sample(call->bottoms[0], i),
                 isn_cpu_sample(call->tops[0], i), call->workspace);
}

static void deconvolution_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                                   isn_rows_t rows)
{
  (void)cpu;
  conv_t conv = deconvolution(call);
  for (int i = 0; i < rows.n; i++)
    image_to_map(&conv, call->weights[0], NULL, isn_cpu_sample(call->grad_tops[0], rows.index[i]),
                 isn_cpu_sample(call->grad_bottoms[0], rows.index[i]), call->workspace);
}

const isn_cpu_kernel_t isn_cpu_convolution = {convolution_needs, convolution_forward,
                                              convolution_backward};
const isn_cpu_kernel_t isn_cpu_deconvolution = {deconvolution_needs, deconvolution_forward,
                                                deconvolution_backward};
