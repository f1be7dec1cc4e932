/** @file eltwise.c
 *  Eltwise on the CPU, several bottoms number by number.
 *      SUM      y = sum of c_i x_i    grad_x_i = c_i grad_y
 *      PRODUCT  y = product of x_i    grad_x_i = grad_y * product of the other x_j
 *      MAX      y = largest x_i       grad_x_i = grad_y where bottom i won, else 0
 *  Bottom 0 comes first forward and last backward: its memory may be the top's.
 */
#include <stdint.h>
#include <string.h>

#include "backend/cpu/cpu.h"

static void needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  isn_eltwise_mode_t mode = call->params->eltwise.mode;
  needs->backward_bottoms = mode == ISN_ELTWISE_PRODUCT;
  needs->in_place_forward = mode != ISN_ELTWISE_PRODUCT;
  needs->in_place_backward = true;
  if (mode == ISN_ELTWISE_MAX)
    needs->state_bytes_per_sample = isn_shape_count(call->tops[0].shape) * sizeof(uint8_t);
}

static void sum_forward(const isn_layer_call_t *call, size_t n, float *y)
{
  const float *coefficients = call->params->eltwise.coefficients;
  const float *first = call->bottoms[0].data;
  for (size_t i = 0; i < n; i++)
    y[i] = coefficients[0] * first[i];
  for (int b = 1; b < call->n_bottoms; b++) {
    const float *x = call->bottoms[b].data;
    for (size_t i = 0; i < n; i++)
      y[i] += coefficients[b] * x[i];
  }
}

static void product_forward(const isn_layer_call_t *call, size_t n, float *y)
{
  memcpy(y, call->bottoms[0].data, n * sizeof *y);
  for (int b = 1; b < call->n_bottoms; b++) {
    const float *x = call->bottoms[b].data;
    for (size_t i = 0; i < n; i++)
      y[i] *= x[i];
  }
}

/* Of equal numbers the first two bottoms' second one wins, and after that the one that was there
 * before: so Caffe does it on the CPU.  `winner` (n) is NULL if no backward follows. */
static void max_forward(const isn_layer_call_t *call, size_t n, float *y, uint8_t *winner)
{
  const float *first = call->bottoms[0].data, *second = call->bottoms[1].data;
  for (size_t i = 0; i < n; i++) {
    bool first_wins = first[i] > second[i];
    if (winner)
      winner[i] = first_wins ? 0 : 1;
    y[i] = first_wins ? first[i] : second[i];
  }
  for (int b = 2; b < call->n_bottoms; b++) {
    const float *x = call->bottoms[b].data;
    for (size_t i = 0; i < n; i++) {
      bool wins = x[i] > y[i];
      if (winner && wins)
        winner[i] = (uint8_t)b;
      y[i] = wins ? x[i] : y[i];
    }
  }
}

static void forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  size_t count = (size_t)n * isn_shape_count(call->tops[0].shape);
  switch (call->params->eltwise.mode) {
  case ISN_ELTWISE_SUM:
    sum_forward(call, count, call->tops[0].data);
    break;
  case ISN_ELTWISE_PRODUCT:
    product_forward(call, count, call->tops[0].data);
    break;
  case ISN_ELTWISE_MAX:
    max_forward(call, count, call->tops[0].data, call->state);
    break;
  }
}

/* grad_x := grad_y times the other bottoms. */
static void product_gradient(const isn_layer_call_t *call, int sample, int bottom, size_t n,
                             const float *grad_y, float *grad_x)
{
  memmove(grad_x, grad_y, n * sizeof *grad_x); /* may be the same */
  for (int b = 0; b < call->n_bottoms; b++) {
    const float *x = isn_cpu_sample(call->bottoms[b], sample);
    for (size_t i = 0; b != bottom && i < n; i++)
      grad_x[i] *= x[i];
  }
}

static void bottom_gradient(const isn_layer_call_t *call, int sample, int bottom)
{
  size_t n = isn_shape_count(call->tops[0].shape);
  const float *grad_y = isn_cpu_sample(call->grad_tops[0], sample);
  float *grad_x = isn_cpu_sample(call->grad_bottoms[bottom], sample);
  switch (call->params->eltwise.mode) {
  case ISN_ELTWISE_SUM: {
    float coefficient = call->params->eltwise.coefficients[bottom];
    for (size_t i = 0; i < n; i++)
      grad_x[i] = coefficient * grad_y[i];
    break;
  }
  case ISN_ELTWISE_PRODUCT:
    product_gradient(call, sample, bottom, n, grad_y, grad_x);
    break;
  case ISN_ELTWISE_MAX: {
    const uint8_t *winner = (const uint8_t *)call->state + (size_t)sample * n;
    for (size_t i = 0; i < n; i++)
      grad_x[i] = winner[i] == bottom ? grad_y[i] : 0.0F;
    break;
  }
  }
}

static void backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  for (int s = 0; s < rows.n; s++) {
    for (int b = call->n_bottoms - 1; b >= 0; b--) {
      if (call->grad_bottoms[b].data)
        bottom_gradient(call, rows.index[s], b);
    }
  }
}

const isn_cpu_kernel_t isn_cpu_eltwise = {needs, forward, backward};
