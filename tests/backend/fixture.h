/** @file fixture.h
 *  One layer on one backend with a batch of random numbers, for tests and measurements.
 *
 *  What a layer says that it does not need is not given to it: a kernel that reads it after all
 *  crashes.  What it may not rely on (workspace, old results) holds NaN.
 *
 *  Host data are plain.  Where the backend's precision has packed data, they are packed on their
 *  way to the layer and unpacked on their way back, and what is too fine for them is rounded off
 *  the host data, too: definitions are to be taken at what the layer sees.
 */
#ifndef INVSET_TESTS_FIXTURE_H
#define INVSET_TESTS_FIXTURE_H

#include "invset/backend.h"

typedef struct {
  isn_backend_t *backend; /**< borrowed */
  isn_layer_params_t params;
  int n_in, n_out;
  isn_shape_t in[ISN_LAYER_MAX_BOTTOMS], out[ISN_LAYER_MAX_TOPS];
  int batch;
  isn_layer_needs_t needs;
  isn_layer_call_t call; /**< everything is there, in backend memory */
  size_t n_weights[ISN_LAYER_MAX_WEIGHTS];
  float *weights[ISN_LAYER_MAX_WEIGHTS]; /**< host */
  float *plain_weights[ISN_LAYER_MAX_WEIGHTS], *packed_weights[ISN_LAYER_MAX_WEIGHTS];
  float *staging; /**< backend memory for the plain numbers of any blob or weight */
  float *x[ISN_LAYER_MAX_BOTTOMS], *grad_x[ISN_LAYER_MAX_BOTTOMS]; /**< host, (batch, ...) */
  float *y[ISN_LAYER_MAX_TOPS], *grad_y[ISN_LAYER_MAX_TOPS];
} fixture_t;

/** Fill with numbers in [-scale, scale), the same for the same seed. */
void fixture_noise(float *x, size_t n, float scale, unsigned seed);

/** Make a layer with random weights, inputs and output gradients.
 *  @param[in]  in    (n_in) shapes of the bottoms
 *  @param[in]  scale of the inputs' numbers
 *  @param[out] f     fixture_destroy(), also after a failure */
ISN_MUST_USE isn_status_t fixture_create(isn_backend_t *backend, const isn_layer_params_t *params,
                                         int n_in, const isn_shape_t *in, int n_out, int batch,
                                         float scale, fixture_t *f);
void fixture_destroy(fixture_t *f);

/** x to y for the first n samples, the first top in place of the first bottom if asked. */
ISN_MUST_USE isn_status_t fixture_forward(fixture_t *f, int n, bool in_place);

/** Put plain numbers of the whole batch into a blob, or get them; host is overwritten with what the
 *  blob holds in both. */
ISN_MUST_USE isn_status_t fixture_put(fixture_t *f, isn_tensor_t blob, float *host);
ISN_MUST_USE isn_status_t fixture_get(fixture_t *f, isn_tensor_t blob, float *host);

/** Give f->weights to the layer, after a change. */
ISN_MUST_USE isn_status_t fixture_put_weights(fixture_t *f);

/** grad_y to grad_x for some samples; after fixture_forward(). */
ISN_MUST_USE isn_status_t fixture_backward(fixture_t *f, isn_rows_t rows, bool in_place);

#endif
