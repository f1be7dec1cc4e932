/** @file backend.c
 *  The caller's functions of a backend: choose it by name, check the arguments, hand on.
 *  Knows no device; what a call means is in invset/backend.h.
 */
#include "backend/backend_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/layer_shapes.h"
#include "invset/log.h"
#include "invset/memory.h"

/* In the order of preference of "auto". */
static const isn_backend_ops_t *const backends[] = {&isn_backend_cuda_ops, &isn_backend_cpu_ops};
enum { N_BACKENDS = sizeof backends / sizeof backends[0] };

static isn_status_t open_one(const isn_backend_ops_t *ops, int local_rank, isn_backend_t **out)
{
  isn_status_t status = ISN_OK;
  isn_backend_t *backend = NULL;
  ISN_TRY(isn_alloc(&backend, 1, "the backend"));
  backend->ops = ops;
  ISN_TRY_GOTO(ops->open(backend, local_rank), done);
  *out = backend;
  backend = NULL;
done:
  free(backend);
  return status;
}

/* The first one that this machine has what it takes for; the last one needs nothing. */
static isn_status_t open_any(int local_rank, isn_backend_t **out)
{
  isn_status_t status = ISN_OK;
  for (int i = 0; i < N_BACKENDS; i++) {
    if (!backends[i]->compiled_in)
      continue;
    status = open_one(backends[i], local_rank, out);
    if (status != ISN_ERR_INPUT)
      break;
    if (backends[i]->is_likely && backends[i]->is_likely())
      isn_log_info("%s; going on without it", isn_error_message());
    else
      isn_log_verbose("%s; going on without it", isn_error_message());
  }
  return status;
}

isn_status_t isn_backend_open_rank(const char *name, int local_rank, isn_backend_t **out)
{
  if (strcmp(name, "auto") == 0)
    return open_any(local_rank, out);
  for (int i = 0; i < N_BACKENDS; i++)
    if (strcmp(name, backends[i]->name) == 0)
      return open_one(backends[i], local_rank, out);
  ISN_FAIL(ISN_ERR_INPUT, "there is no backend '%s'; give \"auto\", \"cpu\" or \"cuda\"", name);
}

isn_status_t isn_backend_open(const char *name, isn_backend_t **out)
{
  return isn_backend_open_rank(name, 0, out);
}

void isn_backend_close(isn_backend_t *backend)
{
  if (!backend)
    return;
  backend->ops->close(backend);
  free(backend);
}

const char *isn_backend_name(const isn_backend_t *backend)
{
  return backend->ops->name;
}

const char *isn_backend_description(const isn_backend_t *backend)
{
  return backend->description;
}

const char *isn_backend_advice(const isn_backend_t *backend)
{
  return backend->advice;
}

isn_status_t isn_backend_memory(isn_backend_t *backend, size_t *bytes)
{
  return backend->ops->memory ? backend->ops->memory(backend, bytes) : isn_memory_free(bytes);
}

isn_status_t isn_backend_device_number(isn_backend_t *backend, double *number)
{
  *number = 0.0;
  return backend->ops->device_number ? backend->ops->device_number(backend, number) : ISN_OK;
}

isn_status_t isn_backend_wait(isn_backend_t *backend)
{
  return backend->ops->wait ? backend->ops->wait(backend) : ISN_OK;
}

isn_status_t isn_backend_set_precision(isn_backend_t *backend, isn_precision_t precision)
{
  if (backend->ops->set_precision)
    return backend->ops->set_precision(backend, precision);
  if (precision != ISN_PRECISION_FP32)
    ISN_FAIL(ISN_ERR_INPUT, "backend '%s' computes in fp32 alone", backend->ops->name);
  return ISN_OK;
}

const char *isn_precision_name(isn_precision_t precision)
{
  static const char *const names[ISN_N_PRECISIONS] = {
      [ISN_PRECISION_FP32] = "fp32", [ISN_PRECISION_TF32] = "tf32", [ISN_PRECISION_FP16] = "fp16"};
  return names[precision];
}

size_t isn_backend_packed_bytes(const isn_backend_t *backend)
{
  return backend->ops->packed_bytes ? backend->ops->packed_bytes(backend) : 0;
}

static isn_status_t check_packs(const isn_backend_t *backend)
{
  if (isn_backend_packed_bytes(backend) == 0)
    ISN_FAIL(ISN_ERR_ARG, "backend '%s' does not pack data in this precision", backend->ops->name);
  return ISN_OK;
}

isn_status_t isn_backend_pack(isn_backend_t *backend, isn_shape_t shape, int n, const float *plain,
                              const float *factors, float *packed)
{
  ISN_TRY(check_packs(backend));
  return backend->ops->pack(backend, shape, n, plain, factors, packed);
}

