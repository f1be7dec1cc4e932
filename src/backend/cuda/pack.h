/** @file pack.h
 *  The backend's entries for packed data (backend_impl.h).
 */
#ifndef INVSET_CUDA_PACK_H
#define INVSET_CUDA_PACK_H

#include "backend/cuda/cuda.h"

size_t isn_cuda_packed_bytes(const isn_backend_t *backend);
ISN_MUST_USE isn_status_t isn_cuda_pack_samples(isn_backend_t *backend, isn_shape_t shape, int n,
                                                const float *plain, const float *factors,
                                                float *packed);
ISN_MUST_USE isn_status_t isn_cuda_unpack_samples(isn_backend_t *backend, isn_shape_t shape, int n,
                                                  const float *packed, const float *factors,
                                                  float *plain);
ISN_MUST_USE isn_status_t isn_cuda_factors_of_samples(isn_backend_t *backend, size_t count, int n,
                                                      const float *plain, float target, bool first,
                                                      float *factors);
ISN_MUST_USE isn_status_t isn_cuda_pack_weight(isn_backend_t *backend, const isn_layer_call_t *call,
                                               int weight, float **packed);

#endif
