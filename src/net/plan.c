/** @file plan.c
 *  Lifetimes, sharing in place, and storages.  An item is anything that takes memory: a value, its
 *  gradient, its seed, or an extra (see plan.h).  Items that share are joined in groups; a group
 *  becomes a storage.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "invset/memory.h"

enum { ALIGN_FLOATS = 16 /**< 64 bytes: a cache line, and what the kernels' loads like */ };

typedef struct {
  bool used, kept;
  int first, last; /**< steps; of the group, at its root */
  size_t floats;
  int parent; /**< in the group; a root is its own parent */
  int storage;
} item_t;

typedef struct {
  const isn_graph_t *graph;
  int n_layers;
  const isn_plan_layer_t *layers;
  const bool *wanted;
  bool backward;
  size_t number_bytes;
  int n_items;
  item_t *items;  /**< (n_items): values, gradients, seeds, extras */
  int *producers; /**< (n_values) running layer, -1: the input, or not made */
  int *last_use;  /**< (n_values) last running layer that reads it, -1: none */
} planner_t;

static int value_item(int value)
{
  return value;
}

static int grad_item(const planner_t *p, int value)
{
  return p->graph->n_values + value;
}

static int seed_item(const planner_t *p, int value)
{
  return 2 * p->graph->n_values + value;
}

static int extra_item(const planner_t *p, int layer, int bottom)
{
  return 3 * p->graph->n_values + layer * ISN_LAYER_MAX_BOTTOMS + bottom;
}

static int backward_step(const planner_t *p, int layer)
{
  return 2 * p->n_layers - 1 - layer;
}

/** The step after everything. */
static int forever(const planner_t *p)
{
  return 2 * p->n_layers;
}

static int root_of(const planner_t *p, int item)
{
  while (p->items[item].parent != item)
    item = p->items[item].parent;
  return item;
}

static void join(planner_t *p, int a, int b)
{
  int root = root_of(p, a), other = root_of(p, b);
  if (root == other)
    return;
  item_t *to = &p->items[root];
  const item_t *from = &p->items[other];
  p->items[other].parent = root;
  to->kept = to->kept || from->kept;
  to->first = from->first < to->first ? from->first : to->first;
  to->last = from->last > to->last ? from->last : to->last;
}

/** Floats of memory that a value's numbers take. */
static size_t value_floats(const planner_t *p, int value)
{
  size_t bytes = isn_shape_count(p->graph->values[value].shape) * p->number_bytes;
  return (bytes + sizeof(float) - 1) / sizeof(float);
}

static void use_item(planner_t *p, int item, int value, int first, int last, bool kept)
{
  p->items[item] = (item_t){.used = true,
                            .kept = kept,
                            .first = first,
                            .last = kept ? forever(p) : last,
                            .floats = value_floats(p, value),
                            .parent = item,
                            .storage = ISN_PLAN_NONE};
}

static void find_uses(planner_t *p)
{
  for (int v = 0; v < p->graph->n_values; v++)
    p->producers[v] = p->last_use[v] = -1;
  for (int i = 0; i < p->n_layers; i++) {
    const isn_graph_layer_t *node = p->layers[i].node;
    for (int b = 0; b < node->n_bottoms; b++)
      p->last_use[node->bottoms[b]] = i;
    for (int t = 0; t < node->n_tops; t++)
      p->producers[node->tops[t]] = i;
  }
}

static bool is_made(const planner_t *p, int value)
{
  return value == 0 || p->producers[value] >= 0;
}

/** Whether a layer's contribution to the gradient of its bottom is the first one to come: backward
 *  goes from the last layer to the first, and through the bottoms of one layer in order. */
static bool is_first_contribution(const planner_t *p, int layer, int bottom)
{
  const isn_graph_layer_t *node = p->layers[layer].node;
  for (int b = 0; b < bottom; b++)
    if (node->bottoms[b] == node->bottoms[bottom])
      return false;
  return p->last_use[node->bottoms[bottom]] == layer;
}

