/** @file fixture.h
 *  One layer on one backend with a batch of random numbers, for tests and measurements.
 *
 *  What a layer says that it does not need is not given to it: a kernel that reads it after all
 *  crashes.  What it may not rely on (workspace, old results) holds NaN.
 */
#ifndef INVSET_TESTS_FIXTURE_H
#define INVSET_TESTS_FIXTURE_H

#include "invset/backend.h"

typedef struct {
  isn_backend_t *backend; /**< borrowed */
  isn_layer_params_t params;
  isn_shape_t in, out;
  int batch;
  isn_layer_needs_t needs;
  isn_layer_call_t call; /**< everything is there, in backend memory */
  size_t n_weights[ISN_LAYER_MAX_WEIGHTS];
  float *weights[ISN_LAYER_MAX_WEIGHTS]; /**< host */
  float *x, *y, *grad_y, *grad_x;        /**< host, (batch, ...) */
} fixture_t;

/** Fill with numbers in [-scale, scale), the same for the same seed. */
void fixture_noise(float *x, size_t n, float scale, unsigned seed);

/** Make a layer with random weights, input and output gradient.
 *  @param[in]  scale of the input's numbers
 *  @param[out] f     fixture_destroy(), also after a failure */
ISN_MUST_USE isn_status_t fixture_create(isn_backend_t *backend, const isn_layer_params_t *params,
                                         isn_shape_t in, int batch, float scale, fixture_t *f);
void fixture_destroy(fixture_t *f);

/** x to y for the first n samples, in place if asked. */
ISN_MUST_USE isn_status_t fixture_forward(fixture_t *f, int n, bool in_place);

/** grad_y to grad_x for some samples; after fixture_forward(). */
ISN_MUST_USE isn_status_t fixture_backward(fixture_t *f, isn_rows_t rows, bool in_place);

#endif
