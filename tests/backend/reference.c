/** @file reference.c
 *  See reference.h.
 */
#include "backend/reference.h"

#include <math.h>
#include <string.h>

static bool inside(isn_shape_t s, int y, int x)
{
  return y >= 0 && y < s.h && x >= 0 && x < s.w;
}

static void convolution(const isn_conv_params_t *p, isn_shape_t in, isn_shape_t out,
                        float *const weights[], const double *x, double *y)
{
  isn_shape_t kernel = {3, in.c / p->group, p->kernel_h, p->kernel_w};
  for (int o = 0; o < out.c; o++)
    for (int oy = 0; oy < out.h; oy++)
      for (int ox = 0; ox < out.w; ox++) {
        double sum = p->has_bias ? (double)weights[1][o] : 0.0;
        for (int c = 0; c < kernel.c; c++)
          for (int i = 0; i < kernel.h; i++)
            for (int j = 0; j < kernel.w; j++) {
              int group = o / (out.c / p->group);
              int iy = oy * p->stride_h - p->pad_h + i * p->dilation_h;
              int ix = ox * p->stride_w - p->pad_w + j * p->dilation_w;
              const float *w = weights[0] + (size_t)o * isn_shape_count(kernel);
              if (inside(in, iy, ix))
                sum += (double)w[reference_at(kernel, c, i, j)] *
                       x[reference_at(in, group * kernel.c + c, iy, ix)];
            }
        y[reference_at(out, o, oy, ox)] = sum;
      }
}

static void deconvolution(const isn_conv_params_t *p, isn_shape_t in, isn_shape_t out,
                          float *const weights[], const double *x, double *y)
{
  isn_shape_t kernel = {3, out.c / p->group, p->kernel_h, p->kernel_w};
  for (int o = 0; o < out.c; o++)
    for (int i = 0; i < out.h * out.w; i++)
      y[reference_at(out, o, 0, 0) + (size_t)i] = p->has_bias ? (double)weights[1][o] : 0.0;
  for (int c = 0; c < in.c; c++)
    for (int iy = 0; iy < in.h; iy++)
      for (int ix = 0; ix < in.w; ix++)
        for (int o = 0; o < kernel.c; o++)
          for (int i = 0; i < kernel.h; i++)
            for (int j = 0; j < kernel.w; j++) {
              int group = c / (in.c / p->group);
              int oy = iy * p->stride_h - p->pad_h + i * p->dilation_h;
              int ox = ix * p->stride_w - p->pad_w + j * p->dilation_w;
              const float *w = weights[0] + (size_t)c * isn_shape_count(kernel);
              if (inside(out, oy, ox))
                y[reference_at(out, group * kernel.c + o, oy, ox)] +=
                    (double)w[reference_at(kernel, o, i, j)] * x[reference_at(in, c, iy, ix)];
            }
}

static void pooling(isn_pool_params_t p, isn_shape_t in, isn_shape_t out, const double *x,
                    double *y)
{
  if (p.global)
    p = (isn_pool_params_t){p.mode, in.h, in.w, 1, 1, 0, 0, true};
  for (int c = 0; c < out.c; c++)
    for (int oy = 0; oy < out.h; oy++)
      for (int ox = 0; ox < out.w; ox++) {
        double max = -INFINITY, sum = 0.0;
        int count = 0; /* of the padded image's pixels in the window */
        for (int i = 0; i < p.kernel_h; i++)
          for (int j = 0; j < p.kernel_w; j++) {
            int iy = oy * p.stride_h - p.pad_h + i, ix = ox * p.stride_w - p.pad_w + j;
            if (iy < in.h + p.pad_h && ix < in.w + p.pad_w)
              count++;
            if (!inside(in, iy, ix))
              continue;
            max = fmax(max, x[reference_at(in, c, iy, ix)]);
            sum += x[reference_at(in, c, iy, ix)];
          }
        y[reference_at(out, c, oy, ox)] = p.mode == ISN_POOL_MAX ? max : sum / count;
      }
}

static void lrn_across(const isn_lrn_params_t *p, isn_shape_t in, const double *x, double *y)
{
  for (int c = 0; c < in.c; c++)
    for (int i = 0; i < in.h * in.w; i++) {
      double sum = 0.0;
      for (int j = c - (p->size - 1) / 2; j <= c + (p->size - 1) / 2; j++)
        if (j >= 0 && j < in.c)
          sum += pow(x[reference_at(in, j, 0, 0) + (size_t)i], 2.0);
      size_t here = reference_at(in, c, 0, 0) + (size_t)i;
      y[here] = x[here] / pow(p->k + p->alpha / p->size * sum, p->beta);
    }
}

