/** @file net.c
 *  Building a net: choosing the layers, asking the backend what they need, planning and allocating
 *  their memory.  Running it is in run.c.
 */
#include "invset/net.h"

#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "net_private.h"
#include "packed.h"
#include "recordings.h"

/** Find the blobs that were asked for.  @param[in,out] wanted (n_values), false on entry */
static isn_status_t find_blobs(isn_net_t *net, const isn_net_spec_t *spec, const char *const *blobs,
                               bool *wanted)
{
  for (int i = 0; i < net->n_blobs; i++) {
    ISN_TRY(isn_graph_find(&net->graph, spec->origin, blobs[i], &net->blobs[i]));
    wanted[net->blobs[i]] = true;
  }
  return ISN_OK;
}

/** Which layers lead to a wanted value; from the last to the first. */
static int mark_layers(const isn_graph_t *graph, const bool *wanted, bool *needed_values,
                       bool *needed_layers)
{
  int n = 0;
  memcpy(needed_values, wanted, (size_t)graph->n_values * sizeof *wanted);
  for (int i = graph->n_layers - 1; i >= 0; i--) {
    const isn_graph_layer_t *node = &graph->layers[i];
    for (int t = 0; t < node->n_tops; t++)
      needed_layers[i] = needed_layers[i] || needed_values[node->tops[t]];
    if (!needed_layers[i])
      continue;
    n++;
    for (int b = 0; b < node->n_bottoms; b++)
      needed_values[node->bottoms[b]] = true;
  }
  return n;
}

/** Replace an uploaded weight by its packed form, where it has one. */
static isn_status_t pack_weight(isn_net_t *net, int w, isn_net_layer_t *layer)
{
  float *packed = NULL;
  ISN_TRY(isn_backend_pack_weight(net->backend, &layer->call, w, &packed));
  if (!packed)
    return ISN_OK;
  isn_backend_free(net->backend, layer->uploaded[w]);
  layer->call.weights[w] = layer->uploaded[w] = packed;
  return ISN_OK;
}

/** Put a layer's weights into backend memory, or use the spec's where that is host memory. */
static isn_status_t place_weights(isn_net_t *net, const isn_net_spec_t *spec,
                                  const isn_layer_spec_t *from, isn_net_layer_t *layer)
{
  for (int w = 0; w < from->n_weights; w++) {
    const isn_weight_t *weight = &from->weights[w];
    if (!weight->data)
      ISN_FAIL(ISN_ERR_ARG, "%s: layer '%s': its weights are not loaded", spec->origin, from->name);
    layer->call.weights[w] = weight->data;
    if (isn_backend_is_host(net->backend))
      continue;
    ISN_TRY(isn_backend_alloc(net->backend, weight->count, from->name, &layer->uploaded[w]));
    ISN_TRY(isn_backend_upload(net->backend, layer->uploaded[w], weight->data, weight->count));
    layer->call.weights[w] = layer->uploaded[w];
    if (isn_net_is_packed(net))
      ISN_TRY(pack_weight(net, w, layer));
  }
  return ISN_OK;
}

static isn_status_t build_layer(isn_net_t *net, const isn_net_spec_t *spec, int layer_id,
                                isn_net_layer_t *layer)
{
  const isn_layer_spec_t *from = &spec->layers[layer_id];
  isn_layer_call_t *call = &layer->call;
  layer->node = &net->graph.layers[layer_id];
  layer->params = from->params;
  call->params = &layer->params;
  call->n_bottoms = layer->node->n_bottoms;
  call->n_tops = layer->node->n_tops;
  for (int b = 0; b < call->n_bottoms; b++)
    call->bottoms[b].shape = call->grad_bottoms[b].shape =
        net->graph.values[layer->node->bottoms[b]].shape;
  for (int t = 0; t < call->n_tops; t++)
    call->tops[t].shape = call->grad_tops[t].shape = net->graph.values[layer->node->tops[t]].shape;
  ISN_TRY(isn_alloc_string(&layer->name, from->name));
  ISN_TRY(place_weights(net, spec, from, layer));
  isn_backend_needs(net->backend, call, &layer->needs);
  return ISN_OK;
}

