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

static bool is_packed(const fixture_t *f)
{
  return isn_backend_packed_bytes(f->backend) > 0;
}

static size_t count_of(const fixture_t *f, isn_shape_t shape)
{
  return (size_t)f->batch * isn_shape_count(shape);
}

isn_status_t fixture_get(fixture_t *f, isn_tensor_t blob, float *host)
{
  size_t n = count_of(f, blob.shape);
  if (!is_packed(f))
    return isn_backend_download(f->backend, host, blob.data, n);
  ISN_TRY(isn_backend_unpack(f->backend, blob.shape, f->batch, blob.data, NULL, f->staging));
  return isn_backend_download(f->backend, host, f->staging, n);
}

isn_status_t fixture_put(fixture_t *f, isn_tensor_t blob, float *host)
{
  size_t n = count_of(f, blob.shape);
  if (!is_packed(f))
    return isn_backend_upload(f->backend, blob.data, host, n);
  ISN_TRY(isn_backend_upload(f->backend, f->staging, host, n));
  ISN_TRY(isn_backend_pack(f->backend, blob.shape, f->batch, f->staging, NULL, blob.data));
  return fixture_get(f, blob, host);
}

/* Host memory with noise, and a blob with the same. */
static isn_status_t make_blob(fixture_t *f, float scale, unsigned seed, float **host,
                              isn_tensor_t *blob)
{
  size_t n = count_of(f, blob->shape);
  size_t bytes = is_packed(f) ? isn_backend_packed_bytes(f->backend) : sizeof(float);
  ISN_TRY(isn_alloc(host, n, "test data"));
  fixture_noise(*host, n, scale, seed);
  ISN_TRY(isn_backend_alloc(f->backend, (n * bytes + 3) / 4, "test data", &blob->data));
  return fixture_put(f, *blob, *host);
}

/* Weights that are something else than factors. */
static void adjust_weights(fixture_t *f)
{
  if (f->params.kind == ISN_LAYER_PICTURE) /* means are grey levels */
    fixture_noise(f->weights[0], f->n_weights[0], 100.0F, 10U);
  if (f->params.kind != ISN_LAYER_BATCH_NORM)
    return;
  for (size_t i = 0; i < f->n_weights[1]; i++) /* a variance */
    f->weights[1][i] = fabsf(f->weights[1][i]);
  f->weights[2][0] = 2.5F; /* how many variances were added up */
}

/* As if it were a vector: off the host's numbers what a packed weight has no room for. */
static isn_status_t round_weight(fixture_t *f, int i)
{
  isn_shape_t vector = {1, (int)f->n_weights[i], 1, 1};
  float *rounded = NULL;
  ISN_TRY(isn_backend_alloc(f->backend, f->n_weights[i], "test data", &rounded));
  isn_status_t status = isn_backend_pack(f->backend, vector, 1, f->plain_weights[i], NULL, rounded);
  if (status == ISN_OK)
    status = isn_backend_unpack(f->backend, vector, 1, rounded, NULL, f->staging);
  if (status == ISN_OK)
    status = isn_backend_download(f->backend, f->weights[i], f->staging, f->n_weights[i]);
  isn_backend_free(f->backend, rounded);
  return status;
}

isn_status_t fixture_put_weights(fixture_t *f)
{
  for (int i = 0; i < ISN_LAYER_MAX_WEIGHTS && f->weights[i]; i++) {
    f->call.weights[i] = f->plain_weights[i];
    ISN_TRY(isn_backend_upload(f->backend, f->plain_weights[i], f->weights[i], f->n_weights[i]));
  }
  for (int i = 0; is_packed(f) && i < ISN_LAYER_MAX_WEIGHTS && f->weights[i]; i++) {
    isn_layer_call_t call = f->call;
    call.weights[i] = f->plain_weights[i];
    isn_backend_free(f->backend, f->packed_weights[i]);
    f->packed_weights[i] = NULL;
    ISN_TRY(isn_backend_pack_weight(f->backend, &call, i, &f->packed_weights[i]));
    if (!f->packed_weights[i])
      continue;
    f->call.weights[i] = f->packed_weights[i];
    ISN_TRY(round_weight(f, i));
  }
  return ISN_OK;
}

