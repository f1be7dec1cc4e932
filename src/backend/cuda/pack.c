/** @file pack.c
 *  Plain data to packed ones and back, and packed weights: those of convolutions, (K, C / group,
 *  kernel_h, kernel_w) to (K, kernel_h, kernel_w, C / group), and of inner products of whole
 *  samples, whose inputs come in another order.  All others are used as they are, in float32.
 */
#include "backend/cuda/pack.h"

size_t isn_cuda_packed_bytes(const isn_backend_t *backend)
{
  isn_cuda_layout_t layout = isn_cuda_layout(backend->own);
  return layout == ISN_CUDA_PLAIN ? 0 : isn_cuda_number_bytes(layout);
}

isn_status_t isn_cuda_pack_samples(isn_backend_t *backend, isn_shape_t shape, int n,
                                   const float *plain, const float *factors, float *packed)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(
      isn_cuda_pack(cuda->stream, isn_cuda_layout(cuda), shape, n, plain, factors, packed));
  return ISN_OK;
}

isn_status_t isn_cuda_unpack_samples(isn_backend_t *backend, isn_shape_t shape, int n,
                                     const float *packed, const float *factors, float *plain)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(
      isn_cuda_unpack(cuda->stream, isn_cuda_layout(cuda), shape, n, packed, factors, plain));
  return ISN_OK;
}

isn_status_t isn_cuda_factors_of_samples(isn_backend_t *backend, size_t count, int n,
                                         const float *plain, float target, bool first,
                                         float *factors)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(isn_cuda_find_factors(cuda->stream, count, n, plain, target, first, factors));
  return ISN_OK;
}

/* A weight as n samples of a shape, whose numbers are runs. */
typedef struct {
  isn_shape_t shape;
  int n, run;
} arrangement_t;

/* @return false: this weight is always used as it is */
static bool arrange(const isn_layer_call_t *call, int weight, arrangement_t *out)
{
  const isn_layer_params_t *p = call->params;
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(p, &call->bottoms[0].shape, &n, n_axes, dims);
  if (weight != 0)
    return false;
  if (p->kind == ISN_LAYER_CONVOLUTION || p->kind == ISN_LAYER_DECONVOLUTION) {
    *out = (arrangement_t){{3, dims[0][1], dims[0][2], dims[0][3]}, dims[0][0], 1};
    return true;
  }
  if (p->kind != ISN_LAYER_INNER_PRODUCT || p->inner_product.axis != 1)
    return false;
  int n_outputs = p->inner_product.n_outputs;
  *out = p->inner_product.transposed ? (arrangement_t){call->bottoms[0].shape, 1, n_outputs}
                                     : (arrangement_t){call->bottoms[0].shape, n_outputs, 1};
  return true;
}

isn_status_t isn_cuda_pack_weight(isn_backend_t *backend, const isn_layer_call_t *call, int weight,
                                  float **packed)
{
  const isn_cuda_t *cuda = backend->own;
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  const float *plain = call->weights[weight];
  arrangement_t a;
  *packed = NULL;
  if (!arrange(call, weight, &a))
    return ISN_OK;
  bool keeps_order = a.shape.c == 1 || a.shape.h * a.shape.w == 1;
  if (layout == ISN_CUDA_FLOATS && keeps_order)
    return ISN_OK;
  size_t bytes =
      (size_t)a.n * (size_t)a.run * isn_shape_count(a.shape) * isn_cuda_number_bytes(layout);
  ISN_TRY(isn_backend_alloc(backend, (bytes + sizeof(float) - 1) / sizeof(float), "packed weights",
                            packed));
  cudaError_t error =
      a.run == 1 ? isn_cuda_pack(cuda->stream, layout, a.shape, a.n, plain, NULL, *packed)
                 : isn_cuda_pack_runs(cuda->stream, layout, a.shape, a.run, plain, *packed);
  if (error != cudaSuccess) {
    isn_backend_free(backend, *packed);
    *packed = NULL;
  }
  ISN_TRY_CUDA(error);
  return ISN_OK;
}
