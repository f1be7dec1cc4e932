/** @file cuda.h
 *  What the host files of the CUDA backend share: the open backend, errors of three libraries, and
 *  one table entry per layer kind.
 *
 *  Everything goes to one stream, in order, and nothing waits but upload, download and wait.  So an
 *  error of a kernel may come back from a later call.
 */
#ifndef INVSET_CUDA_H
#define INVSET_CUDA_H

#include <cuda_runtime_api.h>

#include "backend/backend_impl.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/libraries.h"

/** What cuDNN was found to do best with a convolution; convolution_choice.c. */
typedef struct isn_cuda_choices isn_cuda_choices_t;

/** Blocks of device memory; memory.h. */
typedef struct isn_cuda_block isn_cuda_block_t;
typedef struct {
  isn_cuda_block_t *blocks; /**< (n) */
  int n, capacity;
} isn_cuda_memory_t;

/** Memory on the way between host and device; staging.h. */
typedef struct {
  char *host, *device; /**< (bytes) each */
  size_t bytes, used;
  void *scratch; /**< on the device */
  size_t scratch_bytes;
} isn_cuda_staging_t;

/** How long libraries' kernels ran; watch.h. */
typedef struct {
  bool on;
  cudaEvent_t begin, end;
  double ms;
} isn_cuda_watch_t;

/** An open CUDA backend; all owned. */
typedef struct {
  int device;
  cudaStream_t stream;
  cublasHandle_t blas;
  cudnnHandle_t dnn;
  cudnnTensorDescriptor_t image_shape, map_shape; /**< set before each use */
  cudnnFilterDescriptor_t filter_shape;
  cudnnConvolutionDescriptor_t convolution;
  isn_cuda_choices_t *choices;
  isn_cuda_memory_t memory;
  isn_cuda_staging_t staging;
  void *workspace; /**< of cuDNN; one call at a time uses it */
  size_t workspace_bytes, workspace_limit;
  unsigned
      workspace_generation; /**< goes up when the workspace is moved: recordings hold its address */
  isn_cuda_watch_t watch;
  void *blas_workspace;      /**< of cuBLAS, ISN_CUDA_BLAS_WORKSPACE bytes */
  isn_precision_t precision; /**< from now on; says how data lie, see isn_cuda_layout() */
} isn_cuda_t;

enum { ISN_CUDA_BLAS_WORKSPACE = 32 << 20 /* what cuBLAS recommends for an H100 */ };

/** One layer kind.  Data lie as isn_cuda_layout() says. */
typedef struct {
  /** May be NULL (nothing); *needs comes in as all zero. */
  void (*needs)(const isn_cuda_t *cuda, const isn_layer_call_t *call, isn_layer_needs_t *needs);
  isn_status_t (*forward)(isn_cuda_t *cuda, const isn_layer_call_t *call, int n);
  isn_status_t (*backward)(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows);
  /** Whether such a layer takes packed data; all take plain ones.  NULL: never.  Those that do not
   *  go through fallback.h. */
  bool (*packs)(const isn_layer_call_t *call);
} isn_cuda_kernel_t;

/** A `packs` that is always true. */
bool isn_cuda_always_packs(const isn_layer_call_t *call);

extern const isn_cuda_kernel_t isn_cuda_layer_absval;
extern const isn_cuda_kernel_t isn_cuda_layer_affine; /**< Bias, Scale, BatchNorm */
extern const isn_cuda_kernel_t isn_cuda_layer_concat;
extern const isn_cuda_kernel_t isn_cuda_layer_convolution; /**< and Deconvolution */
extern const isn_cuda_kernel_t isn_cuda_layer_crop;
extern const isn_cuda_kernel_t isn_cuda_layer_eltwise;
extern const isn_cuda_kernel_t isn_cuda_layer_elu;
extern const isn_cuda_kernel_t isn_cuda_layer_exp;
extern const isn_cuda_kernel_t isn_cuda_layer_inner_product;
extern const isn_cuda_kernel_t isn_cuda_layer_log;
extern const isn_cuda_kernel_t isn_cuda_layer_lrn;
extern const isn_cuda_kernel_t isn_cuda_layer_picture;
extern const isn_cuda_kernel_t isn_cuda_layer_pooling;
extern const isn_cuda_kernel_t isn_cuda_layer_power;
extern const isn_cuda_kernel_t isn_cuda_layer_prelu;
extern const isn_cuda_kernel_t isn_cuda_layer_relu;
extern const isn_cuda_kernel_t isn_cuda_layer_reshape;
extern const isn_cuda_kernel_t isn_cuda_layer_sigmoid;
extern const isn_cuda_kernel_t isn_cuda_layer_slice;
extern const isn_cuda_kernel_t isn_cuda_layer_softmax;
extern const isn_cuda_kernel_t isn_cuda_layer_tanh;

