/** @file fixture.c
 *  See fixture.h.
 */
#include "backend/fixture.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

void fixture_noise(float *x, size_t n, float scale, unsigned seed)
{
  uint64_t state = seed + 1U;
  for (size_t i = 0; i < n; i++) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    x[i] = scale * ((float)(state >> 40) / 8388608.0F - 1.0F);
  }
}

/* n floats of host memory with noise, and a copy in backend memory. */
static isn_status_t make_blob(fixture_t *f, size_t n, float scale, unsigned seed, float **host,
                              float **device)
{
  ISN_TRY(isn_alloc(host, n, "test data"));
  fixture_noise(*host, n, scale, seed);
  ISN_TRY(isn_backend_alloc(f->backend, n, "test data", device));
  return isn_backend_upload(f->backend, *device, *host, n);
}

static isn_status_t make_weights(fixture_t *f)
{
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(&f->params, &f->in, &n, n_axes, dims);
  for (int i = 0; i < n; i++) {
    size_t count = 1;
    for (int a = 0; a < n_axes[i]; a++)
      count *= (size_t)dims[i][a];
    float *device = NULL;
    f->n_weights[i] = count;
    isn_status_t status = make_blob(f, count, 0.5F, 10U + (unsigned)i, &f->weights[i], &device);
    f->call.weights[i] = device;
    ISN_TRY(status);
  }
  if (f->params.kind == ISN_LAYER_PICTURE) /* means are grey levels */
    fixture_noise(f->weights[0], f->n_weights[0], 100.0F, 10U);
  return n > 0 ? isn_backend_upload(f->backend, (float *)f->call.weights[0], f->weights[0],
                                    f->n_weights[0])
               : ISN_OK;
}

isn_status_t fixture_create(isn_backend_t *backend, const isn_layer_params_t *params,
                            isn_shape_t in, int batch, float scale, fixture_t *f)
{
  *f = (fixture_t){.backend = backend, .params = *params, .in = in, .batch = batch};
  isn_layer_call_t *call = &f->call;
  ISN_TRY(isn_layer_shapes(params, "tested", 1, &in, 1, &f->out));
  call->params = &f->params;
  call->n_bottoms = call->n_tops = 1;
  call->bottoms[0].shape = call->grad_bottoms[0].shape = in;
  call->tops[0].shape = call->grad_tops[0].shape = f->out;
  isn_backend_needs(backend, call, &f->needs);

  size_t n_in = (size_t)batch * isn_shape_count(in);
  size_t n_out = (size_t)batch * isn_shape_count(f->out);
  size_t state_floats = ((size_t)batch * f->needs.state_bytes_per_sample + 3) / 4;
  float *state = NULL;
  ISN_TRY(make_weights(f));
  ISN_TRY(make_blob(f, n_in, scale, 1, &f->x, &call->bottoms[0].data));
  ISN_TRY(make_blob(f, n_out, 1.0F, 2, &f->y, &call->tops[0].data));
  ISN_TRY(make_blob(f, n_out, 1.0F, 3, &f->grad_y, &call->grad_tops[0].data));
  ISN_TRY(make_blob(f, n_in, 1.0F, 4, &f->grad_x, &call->grad_bottoms[0].data));
  ISN_TRY(isn_backend_alloc(backend, state_floats, "test state", &state));
  call->state = state;
  return isn_backend_alloc(backend, f->needs.workspace_floats, "test workspace", &call->workspace);
}

void fixture_destroy(fixture_t *f)
{
  isn_layer_call_t *call = &f->call;
  float *device[] = {call->bottoms[0].data,      call->tops[0].data, call->grad_tops[0].data,
                     call->grad_bottoms[0].data, call->state,        call->workspace};
  float *host[] = {f->x, f->y, f->grad_y, f->grad_x};
  for (size_t i = 0; i < sizeof device / sizeof device[0]; i++)
    isn_backend_free(f->backend, device[i]);
  for (size_t i = 0; i < sizeof host / sizeof host[0]; i++)
    free(host[i]);
  for (int i = 0; i < ISN_LAYER_MAX_WEIGHTS; i++) {
    isn_backend_free(f->backend, (float *)call->weights[i]);
    free(f->weights[i]);
  }
}

/* Backend memory := NaN, by way of a host buffer. */
static isn_status_t spoil(fixture_t *f, float *device, float *host, size_t n)
{
  for (size_t i = 0; i < n; i++)
    host[i] = NAN;
  return isn_backend_upload(f->backend, device, host, n);
}

static isn_status_t spoil_workspace(fixture_t *f)
{
  float *nan = NULL;
  size_t n = f->needs.workspace_floats;
  ISN_TRY(isn_alloc(&nan, n, "test data"));
  isn_status_t status = spoil(f, f->call.workspace, nan, n);
  free(nan);
  return status;
}

isn_status_t fixture_forward(fixture_t *f, int n, bool in_place)
{
  size_t n_in = (size_t)f->batch * isn_shape_count(f->in);
  size_t n_out = (size_t)f->batch * isn_shape_count(f->out);
  isn_layer_call_t call = f->call;
  if (in_place)
    call.bottoms[0].data = call.tops[0].data;
  if (f->needs.state_bytes_per_sample == 0)
    call.state = NULL;
  ISN_TRY(spoil_workspace(f));
  ISN_TRY(spoil(f, call.tops[0].data, f->y, n_out));
  ISN_TRY(isn_backend_upload(f->backend, call.bottoms[0].data, f->x, n_in));
  ISN_TRY(isn_backend_forward(f->backend, &call, n));
  return isn_backend_download(f->backend, f->y, call.tops[0].data, n_out);
}

isn_status_t fixture_backward(fixture_t *f, isn_rows_t rows, bool in_place)
{
  size_t n_in = (size_t)f->batch * isn_shape_count(f->in);
  size_t n_out = (size_t)f->batch * isn_shape_count(f->out);
  isn_layer_call_t call = f->call;
  if (in_place)
    call.grad_tops[0].data = call.grad_bottoms[0].data;
  if (!f->needs.backward_bottoms)
    call.bottoms[0].data = NULL;
  if (!f->needs.backward_tops)
    call.tops[0].data = NULL;
  ISN_TRY(spoil_workspace(f));
  ISN_TRY(spoil(f, call.grad_bottoms[0].data, f->grad_x, n_in));
  ISN_TRY(isn_backend_upload(f->backend, call.grad_tops[0].data, f->grad_y, n_out));
  ISN_TRY(isn_backend_backward(f->backend, &call, rows));
  return isn_backend_download(f->backend, f->grad_x, call.grad_bottoms[0].data, n_in);
}