isn_status_t isn_backend_unpack(isn_backend_t *backend, isn_shape_t shape, int n,
                                const float *packed, const float *factors, float *plain)
{
  ISN_TRY(check_packs(backend));
  return backend->ops->unpack(backend, shape, n, packed, factors, plain);
}

isn_status_t isn_backend_find_factors(isn_backend_t *backend, size_t count, int n,
                                      const float *plain, float target, bool first, float *factors)
{
  ISN_TRY(check_packs(backend));
  return backend->ops->find_factors(backend, count, n, plain, target, first, factors);
}

isn_status_t isn_backend_pack_weight(isn_backend_t *backend, const isn_layer_call_t *call,
                                     int weight, float **packed)
{
  ISN_TRY(check_packs(backend));
  return backend->ops->pack_weight(backend, call, weight, packed);
}

int isn_backend_full_batch(const isn_backend_t *backend)
{
  return backend->ops->full_batch;
}

bool isn_backend_is_host(const isn_backend_t *backend)
{
  return backend->ops->is_host;
}

isn_status_t isn_backend_alloc(isn_backend_t *backend, size_t n, const char *what, float **out)
{
  if (n == 0) {
    *out = NULL;
    return ISN_OK;
  }
  return backend->ops->alloc(backend, n, what, out);
}

void isn_backend_free(isn_backend_t *backend, float *data)
{
  if (data)
    backend->ops->free(backend, data);
}

isn_status_t isn_backend_alloc_host(isn_backend_t *backend, size_t n, const char *what, float **out)
{
  if (n > 0 && backend->ops->alloc_host)
    return backend->ops->alloc_host(backend, n, what, out);
  return isn_alloc(out, n, what);
}

void isn_backend_free_host(isn_backend_t *backend, float *data)
{
  if (data && backend->ops->free_host)
    backend->ops->free_host(backend, data);
  else
    free(data);
}

isn_status_t isn_backend_upload(isn_backend_t *backend, float *to, const float *host, size_t n)
{
  if (n == 0)
    return ISN_OK;
  if (backend->ops->upload)
    return backend->ops->upload(backend, to, host, n);
  memcpy(to, host, n * sizeof *to);
  return ISN_OK;
}

isn_status_t isn_backend_download(isn_backend_t *backend, float *host, const float *from, size_t n)
{
  if (n == 0)
    return ISN_OK;
  if (backend->ops->download)
    return backend->ops->download(backend, host, from, n);
  memcpy(host, from, n * sizeof *host);
  return ISN_OK;
}

void isn_backend_needs(const isn_backend_t *backend, const isn_layer_call_t *call,
                       isn_layer_needs_t *needs)
{
  *needs = (isn_layer_needs_t){0};
  backend->ops->needs(backend, call, needs);
}

static bool all_there(int n, const isn_tensor_t *tensors)
{
  for (int i = 0; i < n; i++) {
    if (!tensors[i].data)
      return false;
  }
  return true;
}

static bool none_there(int n, const isn_tensor_t *tensors)
{
  for (int i = 0; i < n; i++) {
    if (tensors[i].data)
      return false;
  }
  return true;
}

/* Kind, counts, weights and workspace: what forward and backward have in common. */
static isn_status_t check_call(const isn_backend_t *backend, const isn_layer_call_t *call,
                               isn_layer_needs_t *needs)
{
  if ((int)call->params->kind < 0 || call->params->kind >= ISN_N_LAYER_KINDS)
    ISN_FAIL(ISN_ERR_INPUT, "backend '%s' has no layer kind %d", backend->ops->name,
             (int)call->params->kind);
  const char *kind = isn_layer_kind_name(call->params->kind);
  if (!isn_layer_arity_fits(call->params->kind, call->n_bottoms, call->n_tops))
    ISN_FAIL(ISN_ERR_ARG, "%s with %d bottoms and %d tops", kind, call->n_bottoms, call->n_tops);
  int n_weights, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(call->params, &call->bottoms[0].shape, &n_weights, n_axes, dims);
  for (int i = 0; i < n_weights; i++) {
    if (!call->weights[i])
      ISN_FAIL(ISN_ERR_ARG, "%s without weights[%d]", kind, i);
  }
  isn_backend_needs(backend, call, needs);
  if (needs->workspace_floats > 0 && !call->workspace)
    ISN_FAIL(ISN_ERR_ARG, "%s without workspace", kind);
  return ISN_OK;
}

