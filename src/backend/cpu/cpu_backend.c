/** @file cpu_backend.c
 *  The CPU backend's table: memory is host memory, one kernel per layer kind, one thread.
 *  Knows no layer from inside.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/gemm.h"
#include "invset/memory.h"

static const isn_cpu_kernel_t *const kernels[ISN_N_LAYER_KINDS] = {
    [ISN_LAYER_CONVOLUTION] = &isn_cpu_convolution,
    [ISN_LAYER_DECONVOLUTION] = &isn_cpu_deconvolution,
    [ISN_LAYER_POOLING] = &isn_cpu_pooling,
    [ISN_LAYER_LRN] = &isn_cpu_lrn,
    [ISN_LAYER_RELU] = &isn_cpu_relu,
    [ISN_LAYER_INNER_PRODUCT] = &isn_cpu_inner_product,
    [ISN_LAYER_SOFTMAX] = &isn_cpu_softmax,
    [ISN_LAYER_BIAS] = &isn_cpu_affine,
    [ISN_LAYER_CROP] = &isn_cpu_crop,
    [ISN_LAYER_RESHAPE] = &isn_cpu_reshape,
    [ISN_LAYER_PRELU] = &isn_cpu_prelu,
    [ISN_LAYER_ELU] = &isn_cpu_elu,
    [ISN_LAYER_SIGMOID] = &isn_cpu_sigmoid,
    [ISN_LAYER_TANH] = &isn_cpu_tanh,
    [ISN_LAYER_ABSVAL] = &isn_cpu_absval,
    [ISN_LAYER_POWER] = &isn_cpu_power,
    [ISN_LAYER_EXP] = &isn_cpu_exp,
    [ISN_LAYER_LOG] = &isn_cpu_log,
    [ISN_LAYER_BATCH_NORM] = &isn_cpu_affine,
    [ISN_LAYER_SCALE] = &isn_cpu_affine,
    [ISN_LAYER_ELTWISE] = &isn_cpu_eltwise,
    [ISN_LAYER_CONCAT] = &isn_cpu_concat,
    [ISN_LAYER_SLICE] = &isn_cpu_slice,
    [ISN_LAYER_PICTURE] = &isn_cpu_picture,
};

static isn_status_t open_cpu(isn_backend_t *backend, int local_rank)
{
  (void)local_rank;
  isn_cpu_t *cpu = NULL;
  ISN_TRY(isn_alloc(&cpu, 1, "the CPU backend"));
  cpu->dense = isn_dense_choose();
  isn_gemm_open(cpu->dense->name, backend->description, sizeof backend->description);
  isn_gemm_advice(backend->advice, sizeof backend->advice);
  backend->own = cpu;
  return ISN_OK;
}

static void close_cpu(isn_backend_t *backend)
{
  free(backend->own);
}

static isn_status_t alloc_host(isn_backend_t *backend, size_t n, const char *what, float **out)
{
  (void)backend;
  return isn_alloc(out, n, what);
}

static void free_host(isn_backend_t *backend, float *data)
{
  (void)backend;
  free(data);
}

static void layer_needs(const isn_backend_t *backend, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  const isn_cpu_kernel_t *kernel = kernels[call->params->kind];
  if (kernel->needs)
    kernel->needs(backend->own, call, needs);
}

static isn_status_t layer_forward(isn_backend_t *backend, const isn_layer_call_t *call, int n)
{
  kernels[call->params->kind]->forward(backend->own, call, n);
  return ISN_OK;
}

static isn_status_t layer_backward(isn_backend_t *backend, const isn_layer_call_t *call,
                                   isn_rows_t rows)
{
  kernels[call->params->kind]->backward(backend->own, call, rows);
  return ISN_OK;
}

static isn_status_t add_rows(isn_backend_t *backend, float *y, const float *x, size_t count,
                             isn_rows_t rows)
{
  (void)backend;
  for (int s = 0; s < rows.n; s++) {
    size_t offset = (size_t)rows.index[s] * count;
    for (size_t i = 0; i < count; i++)
      y[offset + i] += x[offset + i];
  }
  return ISN_OK;
}

static isn_status_t zero_rows(isn_backend_t *backend, float *x, size_t count, isn_rows_t rows)
{
  (void)backend;
  for (int s = 0; s < rows.n; s++)
    memset(x + (size_t)rows.index[s] * count, 0, count * sizeof *x);
  return ISN_OK;
}

static isn_status_t copy_rows(isn_backend_t *backend, float *y, const float *x, size_t count,
                              isn_rows_t rows)
{
  (void)backend;
  for (int s = 0; s < rows.n; s++) {
    size_t offset = (size_t)rows.index[s] * count;
    memmove(y + offset, x + offset, count * sizeof *y); /* x may be y */
  }
  return ISN_OK;
}

const isn_backend_ops_t isn_backend_cpu_ops = {
    .name = "cpu",
    .is_host = true,
    .full_batch = 100, /* tests/bench/bench_step: from 32 on all the same */
    .compiled_in = true,
    .open = open_cpu,
    .close = close_cpu,
    .alloc = alloc_host,
    .free = free_host,
    .needs = layer_needs,
    .forward = layer_forward,
    .backward = layer_backward,
    .add = add_rows,
    .zero = zero_rows,
    .copy = copy_rows,
    .vectors = &isn_cpu_vectors,
};
