/** @file activations.c
 *  ReLU, PReLU, ELU, Sigmoid, TanH and AbsVal on the CPU.  Where the output tells the gradient, the
 *  layer may work in place.
 */
#include <math.h>

#include "backend/cpu/map.h"

/* ReLU:  y = x for x > 0, else slope x.  With a slope >= 0 the output is positive just where the
 * input is, so the gradient can be had from the output. */

static bool relu_from_top(const isn_layer_call_t *call)
{
  return call->params->relu.negative_slope >= 0.0F;
}

static void relu_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  if (relu_from_top(call))
    isn_map_needs_top(needs);
  else
    isn_map_needs_bottom(needs);
}

static void leaky(float slope, size_t n, const float *x, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] > 0.0F ? x[i] : slope * x[i];
}

static void leaky_gradient(float slope, size_t n, const float *source, const float *grad_y,
                           float *grad_x)
{
  for (size_t i = 0; i < n; i++)
    grad_x[i] = source[i] > 0.0F ? grad_y[i] : slope * grad_y[i];
}

static void relu(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  leaky(params->relu.negative_slope, n, x, y);
}

static void relu_gradient(const isn_layer_params_t *params, size_t n, const float *source,
                          const float *grad_y, float *grad_x)
{
  leaky_gradient(params->relu.negative_slope, n, source, grad_y, grad_x);
}

static void relu_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, relu);
}

static void relu_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, relu_from_top(call) ? &call->tops[0] : &call->bottoms[0],
                   relu_gradient);
}

const isn_cpu_kernel_t isn_cpu_relu = {relu_needs, relu_forward, relu_backward};

/* PReLU:  y = x for x > 0, else slope_c x.  A slope may be negative, and then a positive output
 * says nothing about the input's sign; slopes are weights, so the needs cannot depend on them. */

static void prelu_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  isn_map_needs_bottom(needs);
}

static float prelu_slope(const isn_layer_call_t *call, int c)
{
  return call->weights[0][call->params->prelu.shared ? 0 : c];
}

static void prelu_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *y = isn_cpu_sample(call->tops[0], s);
    for (int c = 0; c < shape.c; c++, x += positions, y += positions)
      leaky(prelu_slope(call, c), positions, x, y);
  }
}

static void prelu_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < rows.n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], rows.index[s]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    for (int c = 0; c < shape.c; c++, x += positions, grad_y += positions, grad_x += positions)
      leaky_gradient(prelu_slope(call, c), positions, x, grad_y, grad_x);
  }
}

const isn_cpu_kernel_t isn_cpu_prelu = {prelu_needs, prelu_forward, prelu_backward};

/* ELU:  y = x for x > 0, else alpha (exp(x) - 1);  y' = 1, else alpha exp(x) = y + alpha.  With
 * alpha >= 0 the output's sign is the input's. */

static bool elu_from_top(const isn_layer_call_t *call)
{
  return call->params->elu.alpha >= 0.0F;
}

static void elu_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  if (elu_from_top(call))
    isn_map_needs_top(needs);
  else
    isn_map_needs_bottom(needs);
}

static void elu(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  float alpha = params->elu.alpha;
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] > 0.0F ? x[i] : alpha * expm1f(x[i]);
}

static void elu_gradient_of_top(const isn_layer_params_t *params, size_t n, const float *y,
                                const float *grad_y, float *grad_x)
{
  float alpha = params->elu.alpha;
  for (size_t i = 0; i < n; i++)
    grad_x[i] = y[i] > 0.0F ? grad_y[i] : grad_y[i] * (y[i] + alpha);
}

static void elu_gradient_of_bottom(const isn_layer_params_t *params, size_t n, const float *x,
                                   const float *grad_y, float *grad_x)
{
  float alpha = params->elu.alpha;
  for (size_t i = 0; i < n; i++)
    grad_x[i] = x[i] > 0.0F ? grad_y[i] : grad_y[i] * (alpha * expf(x[i]));
}

static void elu_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, elu);
}

static void elu_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  if (elu_from_top(call))
    isn_map_backward(call, rows, &call->tops[0], elu_gradient_of_top);
  else
    isn_map_backward(call, rows, &call->bottoms[0], elu_gradient_of_bottom);
}

const isn_cpu_kernel_t isn_cpu_elu = {elu_needs, elu_forward, elu_backward};

static void top_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  isn_map_needs_top(needs);
}

/* Sigmoid:  y = 1 / (1 + exp(-x)),  y' = y (1 - y). */

static void sigmoid(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    y[i] = 1.0F / (1.0F + expf(-x[i]));
}

static void sigmoid_gradient(const isn_layer_params_t *params, size_t n, const float *y,
                             const float *grad_y, float *grad_x)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    grad_x[i] = grad_y[i] * y[i] * (1.0F - y[i]);
}

static void sigmoid_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, sigmoid);
}

static void sigmoid_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, &call->tops[0], sigmoid_gradient);
}

const isn_cpu_kernel_t isn_cpu_sigmoid = {top_needs, sigmoid_forward, sigmoid_backward};

/* TanH:  y' = 1 - y^2. */

static void hyperbolic(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    y[i] = tanhf(x[i]);
}

static void hyperbolic_gradient(const isn_layer_params_t *params, size_t n, const float *y,
                                const float *grad_y, float *grad_x)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    grad_x[i] = grad_y[i] * (1.0F - y[i] * y[i]);
}

static void tanh_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, hyperbolic);
}

static void tanh_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, &call->tops[0], hyperbolic_gradient);
}

const isn_cpu_kernel_t isn_cpu_tanh = {top_needs, tanh_forward, tanh_backward};

/* AbsVal:  y' is the sign of x, 0 at 0. */

static void absval_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                         isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  isn_map_needs_bottom(needs);
}

static void absval(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    y[i] = fabsf(x[i]);
}

static void absval_gradient(const isn_layer_params_t *params, size_t n, const float *x,
                            const float *grad_y, float *grad_x)
{
  (void)params;
  for (size_t i = 0; i < n; i++)
    grad_x[i] = x[i] > 0.0F ? grad_y[i] : x[i] < 0.0F ? -grad_y[i] : 0.0F;
}

static void absval_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, absval);
}

static void absval_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, &call->bottoms[0], absval_gradient);
}

const isn_cpu_kernel_t isn_cpu_absval = {absval_needs, absval_forward, absval_backward};
