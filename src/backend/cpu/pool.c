/** @file pool.c
 *  Pooling on the CPU.  MAX keeps, for each output, the index of its maximum within the channel.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "backend/cpu/cpu.h"

typedef struct {
  int channels, h, w, top_h, top_w;
  int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
} pool_t;

static pool_t make_pool(const isn_layer_call_t *call)
{
  const isn_pool_params_t *p = &call->params->pool;
  isn_shape_t in = call->bottoms[0].shape, out = call->tops[0].shape;
  pool_t pool = {in.c,        in.h,        in.w,        out.h,    out.w,   p->kernel_h,
                 p->kernel_w, p->stride_h, p->stride_w, p->pad_h, p->pad_w};
  if (p->global) {
    pool.kernel_h = in.h;
    pool.kernel_w = in.w;
    pool.stride_h = pool.stride_w = 1;
    pool.pad_h = pool.pad_w = 0;
  }
  return pool;
}

/* A window along one axis: the pixels [begin, end) that it covers, and its length in the padded
 * image, which is what an average divides by. */
typedef struct {
  int begin, end, length;
} span_t;

static span_t window(int position, int stride, int pad, int kernel, int size)
{
  int begin = position * stride - pad;
  int end = begin + kernel < size + pad ? begin + kernel : size + pad;
  return (span_t){begin > 0 ? begin : 0, end < size ? end : size, end - begin};
}

/* MAX goes by rows of outputs, so that every loop runs along a row: first the maximum of the
 * window's rows in each column, then that of the window's columns.  A maximum is kept with its
 * index in the channel; of equal ones the lowest index is the first in row order.  Comparisons ask
 * for "not larger", so that even a window of NaNs gets an index within the image. */
typedef struct {
  int n_outputs,
      n_columns; /* of one row, rounded up to whole vectors; with what windows overhang */
  float *column_max, *best; /* (n_columns), (n_outputs) */
  int32_t *column_at, *at;
} max_row_t;

enum { VECTOR = 8 };

static max_row_t make_max_row(const pool_t *pool, float *workspace)
{
  max_row_t row = {.n_outputs = (pool->top_w + VECTOR - 1) / VECTOR * VECTOR};
  int reach = (row.n_outputs - 1) * pool->stride_w + pool->kernel_w;
  row.n_columns = reach > pool->pad_w + pool->w ? reach : pool->pad_w + pool->w;
  row.column_max = workspace;
  row.best = row.column_max + row.n_columns;
  row.column_at = (int32_t *)(row.best + row.n_outputs);
  row.at = row.column_at + row.n_columns;
  return row;
}

static size_t max_row_floats(const max_row_t *row)
{
  return 2 * ((size_t)row->n_columns + (size_t)row->n_outputs);
}

/* Columns outside the image lose against any pixel. */
static void clear_columns(const max_row_t *row)
{
  for (int j = 0; j < row->n_columns; j++) {
    row->column_max[j] = -INFINITY;
    row->column_at[j] = INT32_MAX;
  }
}

/* Let a row of n pixels compete; the index of the first is given. */
static void compete_row(const float *restrict x, int32_t first, int n, float *restrict max,
                        int32_t *restrict at)
{
  for (int j = 0; j < n; j++) {
    float value = x[j], old = max[j];
    int32_t keep = -(int32_t)(value <= old); /* all bits or none: a choice here stops GCC 12 */
    max[j] = value <= old ? old : value;
    at[j] = (at[j] & keep) | ((first + j) & ~keep);
  }
}

static void column_maxima(const pool_t *pool, const float *x, span_t rows, float *max, int32_t *at)
{
  int w = pool->w;
  memcpy(max, x + rows.begin * w, (size_t)w * sizeof *max);
  for (int j = 0; j < w; j++)
    at[j] = rows.begin * w + j;
  for (int i = rows.begin + 1; i < rows.end; i++)
    compete_row(x + i * w, i * w, w, max, at);
}

/* Let column j of each window compete.  Inlined with a constant stride, so that it vectorises. */
static inline void compete(const float *restrict max, const int32_t *restrict max_at, int n,
                           int stride, float *restrict best, int32_t *restrict at)
{
  for (int ox = 0; ox < n; ox++) {
    float value = max[ox * stride], old = best[ox];
    int32_t value_at = max_at[ox * stride], old_at = at[ox];
    int lower = (value < old) | ((value == old) & (value_at > old_at));
    best[ox] = lower ? old : value;
    at[ox] = lower ? old_at : value_at;
  }
}

