/** @file reference.h
 *  Layers in double precision, written from their definitions and for nothing but to be right.
 */
#ifndef INVSET_TESTS_REFERENCE_H
#define INVSET_TESTS_REFERENCE_H

#include "invset/layer.h"

/** One sample forward.
 *  @param[in]  weights host, as layer.h has them
 *  @param[in]  x       (C, H, W) of `in`
 *  @param[out] y       (C, H, W) of `out` */
void reference_forward(const isn_layer_params_t *params, isn_shape_t in, isn_shape_t out,
                       float *const weights[], const double *x, double *y);

#endif
