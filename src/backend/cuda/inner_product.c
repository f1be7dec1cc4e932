/** @file inner_product.c
 *  InnerProduct on CUDA:  y = W x + b,  grad_x = W^T grad_y, rows of all samples in one product of
 *  cuBLAS.  It counts columns where we count rows, so that to it our matrices are transposed: rows
 *  of numbers are the columns of X (inputs, rows) and Y (outputs, rows).
 */
#include <limits.h>

#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"
#include "backend/cuda/watch.h"

static size_t inputs_of(const isn_layer_call_t *call)
{
  isn_shape_t shape = call->bottoms[0].shape;
  return isn_shape_count(shape) / isn_cuda_blocks(shape, call->params->inner_product.axis);
}

/* to (n_to, rows) := W' from (n_from, rows), W' (n_to, n_from).  W is stored (rows of n_from) or,
 * transposed, (rows of n_to): to cuBLAS (n_from, n_to) or (n_to, n_from). */
static isn_status_t multiply(isn_cuda_t *cuda, bool transposed, int n_to, int n_from, size_t rows,
                             const float *w, const float *from, float *to)
{
  const float one = 1.0F, zero = 0.0F;
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  cudaDataType_t data = layout == ISN_CUDA_HALVES ? CUDA_R_16F : CUDA_R_32F;
  cublasComputeType_t sum =
      layout == ISN_CUDA_FLOATS ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  if (rows > INT_MAX)
    ISN_FAIL(ISN_ERR_BACKEND, "an inner product of %zu rows; at most %d go at once", rows, INT_MAX);
  ISN_TRY(isn_cuda_watch_begin(cuda));
  ISN_TRY_BLAS(isn_lib.cublasGemmEx(cuda->blas, transposed ? CUBLAS_OP_N : CUBLAS_OP_T, CUBLAS_OP_N,
                                    n_to, (int)rows, n_from, &one, w, data,
                                    transposed ? n_to : n_from, from, data, n_from, &zero, to, data,
                                    n_to, sum, CUBLAS_GEMM_DEFAULT));
  return isn_cuda_watch_end(cuda);
}

static void needs(const isn_cuda_t *cuda, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)cuda;
  (void)call;
  needs->fuses_relu = true;
}

/* With its weights' columns in the order of a packed sample (pack.c).  Along other axes plain. */
static bool packs(const isn_layer_call_t *call)
{
  return call->params->inner_product.axis == 1;
}

static isn_status_t forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  const isn_inner_product_params_t *p = &call->params->inner_product;
  size_t n_blocks = isn_cuda_blocks(call->bottoms[0].shape, p->axis);
  isn_cuda_channels_t channels = {(unsigned)p->n_outputs, 1}; /* of a row */
  isn_cuda_rows_t rows = isn_cuda_all_rows((int)((size_t)n * n_blocks));
  ISN_TRY(multiply(cuda, p->transposed, p->n_outputs, (int)inputs_of(call), (size_t)n * n_blocks,
                   call->weights[0], call->bottoms[0].data, call->tops[0].data));
  if (!p->has_bias && !call->fused)
    return ISN_OK;
  ISN_TRY_CUDA(isn_cuda_bias_relu(
      cuda->stream, isn_cuda_layout(cuda), &rows, channels, p->has_bias ? call->weights[1] : NULL,
      call->fused ? call->fused->relu.negative_slope : 1.0F, call->tops[0].data));
  return ISN_OK;
}

static isn_status_t backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  const isn_inner_product_params_t *p = &call->params->inner_product;
  size_t n_blocks = isn_cuda_blocks(call->bottoms[0].shape, p->axis);
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, isn_cuda_takes_all(cuda, rows), &at, &stretch);)
    ISN_TRY(multiply(cuda, !p->transposed, (int)inputs_of(call), p->n_outputs,
                     (size_t)stretch.n * n_blocks, call->weights[0],
                     isn_cuda_sample(layout, call->grad_tops[0], stretch.first),
                     isn_cuda_sample(layout, call->grad_bottoms[0], stretch.first)));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_inner_product = {needs, forward, backward, packs};
