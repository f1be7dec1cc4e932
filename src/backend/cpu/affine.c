/** @file affine.c
 *  Layers that are a straight line in each channel, on the CPU:  y = a_c x + b_c.
 *      Bias       a = 1,  b = weights[0]
 *      Scale      a = weights[0],  b = weights[1] or 0
 *      BatchNorm  a = 1 / sqrt(variance_c/s + epsilon),  b = -a mean_c/s  (0 for 1/s if s is 0)
 *  The gradient needs neither bottom nor top, so all of them may work in place.
 */
#include <math.h>

#include "backend/cpu/cpu.h"

/* y = factor (x - before) + after.  A mean is taken off before the factor: with a small variance
 * the two products could be large and nearly equal. */
typedef struct {
  float before, factor, after;
} line_t;

static line_t batch_norm_line(const isn_layer_call_t *call, int c)
{
  double s = (double)call->weights[2][0], share = s == 0.0 ? 0.0 : 1.0 / s;
  double variance = share * (double)call->weights[1][c];
  return (line_t){
      .before = (float)(share * (double)call->weights[0][c]),
      .factor = (float)(1.0 / sqrt(variance + call->params->batch_norm.epsilon)),
  };
}

static line_t line_of(const isn_layer_call_t *call, int c)
{
  switch (call->params->kind) {
  case ISN_LAYER_BATCH_NORM:
    return batch_norm_line(call, c);
  case ISN_LAYER_SCALE:
    return (line_t){.factor = call->weights[0][c],
                    .after = call->params->scale.has_bias ? call->weights[1][c] : 0.0F};
  default:
    return (line_t){.factor = 1.0F, .after = call->weights[0][c]};
  }
}

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++) {
    line_t line = line_of(call, c);
    for (int s = 0; s < n; s++) {
      const float *x = isn_cpu_sample(call->bottoms[0], s) + (size_t)c * positions;
      float *y = isn_cpu_sample(call->tops[0], s) + (size_t)c * positions;
      for (size_t i = 0; i < positions; i++)
        y[i] = (x[i] - line.before) * line.factor + line.after;
    }
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++) {
    float factor = line_of(call, c).factor;
    for (int s = 0; s < rows.n; s++) {
      size_t offset = (size_t)c * positions;
      const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]) + offset;
      float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]) + offset;
      for (size_t i = 0; i < positions; i++)
        grad_x[i] = factor * grad_y[i];
    }
  }
}

const isn_cpu_kernel_t isn_cpu_affine = {needs, forward, backward};
