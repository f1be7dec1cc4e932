/** @file power.c
 *  Power, Exp and Log on the CPU, all of  u = shift + scale x:
 *      Power  y = u^power         y' = scale power u^(power - 1)
 *      Exp    y = base^u          y' = scale ln(base) y
 *      Log    y = ln u / ln base  y' = scale / (ln(base) u)
 */
#include <math.h>

#include "backend/cpu/map.h"

/* Base -1 stands for e. */
static double log_of_base(const isn_power_params_t *p)
{
  return p->base == -1.0 ? 1.0 : log(p->base);
}

/* A constant (power or scale 0) or a straight line: the gradient needs neither bottom nor top. */
static bool power_is_linear(const isn_power_params_t *p)
{
  return p->power == 1.0 || p->power == 0.0 || p->scale == 0.0;
}

static void power_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  (void)cpu;
  bool linear = power_is_linear(&call->params->power);
  needs->backward_bottoms = !linear;
  needs->in_place_forward = linear;
  needs->in_place_backward = true;
}

static void power(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  const isn_power_params_t *p = &params->power;
  float scale = (float)p->scale, shift = (float)p->shift, exponent = (float)p->power;
  if (p->power == 0.0 || p->scale == 0.0) {
    float value = (float)pow(p->shift, p->power); /* 1 for power 0, whatever the shift */
    for (size_t i = 0; i < n; i++)
      y[i] = value;
  } else if (p->power == 1.0) {
    for (size_t i = 0; i < n; i++)
      y[i] = shift + scale * x[i];
  } else {
    for (size_t i = 0; i < n; i++)
      y[i] = powf(shift + scale * x[i], exponent);
  }
}

static void power_gradient(const isn_layer_params_t *params, size_t n, const float *x,
                           const float *grad_y, float *grad_x)
{
  const isn_power_params_t *p = &params->power;
  float scale = (float)p->scale, shift = (float)p->shift, exponent = (float)(p->power - 1.0);
  float factor = (float)(p->scale * p->power);
  if (power_is_linear(p)) {
    for (size_t i = 0; i < n; i++)
      grad_x[i] = factor * grad_y[i];
  } else {
    for (size_t i = 0; i < n; i++)
      grad_x[i] = grad_y[i] * (factor * powf(shift + scale * x[i], exponent));
  }
}

static void power_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, power);
}

static void power_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  bool linear = power_is_linear(&call->params->power);
  isn_map_backward(call, rows, linear ? NULL : &call->bottoms[0], power_gradient);
}

const isn_cpu_kernel_t isn_cpu_power = {power_needs, power_forward, power_backward};

static void exp_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  isn_map_needs_top(needs);
}

static void exponential(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  const isn_power_params_t *p = &params->power;
  float inner = (float)(p->scale * log_of_base(p)), outer = (float)(p->shift * log_of_base(p));
  for (size_t i = 0; i < n; i++)
    y[i] = expf(outer + inner * x[i]);
}

static void exponential_gradient(const isn_layer_params_t *params, size_t n, const float *y,
                                 const float *grad_y, float *grad_x)
{
  const isn_power_params_t *p = &params->power;
  float inner = (float)(p->scale * log_of_base(p));
  for (size_t i = 0; i < n; i++)
    grad_x[i] = grad_y[i] * (inner * y[i]);
}

static void exp_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, exponential);
}

static void exp_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, &call->tops[0], exponential_gradient);
}

const isn_cpu_kernel_t isn_cpu_exp = {exp_needs, exp_forward, exp_backward};

static void log_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  isn_map_needs_bottom(needs);
}

static void logarithm(const isn_layer_params_t *params, size_t n, const float *x, float *y)
{
  const isn_power_params_t *p = &params->power;
  float scale = (float)p->scale, shift = (float)p->shift;
  float factor = (float)(1.0 / log_of_base(p));
  for (size_t i = 0; i < n; i++)
    y[i] = factor * logf(shift + scale * x[i]);
}

static void logarithm_gradient(const isn_layer_params_t *params, size_t n, const float *x,
                               const float *grad_y, float *grad_x)
{
  const isn_power_params_t *p = &params->power;
  float scale = (float)p->scale, shift = (float)p->shift;
  float factor = (float)(p->scale / log_of_base(p));
  for (size_t i = 0; i < n; i++)
    grad_x[i] = grad_y[i] * (factor / (shift + scale * x[i]));
}

static void log_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_map_forward(call, n, logarithm);
}

static void log_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_map_backward(call, rows, &call->bottoms[0], logarithm_gradient);
}

const isn_cpu_kernel_t isn_cpu_log = {log_needs, log_forward, log_backward};
