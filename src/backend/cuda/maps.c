/** @file maps.c
 *  Layers that work number by number on CUDA: activations and powers.  What a gradient is taken
 *  from is as on the CPU (cpu/activations.c, cpu/power.c say why): where the output tells it, the
 *  layer may work in place.
 */
#include <math.h>

#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

static const isn_cuda_map_params_t none = {0};

static isn_status_t map(isn_cuda_t *cuda, const isn_layer_call_t *call, int n, isn_cuda_map_t op,
                        isn_cuda_map_params_t params)
{
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  ISN_TRY_CUDA(isn_cuda_map(cuda->stream, isn_cuda_layout(cuda), &rows,
                            isn_shape_count(call->bottoms[0].shape), op, params,
                            call->bottoms[0].data, call->tops[0].data));
  return ISN_OK;
}

static isn_status_t map_gradient(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows,
                                 isn_cuda_map_gradient_t op, isn_cuda_map_params_t params,
                                 const float *source)
{
  size_t count = isn_shape_count(call->bottoms[0].shape);
  ISN_CUDA_FOR_GRADIENTS(cuda, rows,
                         isn_cuda_map_gradient(cuda->stream, isn_cuda_layout(cuda), &rows_, count,
                                               op, params, source, call->grad_tops[0].data,
                                               call->grad_bottoms[0].data));
  return ISN_OK;
}

static void needs_top(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                      isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->backward_tops = true;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

static void needs_bottom(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                         isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->backward_bottoms = true;
  needs->in_place_backward = true;
}

static bool relu_from_top(const isn_layer_call_t *call)
{
  return call->params->relu.negative_slope >= 0.0F;
}

static void relu_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                       isn_layer_needs_t *needs)
{
  (relu_from_top(call) ? needs_top : needs_bottom)(cuda, call, needs);
}

static isn_status_t relu_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_map_params_t params = {.a = call->params->relu.negative_slope};
  return map(cuda, call, n, ISN_CUDA_LEAKY, params);
}

static isn_status_t relu_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_map_params_t params = {.a = call->params->relu.negative_slope};
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_LEAKY, params,
                      relu_from_top(call) ? call->tops[0].data : call->bottoms[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_relu = {relu_needs, relu_forward, relu_backward,
                                               isn_cuda_always_packs};

static bool elu_from_top(const isn_layer_call_t *call)
{
  return call->params->elu.alpha >= 0.0F;
}

static void elu_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                      isn_layer_needs_t *needs)
{
  (elu_from_top(call) ? needs_top : needs_bottom)(cuda, call, needs);
}

static isn_status_t elu_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_map_params_t params = {.a = call->params->elu.alpha};
  return map(cuda, call, n, ISN_CUDA_ELU, params);
}

static isn_status_t elu_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_map_params_t params = {.a = call->params->elu.alpha};
  if (elu_from_top(call))
    return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_ELU_TOP, params, call->tops[0].data);
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_ELU, params, call->bottoms[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_elu = {elu_needs, elu_forward, elu_backward,
                                              isn_cuda_always_packs};

static isn_status_t sigmoid_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return map(cuda, call, n, ISN_CUDA_SIGMOID, none);
}

static isn_status_t sigmoid_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_SIGMOID, none, call->tops[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_sigmoid = {needs_top, sigmoid_forward, sigmoid_backward,
                                                  isn_cuda_always_packs};

static isn_status_t tanh_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return map(cuda, call, n, ISN_CUDA_TANH, none);
}

static isn_status_t tanh_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_TANH, none, call->tops[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_tanh = {needs_top, tanh_forward, tanh_backward,
                                               isn_cuda_always_packs};

static isn_status_t absval_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return map(cuda, call, n, ISN_CUDA_ABS, none);
}

static isn_status_t absval_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_ABS, none, call->bottoms[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_absval = {needs_bottom, absval_forward, absval_backward,
                                                 isn_cuda_always_packs};

/* Base -1 stands for e. */
static double log_of_base(const isn_power_params_t *p)
{
  return p->base == -1.0 ? 1.0 : log(p->base);
}

static bool is_constant(const isn_power_params_t *p)
{
  return p->power == 0.0 || p->scale == 0.0;
}

static bool is_linear(const isn_power_params_t *p)
{
  return p->power == 1.0 || is_constant(p);
}

static void power_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  (void)cuda;
  bool linear = is_linear(&call->params->power);
  needs->backward_bottoms = !linear;
  needs->in_place_forward = linear;
  needs->in_place_backward = true;
}

static isn_status_t power_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  const isn_power_params_t *p = &call->params->power;
  isn_cuda_map_params_t params = {(float)p->scale, (float)p->shift, (float)p->power, 0.0F};
  if (is_constant(p)) { /* 1 for power 0, whatever the shift */
    params.a = (float)pow(p->shift, p->power);
    return map(cuda, call, n, ISN_CUDA_CONSTANT, params);
  }
  return map(cuda, call, n, is_linear(p) ? ISN_CUDA_LINE : ISN_CUDA_POWER, params);
}

static isn_status_t power_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  const isn_power_params_t *p = &call->params->power;
  isn_cuda_map_params_t params = {(float)p->scale, (float)p->shift, (float)(p->power - 1.0),
                                  (float)(p->scale * p->power)};
  if (is_linear(p)) {
    params.a = params.d;
    return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_FACTOR, params, NULL);
  }
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_POWER, params, call->bottoms[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_power = {power_needs, power_forward, power_backward,
                                                isn_cuda_always_packs};

/* base^(shift + scale x) = exp(b + a x), and its gradient a y. */
static isn_cuda_map_params_t exp_params(const isn_layer_call_t *call)
{
  const isn_power_params_t *p = &call->params->power;
  return (isn_cuda_map_params_t){.a = (float)(p->scale * log_of_base(p)),
                                 .b = (float)(p->shift * log_of_base(p))};
}

static isn_status_t exp_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return map(cuda, call, n, ISN_CUDA_EXP, exp_params(call));
}

static isn_status_t exp_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_EXP, exp_params(call), call->tops[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_exp = {needs_top, exp_forward, exp_backward,
                                              isn_cuda_always_packs};

static isn_cuda_map_params_t log_params(const isn_layer_call_t *call)
{
  const isn_power_params_t *p = &call->params->power;
  return (isn_cuda_map_params_t){(float)p->scale, (float)p->shift, (float)(1.0 / log_of_base(p)),
                                 (float)(p->scale / log_of_base(p))};
}

static isn_status_t log_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return map(cuda, call, n, ISN_CUDA_LOG, log_params(call));
}

static isn_status_t log_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  return map_gradient(cuda, call, rows, ISN_CUDA_GRAD_LOG, log_params(call), call->bottoms[0].data);
}

const isn_cuda_kernel_t isn_cuda_layer_log = {needs_bottom, log_forward, log_backward,
                                              isn_cuda_always_packs};
