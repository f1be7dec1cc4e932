/** @file cases.h
 *  Layers to be tried on every backend: all kinds, with odd sizes.
 */
#ifndef INVSET_TESTS_CASES_H
#define INVSET_TESTS_CASES_H

#include "invset/layer.h"

typedef struct {
  const char *name;
  isn_shape_t in;
  float scale; /**< inputs are in [-scale, scale) */
  isn_layer_params_t params;
} layer_case_t;

extern const layer_case_t layer_cases[];
extern const int n_layer_cases;

#endif
