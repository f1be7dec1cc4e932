/** @file cases.h
 *  Layers to be tried on every backend: all kinds, with odd sizes.
 */
#ifndef INVSET_TESTS_CASES_H
#define INVSET_TESTS_CASES_H

#include "invset/layer.h"

enum { LAYER_CASE_MAX_IN = ISN_LAYER_MAX_BOTTOMS };

typedef struct {
  const char *name;
  isn_shape_t in[LAYER_CASE_MAX_IN]; /**< those with channels */
  int n_out;
  float scale; /**< inputs are in [-scale, scale) */
  isn_layer_params_t params;
} layer_case_t;

extern const layer_case_t layer_cases[];
extern const int n_layer_cases;

/** Number of inputs. */
static inline int layer_case_n_in(const layer_case_t *layer)
{
  int n = 0;
  while (n < LAYER_CASE_MAX_IN && layer->in[n].c > 0)
    n++;
  return n;
}

#endif