static void lrn_within(const isn_lrn_params_t *p, isn_shape_t in, const double *x, double *y)
{
  int half = (p->size - 1) / 2;
  for (int c = 0; c < in.c; c++)
    for (int oy = 0; oy < in.h; oy++)
      for (int ox = 0; ox < in.w; ox++) {
        double sum = 0.0;
        for (int iy = oy - half; iy <= oy + half; iy++)
          for (int ix = ox - half; ix <= ox + half; ix++)
            if (inside(in, iy, ix))
              sum += pow(x[reference_at(in, c, iy, ix)], 2.0);
        size_t here = reference_at(in, c, oy, ox);
        y[here] = x[here] * pow(1.0 + p->alpha / (p->size * p->size) * sum, -p->beta);
      }
}

/* Each row of n_in numbers by itself. */
static void inner_product(const isn_inner_product_params_t *p, isn_shape_t in,
                          float *const weights[], const double *x, double *y)
{
  size_t n_rows = p->axis == 1 ? 1 : p->axis == 2 ? (size_t)in.c : (size_t)in.c * (size_t)in.h;
  size_t n_in = isn_shape_count(in) / n_rows, n_out = (size_t)p->n_outputs;
  for (size_t r = 0; r < n_rows; r++)
    for (size_t o = 0; o < n_out; o++) {
      double sum = p->has_bias ? (double)weights[1][o] : 0.0;
      for (size_t i = 0; i < n_in; i++)
        sum += (double)weights[0][p->transposed ? i * n_out + o : o * n_in + i] * x[r * n_in + i];
      y[r * n_out + o] = sum;
    }
}

/* The sum runs over one axis; the other two coordinates stay. */
static void softmax(int axis, isn_shape_t in, const double *x, double *y)
{
  for (int c = 0; c < in.c; c++)
    for (int h = 0; h < in.h; h++)
      for (int w = 0; w < in.w; w++) {
        double sum = 0.0;
        for (int i = 0; i < isn_shape_axis(in, axis); i++)
          sum += exp(x[reference_at(in, axis == 1 ? i : c, axis == 2 ? i : h, axis == 3 ? i : w)]);
        y[reference_at(in, c, h, w)] = exp(x[reference_at(in, c, h, w)]) / sum;
      }
}

static void crop(const isn_crop_params_t *p, isn_shape_t in, isn_shape_t out, const double *x,
                 double *y)
{
  for (int c = 0; c < out.c; c++)
    for (int oy = 0; oy < out.h; oy++)
      for (int ox = 0; ox < out.w; ox++)
        y[reference_at(out, c, oy, ox)] =
            x[reference_at(in, c, oy + p->offset_h, ox + p->offset_w)];
}

void reference_forward(const reference_t *r)
{
  const isn_layer_params_t *params = r->params;
  isn_shape_t in = r->in[0], out = r->out[0];
  double *x = r->x[0], *y = r->y[0];
  switch (params->kind) {
  case ISN_LAYER_CONVOLUTION:
    convolution(&params->conv, in, out, r->weights, x, y);
    break;
  case ISN_LAYER_DECONVOLUTION:
    deconvolution(&params->conv, in, out, r->weights, x, y);
    break;
  case ISN_LAYER_POOLING:
    pooling(params->pool, in, out, x, y);
    break;
  case ISN_LAYER_LRN:
    (params->lrn.within_channel ? lrn_within : lrn_across)(&params->lrn, in, x, y);
    break;
  case ISN_LAYER_INNER_PRODUCT:
    inner_product(&params->inner_product, in, r->weights, x, y);
    break;
  case ISN_LAYER_SOFTMAX:
    softmax(params->softmax.axis, in, x, y);
    break;
  case ISN_LAYER_CROP:
    crop(&params->crop, in, out, x, y);
    break;
  case ISN_LAYER_RESHAPE:
    memcpy(y, x, isn_shape_count(in) * sizeof *x);
    break;
  case ISN_LAYER_ELTWISE:
  case ISN_LAYER_CONCAT:
  case ISN_LAYER_SLICE:
    reference_joints(r);
    break;
  default:
    reference_values(r);
    break;
  }
}