/** Build the layers that lead to a wanted value. */
static isn_status_t build_layers(isn_net_t *net, const isn_net_spec_t *spec, const bool *wanted)
{
  isn_status_t status = ISN_OK;
  bool *values = NULL, *layers = NULL;
  int n;
  ISN_TRY_GOTO(isn_alloc(&values, net->graph.n_values, "marks of a net"), done);
  ISN_TRY_GOTO(isn_alloc(&layers, net->graph.n_layers, "marks of a net"), done);
  n = mark_layers(&net->graph, wanted, values, layers);
  ISN_TRY_GOTO(isn_alloc(&net->layers, n, "layers of a net"), done);
  for (int i = 0; i < spec->n_layers; i++)
    if (layers[i])
      ISN_TRY_GOTO(build_layer(net, spec, i, &net->layers[net->n_layers++]), done);
done:
  free(values);
  free(layers);
  return status;
}

static isn_status_t make_plan(isn_net_t *net, const bool *wanted)
{
  isn_plan_layer_t *layers = NULL;
  ISN_TRY(isn_alloc(&layers, net->n_layers, "plan of a net's buffers"));
  for (int i = 0; i < net->n_layers; i++)
    layers[i] = (isn_plan_layer_t){.node = net->layers[i].node, .needs = net->layers[i].needs};
  isn_status_t status =
      isn_plan_make(&net->graph, net->n_layers, layers, wanted, net->backward,
                    isn_net_is_packed(net) ? net->packed.number_bytes : sizeof(float), &net->plan);
  free(layers);
  return status;
}

/** States are kept from forward to backward, so each layer has its own; the workspace is shared. */
static isn_status_t alloc_layer_memory(isn_net_t *net)
{
  size_t workspace = 0;
  for (int i = 0; i < net->n_layers; i++) {
    isn_net_layer_t *layer = &net->layers[i];
    size_t bytes = layer->needs.state_bytes_per_sample * (size_t)net->max_batch;
    size_t floats = (bytes + sizeof(float) - 1) / sizeof(float);
    if (layer->needs.workspace_floats > workspace)
      workspace = layer->needs.workspace_floats;
    if (!net->backward || floats == 0)
      continue;
    float *state;
    ISN_TRY(isn_backend_alloc(net->backend, floats, layer->name, &state));
    layer->call.state = state;
    net->extra_bytes += floats * sizeof(float);
  }
  if (workspace > 0)
    ISN_TRY(isn_backend_alloc(net->backend, workspace, "workspace of a net", &net->workspace));
  net->extra_bytes += workspace * sizeof(float);
  return ISN_OK;
}

/** Give back what alloc_memory() has taken. */
static void free_memory(isn_net_t *net)
{
  for (int i = 0; i < net->n_layers; i++) {
    isn_backend_free(net->backend, net->layers[i].call.state);
    net->layers[i].call.state = NULL;
  }
  for (int s = 0; net->kept && s < net->plan.n_storages; s++)
    isn_backend_free(net->backend, net->kept[s]);
  isn_backend_free(net->backend, net->arena);
  isn_backend_free(net->backend, net->workspace);
  isn_packed_free(net);
  free(net->kept);
  net->kept = NULL;
  net->arena = net->workspace = NULL;
  net->extra_bytes = 0;
}

static isn_status_t alloc_memory(isn_net_t *net)
{
  const isn_plan_t *plan = &net->plan;
  size_t batch = (size_t)net->max_batch;
  ISN_TRY(alloc_layer_memory(net));
  if (plan->arena_floats > 0)
    ISN_TRY(isn_backend_alloc(net->backend, plan->arena_floats * batch, "buffers of a net",
                              &net->arena));
  ISN_TRY(isn_alloc(&net->kept, plan->n_storages, "kept blobs of a net"));
  for (int s = 0; s < plan->n_storages; s++)
    if (plan->storages[s].kept)
      ISN_TRY(isn_backend_alloc(net->backend, plan->storages[s].floats * batch,
                                "kept blobs of a net", &net->kept[s]));
  return isn_packed_alloc(net);
}