static void window_maxima(const pool_t *pool, const max_row_t *row)
{
  for (int ox = 0; ox < row->n_outputs; ox++) {
    row->best[ox] = -INFINITY;
    row->at[ox] = INT32_MAX;
  }
  for (int j = 0; j < pool->kernel_w; j++) {
    const float *max = row->column_max + j;
    const int32_t *at = row->column_at + j;
    if (pool->stride_w == 1)
      compete(max, at, row->n_outputs, 1, row->best, row->at);
    else if (pool->stride_w == 2)
      compete(max, at, row->n_outputs, 2, row->best, row->at);
    else
      compete(max, at, row->n_outputs, pool->stride_w, row->best, row->at);
  }
}

static void max_channel(const pool_t *pool, const max_row_t *row, const float *x, float *y,
                        int32_t *argmax)
{
  size_t n = (size_t)pool->top_w;
  for (int oy = 0; oy < pool->top_h; oy++) {
    span_t rows = window(oy, pool->stride_h, pool->pad_h, pool->kernel_h, pool->h);
    column_maxima(pool, x, rows, row->column_max + pool->pad_w, row->column_at + pool->pad_w);
    window_maxima(pool, row);
    memcpy(y + (size_t)oy * n, row->best, n * sizeof *y);
    if (argmax)
      memcpy(argmax + (size_t)oy * n, row->at, n * sizeof *argmax);
  }
}

static void average_channel(const pool_t *pool, const float *restrict x, float *restrict y)
{
  for (int oy = 0; oy < pool->top_h; oy++) {
    span_t rows = window(oy, pool->stride_h, pool->pad_h, pool->kernel_h, pool->h);
    for (int ox = 0; ox < pool->top_w; ox++) {
      span_t columns = window(ox, pool->stride_w, pool->pad_w, pool->kernel_w, pool->w);
      float sum = 0.0F;
      for (int i = rows.begin; i < rows.end; i++) {
        for (int j = columns.begin; j < columns.end; j++)
          sum += x[i * pool->w + j];
      }
      *y++ = sum / ((float)rows.length * (float)columns.length);
    }
  }
}

static void average_channel_backward(const pool_t *pool, const float *restrict grad_y,
                                     float *restrict grad_x)
{
  for (int oy = 0; oy < pool->top_h; oy++) {
    span_t rows = window(oy, pool->stride_h, pool->pad_h, pool->kernel_h, pool->h);
    for (int ox = 0; ox < pool->top_w; ox++) {
      span_t columns = window(ox, pool->stride_w, pool->pad_w, pool->kernel_w, pool->w);
      float share = *grad_y++ / ((float)rows.length * (float)columns.length);
      for (int i = rows.begin; i < rows.end; i++) {
        for (int j = columns.begin; j < columns.end; j++)
          grad_x[i * pool->w + j] += share;
      }
    }
  }
}

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  if (call->params->pool.mode != ISN_POOL_MAX)
    return;
  pool_t pool = make_pool(call);
  max_row_t row = make_max_row(&pool, NULL);
  needs->workspace_floats = max_row_floats(&row);
  needs->state_bytes_per_sample = isn_shape_count(call->tops[0].shape) * sizeof(int32_t);
}

static int32_t *sample_argmax(const isn_layer_call_t *call, int sample)
{
  return (int32_t *)call->state + (size_t)sample * isn_shape_count(call->tops[0].shape);
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  pool_t pool = make_pool(call);
  size_t n_in = (size_t)pool.h * (size_t)pool.w, n_out = (size_t)pool.top_h * (size_t)pool.top_w;
  max_row_t row = {0};
  if (call->params->pool.mode == ISN_POOL_MAX) {
    row = make_max_row(&pool, call->workspace);
    clear_columns(&row);
  }
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *y = isn_cpu_sample(call->tops[0], s);
    int32_t *argmax = call->state ? sample_argmax(call, s) : NULL;
    for (size_t c = 0; c < (size_t)pool.channels; c++) {
      if (call->params->pool.mode == ISN_POOL_MAX)
        max_channel(&pool, &row, x + c * n_in, y + c * n_out, argmax ? argmax + c * n_out : NULL);
      else
        average_channel(&pool, x + c * n_in, y + c * n_out);
    }
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  pool_t pool = make_pool(call);
  size_t n_in = (size_t)pool.h * (size_t)pool.w, n_out = (size_t)pool.top_h * (size_t)pool.top_w;
  for (int s = 0; s < rows.n; s++) {
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    memset(grad_x, 0, (size_t)pool.channels * n_in * sizeof *grad_x);
    for (size_t c = 0; c < (size_t)pool.channels; c++, grad_x += n_in, grad_y += n_out) {
      if (call->params->pool.mode == ISN_POOL_AVERAGE) {
        average_channel_backward(&pool, grad_y, grad_x);
        continue;
      }
      const int32_t *argmax = sample_argmax(call, rows.index[s]) + c * n_out;
      for (size_t i = 0; i < n_out; i++)
        grad_x[argmax[i]] += grad_y[i];
    }
  }
}

const isn_cpu_kernel_t isn_cpu_pooling = {needs, forward, backward};
