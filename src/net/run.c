/** @file run.c
 *  Running a built net forward and backward.
 *
 *  Backward goes from the last layer to the first.  The gradient of a value is the sum of what its
 *  readers hand back, in that order, and of its seed, added last; a layer runs if a gradient has
 *  come to one of its tops.
 */
#include <string.h>

#include "net_private.h"
#include "packed.h"
#include "recordings.h"

/** Name the layer in an error of the backend. */
static isn_status_t at_layer(isn_status_t status, const isn_net_layer_t *layer)
{
  if (status != ISN_OK)
    isn_error_prefix("layer '%s'", layer->name);
  return status;
}

/** An isn_pass_fn. */
static isn_status_t forward_pass(isn_net_t *net, isn_rows_t rows)
{
  ISN_TRY(isn_packed_take_input(net, rows.n));
  for (int i = 0; i < net->n_layers; i++) {
    const isn_net_layer_t *layer = &net->layers[i];
    if (layer->needs.alias || layer->is_fused) /* top and bottom lie in one place, see plan.c */
      continue;
    ISN_TRY(at_layer(isn_backend_forward(net->backend, &layer->call, rows.n), layer));
    net->n_forward_calls++;
  }
  return isn_packed_give_blobs(net, rows.n);
}

isn_status_t isn_net_forward(isn_net_t *net, int n)
{
  if (n < 1 || n > net->max_batch)
    ISN_FAIL(ISN_ERR_ARG, "forward pass of %d samples; wanted 1 to %d", n, net->max_batch);
  net->n_samples = 0;
  ISN_TRY(isn_backend_set_precision(net->backend, net->precision));
  ISN_TRY(isn_recordings_run(net, forward_pass, isn_recordings_samples(net, n), false));
  net->n_samples = n;
  return ISN_OK;
}

static size_t value_count(const isn_net_t *net, int value)
{
  return isn_shape_count(net->graph.values[value].shape);
}

/** Put x on the gradient of a value: the first to come is copied, the others are added. */
static isn_status_t contribute(isn_net_t *net, int value, const float *x, isn_rows_t rows)
{
  float *grad = isn_net_memory(net, net->plan.grads[value]);
  size_t count = value_count(net, value);
  if (net->has_grad[value])
    return isn_backend_add(net->backend, grad, x, count, rows);
  net->has_grad[value] = true;
  return grad == x ? ISN_OK : isn_backend_copy(net->backend, grad, x, count, rows);
}

/** Add the seed of a value, if it has one in this pass. */
static isn_status_t add_seed(isn_net_t *net, int value, isn_rows_t rows)
{
  if (!net->has_seed[value])
    return ISN_OK;
  return contribute(net, value, isn_net_memory(net, net->plan.seeds[value]), rows);
}

/** Complete the gradients of a layer's tops.
 *  @param[out] any false: no gradient has come, the layer is not run */
static isn_status_t finish_tops(isn_net_t *net, const isn_net_layer_t *layer, isn_rows_t rows,
                                bool *any)
{
  const isn_graph_layer_t *node = layer->node;
  *any = false;
  for (int t = 0; t < node->n_tops; t++) {
    ISN_TRY(add_seed(net, node->tops[t], rows));
    *any = *any || net->has_grad[node->tops[t]];
  }
  for (int t = 0; *any && t < node->n_tops; t++)
    if (!net->has_grad[node->tops[t]])
      ISN_TRY(isn_backend_zero(net->backend, isn_net_memory(net, net->plan.grads[node->tops[t]]),
                               value_count(net, node->tops[t]), rows));
  return ISN_OK;
}

/** Where a layer's gradient of one bottom goes: to the value's gradient if it is the first there,
 *  else aside, to be added. */
static float *grad_target(const isn_net_t *net, int layer, int bottom)
{
  const isn_graph_layer_t *node = net->layers[layer].node;
  int value = node->bottoms[bottom];
  bool is_first = !net->has_grad[value];
  for (int b = 0; b < bottom; b++)
    is_first = is_first && node->bottoms[b] != value;
  return isn_net_memory(net, is_first ? net->plan.grads[value]
                                      : net->plan.extras[layer * ISN_LAYER_MAX_BOTTOMS + bottom]);
}

isn_layer_call_t isn_net_backward_call(const isn_net_t *net, int layer_index)
{
  const isn_net_layer_t *layer = &net->layers[layer_index];
  const isn_graph_layer_t *node = layer->node;
  isn_layer_call_t call = layer->call;
  for (int t = 0; t < call.n_tops; t++) {
    call.grad_tops[t].data = isn_net_memory(net, net->plan.grads[node->tops[t]]);
    if (!layer->needs.backward_tops) /* may be overwritten by now */
      call.tops[t].data = NULL;
  }
  for (int b = 0; b < call.n_bottoms; b++) {
    call.grad_bottoms[b].data = grad_target(net, layer_index, b);
    if (!layer->needs.backward_bottoms)
      call.bottoms[b].data = NULL;
  }
  return call;
}