isn_status_t isn_backend_forward(isn_backend_t *backend, const isn_layer_call_t *call, int n)
{
  isn_layer_needs_t needs;
  if (n < 0)
    ISN_FAIL(ISN_ERR_ARG, "forward of %d samples", n);
  ISN_TRY(check_call(backend, call, &needs));
  const char *kind = isn_layer_kind_name(call->params->kind);
  if (n == 0)
    return ISN_OK;
  if (!all_there(call->n_bottoms, call->bottoms) || !all_there(call->n_tops, call->tops))
    ISN_FAIL(ISN_ERR_ARG, "forward of %s without data", kind);
  if (call->tops[0].data == call->bottoms[0].data && !needs.in_place_forward && !needs.alias)
    ISN_FAIL(ISN_ERR_ARG, "forward of %s in place", kind);
  if (call->fused && (!needs.fuses_relu || call->fused->kind != ISN_LAYER_RELU))
    ISN_FAIL(ISN_ERR_ARG, "forward of %s with another layer in it", kind);
  return backend->ops->forward(backend, call, n);
}

static isn_status_t check_rows(isn_rows_t rows)
{
  if (rows.n < 0 || (rows.n > 0 && (!rows.index || rows.index[0] < 0)))
    ISN_FAIL(ISN_ERR_ARG, "a list of %d rows", rows.n);
  for (int i = 1; i < rows.n; i++) {
    if (rows.index[i] <= rows.index[i - 1])
      ISN_FAIL(ISN_ERR_ARG, "row %d follows row %d", rows.index[i], rows.index[i - 1]);
  }
  return ISN_OK;
}

static isn_status_t check_backward(const isn_layer_call_t *call, const isn_layer_needs_t *needs)
{
  const char *kind = isn_layer_kind_name(call->params->kind);
  if (!all_there(call->n_tops, call->grad_tops))
    ISN_FAIL(ISN_ERR_ARG, "backward of %s without the top's gradient", kind);
  if ((needs->backward_bottoms && !all_there(call->n_bottoms, call->bottoms)) ||
      (needs->backward_tops && !all_there(call->n_tops, call->tops)) ||
      (needs->state_bytes_per_sample > 0 && !call->state))
    ISN_FAIL(ISN_ERR_ARG, "backward of %s without what it needs of the forward pass", kind);
  if (call->grad_bottoms[0].data == call->grad_tops[0].data && !needs->in_place_backward &&
      !needs->alias)
    ISN_FAIL(ISN_ERR_ARG, "backward of %s in place", kind);
  return ISN_OK;
}

isn_status_t isn_backend_backward(isn_backend_t *backend, const isn_layer_call_t *call,
                                  isn_rows_t rows)
{
  isn_layer_needs_t needs;
  ISN_TRY(check_rows(rows));
  ISN_TRY(check_call(backend, call, &needs));
  if (rows.n == 0 || none_there(call->n_bottoms, call->grad_bottoms))
    return ISN_OK;
  ISN_TRY(check_backward(call, &needs));
  return backend->ops->backward(backend, call, rows);
}

isn_status_t isn_backend_add(isn_backend_t *backend, float *y, const float *x, size_t count,
                             isn_rows_t rows)
{
  ISN_TRY(check_rows(rows));
  return rows.n == 0 ? ISN_OK : backend->ops->add(backend, y, x, count, rows);
}

isn_status_t isn_backend_zero(isn_backend_t *backend, float *x, size_t count, isn_rows_t rows)
{
  ISN_TRY(check_rows(rows));
  return rows.n == 0 ? ISN_OK : backend->ops->zero(backend, x, count, rows);
}

isn_status_t isn_backend_copy(isn_backend_t *backend, float *y, const float *x, size_t count,
                              isn_rows_t rows)
{
  ISN_TRY(check_rows(rows));
  return rows.n == 0 ? ISN_OK : backend->ops->copy(backend, y, x, count, rows);
}

isn_status_t isn_backend_watch_libraries(isn_backend_t *backend, bool on, double *ms)
{
  *ms = (double)NAN;
  return backend->ops->watch_libraries ? backend->ops->watch_libraries(backend, on, ms) : ISN_OK;
}

bool isn_backend_can_record(const isn_backend_t *backend)
{
  return backend->ops->record != NULL;
}

isn_status_t isn_backend_record(isn_backend_t *backend)
{
  if (!backend->ops->record)
    ISN_FAIL(ISN_ERR_ARG, "backend '%s' records nothing", backend->ops->name);
  return backend->ops->record(backend);
}

isn_status_t isn_backend_end_record(isn_backend_t *backend, isn_recording_t **out)
{
  *out = NULL;
  return backend->ops->end_record(backend, out);
}

isn_status_t isn_backend_replay(isn_backend_t *backend, const isn_recording_t *recording,
                                bool *stale)
{
  *stale = false;
  return backend->ops->replay(backend, recording, stale);
}

void isn_backend_free_recording(isn_backend_t *backend, isn_recording_t *recording)
{
  if (recording)
    backend->ops->free_recording(backend, recording);
}
