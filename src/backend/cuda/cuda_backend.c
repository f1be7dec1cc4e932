/** @file cuda_backend.c
 *  The CUDA backend's table: device memory, one stream, one kernel per layer kind.
 *  Knows no layer from inside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cuda/convolution_choice.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/fallback.h"
#include "backend/cuda/memory.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/recording.h"
#include "backend/cuda/rows.h"
#include "backend/cuda/staging.h"
#include "backend/cuda/watch.h"
#include "invset/memory.h"

/* Most of cuDNN's workspace: what its fast algorithms ask for at full size and batch 1000. */
static const size_t MOST_WORKSPACE = (size_t)1 << 30;

static const isn_cuda_kernel_t *const kernels[ISN_N_LAYER_KINDS] = {
    [ISN_LAYER_CONVOLUTION] = &isn_cuda_layer_convolution,
    [ISN_LAYER_DECONVOLUTION] = &isn_cuda_layer_convolution,
    [ISN_LAYER_POOLING] = &isn_cuda_layer_pooling,
    [ISN_LAYER_LRN] = &isn_cuda_layer_lrn,
    [ISN_LAYER_RELU] = &isn_cuda_layer_relu,
    [ISN_LAYER_INNER_PRODUCT] = &isn_cuda_layer_inner_product,
    [ISN_LAYER_SOFTMAX] = &isn_cuda_layer_softmax,
    [ISN_LAYER_BIAS] = &isn_cuda_layer_affine,
    [ISN_LAYER_CROP] = &isn_cuda_layer_crop,
    [ISN_LAYER_RESHAPE] = &isn_cuda_layer_reshape,
    [ISN_LAYER_PRELU] = &isn_cuda_layer_prelu,
    [ISN_LAYER_ELU] = &isn_cuda_layer_elu,
    [ISN_LAYER_SIGMOID] = &isn_cuda_layer_sigmoid,
    [ISN_LAYER_TANH] = &isn_cuda_layer_tanh,
    [ISN_LAYER_ABSVAL] = &isn_cuda_layer_absval,
    [ISN_LAYER_POWER] = &isn_cuda_layer_power,
    [ISN_LAYER_EXP] = &isn_cuda_layer_exp,
    [ISN_LAYER_LOG] = &isn_cuda_layer_log,
    [ISN_LAYER_BATCH_NORM] = &isn_cuda_layer_affine,
    [ISN_LAYER_SCALE] = &isn_cuda_layer_affine,
    [ISN_LAYER_ELTWISE] = &isn_cuda_layer_eltwise,
    [ISN_LAYER_CONCAT] = &isn_cuda_layer_concat,
    [ISN_LAYER_SLICE] = &isn_cuda_layer_slice,
    [ISN_LAYER_PICTURE] = &isn_cuda_layer_picture,
};

static void close_cuda(isn_backend_t *backend)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_choices_destroy(cuda->choices);
  if (cuda->convolution)
    isn_lib.cudnnDestroyConvolutionDescriptor(cuda->convolution);
  if (cuda->filter_shape)
    isn_lib.cudnnDestroyFilterDescriptor(cuda->filter_shape);
  if (cuda->map_shape)
    isn_lib.cudnnDestroyTensorDescriptor(cuda->map_shape);
  if (cuda->image_shape)
    isn_lib.cudnnDestroyTensorDescriptor(cuda->image_shape);
  if (cuda->dnn)
    isn_lib.cudnnDestroy(cuda->dnn);
  if (cuda->blas)
    isn_lib.cublasDestroy(cuda->blas);
  cudaFree(cuda->blas_workspace);
  cudaFree(cuda->workspace);
  isn_cuda_free_staging(cuda);
  isn_cuda_free_all(cuda);
  if (cuda->stream)
    cudaStreamDestroy(cuda->stream);
  free(cuda);
}

