/** @file device.cpp
 *  Devices, versions and errors of the CUDA runtime.
 */
#include "emulation/device.h"

#include <cstring>

#include "emulation/settings.h"
#include "emulation/stop.h"

using namespace emulation;

static cudaError_t last_error = cudaSuccess;

cudaError_t emulation::failed(cudaError_t error)
{
  last_error = error;
  return error;
}

cudaError_t cudaGetLastError()
{
  cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

namespace
{

/* The errors that the emulator makes, and that the backend asks for. */
const struct {
  cudaError_t error;
  const char *name, *text;
} errors[] = {
#define EMULATION_ERROR(name, text)                                                                \
  {                                                                                                \
    name, #name, text                                                                              \
  }
    EMULATION_ERROR(cudaSuccess, "no error"),
    EMULATION_ERROR(cudaErrorInvalidValue, "invalid argument"),
    EMULATION_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    EMULATION_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    EMULATION_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    EMULATION_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    EMULATION_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    EMULATION_ERROR(cudaErrorIllegalState,
                    "the operation cannot be performed in the present state"),
    EMULATION_ERROR(cudaErrorNotReady, "device not ready"),
    EMULATION_ERROR(cudaErrorStreamCaptureUnsupported,
                    "operation not permitted when stream is capturing"),
    EMULATION_ERROR(cudaErrorStreamCaptureInvalidated,
                    "operation failed due to a previous error during capture"),
#undef EMULATION_ERROR
};

} // namespace

const char *cudaGetErrorName(cudaError_t error)
{
  for (const auto &known : errors)
    if (known.error == error)
      return known.name;
  return "an error that is not emulated";
}

const char *cudaGetErrorString(cudaError_t error)
{
  for (const auto &known : errors)
    if (known.error == error)
      return known.text;
  return "an error that is not emulated";
}

cudaError_t cudaDriverGetVersion(int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *n)
{
  *n = settings().devices;
  return *n > 0 ? cudaSuccess : failed(cudaErrorNoDevice);
}

cudaError_t cudaSetDevice(int device)
{
  return device >= 0 && device < settings().devices ? cudaSuccess : failed(cudaErrorInvalidDevice);
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int)
{
  switch (attribute) {
  case cudaDevAttrComputeCapabilityMajor:
    *value = 9;
    return cudaSuccess;
  case cudaDevAttrComputeCapabilityMinor:
    *value = 0;
    return cudaSuccess;
  case cudaDevAttrMultiProcessorCount:
    *value = 2;
    return cudaSuccess;
  default:
    stop("attribute %d of devices is not emulated", (int)attribute);
  }
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device)
{
  if (device < 0 || device >= settings().devices)
    return failed(cudaErrorInvalidDevice);
  std::memset(properties, 0, sizeof *properties);
  std::strcpy(properties->name, "emulated GPU");
  properties->uuid.bytes[0] = (char)(device + 1);
  properties->totalGlobalMem = settings().memory;
  return cudaSuccess;
}

/* Every kernel is there. */
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *)
{
  std::memset(attributes, 0, sizeof *attributes);
  return cudaSuccess;
}
