/** @file noise.h
 *  Seeded noise for tests of vectors.
 */
#ifndef INVSET_TESTS_BACKEND_NOISE_H
#define INVSET_TESTS_BACKEND_NOISE_H

#include <stddef.h>

/** n numbers in [-scale, scale). */
static inline void make_noise(size_t n, unsigned seed, double scale, float *out)
{
  unsigned state = seed * 2654435761u + 1u;
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    out[i] = (float)(scale * (2.0 * (double)(state >> 8) / 16777216.0 - 1.0));
  }
}

#endif