static isn_status_t make_weights(fixture_t *f)
{
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(&f->params, f->in, &n, n_axes, dims);
  for (int i = 0; i < n; i++) {
    size_t count = 1;
    for (int a = 0; a < n_axes[i]; a++)
      count *= (size_t)dims[i][a];
    f->n_weights[i] = count;
    ISN_TRY(isn_alloc(&f->weights[i], count, "test weights"));
    fixture_noise(f->weights[i], count, 0.5F, 10U + (unsigned)i);
    ISN_TRY(isn_backend_alloc(f->backend, count, "test weights", &f->plain_weights[i]));
  }
  adjust_weights(f);
  return fixture_put_weights(f);
}

/* Room for the largest blob or weight. */
static isn_status_t make_staging(fixture_t *f)
{
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  size_t most = 1;
  isn_layer_weight_shapes(&f->params, f->in, &n, n_axes, dims);
  for (int i = 0; i < n; i++) {
    size_t count = 1;
    for (int a = 0; a < n_axes[i]; a++)
      count *= (size_t)dims[i][a];
    most = count > most ? count : most;
  }
  for (int i = 0; i < f->n_in; i++)
    most = count_of(f, f->in[i]) > most ? count_of(f, f->in[i]) : most;
  for (int i = 0; i < f->n_out; i++)
    most = count_of(f, f->out[i]) > most ? count_of(f, f->out[i]) : most;
  return isn_backend_alloc(f->backend, most, "test data", &f->staging);
}

static isn_status_t make_blobs(fixture_t *f, float scale)
{
  isn_layer_call_t *call = &f->call;
  for (int i = 0; i < f->n_in; i++) {
    unsigned seed = 10U * (unsigned)i;
    ISN_TRY(make_blob(f, scale, seed + 1, &f->x[i], &call->bottoms[i]));
    ISN_TRY(make_blob(f, 1.0F, seed + 4, &f->grad_x[i], &call->grad_bottoms[i]));
  }
  for (int i = 0; i < f->n_out; i++) {
    unsigned seed = 10U * (unsigned)i;
    ISN_TRY(make_blob(f, 1.0F, seed + 2, &f->y[i], &call->tops[i]));
    ISN_TRY(make_blob(f, 1.0F, seed + 3, &f->grad_y[i], &call->grad_tops[i]));
  }
  return ISN_OK;
}

isn_status_t fixture_create(isn_backend_t *backend, const isn_layer_params_t *params, int n_in,
                            const isn_shape_t *in, int n_out, int batch, float scale, fixture_t *f)
{
  *f = (fixture_t){
      .backend = backend, .params = *params, .n_in = n_in, .n_out = n_out, .batch = batch};
  isn_layer_call_t *call = &f->call;
  ISN_TRY(isn_layer_shapes(params, "tested", n_in, in, n_out, f->out));
  call->params = &f->params;
  call->n_bottoms = n_in;
  call->n_tops = n_out;
  for (int i = 0; i < n_in; i++)
    f->in[i] = call->bottoms[i].shape = call->grad_bottoms[i].shape = in[i];
  for (int i = 0; i < n_out; i++)
    call->tops[i].shape = call->grad_tops[i].shape = f->out[i];
  isn_backend_needs(backend, call, &f->needs);

  size_t state_floats = ((size_t)batch * f->needs.state_bytes_per_sample + 3) / 4;
  float *state = NULL;
  ISN_TRY(make_staging(f));
  ISN_TRY(make_weights(f));
  ISN_TRY(make_blobs(f, scale));
  ISN_TRY(isn_backend_alloc(backend, state_floats, "test state", &state));
  call->state = state;
  return isn_backend_alloc(backend, f->needs.workspace_floats, "test workspace", &call->workspace);
}

