/** @file device.c
 *  Which GPU a rank computes on, and why there is none.
 */
#include <stdio.h>

#include "backend/cuda/cuda.h"

/* CUDA's version numbers are 1000 major + 10 minor. */
typedef struct {
  int major, minor;
} version_t;

static version_t version_of(int number)
{
  return (version_t){number / 1000, number % 1000 / 10};
}

bool isn_cuda_has_driver(void)
{
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess && version > 0;
}

static isn_status_t fail_count(cudaError_t error)
{
  int driver = 0, runtime = 0;
  (void)cudaGetLastError();
  if (!isn_cuda_has_driver())
    ISN_FAIL(ISN_ERR_INPUT, "no NVIDIA driver is installed here (%s)", cudaGetErrorString(error));
  (void)cudaDriverGetVersion(&driver);
  if (cudaRuntimeGetVersion(&runtime) == cudaSuccess && driver < runtime) {
    version_t has = version_of(driver), wants = version_of(runtime);
    ISN_FAIL(ISN_ERR_INPUT,
             "the NVIDIA driver here is for CUDA %d.%d at most, this program was built with CUDA "
             "%d.%d (%s); update the driver, or build with an older CUDA",
             has.major, has.minor, wants.major, wants.minor, cudaGetErrorString(error));
  }
  ISN_FAIL(ISN_ERR_INPUT,
           "no GPU is to be had here (%s); is one allocated to this job, and does "
           "CUDA_VISIBLE_DEVICES name it?",
           cudaGetErrorString(error));
}

static isn_status_t fail_architecture(int device, cudaError_t error)
{
  int major = 0, minor = 0;
  (void)cudaGetLastError();
  (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  ISN_FAIL(ISN_ERR_INPUT,
           "this program was built for GPU architectures %s, GPU %d is of architecture %d%d (%s); "
           "build with -DCMAKE_CUDA_ARCHITECTURES=%d%d",
           ISN_CUDA_ARCHITECTURES, device, major, minor, cudaGetErrorString(error), major, minor);
}

isn_status_t isn_cuda_choose_device(int local_rank, int *device)
{
  int n = 0;
  cudaError_t error = cudaGetDeviceCount(&n);
  if (error != cudaSuccess)
    return fail_count(error);
  if (n < 1)
    return fail_count(cudaErrorNoDevice);
  *device = local_rank % n;
  error = cudaSetDevice(*device);
  if (error == cudaErrorDevicesUnavailable || error == cudaErrorDeviceAlreadyInUse)
    ISN_FAIL(ISN_ERR_INPUT,
             "GPU %d is taken by another process and not to be shared (%s); start no more ranks "
             "than there are GPUs, or have its compute mode set to default",
             *device, cudaGetErrorString(error));
  ISN_TRY_CUDA(error);
  error = isn_cuda_kernels_check();
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction ||
      error == cudaErrorUnsupportedPtxVersion)
    return fail_architecture(*device, error);
  ISN_TRY_CUDA(error);
  return ISN_OK;
}

isn_status_t isn_cuda_describe(int device, char *text, size_t n)
{
  struct cudaDeviceProp properties;
  int n_devices = 0, runtime = 0;
  ISN_TRY_CUDA(cudaGetDeviceProperties(&properties, device));
  ISN_TRY_CUDA(cudaGetDeviceCount(&n_devices));
  ISN_TRY_CUDA(cudaRuntimeGetVersion(&runtime));
  version_t cuda = version_of(runtime);
  size_t dnn = isn_lib.cudnnGetVersion(); /* 10000 major + 100 minor + patch */
  snprintf(text, n, "%s (GPU %d of %d), CUDA %d.%d, cuDNN %zu.%zu", properties.name, device,
           n_devices, cuda.major, cuda.minor, dnn / 10000, dnn / 100 % 100);
  return ISN_OK;
}
