/** @file slab.h
 *  Uniform samples of a slab of the unit cube, { c in [0,1]^d : low <= b + w.c <= high }, drawn
 *  exactly, and their principal directions: the reference for what a sampler should cover.
 */
#ifndef INVSET_TESTS_SAMPLE_SLAB_H
#define INVSET_TESTS_SAMPLE_SLAB_H

#include "toy.h"

/* Draw n uniform samples of the inverse set of the toy's first neuron.
 * @param[out] samples (n, d) */
void slab_sample(const toy_t *toy, int n, float *samples);

/* Principal directions of n points, by Jacobi's method.
 * @param[out] directions (d, d): one a row, of length 1 */
ISN_MUST_USE isn_status_t slab_principal_directions(int size, int n, const float *points,
                                                    double *directions);

/* Standard deviation of n points along a direction of length 1. */
double slab_deviation(int size, int n, const float *points, const double *direction);

#endif
