/** @file kernels_vectors.h
 *  Kernels on many vectors, as C sees them: see kernels.h, and invset/vectors.h for what the jobs
 *  mean.  Here everything that a list points to is device memory, the list itself and results too.
 */
#ifndef INVSET_CUDA_KERNELS_VECTORS_H
#define INVSET_CUDA_KERNELS_VECTORS_H

#include <cuda_runtime_api.h>

#include "backend/vector_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @param[in] longest most numbers of a job */
cudaError_t isn_cuda_copy_vectors(cudaStream_t stream, size_t n, const isn_copy_job_t *jobs,
                                  size_t longest);
cudaError_t isn_cuda_put_units(cudaStream_t stream, size_t n, const isn_units_job_t *jobs,
                               const isn_unit_weight_t *weights);
/** @param[in] longest largest size of a job */
cudaError_t isn_cuda_spread(cudaStream_t stream, size_t n, const isn_spread_job_t *jobs,
                            size_t longest);
/** @param[out] way    (n, longest) scratch  @param[out] lambda (ranges of all jobs) scratch */
cudaError_t isn_cuda_move(cudaStream_t stream, size_t n, const isn_moves_job_t *jobs,
                          const isn_slope_range_t *ranges, size_t longest, double *way,
                          double *lambda);
cudaError_t isn_cuda_pick(cudaStream_t stream, size_t n, const isn_pick_job_t *jobs);
cudaError_t isn_cuda_see_finite(cudaStream_t stream, size_t n, const isn_finite_job_t *jobs);
cudaError_t isn_cuda_store_pictures(cudaStream_t stream, size_t n, const isn_picture_job_t *jobs,
                                    isn_shape_t shape, isn_picture_format_t format);

#ifdef __cplusplus
}
#endif
#endif
