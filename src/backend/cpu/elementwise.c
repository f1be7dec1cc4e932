/** @file elementwise.c
 *  ReLU, Bias and Picture on the CPU.
 */
#include <string.h>

#include "backend/cpu/cpu.h"

/* ReLU:  y = x for x > 0, else slope x.  With a slope >= 0 the output is positive just where the
 * input is, so the gradient can be had from the output and the layer may work in place. */

static void relu_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  bool from_output = call->params->relu.negative_slope >= 0.0F;
  needs->backward_tops = from_output;
  needs->backward_bottoms = !from_output;
  needs->in_place_forward = from_output;
  needs->in_place_backward = true;
}

static void relu_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  const float *x = call->bottoms[0].data;
  float *y = call->tops[0].data;
  float slope = call->params->relu.negative_slope;
  size_t count = (size_t)n * isn_shape_count(call->bottoms[0].shape);
  for (size_t i = 0; i < count; i++)
    y[i] = x[i] > 0.0F ? x[i] : slope * x[i];
}

static void relu_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  float slope = call->params->relu.negative_slope;
  isn_tensor_t sign = slope >= 0.0F ? call->tops[0] : call->bottoms[0];
  size_t count = isn_shape_count(sign.shape);
  for (int s = 0; s < rows.n; s++) {
    const float *x = isn_cpu_sample(sign, rows.index[s]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    for (size_t i = 0; i < count; i++)
      grad_x[i] = x[i] > 0.0F ? grad_y[i] : slope * grad_y[i];
  }
}

const isn_cpu_kernel_t isn_cpu_relu = {relu_needs, relu_forward, relu_backward};

/* Bias:  y = x + b_c. */

static void bias_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

static void bias_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *y = isn_cpu_sample(call->tops[0], s);
    for (int c = 0; c < shape.c; c++, x += positions, y += positions) {
      float bias = call->weights[0][c];
      for (size_t i = 0; i < positions; i++)
        y[i] = x[i] + bias;
    }
  }
}

static void bias_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  if (call->grad_bottoms[0].data == call->grad_tops[0].data)
    return;
  size_t bytes = isn_shape_count(call->bottoms[0].shape) * sizeof(float);
  for (int s = 0; s < rows.n; s++)
    memcpy(isn_cpu_sample(call->grad_bottoms[0], rows.index[s]),
           isn_cpu_sample(call->grad_tops[0], rows.index[s]), bytes);
}

const isn_cpu_kernel_t isn_cpu_bias = {bias_needs, bias_forward, bias_backward};

/* Picture:  y = clip(x + mean_c, 0, 255) - mean_c, whole grey levels if asked for. */

/* To the nearest whole number, ties to even, for |x| < 2^22: the sum has no bits below one.  Unlike
 * rintf this is no call on any machine. */
static inline float round_grey(float x)
{
  const float shift = 12582912.0F; /* 1.5 * 2^23 */
  return (x + shift) - shift;
}

static void picture_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->backward_bottoms = true; /* a pixel at 0 in the output may have been inside or outside */
  needs->in_place_backward = true;
}

static void picture_channel(const float *restrict x, size_t n, float mean, bool round,
                            float *restrict y)
{
  for (size_t i = 0; i < n; i++) {
    float grey = x[i] + mean;
    grey = grey > 0.0F ? grey : 0.0F;
    grey = grey < 255.0F ? grey : 255.0F;
    y[i] = (round ? round_grey(grey) : grey) - mean;
  }
}

static void picture_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *y = isn_cpu_sample(call->tops[0], s);
    for (int c = 0; c < shape.c; c++, x += positions, y += positions)
      picture_channel(x, positions, call->weights[0][c], call->params->picture.round, y);
  }
}

static void picture_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < rows.n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], rows.index[s]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    for (int c = 0; c < shape.c; c++, x += positions, grad_x += positions, grad_y += positions) {
      float mean = call->weights[0][c];
      for (size_t i = 0; i < positions; i++) {
        float grey = x[i] + mean;
        grad_x[i] = grey >= 0.0F && grey <= 255.0F ? grad_y[i] : 0.0F;
      }
    }
  }
}

const isn_cpu_kernel_t isn_cpu_picture = {picture_needs, picture_forward, picture_backward};