extern const isn_vector_ops_t isn_cuda_vectors;

/** Make an error of a library's failure, in its words.  @return ISN_ERR_BACKEND */
isn_status_t isn_cuda_fail(cudaError_t error, const char *call, const char *file, int line);
isn_status_t isn_cuda_fail_blas(cublasStatus_t error, const char *call, const char *file, int line);
isn_status_t isn_cuda_fail_dnn(cudnnStatus_t error, const char *call, const char *file, int line);

#define ISN_TRY_CUDA(call)                                                                         \
  do {                                                                                             \
    cudaError_t isn_try_error_ = (call);                                                           \
    if (isn_try_error_ != cudaSuccess)                                                             \
      return isn_cuda_fail(isn_try_error_, #call, __FILE__, __LINE__);                             \
  } while (0)

#define ISN_TRY_BLAS(call)                                                                         \
  do {                                                                                             \
    cublasStatus_t isn_try_error_ = (call);                                                        \
    if (isn_try_error_ != CUBLAS_STATUS_SUCCESS)                                                   \
      return isn_cuda_fail_blas(isn_try_error_, #call, __FILE__, __LINE__);                        \
  } while (0)

#define ISN_TRY_DNN(call)                                                                          \
  do {                                                                                             \
    cudnnStatus_t isn_try_error_ = (call);                                                         \
    if (isn_try_error_ != CUDNN_STATUS_SUCCESS)                                                    \
      return isn_cuda_fail_dnn(isn_try_error_, #call, __FILE__, __LINE__);                         \
  } while (0)

/** Have at least so many bytes in cuda->workspace.  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_cuda_reserve_workspace(isn_cuda_t *cuda, size_t bytes);

/** Whether an NVIDIA driver is installed. */
bool isn_cuda_has_driver(void);

/** The right device for a rank, made current.
 *  @param[in]  local_rank rank within the node: device local_rank modulo their number
 *  @return ISN_ERR_INPUT: no driver, one that is too old, no device, or none that the program has
 *          code for, each with what to do about it */
ISN_MUST_USE isn_status_t isn_cuda_choose_device(int local_rank, int *device);

/** Say what runs here: "NVIDIA H100 80GB HBM3 (GPU 1 of 4), CUDA 13.0, cuDNN 9.19".
 *  @param[out] text (n) */
ISN_MUST_USE isn_status_t isn_cuda_describe(int device, char *text, size_t n);

/** How data and weights lie in the present precision. */
static inline isn_cuda_layout_t isn_cuda_layout(const isn_cuda_t *cuda)
{
  return cuda->precision == ISN_PRECISION_FP32   ? ISN_CUDA_PLAIN
         : cuda->precision == ISN_PRECISION_TF32 ? ISN_CUDA_FLOATS
                                                 : ISN_CUDA_HALVES;
}

/** Numbers from a number on.  @param[in] data in the layout, whatever the type says */
static inline float *isn_cuda_at(isn_cuda_layout_t layout, const float *data, size_t numbers)
{
  return (float *)((char *)data + numbers * isn_cuda_number_bytes(layout));
}

/** One sample of a tensor's data. */
static inline float *isn_cuda_sample(isn_cuda_layout_t layout, isn_tensor_t tensor, int i)
{
  return isn_cuda_at(layout, tensor.data, (size_t)i * isn_shape_count(tensor.shape));
}

/** Number of blocks of a plain sample that each span an axis and all that follow it: 1, C, or C*H.
 */
static inline size_t isn_cuda_blocks(isn_shape_t shape, int axis)
{
  size_t n = 1;
  for (int before = 1; before < axis; before++)
    n *= (size_t)isn_shape_axis(shape, before);
  return n;
}

static inline isn_cuda_channels_t isn_cuda_channels_of(isn_shape_t shape)
{
  return (isn_cuda_channels_t){(unsigned)isn_shape_count(shape), (unsigned)(shape.h * shape.w)};
}

#endif