static void free_blob(fixture_t *f, float *host, isn_tensor_t device)
{
  free(host);
  isn_backend_free(f->backend, device.data);
}

void fixture_destroy(fixture_t *f)
{
  isn_layer_call_t *call = &f->call;
  for (int i = 0; i < f->n_in; i++) {
    free_blob(f, f->x[i], call->bottoms[i]);
    free_blob(f, f->grad_x[i], call->grad_bottoms[i]);
  }
  for (int i = 0; i < f->n_out; i++) {
    free_blob(f, f->y[i], call->tops[i]);
    free_blob(f, f->grad_y[i], call->grad_tops[i]);
  }
  for (int i = 0; i < ISN_LAYER_MAX_WEIGHTS; i++) {
    isn_backend_free(f->backend, f->plain_weights[i]);
    isn_backend_free(f->backend, f->packed_weights[i]);
    free(f->weights[i]);
  }
  isn_backend_free(f->backend, f->staging);
  isn_backend_free(f->backend, call->state);
  isn_backend_free(f->backend, call->workspace);
}

/* A blob := NaN, by way of a host buffer. */
static isn_status_t spoil(fixture_t *f, isn_tensor_t blob, float *host)
{
  for (size_t i = 0; i < count_of(f, blob.shape); i++)
    host[i] = NAN;
  return fixture_put(f, blob, host);
}

static isn_status_t spoil_workspace(fixture_t *f)
{
  float *nan = NULL;
  size_t n = f->needs.workspace_floats;
  ISN_TRY(isn_alloc(&nan, n, "test data"));
  for (size_t i = 0; i < n; i++)
    nan[i] = NAN;
  isn_status_t status = isn_backend_upload(f->backend, f->call.workspace, nan, n);
  free(nan);
  return status;
}

isn_status_t fixture_forward(fixture_t *f, int n, bool in_place)
{
  isn_layer_call_t call = f->call;
  if (in_place) { /* backward must not find the bottom anywhere */
    ISN_TRY(spoil(f, call.bottoms[0], f->grad_x[0]));
    call.bottoms[0].data = call.tops[0].data;
  }
  if (f->needs.state_bytes_per_sample == 0)
    call.state = NULL;
  ISN_TRY(spoil_workspace(f));
  for (int i = 0; i < f->n_out; i++)
    ISN_TRY(spoil(f, call.tops[i], f->y[i]));
  for (int i = 0; i < f->n_in; i++)
    ISN_TRY(fixture_put(f, call.bottoms[i], f->x[i]));
  ISN_TRY(isn_backend_forward(f->backend, &call, n));
  for (int i = 0; i < f->n_out; i++)
    ISN_TRY(fixture_get(f, call.tops[i], f->y[i]));
  return ISN_OK;
}

isn_status_t fixture_backward(fixture_t *f, isn_rows_t rows, bool in_place)
{
  isn_layer_call_t call = f->call;
  if (in_place)
    call.grad_tops[0].data = call.grad_bottoms[0].data;
  ISN_TRY(spoil_workspace(f));
  for (int i = 0; i < f->n_in; i++) {
    if (!f->needs.backward_bottoms)
      call.bottoms[i].data = NULL;
    ISN_TRY(spoil(f, call.grad_bottoms[i], f->grad_x[i]));
  }
  for (int i = 0; i < f->n_out; i++) {
    if (!f->needs.backward_tops)
      call.tops[i].data = NULL;
    ISN_TRY(fixture_put(f, call.grad_tops[i], f->grad_y[i]));
  }
  ISN_TRY(isn_backend_backward(f->backend, &call, rows));
  for (int i = 0; i < f->n_in; i++)
    ISN_TRY(fixture_get(f, call.grad_bottoms[i], f->grad_x[i]));
  return ISN_OK;
}
