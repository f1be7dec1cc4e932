/** @file inner_product.c
 *  InnerProduct on the CPU:  y = W x + b,  grad_x = W^T grad_y,  in tiles of rows (see tile.h).
 *  A tile that is not full, or whose rows do not follow each other, goes through the workspace;
 *  rows that are missing there are zero.
 */
#include <string.h>

#include "backend/cpu/cpu.h"
#include "backend/cpu/tile.h"

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  size_t n_inputs = isn_shape_count(call->bottoms[0].shape);
  size_t n_outputs = (size_t)call->params->inner_product.n_outputs;
  needs->workspace_floats = (size_t)cpu->tile * (n_inputs + n_outputs);
}

/* One product of the whole batch: rows of `from` (k floats each) to rows of `to` (n floats). */
typedef struct {
  int tile;
  bool transpose; /* W is stored as (n, k) */
  int n, k;
  const float *w, *bias; /* bias (n) or NULL */
  const float *from;
  float *to, *workspace;
} product_t;

static void multiply_tile(const product_t *p, const float *x, float *y)
{
  size_t n = (size_t)p->n;
  if (p->bias) {
    for (int i = 0; i < p->tile; i++)
      memcpy(y + (size_t)i * n, p->bias, n * sizeof *y);
  } else {
    memset(y, 0, (size_t)p->tile * n * sizeof *y);
  }
  isn_tile_multiply(p->tile, p->transpose, p->n, p->k, x, p->w, y);
}

/* The rows index[0 .. n_rows-1], at most a tile of them. */
static void multiply_rows(const product_t *p, int n_rows, const int *index)
{
  size_t n = (size_t)p->n, k = (size_t)p->k;
  if (n_rows == p->tile && index[n_rows - 1] - index[0] == n_rows - 1) {
    multiply_tile(p, p->from + (size_t)index[0] * k, p->to + (size_t)index[0] * n);
    return;
  }
  float *x = p->workspace, *y = p->workspace + (size_t)p->tile * k;
  for (int i = 0; i < n_rows; i++)
    memcpy(x + (size_t)i * k, p->from + (size_t)index[i] * k, k * sizeof *x);
  memset(x + (size_t)n_rows * k, 0, (size_t)(p->tile - n_rows) * k * sizeof *x);
  multiply_tile(p, x, y);
  for (int i = 0; i < n_rows; i++)
    memcpy(p->to + (size_t)index[i] * n, y + (size_t)i * n, n * sizeof *y);
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  const product_t product = {.tile = cpu->tile,
                             .transpose = true,
                             .n = call->params->inner_product.n_outputs,
                             .k = (int)isn_shape_count(call->bottoms[0].shape),
                             .w = call->weights[0],
                             .bias = call->params->inner_product.has_bias ? call->weights[1] : NULL,
                             .from = call->bottoms[0].data,
                             .to = call->tops[0].data,
                             .workspace = call->workspace};
  for (int start = 0; start < n; start += cpu->tile) {
    int index[ISN_TILE_MAX];
    int n_rows = n - start < cpu->tile ? n - start : cpu->tile;
    for (int i = 0; i < n_rows; i++)
      index[i] = start + i;
    multiply_rows(&product, n_rows, index);
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  const product_t product = {.tile = cpu->tile,
                             .transpose = false,
                             .n = (int)isn_shape_count(call->bottoms[0].shape),
                             .k = call->params->inner_product.n_outputs,
                             .w = call->weights[0],
                             .from = call->grad_tops[0].data,
                             .to = call->grad_bottoms[0].data,
                             .workspace = call->workspace};
  for (int start = 0; start < rows.n; start += cpu->tile) {
    int n_rows = rows.n - start < cpu->tile ? rows.n - start : cpu->tile;
    multiply_rows(&product, n_rows, rows.index + start);
  }
}

const isn_cpu_kernel_t isn_cpu_inner_product = {needs, forward, backward};
