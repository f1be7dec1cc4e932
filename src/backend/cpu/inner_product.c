/** @file inner_product.c
 *  InnerProduct on the CPU:  y = W x + b,  grad_x = W^T grad_y.  A sample is one row of numbers, or
 *  with a later axis one for each block that begins there; rows of all samples go together.
 */
#include <string.h>

#include "backend/cpu/cpu.h"
#include "backend/cpu/dense.h"

/* Numbers that one product takes: the sample from the axis on. */
static size_t inputs_of(const isn_layer_call_t *call)
{
  isn_shape_t shape = call->bottoms[0].shape;
  return isn_shape_count(shape) / isn_cpu_blocks(shape, call->params->inner_product.axis);
}

/* One product of the whole batch: rows of `from` (n_from floats each) to rows of `to` (n_to). */
typedef struct {
  isn_dense_product_t *multiply;
  int m, n;              /* the weights as they are stored */
  const float *w, *bias; /* bias (n_to) or NULL */
  size_t n_blocks;       /* rows of a sample */
  size_t n_from, n_to;
  const float *from;
  float *to;
} product_t;

static product_t make_product(const isn_cpu_t *cpu, const isn_layer_call_t *call, bool transposed)
{
  const isn_inner_product_params_t *p = &call->params->inner_product;
  int n_inputs = (int)inputs_of(call);
  return (product_t){.multiply =
                         transposed ? cpu->dense->multiply_transposed : cpu->dense->multiply,
                     .m = p->transposed ? n_inputs : p->n_outputs,
                     .n = p->transposed ? p->n_outputs : n_inputs,
                     .w = call->weights[0],
                     .n_blocks = isn_cpu_blocks(call->bottoms[0].shape, p->axis)};
}

static void start_row(const product_t *p, float *y)
{
  if (p->bias)
    memcpy(y, p->bias, p->n_to * sizeof *y);
  else
    memset(y, 0, p->n_to * sizeof *y);
}

/* All rows of the samples that are asked for.
 * @param[in] samples (n_samples), NULL: 0 .. n_samples-1 */
static void multiply_samples(const product_t *p, int n_samples, const int *samples)
{
  size_t n_rows = (size_t)n_samples * p->n_blocks;
  for (size_t row = 0; row < n_rows;) {
    const float *x[ISN_DENSE_MAX_ROWS];
    float *y[ISN_DENSE_MAX_ROWS];
    int n = 0;
    for (; row < n_rows && n < ISN_DENSE_MAX_ROWS; row++, n++) {
      size_t sample = row / p->n_blocks;
      size_t at = (samples ? (size_t)samples[sample] : sample) * p->n_blocks + row % p->n_blocks;
      x[n] = p->from + at * p->n_from;
      y[n] = p->to + at * p->n_to;
      start_row(p, y[n]);
    }
    p->multiply(n, p->m, p->n, p->w, x, y);
  }
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  const isn_inner_product_params_t *params = &call->params->inner_product;
  product_t product = make_product(cpu, call, params->transposed);
  product.bias = params->has_bias ? call->weights[1] : NULL;
  product.n_from = inputs_of(call);
  product.n_to = (size_t)params->n_outputs;
  product.from = call->bottoms[0].data;
  product.to = call->tops[0].data;
  multiply_samples(&product, n, NULL);
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  const isn_inner_product_params_t *params = &call->params->inner_product;
  product_t product = make_product(cpu, call, !params->transposed);
  product.n_from = (size_t)params->n_outputs;
  product.n_to = inputs_of(call);
  product.from = call->grad_tops[0].data;
  product.to = call->grad_bottoms[0].data;
  multiply_samples(&product, rows.n, rows.index);
}

const isn_cpu_kernel_t isn_cpu_inner_product = {NULL, forward, backward};
