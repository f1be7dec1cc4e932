/** @file recording.h
 *  The table's entries for recordings; see backend_impl.h.
 */
#ifndef INVSET_CUDA_RECORDING_H
#define INVSET_CUDA_RECORDING_H

#include "backend/backend_impl.h"

isn_status_t isn_cuda_record(isn_backend_t *backend);
isn_status_t isn_cuda_end_record(isn_backend_t *backend, isn_recording_t **out);
isn_status_t isn_cuda_replay(isn_backend_t *backend, const isn_recording_t *recording, bool *stale);
void isn_cuda_free_recording(isn_backend_t *backend, isn_recording_t *recording);

#endif
