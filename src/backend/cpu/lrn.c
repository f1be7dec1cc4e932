/** @file lrn.c
 *  LRN on the CPU, across channels (within one: lrn_within.c).  With s_c = k + alpha/size * sum
 * over the window of x^2: y_c      = x_c s_c^-beta grad_x_c = grad_y_c s_c^-beta - (2 alpha beta /
 * size) x_c * sum over the window of r_j, r_j      = grad_y_j x_j s_j^-beta / s_j Positions go in
 * blocks of a length that stays in the cache.  Each window is summed anew: a running sum would
 * carry its rounding from channel to channel.
 */
#include <math.h>

#include "backend/cpu/lrn.h"

enum { BLOCK = 64 };

typedef struct {
  int channels, half;
  size_t positions; /* from one channel to the next */
  float scale;      /* alpha / size */
  float k, beta;
} lrn_t;

static lrn_t make_lrn(const isn_layer_call_t *call)
{
  const isn_lrn_params_t *p = &call->params->lrn;
  isn_shape_t shape = call->bottoms[0].shape;
  return (lrn_t){.channels = shape.c,
                 .half = p->size / 2,
                 .positions = (size_t)shape.h * (size_t)shape.w,
                 .scale = (float)(p->alpha / p->size),
                 .k = (float)p->k,
                 .beta = (float)p->beta};
}

static int window_begin(const lrn_t *lrn, int c)
{
  return c - lrn->half > 0 ? c - lrn->half : 0;
}

static int window_end(const lrn_t *lrn, int c)
{
  return c + lrn->half < lrn->channels - 1 ? c + lrn->half + 1 : lrn->channels;
}

/* s_c at n positions; x points at the first of them in channel 0. */
static void window_scale(const lrn_t *lrn, const float *restrict x, int c, int n, float *restrict s)
{
  for (int i = 0; i < n; i++)
    s[i] = 0.0F;
  for (int j = window_begin(lrn, c); j < window_end(lrn, c); j++) {
    const float *restrict row = x + (size_t)j * lrn->positions;
    for (int i = 0; i < n; i++)
      s[i] += row[i] * row[i];
  }
  for (int i = 0; i < n; i++)
    s[i] = lrn->k + lrn->scale * s[i];
}

/* powf takes most of the time of the layer, and CaffeNet's 3/4 does without. */
void isn_lrn_inverse_power(float beta, const float *restrict s, int n, float *restrict p)
{
  if (beta == 0.75F) {
    for (int i = 0; i < n; i++) {
      float root = sqrtf(s[i]);
      p[i] = 1.0F / (root * sqrtf(root));
    }
  } else {
    for (int i = 0; i < n; i++)
      p[i] = powf(s[i], -beta);
  }
}

static void forward_block(const lrn_t *lrn, const float *x, int n, float *y)
{
  float s[BLOCK], p[BLOCK];
  for (int c = 0; c < lrn->channels; c++) {
    const float *restrict row = x + (size_t)c * lrn->positions;
    float *restrict out = y + (size_t)c * lrn->positions;
    window_scale(lrn, x, c, n, s);
    isn_lrn_inverse_power(lrn->beta, s, n, p);
    for (int i = 0; i < n; i++)
      out[i] = row[i] * p[i];
  }
}

/* workspace: first terms (C, BLOCK), then r (C, BLOCK).  grad_x may be grad_y. */
static void backward_block(const lrn_t *lrn, const float *x, const float *grad_y, int n,
                           float *grad_x, float *workspace)
{
  float s[BLOCK], p[BLOCK];
  float *first = workspace, *ratio = workspace + (size_t)lrn->channels * BLOCK;
  float factor = 2.0F * lrn->scale * lrn->beta;
  for (int c = 0; c < lrn->channels; c++) {
    const float *restrict x_row = x + (size_t)c * lrn->positions;
    const float *restrict g_row = grad_y + (size_t)c * lrn->positions;
    float *restrict f = first + (size_t)c * BLOCK;
    float *restrict r = ratio + (size_t)c * BLOCK;
    window_scale(lrn, x, c, n, s);
    isn_lrn_inverse_power(lrn->beta, s, n, p);
    for (int i = 0; i < n; i++) {
      f[i] = g_row[i] * p[i];
      r[i] = f[i] * x_row[i] / s[i];
    }
  }
  for (int c = 0; c < lrn->channels; c++) {
    const float *restrict x_row = x + (size_t)c * lrn->positions;
    const float *restrict f = first + (size_t)c * BLOCK;
    float *restrict out = grad_x + (size_t)c * lrn->positions;
    for (int i = 0; i < n; i++)
      s[i] = 0.0F;
    for (int j = window_begin(lrn, c); j < window_end(lrn, c); j++) {
      const float *restrict r = ratio + (size_t)j * BLOCK;
      for (int i = 0; i < n; i++)
        s[i] += r[i];
    }
    for (int i = 0; i < n; i++)
      out[i] = f[i] - factor * x_row[i] * s[i];
  }
}

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  if (call->params->lrn.within_channel) {
    isn_lrn_within_channel.needs(cpu, call, needs);
    return;
  }
  needs->backward_bottoms = true;
  needs->in_place_backward = true;
  needs->workspace_floats = 2 * BLOCK * (size_t)call->bottoms[0].shape.c;
}

static int block_length(const lrn_t *lrn, size_t begin)
{
  return lrn->positions - begin < BLOCK ? (int)(lrn->positions - begin) : BLOCK;
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  if (call->params->lrn.within_channel) {
    isn_lrn_within_channel.forward(cpu, call, n);
    return;
  }
  lrn_t lrn = make_lrn(call);
  for (int i = 0; i < n; i++) {
    const float *x = isn_cpu_sample(call->bottoms[0], i);
    float *y = isn_cpu_sample(call->tops[0], i);
    for (size_t begin = 0; begin < lrn.positions; begin += BLOCK)
      forward_block(&lrn, x + begin, block_length(&lrn, begin), y + begin);
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  if (call->params->lrn.within_channel) {
    isn_lrn_within_channel.backward(cpu, call, rows);
    return;
  }
  lrn_t lrn = make_lrn(call);
  for (int i = 0; i < rows.n; i++) {
    const float *x = isn_cpu_sample(call->bottoms[0], rows.index[i]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[i]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[i]);
    for (size_t begin = 0; begin < lrn.positions; begin += BLOCK)
      backward_block(&lrn, x + begin, grad_y + begin, block_length(&lrn, begin), grad_x + begin,
                     call->workspace);
  }
}

const isn_cpu_kernel_t isn_cpu_lrn = {needs, forward, backward};
