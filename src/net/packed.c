/** @file packed.c
 *  See packed.h.
 */
#include "packed.h"

#include <stdlib.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "recordings.h"

/* Sizes of the largest seed of a sample: the first is tried first, in the middle of the range of
 * half precision (6e-8 to 65504), as gradients shrink and grow by some powers of ten on their way.
 */
static const float FIRST_TARGET = 64.0F, LEAST_TARGET = 1e-3F, SMALLER = 0.125F;

static size_t value_count(const isn_net_t *net, int value)
{
  return isn_shape_count(net->graph.values[value].shape);
}

/* Whether blob number b is the first with its value: the others are the same. */
static bool is_first_of_value(const isn_net_t *net, int b)
{
  for (int other = 0; other < b; other++)
    if (net->blobs[other] == net->blobs[b])
      return false;
  return true;
}

size_t isn_packed_floats(const isn_net_t *net)
{
  if (!isn_net_is_packed(net))
    return 0;
  size_t copies = net->backward ? 2 : 1, n = copies * value_count(net, 0) + 1;
  for (int b = 0; b < net->n_blobs; b++)
    if (is_first_of_value(net, b))
      n += copies * value_count(net, net->blobs[b]);
  return n;
}

static isn_status_t alloc_copy(isn_net_t *net, int value, float **copy)
{
  if (*copy)
    return ISN_OK;
  return isn_backend_alloc(net->backend, (size_t)net->max_batch * value_count(net, value),
                           "plain blobs of a net", copy);
}

isn_status_t isn_packed_alloc(isn_net_t *net)
{
  isn_net_packed_t *packed = &net->packed;
  if (!isn_net_is_packed(net))
    return ISN_OK;
  packed->target = FIRST_TARGET;
  ISN_TRY(isn_alloc(&packed->values, net->graph.n_values, "plain blobs of a net"));
  ISN_TRY(isn_alloc(&packed->seeds, net->graph.n_values, "plain blobs of a net"));
  ISN_TRY(alloc_copy(net, 0, &packed->values[0]));
  for (int b = 0; b < net->n_blobs; b++)
    ISN_TRY(alloc_copy(net, net->blobs[b], &packed->values[net->blobs[b]]));
  if (!net->backward)
    return ISN_OK;
  for (int b = 0; b < net->n_blobs; b++)
    ISN_TRY(alloc_copy(net, net->blobs[b], &packed->seeds[net->blobs[b]]));
  ISN_TRY(alloc_copy(net, 0, &packed->grad_input));
  ISN_TRY(isn_vectors_create(net->backend, &packed->vectors));
  ISN_TRY(isn_alloc(&packed->is_finite, net->max_batch, "marks of a net"));
  return isn_backend_alloc(net->backend, (size_t)net->max_batch, "factors of gradients",
                           &packed->factors);
}

void isn_packed_free(isn_net_t *net)
{
  isn_net_packed_t *packed = &net->packed;
  for (int v = 0; packed->values && v < net->graph.n_values; v++)
    isn_backend_free(net->backend, packed->values[v]);
  for (int v = 0; packed->seeds && v < net->graph.n_values; v++)
    isn_backend_free(net->backend, packed->seeds[v]);
  isn_backend_free(net->backend, packed->grad_input);
  isn_backend_free(net->backend, packed->factors);
  isn_vectors_destroy(packed->vectors);
  free(packed->is_finite);
  free(packed->values);
  free(packed->seeds);
  *packed = (isn_net_packed_t){.number_bytes = packed->number_bytes};
}

isn_status_t isn_packed_take_input(isn_net_t *net, int n)
{
  if (!isn_net_is_packed(net))
    return ISN_OK;
  return isn_backend_pack(net->backend, net->graph.values[0].shape, n, net->packed.values[0], NULL,
                          isn_net_memory(net, net->plan.values[0]));
}

isn_status_t isn_packed_give_blobs(isn_net_t *net, int n)
{
  for (int b = 0; isn_net_is_packed(net) && b < net->n_blobs; b++) {
    int value = net->blobs[b];
    if (value > 0 && is_first_of_value(net, b))
      ISN_TRY(isn_backend_unpack(net->backend, net->graph.values[value].shape, n,
                                 isn_net_memory(net, net->plan.values[value]), NULL,
                                 net->packed.values[value]));
  }
  return ISN_OK;
}

/* All seeds of a sample have one factor, as their gradients are added up. */
isn_status_t isn_packed_take_seeds(isn_net_t *net, int n)
{
  const isn_net_packed_t *packed = &net->packed;
  bool first = true;
  if (!isn_net_is_packed(net))
    return ISN_OK;
  for (int v = 0; v < net->graph.n_values; v++) {
    if (!net->has_seed[v])
      continue;
    ISN_TRY(isn_backend_find_factors(net->backend, value_count(net, v), n, packed->seeds[v],
                                     packed->target, first, packed->factors));
    first = false;
  }
  for (int v = 0; v < net->graph.n_values; v++)
    if (net->has_seed[v])
      ISN_TRY(isn_backend_pack(net->backend, net->graph.values[v].shape, n, packed->seeds[v],
                               packed->factors, isn_net_memory(net, net->plan.seeds[v])));
  return ISN_OK;
}

isn_status_t isn_packed_give_gradient(isn_net_t *net, int n)
{
  if (!isn_net_is_packed(net))
    return ISN_OK;
  return isn_backend_unpack(net->backend, net->graph.values[0].shape, n,
                            isn_net_memory(net, net->plan.grads[0]), net->packed.factors,
                            net->packed.grad_input);
}

static isn_status_t find_finite(isn_net_t *net, isn_rows_t rows, bool *all)
{
  isn_net_packed_t *packed = &net->packed;
  size_t count = value_count(net, 0);
  for (int r = 0; r < rows.n; r++)
    ISN_TRY(isn_vectors_finite(packed->vectors, packed->grad_input + (size_t)rows.index[r] * count,
                               count, &packed->is_finite[r]));
  ISN_TRY(isn_vectors_run(packed->vectors));
  *all = true;
  for (int r = 0; r < rows.n; r++)
    *all = *all && packed->is_finite[r];
  return ISN_OK;
}

isn_status_t isn_packed_check(isn_net_t *net, isn_rows_t rows, bool *right)
{
  isn_net_packed_t *packed = &net->packed;
  *right = true;
  if (!isn_net_is_packed(net) || rows.n == 0)
    return ISN_OK;
  ISN_TRY(find_finite(net, rows, right));
  if (*right)
    return ISN_OK;
  packed->target *= SMALLER;
  isn_recordings_clear(net); /* they hold the old one */
  if (packed->target < LEAST_TARGET)
    ISN_FAIL(ISN_ERR_NUMERIC,
             "gradients are not finite in %s, however small they begin; compute in tf32 or fp32",
             isn_precision_name(net->precision));
  isn_log_verbose("gradients left the range of %s; they begin with %g from now on",
                  isn_precision_name(net->precision), (double)packed->target);
  return ISN_OK;
}
