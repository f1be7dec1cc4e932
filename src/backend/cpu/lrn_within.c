/** @file lrn_within.c
 *  LRN within a channel on the CPU.  With s_i = 1 + alpha/size^2 * sum of x^2 over the window at i:
 *      y_i      = x_i s_i^-beta
 *      grad_x_i = grad_y_i s_i^-beta - (2 alpha beta / size^2) x_i * sum over the window of r_j,
 *      r_j      = grad_y_j x_j s_j^-beta / s_j
 *  Windows are cut off at the edges, which is what padding with zeros comes to.
 */
#include <string.h>

#include "backend/cpu/lrn.h"

typedef struct {
  int h, w, half;
  float scale; /* alpha / size^2 */
  float beta;
  /* Of one channel: (h, w) each, then (w) each. */
  float *squares, *ratios, *firsts;
  float *columns, *sums, *powers;
} within_t;

static size_t workspace_floats(isn_shape_t shape)
{
  return 3 * ((size_t)shape.h + 1) * (size_t)shape.w;
}

static within_t make_within(const isn_layer_call_t *call)
{
  const isn_lrn_params_t *p = &call->params->lrn;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  within_t lrn = {.h = shape.h,
                  .w = shape.w,
                  .half = p->size / 2,
                  .scale = (float)(p->alpha / ((double)p->size * p->size)),
                  .beta = (float)p->beta,
                  .squares = call->workspace};
  lrn.ratios = lrn.squares + plane;
  lrn.firsts = lrn.ratios + plane;
  lrn.columns = lrn.firsts + plane;
  lrn.sums = lrn.columns + shape.w;
  lrn.powers = lrn.sums + shape.w;
  return lrn;
}

static int window_begin(const within_t *lrn, int i)
{
  return i - lrn->half > 0 ? i - lrn->half : 0;
}

static int window_end(const within_t *lrn, int i, int n)
{
  return n - i > lrn->half + 1 ? i + lrn->half + 1 : n;
}

/* lrn->sums := sums of the plane x over the windows of row y: down the columns, then along. */
static void sum_windows(const within_t *lrn, const float *x, int y)
{
  float *columns = lrn->columns;
  memset(columns, 0, (size_t)lrn->w * sizeof *columns);
  for (int i = window_begin(lrn, y); i < window_end(lrn, y, lrn->h); i++) {
    const float *row = x + (size_t)i * (size_t)lrn->w;
    for (int j = 0; j < lrn->w; j++)
      columns[j] += row[j];
  }
  for (int j = 0; j < lrn->w; j++) {
    float sum = 0.0F;
    for (int k = window_begin(lrn, j); k < window_end(lrn, j, lrn->w); k++)
      sum += columns[k];
    lrn->sums[j] = sum;
  }
}

static void square_plane(const within_t *lrn, const float *x)
{
  size_t n = (size_t)lrn->h * (size_t)lrn->w;
  for (size_t i = 0; i < n; i++)
    lrn->squares[i] = x[i] * x[i];
}

/* lrn->sums := s, lrn->powers := s^-beta of row y. */
static void scale_row(const within_t *lrn, int y)
{
  sum_windows(lrn, lrn->squares, y);
  for (int j = 0; j < lrn->w; j++)
    lrn->sums[j] = 1.0F + lrn->scale * lrn->sums[j];
  isn_lrn_inverse_power(lrn->beta, lrn->sums, lrn->w, lrn->powers);
}

static void forward_channel(const within_t *lrn, const float *x, float *y)
{
  square_plane(lrn, x);
  for (int i = 0; i < lrn->h; i++) {
    scale_row(lrn, i);
    for (int j = 0; j < lrn->w; j++, x++, y++)
      *y = *x * lrn->powers[j];
  }
}

/* grad_x may be grad_y. */
static void backward_channel(const within_t *lrn, const float *x, const float *grad_y,
                             float *grad_x)
{
  float factor = 2.0F * lrn->scale * lrn->beta;
  square_plane(lrn, x);
  for (int i = 0; i < lrn->h; i++) {
    size_t row = (size_t)i * (size_t)lrn->w;
    scale_row(lrn, i);
    for (int j = 0; j < lrn->w; j++) {
      float first = grad_y[row + (size_t)j] * lrn->powers[j];
      lrn->firsts[row + (size_t)j] = first;
      lrn->ratios[row + (size_t)j] = first * x[row + (size_t)j] / lrn->sums[j];
    }
  }
  for (int i = 0; i < lrn->h; i++) {
    size_t row = (size_t)i * (size_t)lrn->w;
    sum_windows(lrn, lrn->ratios, i);
    for (int j = 0; j < lrn->w; j++)
      grad_x[row + (size_t)j] =
          lrn->firsts[row + (size_t)j] - factor * x[row + (size_t)j] * lrn->sums[j];
  }
}

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  needs->backward_bottoms = true;
  needs->in_place_backward = true;
  needs->workspace_floats = workspace_floats(call->bottoms[0].shape);
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  within_t lrn = make_within(call);
  size_t plane = (size_t)lrn.h * (size_t)lrn.w;
  for (int s = 0; s < n; s++) {
    for (size_t c = 0; c < (size_t)call->bottoms[0].shape.c; c++)
      forward_channel(&lrn, isn_cpu_sample(call->bottoms[0], s) + c * plane,
                      isn_cpu_sample(call->tops[0], s) + c * plane);
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  within_t lrn = make_within(call);
  size_t plane = (size_t)lrn.h * (size_t)lrn.w;
  for (int s = 0; s < rows.n; s++) {
    for (size_t c = 0; c < (size_t)call->bottoms[0].shape.c; c++)
      backward_channel(&lrn, isn_cpu_sample(call->bottoms[0], rows.index[s]) + c * plane,
                       isn_cpu_sample(call->grad_tops[0], rows.index[s]) + c * plane,
                       isn_cpu_sample(call->grad_bottoms[0], rows.index[s]) + c * plane);
  }
}

const isn_cpu_kernel_t isn_lrn_within_channel = {needs, forward, backward};
