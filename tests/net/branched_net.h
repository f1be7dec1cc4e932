/** @file branched_net.h
 *  A small random net with a branch, for tests:
 *
 *      data - conv1 - relu1 - c1 +- lrn - n1 - conv2 - relu2 - c2 +- fc2 - bias2 - fc2 - prob
 *                                |                                +- side (leads nowhere)
 *                                +- conv3 - relu3 - relu3b - c3 - flat - fc1
 */
#ifndef INVSET_TESTS_BRANCHED_NET_H
#define INVSET_TESTS_BRANCHED_NET_H

#include "invset/net.h"

enum { BRANCHED_IN = 3 * 8 * 8, BRANCHED_FC1 = 5, BRANCHED_PROB = 6 };

/** Make the net with random weights.
 *  @param[in] in_place whether layers that can work in place do so; else their tops have names of
 *                      their own, which end with the layer's name ("c1/relu1")
 *  @param[in] slope    of the ReLUs
 *  @param[out] out     resolved, weights filled; isn_net_spec_destroy() */
ISN_MUST_USE isn_status_t branched_net_create(bool in_place, float slope, isn_net_spec_t **out);

/** Fill with standard normal numbers, the same for the same stream. */
void branched_noise(float *x, size_t n, unsigned stream);

/** The same into backend memory. */
void branched_put_noise(isn_backend_t *backend, float *x, size_t n, unsigned stream);

#endif