/** Forward values: from their making to their last use. */
static void add_values(planner_t *p)
{
  for (int v = 0; v < p->graph->n_values; v++) {
    if (!is_made(p, v))
      continue;
    int made = p->producers[v];
    int last = p->last_use[v] > made ? p->last_use[v] : made;
    if (p->backward && made >= 0 && p->layers[made].needs.backward_tops)
      last = forever(p);
    use_item(p, value_item(v), v, made, last, v == 0 || p->wanted[v]);
  }
  for (int i = 0; p->backward && i < p->n_layers; i++)
    for (int b = 0; b < p->layers[i].node->n_bottoms; b++)
      if (p->layers[i].needs.backward_bottoms)
        p->items[value_item(p->layers[i].node->bottoms[b])].last = forever(p);
}

/** Gradients: from the first contribution (or the seed) to the producer's backward step. */
static void add_grads(planner_t *p)
{
  for (int v = 0; v < p->graph->n_values; v++) {
    if (!is_made(p, v))
      continue;
    int last = backward_step(p, p->producers[v]);
    int first = p->last_use[v] >= 0 ? backward_step(p, p->last_use[v]) : last;
    use_item(p, grad_item(p, v), v, first, last, v == 0);
    if (!p->wanted[v])
      continue;
    use_item(p, seed_item(p, v), v, 0, 0, true);
    /* Nothing else comes to the gradient of a net's end: its seed is read where it lies.  With
     * several tops it may have to be zero while the seed is not. */
    if (p->last_use[v] < 0 && v > 0 && p->layers[p->producers[v]].node->n_tops == 1)
      join(p, grad_item(p, v), seed_item(p, v));
  }
}

static void add_extras(planner_t *p)
{
  for (int i = 0; i < p->n_layers; i++) {
    const isn_graph_layer_t *node = p->layers[i].node;
    for (int b = 0; b < node->n_bottoms; b++)
      if (!p->layers[i].needs.alias && !is_first_contribution(p, i, b))
        use_item(p, extra_item(p, i, b), node->bottoms[b], backward_step(p, i), backward_step(p, i),
                 false);
  }
}

/** Join `later` to `earlier` if that is in use for the last time at this step (never so if it is
 *  kept: then it is in use forever). */
static void join_if_free(planner_t *p, int earlier, int later, int step)
{
  const item_t *group = &p->items[root_of(p, earlier)];
  if (group->last == step && group->floats == p->items[later].floats)
    join(p, earlier, later);
}

/** Whether another bottom of a layer lies in the same memory as the first. */
static bool first_bottom_is_shared(const planner_t *p, const isn_graph_layer_t *node)
{
  int first = root_of(p, value_item(node->bottoms[0]));
  for (int b = 1; b < node->n_bottoms; b++)
    if (root_of(p, value_item(node->bottoms[b])) == first)
      return true;
  return false;
}

/** Values that are the same numbers lie in the same place; the others in place where the layer and
 *  the lifetimes allow it.  All of the former come first, as they lengthen lifetimes. */
static void share_forward(planner_t *p)
{
  for (int i = 0; i < p->n_layers; i++)
    if (p->layers[i].needs.alias)
      join(p, value_item(p->layers[i].node->bottoms[0]), value_item(p->layers[i].node->tops[0]));
  for (int i = 0; i < p->n_layers; i++) {
    const isn_graph_layer_t *node = p->layers[i].node;
    if (p->layers[i].needs.in_place_forward && !p->layers[i].needs.alias &&
        !first_bottom_is_shared(p, node))
      join_if_free(p, value_item(node->bottoms[0]), value_item(node->tops[0]), i);
  }
}

static void share_backward(planner_t *p)
{
  for (int i = p->n_layers - 1; i >= 0; i--) {
    const isn_layer_needs_t *needs = &p->layers[i].needs;
    const isn_graph_layer_t *node = p->layers[i].node;
    if (!needs->alias && !needs->in_place_backward)
      continue;
    int from = grad_item(p, node->tops[0]);
    if (is_first_contribution(p, i, 0))
      join_if_free(p, from, grad_item(p, node->bottoms[0]), backward_step(p, i));
    else if (!needs->alias)
      join_if_free(p, from, extra_item(p, i, 0), backward_step(p, i));
  }
}

