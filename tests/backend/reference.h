/** @file reference.h
 *  Layers in double precision, written from their definitions and for nothing but to be right.
 */
#ifndef INVSET_TESTS_REFERENCE_H
#define INVSET_TESTS_REFERENCE_H

#include "invset/layer.h"

/** One layer on one sample. */
typedef struct {
  const isn_layer_params_t *params;
  int n_in, n_out;
  const isn_shape_t *in, *out;
  float *const *weights; /**< host, as layer.h has them */
  double **x, **y;       /**< (C, H, W) each */
} reference_t;

/** Compute y from x. */
void reference_forward(const reference_t *r);

/** The same for kinds that work number by number, and for those that join or cut blobs; called by
 *  reference_forward(). */
void reference_values(const reference_t *r);
void reference_joints(const reference_t *r);

/** Where (c, y, x) lies. */
static inline size_t reference_at(isn_shape_t s, int c, int y, int x)
{
  return ((size_t)c * (size_t)s.h + (size_t)y) * (size_t)s.w + (size_t)x;
}

#endif