static isn_status_t run_backward(isn_net_t *net, int layer_index, isn_rows_t rows)
{
  const isn_net_layer_t *layer = &net->layers[layer_index];
  isn_layer_call_t call = isn_net_backward_call(net, layer_index);
  ISN_TRY(at_layer(isn_backend_backward(net->backend, &call, rows), layer));
  net->n_backward_calls++;
  for (int b = 0; b < call.n_bottoms; b++)
    ISN_TRY(contribute(net, layer->node->bottoms[b], call.grad_bottoms[b].data, rows));
  return ISN_OK;
}

static isn_status_t backward_layer(isn_net_t *net, int layer_index, isn_rows_t rows)
{
  const isn_net_layer_t *layer = &net->layers[layer_index];
  bool any;
  ISN_TRY(finish_tops(net, layer, rows, &any));
  if (!any)
    return ISN_OK;
  if (layer->needs.alias)
    return contribute(net, layer->node->bottoms[0],
                      isn_net_memory(net, net->plan.grads[layer->node->tops[0]]), rows);
  return run_backward(net, layer_index, rows);
}

static isn_status_t check_rows(const isn_net_t *net, isn_rows_t rows)
{
  for (int r = 0; r < rows.n; r++)
    if (rows.index[r] < 0 || rows.index[r] >= net->n_samples ||
        (r > 0 && rows.index[r] <= rows.index[r - 1]))
      ISN_FAIL(ISN_ERR_ARG,
               "row %d of a backward pass is sample %d; wanted ascending samples below "
               "%d, the last forward pass",
               r, rows.index[r], net->n_samples);
  return ISN_OK;
}

/** Note which values have seeds in this pass.  A blob that was asked for twice counts once. */
static isn_status_t mark_seeds(isn_net_t *net, int n_seeds, const int *seeds)
{
  memset(net->has_seed, 0, (size_t)net->graph.n_values * sizeof *net->has_seed);
  if (n_seeds < 1)
    ISN_FAIL(ISN_ERR_ARG, "a backward pass from %d seeds; wanted at least 1", n_seeds);
  for (int i = 0; i < n_seeds; i++) {
    if (seeds[i] < 0 || seeds[i] >= net->n_blobs)
      ISN_FAIL(ISN_ERR_ARG, "seed %d of a backward pass is blob %d; wanted 0 to %d", i, seeds[i],
               net->n_blobs - 1);
    net->has_seed[net->blobs[seeds[i]]] = true;
  }
  return ISN_OK;
}

/** An isn_pass_fn.  The factors of packed seeds are those of all samples up to the last. */
static isn_status_t backward_pass(isn_net_t *net, isn_rows_t rows)
{
  int n = rows.index[rows.n - 1] + 1;
  memset(net->has_grad, 0, (size_t)net->graph.n_values * sizeof *net->has_grad);
  ISN_TRY(isn_packed_take_seeds(net, n));
  for (int i = net->n_layers - 1; i >= 0; i--)
    ISN_TRY(backward_layer(net, i, rows));
  ISN_TRY(add_seed(net, 0, rows));
  return isn_packed_give_gradient(net, n);
}

/** Where few of the samples are wanted, a pass for them alone is less work than a recorded one. */
static isn_status_t run_backward_pass(isn_net_t *net, isn_rows_t rows)
{
  enum { FEW = 4 };
  if (!net->records || FEW * rows.n < net->n_samples)
    return backward_pass(net, rows);
  return isn_recordings_run(net, backward_pass, isn_recordings_samples(net, net->n_samples), true);
}

isn_status_t isn_net_backward(isn_net_t *net, int n_seeds, const int *seeds, isn_rows_t rows)
{
  bool right = false;
  if (!net->backward)
    ISN_FAIL(ISN_ERR_ARG, "a backward pass of a net that was built for forward passes only");
  ISN_TRY(check_rows(net, rows));
  ISN_TRY(mark_seeds(net, n_seeds, seeds));
  ISN_TRY(isn_backend_set_precision(net->backend, net->precision));
  while (rows.n > 0 && !right) {
    ISN_TRY(run_backward_pass(net, rows));
    ISN_TRY(isn_packed_check(net, rows, &right));
  }
  return ISN_OK;
}