/** What was free when the batch was chosen may be gone, or in pieces. */
static isn_status_t alloc_memory_within(isn_net_t *net, int least)
{
  int wanted = net->max_batch;
  isn_status_t status = alloc_memory(net);
  while (status == ISN_ERR_MEMORY && net->max_batch > least) {
    free_memory(net);
    net->max_batch = net->max_batch / 2 > least ? net->max_batch / 2 : least;
    status = alloc_memory(net);
  }
  if (status == ISN_OK && net->max_batch < wanted)
    isn_log_warning("batch %d instead of %d, as memory is short: %s", net->max_batch, wanted,
                    isn_error_message());
  return status;
}

/** Complete the calls now that everything has an address. */
static void set_addresses(isn_net_t *net)
{
  for (int i = 0; i < net->n_layers; i++) {
    isn_layer_call_t *call = &net->layers[i].call;
    const isn_graph_layer_t *node = net->layers[i].node;
    call->workspace = net->workspace;
    for (int b = 0; b < call->n_bottoms; b++)
      call->bottoms[b].data = isn_net_memory(net, net->plan.values[node->bottoms[b]]);
    for (int t = 0; t < call->n_tops; t++)
      call->tops[t].data = isn_net_memory(net, net->plan.values[node->tops[t]]);
  }
}

/** The layer that makes a layer's first bottom.  @return NULL: it is the net's input */
static isn_net_layer_t *producer_of(isn_net_t *net, const isn_net_layer_t *layer)
{
  for (int i = 0; i < net->n_layers; i++)
    for (int t = 0; t < net->layers[i].node->n_tops; t++)
      if (net->layers[i].node->tops[t] == layer->node->bottoms[0])
        return &net->layers[i];
  return NULL;
}

/** A ReLU that works in place has the value before it to itself, so its producer may apply it. */
static void fuse_relus(isn_net_t *net)
{
  for (int i = 0; i < net->n_layers; i++) {
    isn_net_layer_t *layer = &net->layers[i], *producer = producer_of(net, layer);
    if (layer->params.kind != ISN_LAYER_RELU || !producer || !producer->needs.fuses_relu ||
        layer->call.bottoms[0].data != layer->call.tops[0].data)
      continue;
    producer->call.fused = &layer->params;
    layer->is_fused = true;
  }
}

/** The largest batch whose buffers fit. */
static void choose_batch(isn_net_t *net, isn_batch_limits_t limits)
{
  size_t floats = net->plan.planned_floats + isn_packed_floats(net);
  size_t per_sample = floats * sizeof(float) + limits.bytes_per_sample;
  for (int i = 0; i < net->n_layers; i++)
    per_sample += net->layers[i].needs.state_bytes_per_sample;
  size_t fitting = limits.bytes / per_sample;
  net->max_batch = fitting < (size_t)limits.most ? (int)fitting : limits.most;
  if (net->max_batch < limits.least)
    net->max_batch = limits.least;
}

static isn_status_t number_rows(isn_net_t *net)
{
  net->records = isn_backend_can_record(net->backend);
  ISN_TRY(isn_alloc(&net->all_rows, net->max_batch, "rows of a net"));
  for (int i = 0; i < net->max_batch; i++)
    net->all_rows[i] = i;
  return ISN_OK;
}

static isn_status_t build(isn_net_t *net, const isn_net_spec_t *spec, const char *const *blobs,
                          isn_batch_limits_t limits)
{
  isn_status_t status = ISN_OK;
  bool *wanted = NULL;
  ISN_TRY(isn_graph_build(spec, &net->graph));
  ISN_TRY(isn_alloc(&net->blobs, net->n_blobs, "blobs of a net"));
  ISN_TRY(isn_alloc(&net->has_seed, net->graph.n_values, "marks of a net"));
  ISN_TRY(isn_alloc(&net->has_grad, net->graph.n_values, "marks of a net"));
  ISN_TRY(isn_alloc(&wanted, net->graph.n_values, "marks of a net"));
  ISN_TRY_GOTO(find_blobs(net, spec, blobs, wanted), done);
  ISN_TRY_GOTO(build_layers(net, spec, wanted), done);
  ISN_TRY_GOTO(make_plan(net, wanted), done);
  choose_batch(net, limits);
  ISN_TRY_GOTO(alloc_memory_within(net, limits.least), done);
  set_addresses(net);
  fuse_relus(net);
  ISN_TRY_GOTO(number_rows(net), done);
done:
  free(wanted);
  return status;
}