/** One storage for every group. */
static isn_status_t make_storages(planner_t *p, isn_plan_t *plan)
{
  isn_status_t status = ISN_OK;
  isn_interval_t *intervals = NULL;
  int n = 0;
  ISN_TRY(isn_alloc(&plan->storages, p->n_items, "plan of a net's buffers"));
  ISN_TRY(isn_alloc(&intervals, p->n_items, "plan of a net's buffers"));
  for (int i = 0; i < p->n_items; i++) {
    item_t *item = &p->items[i];
    plan->unplanned_floats += item->used ? item->floats : 0;
    if (!item->used || item->parent != i)
      continue;
    size_t floats = (item->floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    item->storage = plan->n_storages++;
    plan->storages[item->storage] = (isn_storage_t){.floats = floats, .kept = item->kept};
    plan->planned_floats += item->kept ? floats : 0;
    if (!item->kept)
      intervals[n++] = (isn_interval_t){.size = floats, .first = item->first, .last = item->last};
  }
  ISN_TRY_GOTO(isn_arena_place(n, intervals, &plan->arena_floats), done);
  plan->planned_floats += plan->arena_floats;
  for (int s = 0, at = 0; s < plan->n_storages; s++)
    if (!plan->storages[s].kept)
      plan->storages[s].offset = intervals[at++].offset;
done:
  free(intervals);
  return status;
}

static int storage_of(const planner_t *p, int item)
{
  return p->items[item].used ? p->items[root_of(p, item)].storage : ISN_PLAN_NONE;
}

static void write_numbers(const planner_t *p, isn_plan_t *plan)
{
  for (int v = 0; v < p->graph->n_values; v++) {
    plan->values[v] = storage_of(p, value_item(v));
    plan->grads[v] = storage_of(p, grad_item(p, v));
    plan->seeds[v] = storage_of(p, seed_item(p, v));
  }
  for (int i = 0; i < p->n_layers; i++)
    for (int b = 0; b < ISN_LAYER_MAX_BOTTOMS; b++)
      plan->extras[i * ISN_LAYER_MAX_BOTTOMS + b] = storage_of(p, extra_item(p, i, b));
}

static isn_status_t alloc_all(planner_t *p, isn_plan_t *plan)
{
  static const char what[] = "plan of a net's buffers";
  int n_values = p->graph->n_values;
  p->n_items = extra_item(p, p->n_layers, 0);
  ISN_TRY(isn_alloc(&p->items, p->n_items, what));
  ISN_TRY(isn_alloc(&p->producers, n_values, what));
  ISN_TRY(isn_alloc(&p->last_use, n_values, what));
  ISN_TRY(isn_alloc(&plan->values, n_values, what));
  ISN_TRY(isn_alloc(&plan->grads, n_values, what));
  ISN_TRY(isn_alloc(&plan->seeds, n_values, what));
  return isn_alloc(&plan->extras, p->n_layers * ISN_LAYER_MAX_BOTTOMS, what);
}

isn_status_t isn_plan_make(const isn_graph_t *graph, int n_layers, const isn_plan_layer_t *layers,
                           const bool *wanted, bool backward, size_t number_bytes, isn_plan_t *plan)
{
  isn_status_t status = ISN_OK;
  planner_t p = {.graph = graph,
                 .n_layers = n_layers,
                 .layers = layers,
                 .wanted = wanted,
                 .backward = backward,
                 .number_bytes = number_bytes};
  *plan = (isn_plan_t){0};
  ISN_TRY_GOTO(alloc_all(&p, plan), done);
  find_uses(&p);
  add_values(&p);
  if (backward) {
    add_grads(&p);
    add_extras(&p);
  }
  share_forward(&p);
  if (backward)
    share_backward(&p);
  ISN_TRY_GOTO(make_storages(&p, plan), done);
  write_numbers(&p, plan);
done:
  free(p.items);
  free(p.producers);
  free(p.last_use);
  if (status != ISN_OK)
    isn_plan_clear(plan);
  return status;
}

void isn_plan_clear(isn_plan_t *plan)
{
  free(plan->storages);
  free(plan->values);
  free(plan->grads);
  free(plan->seeds);
  free(plan->extras);
  *plan = (isn_plan_t){0};
}
