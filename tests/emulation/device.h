/** @file device.h
 *  CUDA's last error, which a failed call leaves and cudaGetLastError() takes.
 */
#ifndef INVSET_EMULATION_DEVICE_H
#define INVSET_EMULATION_DEVICE_H

#include <cuda_runtime_api.h>

namespace emulation
{

/** Leave an error.  @return it */
cudaError_t failed(cudaError_t error);

} // namespace emulation

#endif
