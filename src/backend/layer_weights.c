/** @file layer_weights.c
 *  Shapes of layers' weights, and their multiply-accumulates.
 */
#include "backend/layer_shapes.h"

/* What is being filled in; the caller's. */
typedef struct {
  int n;
  int *n_axes;
  int (*dims)[4];
} weights_t;

static void add_vector(weights_t *weights, int n)
{
  weights->n_axes[weights->n] = 1;
  weights->dims[weights->n++][0] = n;
}

static void add_matrix(weights_t *weights, int rows, int columns)
{
  weights->n_axes[weights->n] = 2;
  weights->dims[weights->n][0] = rows;
  weights->dims[weights->n++][1] = columns;
}

static void add_image(weights_t *weights, const isn_shape_t *shape)
{
  int *dims = weights->dims[weights->n];
  weights->n_axes[weights->n++] = 3;
  dims[0] = shape->c;
  dims[1] = shape->h;
  dims[2] = shape->w;
}

static void add_conv(weights_t *weights, const isn_conv_params_t *p, bool transposed, int channels)
{
  int *dims = weights->dims[weights->n];
  weights->n_axes[weights->n++] = 4;
  dims[0] = transposed ? channels : p->n_outputs;
  dims[1] = (transposed ? p->n_outputs : channels) / p->group;
  dims[2] = p->kernel_h;
  dims[3] = p->kernel_w;
  if (p->has_bias)
    add_vector(weights, p->n_outputs);
}

static void add_inner_product(weights_t *weights, const isn_inner_product_params_t *p,
                              const isn_shape_t *bottom)
{
  int n_inputs = 1;
  for (int axis = p->axis; axis <= 3; axis++)
    n_inputs *= isn_shape_axis(*bottom, axis);
  if (p->transposed)
    add_matrix(weights, n_inputs, p->n_outputs);
  else
    add_matrix(weights, p->n_outputs, n_inputs);
  if (p->has_bias)
    add_vector(weights, p->n_outputs);
}

void isn_layer_weight_shapes(const isn_layer_params_t *params, const isn_shape_t *bottoms,
                             int *n_weights, int n_axes[], int dims[][4])
{
  weights_t weights = {0, n_axes, dims};
  int channels = bottoms[0].c;
  switch (params->kind) {
  case ISN_LAYER_CONVOLUTION:
  case ISN_LAYER_DECONVOLUTION:
    add_conv(&weights, &params->conv, params->kind == ISN_LAYER_DECONVOLUTION, channels);
    break;
  case ISN_LAYER_INNER_PRODUCT:
    add_inner_product(&weights, &params->inner_product, &bottoms[0]);
    break;
  case ISN_LAYER_BIAS:
    add_vector(&weights, channels);
    break;
  case ISN_LAYER_PICTURE:
    if (params->picture.per_pixel)
      add_image(&weights, &bottoms[0]);
    else
      add_vector(&weights, channels);
    break;
  case ISN_LAYER_PRELU:
    add_vector(&weights, params->prelu.shared ? 1 : channels);
    break;
  case ISN_LAYER_BATCH_NORM:
    add_vector(&weights, channels);
    add_vector(&weights, channels);
    add_vector(&weights, 1);
    break;
  case ISN_LAYER_SCALE:
    add_vector(&weights, channels);
    if (params->scale.has_bias)
      add_vector(&weights, channels);
    break;
  default: /* the other kinds have no weights */
    break;
  }
  *n_weights = weights.n;
}

double isn_layer_macs(const isn_layer_params_t *params, const isn_shape_t *bottoms)
{
  isn_shape_t top;
  /* Whatever the axis: each number of the input meets each output once. */
  if (params->kind == ISN_LAYER_INNER_PRODUCT)
    return (double)params->inner_product.n_outputs * (double)isn_shape_count(bottoms[0]);
  if (params->kind != ISN_LAYER_CONVOLUTION && params->kind != ISN_LAYER_DECONVOLUTION)
    return 0.0;
  if (isn_layer_shapes(params, "", 1, bottoms, 1, &top) != ISN_OK)
    return 0.0;
  /* Each position of the smaller map (the output of a convolution, the input of its transpose)
   * meets the whole kernel once for every pair of channels of its group. */
  const isn_conv_params_t *p = &params->conv;
  bool transposed = params->kind == ISN_LAYER_DECONVOLUTION;
  double positions = transposed ? (double)bottoms[0].h * bottoms[0].w : (double)top.h * top.w;
  return positions * p->kernel_h * p->kernel_w * bottoms[0].c * (p->n_outputs / p->group);
}
