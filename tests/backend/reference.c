/** @file reference.c
 *  See reference.h.
 */
#include "backend/reference.h"

#include <math.h>
#include <string.h>

/* Where (c, y, x) lies. */
static size_t at(isn_shape_t s, int c, int y, int x)
{
  return ((size_t)c * (size_t)s.h + (size_t)y) * (size_t)s.w + (size_t)x;
}

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
                sum += (double)w[at(kernel, c, i, j)] * x[at(in, group * kernel.c + c, iy, ix)];
            }
        y[at(out, o, oy, ox)] = sum;
      }
}

static void deconvolution(const isn_conv_params_t *p, isn_shape_t in, isn_shape_t out,
                          float *const weights[], const double *x, double *y)
{
  isn_shape_t kernel = {3, out.c / p->group, p->kernel_h, p->kernel_w};
  for (int o = 0; o < out.c; o++)
    for (int i = 0; i < out.h * out.w; i++)
      y[at(out, o, 0, 0) + (size_t)i] = p->has_bias ? (double)weights[1][o] : 0.0;
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
                y[at(out, group * kernel.c + o, oy, ox)] +=
                    (double)w[at(kernel, o, i, j)] * x[at(in, c, iy, ix)];
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
            max = fmax(max, x[at(in, c, iy, ix)]);
            sum += x[at(in, c, iy, ix)];
          }
        y[at(out, c, oy, ox)] = p.mode == ISN_POOL_MAX ? max : sum / count;
      }
}

static void lrn(const isn_lrn_params_t *p, isn_shape_t in, const double *x, double *y)
{
  for (int c = 0; c < in.c; c++)
    for (int i = 0; i < in.h * in.w; i++) {
      double sum = 0.0;
      for (int j = c - (p->size - 1) / 2; j <= c + (p->size - 1) / 2; j++)
        if (j >= 0 && j < in.c)
          sum += pow(x[at(in, j, 0, 0) + (size_t)i], 2.0);
      size_t here = at(in, c, 0, 0) + (size_t)i;
      y[here] = x[here] / pow(p->k + p->alpha / p->size * sum, p->beta);
    }
}

static void inner_product(const isn_inner_product_params_t *p, size_t n_in, float *const weights[],
                          const double *x, double *y)
{
  for (int o = 0; o < p->n_outputs; o++) {
    y[o] = p->has_bias ? (double)weights[1][o] : 0.0;
    for (size_t i = 0; i < n_in; i++)
      y[o] += (double)weights[0][(size_t)o * n_in + i] * x[i];
  }
}

static void softmax(isn_shape_t in, const double *x, double *y)
{
  for (int i = 0; i < in.h * in.w; i++) {
    double sum = 0.0;
    for (int c = 0; c < in.c; c++)
      sum += exp(x[at(in, c, 0, 0) + (size_t)i]);
    for (int c = 0; c < in.c; c++)
      y[at(in, c, 0, 0) + (size_t)i] = exp(x[at(in, c, 0, 0) + (size_t)i]) / sum;
  }
}

static void crop(const isn_crop_params_t *p, isn_shape_t in, isn_shape_t out, const double *x,
                 double *y)
{
  for (int c = 0; c < out.c; c++)
    for (int oy = 0; oy < out.h; oy++)
      for (int ox = 0; ox < out.w; ox++)
        y[at(out, c, oy, ox)] = x[at(in, c, oy + p->offset_h, ox + p->offset_w)];
}

static double picture(double x, double mean, bool round_levels)
{
  double grey = fmin(fmax(x + mean, 0.0), 255.0);
  return (round_levels ? nearbyint(grey) : grey) - mean;
}

static void elementwise(const isn_layer_params_t *params, isn_shape_t in, float *const weights[],
                        const double *x, double *y)
{
  for (size_t i = 0; i < isn_shape_count(in); i++) {
    double weight = weights[0] ? (double)weights[0][i / ((size_t)in.h * (size_t)in.w)] : 0.0;
    if (params->kind == ISN_LAYER_RELU)
      y[i] = x[i] > 0.0 ? x[i] : (double)params->relu.negative_slope * x[i];
    else if (params->kind == ISN_LAYER_BIAS)
      y[i] = x[i] + weight;
    else
      y[i] = picture(x[i], weight, params->picture.round);
  }
}

void reference_forward(const isn_layer_params_t *params, isn_shape_t in, isn_shape_t out,
                       float *const weights[], const double *x, double *y)
{
  switch (params->kind) {
  case ISN_LAYER_CONVOLUTION:
    convolution(&params->conv, in, out, weights, x, y);
    break;
  case ISN_LAYER_DECONVOLUTION:
    deconvolution(&params->conv, in, out, weights, x, y);
    break;
  case ISN_LAYER_POOLING:
    pooling(params->pool, in, out, x, y);
    break;
  case ISN_LAYER_LRN:
    lrn(&params->lrn, in, x, y);
    break;
  case ISN_LAYER_INNER_PRODUCT:
    inner_product(&params->inner_product, isn_shape_count(in), weights, x, y);
    break;
  case ISN_LAYER_SOFTMAX:
    softmax(in, x, y);
    break;
  case ISN_LAYER_CROP:
    crop(&params->crop, in, out, x, y);
    break;
  case ISN_LAYER_RESHAPE:
    memcpy(y, x, isn_shape_count(in) * sizeof *x);
    break;
  default:
    elementwise(params, in, weights, x, y);
    break;
  }
}