static isn_status_t start(isn_cuda_t *cuda, isn_backend_t *backend, int local_rank)
{
  ISN_TRY(isn_cuda_choose_device(local_rank, &cuda->device));
  ISN_TRY(isn_cuda_load_libraries());
  ISN_TRY_CUDA(cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking));
  ISN_TRY_BLAS(isn_lib.cublasCreate(&cuda->blas));
  ISN_TRY_BLAS(isn_lib.cublasSetStream(cuda->blas, cuda->stream));
  ISN_TRY_CUDA(cudaMalloc(&cuda->blas_workspace, ISN_CUDA_BLAS_WORKSPACE));
  ISN_TRY_BLAS(
      isn_lib.cublasSetWorkspace(cuda->blas, cuda->blas_workspace, ISN_CUDA_BLAS_WORKSPACE));
  ISN_TRY_BLAS(isn_lib.cublasSetMathMode(
      cuda->blas,
      (cublasMath_t)(CUBLAS_DEFAULT_MATH |
                     CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION))); /* of halves */
  ISN_TRY_DNN(isn_lib.cudnnCreate(&cuda->dnn));
  ISN_TRY_DNN(isn_lib.cudnnSetStream(cuda->dnn, cuda->stream));
  ISN_TRY_DNN(isn_lib.cudnnCreateTensorDescriptor(&cuda->image_shape));
  ISN_TRY_DNN(isn_lib.cudnnCreateTensorDescriptor(&cuda->map_shape));
  ISN_TRY_DNN(isn_lib.cudnnCreateFilterDescriptor(&cuda->filter_shape));
  ISN_TRY_DNN(isn_lib.cudnnCreateConvolutionDescriptor(&cuda->convolution));
  ISN_TRY(isn_cuda_choices_create(&cuda->choices));
  size_t free_bytes, total;
  ISN_TRY_CUDA(cudaMemGetInfo(&free_bytes, &total));
  cuda->workspace_limit = total / 16 < MOST_WORKSPACE ? total / 16 : MOST_WORKSPACE;
  return isn_cuda_describe(cuda->device, backend->description, sizeof backend->description);
}

static isn_status_t open_cuda(isn_backend_t *backend, int local_rank)
{
  isn_cuda_t *cuda = NULL;
  ISN_TRY(isn_alloc(&cuda, 1, "the CUDA backend"));
  backend->own = cuda;
  isn_status_t status = start(cuda, backend, local_rank);
  if (status != ISN_OK) {
    close_cuda(backend);
    isn_error_prefix("backend 'cuda'");
  }
  return status;
}

/* The workspace is still to come out of what is free. */
static isn_status_t free_memory(isn_backend_t *backend, size_t *bytes)
{
  const isn_cuda_t *cuda = backend->own;
  size_t free_bytes, total, reserve = cuda->workspace_limit - cuda->workspace_bytes;
  ISN_TRY_CUDA(cudaMemGetInfo(&free_bytes, &total));
  free_bytes += isn_cuda_kept_bytes(cuda);
  *bytes = free_bytes > reserve ? free_bytes - reserve : 0;
  return ISN_OK;
}

/* The bytes of the device's UUID, cut to what a double holds exactly. */
static isn_status_t device_number(isn_backend_t *backend, double *number)
{
  const isn_cuda_t *cuda = backend->own;
  struct cudaDeviceProp properties;
  uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
  ISN_TRY_CUDA(cudaGetDeviceProperties(&properties, cuda->device));
  for (size_t i = 0; i < sizeof properties.uuid.bytes; i++)
    hash = (hash ^ (unsigned char)properties.uuid.bytes[i]) * UINT64_C(1099511628211);
  *number = (double)(hash >> 11);
  return ISN_OK;
}

/* Pages that stay where they are: the GPU reads and writes them itself, several times faster than
 * by way of the driver's buffer. */
static isn_status_t alloc_pinned(isn_backend_t *backend, size_t n, const char *what, float **out)
{
  void *data = NULL;
  (void)backend;
  cudaError_t error = n > SIZE_MAX / sizeof(float)
                          ? cudaErrorMemoryAllocation
                          : cudaHostAlloc(&data, n * sizeof(float), cudaHostAllocDefault);
  if (error == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    ISN_FAIL(ISN_ERR_MEMORY, "%s: no pinned host memory for %.1f MB", what,
             1e-6 * (double)n * sizeof(float));
  }
  ISN_TRY_CUDA(error);
  memset(data, 0, n * sizeof(float));
  *out = data;
  return ISN_OK;
}

static void free_pinned(isn_backend_t *backend, float *data)
{
  (void)backend;
  cudaFreeHost(data);
}

isn_status_t isn_cuda_reserve_workspace(isn_cuda_t *cuda, size_t bytes)
{
  const size_t unit = (size_t)1 << 20;
  if (bytes <= cuda->workspace_bytes)
    return ISN_OK;
  bytes = (bytes + unit - 1) / unit * unit;
  cudaFree(cuda->workspace);
  cuda->workspace = NULL;
  cuda->workspace_bytes = 0;
  cuda->workspace_generation++;
  ISN_TRY(isn_cuda_take(cuda, bytes, "workspace of cuDNN", &cuda->workspace));
  cuda->workspace_bytes = bytes;
  return ISN_OK;
}

static isn_status_t wait_for_device(isn_backend_t *backend)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(cudaStreamSynchronize(cuda->stream));
  return ISN_OK;
}

