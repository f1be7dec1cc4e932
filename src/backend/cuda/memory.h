/** @file memory.h
 *  Device memory.  What is given back is kept for the next one who wants as much: a run makes and
 *  destroys many blocks of samples of one size, and asking the driver takes long and waits for all
 *  that is at work.  A kept block may be taken at once, as everything goes to one stream.
 */
#ifndef INVSET_CUDA_MEMORY_H
#define INVSET_CUDA_MEMORY_H

#include "backend/cuda/cuda.h"

/** As the backend's table has them. */
isn_status_t isn_cuda_alloc(isn_backend_t *backend, size_t n, const char *what, float **out);
void isn_cuda_free(isn_backend_t *backend, float *data);

/** Take bytes from the driver; where there are none, what is kept is given back first.
 *  @param[out] out cudaFree()  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_cuda_take(isn_cuda_t *cuda, size_t bytes, const char *what,
                                        void **out);

/** Bytes that are kept for nobody. */
size_t isn_cuda_kept_bytes(const isn_cuda_t *cuda);

/** Give everything back to the driver. */
void isn_cuda_free_all(isn_cuda_t *cuda);

#endif
