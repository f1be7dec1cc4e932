/** @file net_pass.h
 *  Any number of samples through a net in batches, from host memory to host memory.  Local.
 */
#ifndef INVSET_JOBS_NET_PASS_H
#define INVSET_JOBS_NET_PASS_H

#include "invset/backend.h"
#include "invset/net_spec.h"

/** Compute blobs of all samples.
 *  @param[in]  input  (n, shape of the net's input), host
 *  @param[in]  batch  most samples computed together, >= 1
 *  @param[in]  blobs  (n_blobs) names; the final values are taken
 *  @param[out] values (n_blobs) arrays (n, shape of the blob), host, caller's
 *  @return isn_net_create()'s and isn_net_forward()'s errors */
ISN_MUST_USE isn_status_t isn_pass_forward(isn_backend_t *backend, const isn_net_spec_t *spec,
                                           int n, const float *input, int batch, int n_blobs,
                                           const char *const *blobs, float *const *values);

/** Compute the gradient of one unit of each sample with respect to its input.
 *  @param[in]  offset   of the unit in a sample of the blob's final value
 *  @param[out] gradient (n, shape of the net's input), host, caller's */
ISN_MUST_USE isn_status_t isn_pass_gradient(isn_backend_t *backend, const isn_net_spec_t *spec,
                                            int n, const float *input, int batch, const char *blob,
                                            size_t offset, float *gradient);

#endif