isn_status_t isn_net_create_within(isn_backend_t *backend, const isn_net_spec_t *spec, int n_blobs,
                                   const char *const *blobs, isn_batch_limits_t limits,
                                   bool backward, isn_precision_t precision, isn_net_t **out)
{
  isn_net_t *net = NULL;
  if (n_blobs < 1 || limits.least < 1 || limits.most < limits.least)
    ISN_FAIL(ISN_ERR_ARG,
             "%s: %d blobs asked for and a batch of %d to %d; wanted at least 1 of each",
             spec->origin, n_blobs, limits.least, limits.most);
  ISN_TRY(isn_backend_set_precision(backend, precision));
  ISN_TRY(isn_alloc(&net, 1, "net"));
  net->backend = backend;
  net->backward = backward;
  net->precision = precision;
  net->packed.number_bytes = isn_backend_packed_bytes(backend);
  net->n_blobs = n_blobs;
  isn_status_t status = build(net, spec, blobs, limits);
  if (status != ISN_OK)
    isn_net_destroy(net);
  else
    *out = net;
  return status;
}

isn_status_t isn_net_create(isn_backend_t *backend, const isn_net_spec_t *spec, int n_blobs,
                            const char *const *blobs, int max_batch, bool backward, isn_net_t **out)
{
  return isn_net_create_within(backend, spec, n_blobs, blobs, isn_batch_exactly(max_batch),
                               backward, ISN_PRECISION_FP32, out);
}

void isn_net_destroy(isn_net_t *net)
{
  if (!net)
    return;
  isn_recordings_clear(net);
  free_memory(net);
  for (int i = 0; i < net->n_layers; i++) {
    for (int w = 0; w < ISN_LAYER_MAX_WEIGHTS; w++)
      isn_backend_free(net->backend, net->layers[i].uploaded[w]);
    free(net->layers[i].name);
  }
  isn_plan_clear(&net->plan);
  isn_graph_clear(&net->graph);
  free(net->layers);
  free(net->blobs);
  free(net->has_seed);
  free(net->all_rows);
  free(net->has_grad);
  free(net);
}

int isn_net_max_batch(const isn_net_t *net)
{
  return net->max_batch;
}

static isn_tensor_t tensor_of(const isn_net_t *net, int value, float *data)
{
  return (isn_tensor_t){.shape = net->graph.values[value].shape, .data = data};
}

/** What callers see of a value. */
static isn_tensor_t outside_of(const isn_net_t *net, int value)
{
  return tensor_of(net, value,
                   isn_net_is_packed(net) ? net->packed.values[value]
                                          : isn_net_memory(net, net->plan.values[value]));
}

isn_tensor_t isn_net_input(const isn_net_t *net)
{
  return outside_of(net, 0);
}

isn_tensor_t isn_net_blob(const isn_net_t *net, int blob)
{
  return outside_of(net, net->blobs[blob]);
}

isn_tensor_t isn_net_seed(const isn_net_t *net, int blob)
{
  int value = net->blobs[blob];
  return tensor_of(net, value,
                   isn_net_is_packed(net) ? net->packed.seeds[value]
                                          : isn_net_memory(net, net->plan.seeds[value]));
}

isn_tensor_t isn_net_grad_input(const isn_net_t *net)
{
  return tensor_of(net, 0,
                   isn_net_is_packed(net) ? net->packed.grad_input
                                          : isn_net_memory(net, net->plan.grads[0]));
}

void isn_net_counts(const isn_net_t *net, isn_net_counts_t *counts)
{
  *counts = (isn_net_counts_t){.n_layers = net->n_layers,
                               .buffer_floats = net->plan.planned_floats,
                               .unplanned_floats = net->plan.unplanned_floats,
                               .total_bytes = (net->plan.planned_floats + isn_packed_floats(net)) *
                                                  (size_t)net->max_batch * sizeof(float) +
                                              net->extra_bytes,
                               .n_forward_calls = net->n_forward_calls,
                               .n_backward_calls = net->n_backward_calls};
}
