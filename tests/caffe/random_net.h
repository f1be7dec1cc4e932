/** @file random_net.h
 *  Nets from a definition in a test's own text, with random weights.
 */
#ifndef INVSET_TESTS_RANDOM_NET_H
#define INVSET_TESTS_RANDOM_NET_H

#include "invset/caffe.h"
#include "invset/net.h"

/** Fill with standard normal numbers, the same for the same stream. */
void random_fill(float *x, size_t n, unsigned stream);

/** The same into backend memory. */
void random_put(isn_backend_t *backend, float *x, size_t n, unsigned stream);

/** Parse a definition and fill the weights: normal, of deviation 0.3; BatchNorm's variances are
 *  positive and its s is 2. */
ISN_MUST_USE isn_status_t random_net(const char *text, isn_net_spec_t **out);

/** Run n random samples forward, and back from random seeds on the blobs.
 *  @param[out] values  (n_blobs) arrays of n samples each, caller's, free()
 *  @param[out] gradient (n, input), caller's, free() */
ISN_MUST_USE isn_status_t random_run(isn_backend_t *backend, const isn_net_spec_t *spec,
                                     int n_blobs, const char *const *blobs, int n, float **values,
                                     float **gradient);

#endif
