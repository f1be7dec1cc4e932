/** @file softmax.c
 *  Softmax over an axis on the CPU, at each position by itself:
 *      y_c = exp(x_c - max x) / sum exp(x - max x)
 *      grad_x_c = y_c (grad_y_c - sum_j grad_y_j y_j)
 */
#include <math.h>

#include "backend/cpu/cpu.h"

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->backward_tops = true;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

/* n numbers, `step` apart. */
static void softmax_position(const float *x, size_t n, size_t step, float *y)
{
  float max = x[0];
  double sum = 0.0;
  for (size_t c = 1; c < n; c++)
    max = x[c * step] > max ? x[c * step] : max;
  for (size_t c = 0; c < n; c++) {
    y[c * step] = expf(x[c * step] - max);
    sum += (double)y[c * step];
  }
  for (size_t c = 0; c < n; c++)
    y[c * step] = (float)((double)y[c * step] / sum);
}

/* Where the numbers of position p begin in a sample, and how they lie. */
typedef struct {
  size_t n_positions, n, step;
} axis_t;

static axis_t make_axis(const isn_layer_call_t *call)
{
  isn_shape_t shape = call->tops[0].shape;
  int axis = call->params->softmax.axis;
  size_t count = isn_shape_count(shape);
  axis_t result = {.n = (size_t)isn_shape_axis(shape, axis)};
  result.step = count / isn_cpu_blocks(shape, axis) / result.n;
  result.n_positions = count / result.n;
  return result;
}

static size_t position_offset(const axis_t *axis, size_t p)
{
  return p / axis->step * axis->n * axis->step + p % axis->step;
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  axis_t axis = make_axis(call);
  for (int s = 0; s < n; s++) {
    for (size_t p = 0; p < axis.n_positions; p++) {
      size_t offset = position_offset(&axis, p);
      softmax_position(isn_cpu_sample(call->bottoms[0], s) + offset, axis.n, axis.step,
                       isn_cpu_sample(call->tops[0], s) + offset);
    }
  }
}

static void backward_position(const float *y, const float *grad_y, size_t n, size_t step,
                              float *grad_x)
{
  double dot = 0.0;
  for (size_t c = 0; c < n; c++)
    dot += (double)grad_y[c * step] * (double)y[c * step];
  for (size_t c = 0; c < n; c++)
    grad_x[c * step] = (float)((double)y[c * step] * ((double)grad_y[c * step] - dot));
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  axis_t axis = make_axis(call);
  for (int s = 0; s < rows.n; s++) {
    const float *y = isn_cpu_sample(call->tops[0], rows.index[s]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    for (size_t p = 0; p < axis.n_positions; p++) {
      size_t offset = position_offset(&axis, p);
      backward_position(y + offset, grad_y + offset, axis.n, axis.step, grad_x + offset);
    }
  }
}

const isn_cpu_kernel_t isn_cpu_softmax = {needs, forward, backward};