/* Both wait: the caller may do with his memory what he likes afterwards. */
static isn_status_t upload(isn_backend_t *backend, float *to, const float *host, size_t n)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(cudaMemcpyAsync(to, host, n * sizeof *to, cudaMemcpyHostToDevice, cuda->stream));
  return wait_for_device(backend);
}

static isn_status_t download(isn_backend_t *backend, float *host, const float *from, size_t n)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_TRY_CUDA(cudaMemcpyAsync(host, from, n * sizeof *host, cudaMemcpyDeviceToHost, cuda->stream));
  return wait_for_device(backend);
}

static isn_status_t set_precision(isn_backend_t *backend, isn_precision_t precision)
{
  isn_cuda_t *cuda = backend->own;
  cuda->precision = precision;
  return ISN_OK;
}

bool isn_cuda_always_packs(const isn_layer_call_t *call)
{
  (void)call;
  return true;
}

/* Whether a layer's data are packed and it does not take them. */
static bool falls_back(const isn_cuda_t *cuda, const isn_layer_call_t *call)
{
  const isn_cuda_kernel_t *kernel = kernels[call->params->kind];
  return isn_cuda_layout(cuda) != ISN_CUDA_PLAIN && !(kernel->packs && kernel->packs(call));
}

static void layer_needs(const isn_backend_t *backend, const isn_layer_call_t *call,
                        isn_layer_needs_t *needs)
{
  const isn_cuda_kernel_t *kernel = kernels[call->params->kind];
  if (falls_back(backend->own, call))
    isn_cuda_fallback_needs(backend->own, kernel, call, needs);
  else if (kernel->needs)
    kernel->needs(backend->own, call, needs);
}

static isn_status_t layer_forward(isn_backend_t *backend, const isn_layer_call_t *call, int n)
{
  const isn_cuda_kernel_t *kernel = kernels[call->params->kind];
  if (falls_back(backend->own, call))
    return isn_cuda_fallback_forward(backend->own, kernel, call, n);
  return kernel->forward(backend->own, call, n);
}

static isn_status_t layer_backward(isn_backend_t *backend, const isn_layer_call_t *call,
                                   isn_rows_t rows)
{
  const isn_cuda_kernel_t *kernel = kernels[call->params->kind];
  if (falls_back(backend->own, call))
    return isn_cuda_fallback_backward(backend->own, kernel, call, rows);
  return kernel->backward(backend->own, call, rows);
}

/* Of packed numbers where these are packed.  Other samples are left alone. */
static isn_status_t add_rows(isn_backend_t *backend, float *y, const float *x, size_t count,
                             isn_rows_t rows)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_CUDA_FOR_ROWS(rows, false,
                    isn_cuda_add(cuda->stream, isn_cuda_layout(cuda), &rows_, count, x, y));
  return ISN_OK;
}

static isn_status_t zero_rows(isn_backend_t *backend, float *x, size_t count, isn_rows_t rows)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_CUDA_FOR_ROWS(rows, false,
                    isn_cuda_zero(cuda->stream, isn_cuda_layout(cuda), &rows_, count, x));
  return ISN_OK;
}

static isn_status_t copy_rows(isn_backend_t *backend, float *y, const float *x, size_t count,
                              isn_rows_t rows)
{
  const isn_cuda_t *cuda = backend->own;
  ISN_CUDA_FOR_ROWS(rows, false,
                    isn_cuda_copy(cuda->stream, isn_cuda_layout(cuda), &rows_, count, x, y));
  return ISN_OK;
}

const isn_backend_ops_t isn_backend_cuda_ops = {
    .name = "cuda",
    .full_batch = 1000, /* ../shared/gpu-notes.md: what fills an H100 */
    .compiled_in = true,
    .is_likely = isn_cuda_has_driver,
    .open = open_cuda,
    .close = close_cuda,
    .memory = free_memory,
    .device_number = device_number,
    .alloc = isn_cuda_alloc,
    .free = isn_cuda_free,
    .alloc_host = alloc_pinned,
    .free_host = free_pinned,
    .upload = upload,
    .download = download,
    .wait = wait_for_device,
    .set_precision = set_precision,
    .packed_bytes = isn_cuda_packed_bytes,
    .pack = isn_cuda_pack_samples,
    .unpack = isn_cuda_unpack_samples,
    .find_factors = isn_cuda_factors_of_samples,
    .pack_weight = isn_cuda_pack_weight,
    .watch_libraries = isn_cuda_watch_libraries,
    .record = isn_cuda_record,
    .end_record = isn_cuda_end_record,
    .replay = isn_cuda_replay,
    .free_recording = isn_cuda_free_recording,
    .needs = layer_needs,
    .forward = layer_forward,
    .backward = layer_backward,
    .add = add_rows,
    .zero = zero_rows,
    .copy = copy_rows,
    .vectors = &isn_cuda_vectors,
};
