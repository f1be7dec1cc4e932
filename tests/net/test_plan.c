/** @file test_plan.c
 *  Plans of random graphs with several bottoms and tops, which no layer kind has yet, against a
 *  simulation: every piece of memory remembers what was written to it last, and every read must
 *  find what it expects, forward and in repeated backward passes.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "harness.h"
#include "invset/random.h"
#include "net/plan.h"

enum { MAX_LAYERS = 12, MAX_VALUES = 40, MEMORY = 1 << 14, NO_EXTRA = ISN_PLAN_NONE };

/* What a piece of memory holds: a value, its gradient (also an incomplete one), or a seed. */
enum { VALUE = 1000, GRAD = 2000, SEED = 3000, EXTRA = 4000 };

typedef struct {
  isn_graph_t graph;
  isn_value_t values[MAX_VALUES];
  isn_graph_layer_t nodes[MAX_LAYERS];
  isn_plan_layer_t layers[MAX_LAYERS];
  bool wanted[MAX_VALUES];
  isn_plan_t plan;
  int arena[MEMORY];        /**< what every float of the arena holds */
  int kept[8 * MAX_VALUES]; /**< what every kept storage holds */
  double random[512];
  int n_random;
} world_t;

/** A whole number from 0 to n-1. */
static int draw(world_t *w, int n)
{
  return (int)(w->random[w->n_random++ % 512] * n);
}

static void add_layer(world_t *w, int i)
{
  isn_graph_layer_t *node = &w->nodes[i];
  isn_layer_needs_t *needs = &w->layers[i].needs;
  *node = (isn_graph_layer_t){.n_bottoms = 1 + draw(w, 3), .n_tops = 1 + draw(w, 8) / 6};
  *needs = (isn_layer_needs_t){.backward_bottoms = draw(w, 3) == 0,
                               .backward_tops = draw(w, 3) == 0,
                               .in_place_backward = draw(w, 2) == 0};
  needs->in_place_forward = !needs->backward_bottoms && draw(w, 2) == 0;
  if (draw(w, 4) == 0) {
    node->n_bottoms = node->n_tops = 1;
    *needs = (isn_layer_needs_t){.alias = true};
  }
  for (int b = 0; b < node->n_bottoms; b++) { /* mostly late values, so that there are chains */
    int back = draw(w, draw(w, 2) ? 2 : w->graph.n_values);
    node->bottoms[b] = w->graph.n_values - 1 - back > 0 ? w->graph.n_values - 1 - back : 0;
  }
  for (int t = 0; t < node->n_tops; t++) {
    isn_shape_t like = w->values[node->bottoms[0]].shape;
    bool same = needs->alias || needs->in_place_forward || needs->in_place_backward || draw(w, 2);
    node->tops[t] = w->graph.n_values;
    w->values[w->graph.n_values++] = (isn_value_t){
        .shape = same ? like : (isn_shape_t){1, 1 + draw(w, 60), 1, 1}, .producer = i};
  }
  w->layers[i].node = node;
}

static void make_graph(world_t *w, unsigned stream)
{
  const isn_random_key_t key = {.seed = 5, .purpose = ISN_RANDOM_TEST, .sample = stream};
  memset(w, 0, sizeof *w);
  isn_random_uniform(&key, 512, w->random);
  w->graph = (isn_graph_t){.n_values = 1, .values = w->values, .layers = w->nodes};
  w->values[0] = (isn_value_t){.shape = {1, 20, 1, 1}, .producer = -1};
  w->graph.n_layers = 1 + draw(w, MAX_LAYERS - 1);
  for (int i = 0; i < w->graph.n_layers; i++)
    add_layer(w, i);
  for (int v = 0; v < w->graph.n_values; v++)
    w->wanted[v] = draw(w, 5) == 0;
  w->wanted[w->graph.n_values - 1] = true;
}

static size_t count_of(const world_t *w, int value)
{
  return isn_shape_count(w->values[value].shape);
}

static void write(world_t *w, int storage, int value, int what)
{
  const isn_storage_t *s = &w->plan.storages[storage];
  if (s->kept)
    w->kept[storage] = what;
  for (size_t i = 0; !s->kept && i < count_of(w, value); i++)
    w->arena[s->offset + i] = what;
}

static bool holds(const world_t *w, int storage, int value, int what)
{
  const isn_storage_t *s = &w->plan.storages[storage];
  bool same = s->floats >= count_of(w, value) && (!s->kept || w->kept[storage] == what);
  for (size_t i = 0; same && !s->kept && i < count_of(w, value); i++)
    same = w->arena[s->offset + i] == what;
  return same;
}

/** The values that are one with this one by way of layers that alias. */
static int alias_of(const world_t *w, int value)
{
  int producer = w->values[value].producer;
  while (producer >= 0 && w->layers[producer].needs.alias) {
    value = w->nodes[producer].bottoms[0];
    producer = w->values[value].producer;
  }
  return value;
}

static bool holds_value(const world_t *w, int value)
{
  return holds(w, w->plan.values[value], value, VALUE + alias_of(w, value));
}

static void simulate_forward(world_t *w)
{
  write(w, w->plan.values[0], 0, VALUE);
  for (int i = 0; i < w->graph.n_layers; i++) {
    const isn_graph_layer_t *node = &w->nodes[i];
    for (int b = 0; b < node->n_bottoms; b++)
      TEST_CHECK(holds_value(w, node->bottoms[b]));
    for (int t = 0; !w->layers[i].needs.alias && t < node->n_tops; t++)
      write(w, w->plan.values[node->tops[t]], node->tops[t], VALUE + node->tops[t]);
    for (int b = 1; b < node->n_bottoms; b++) /* read while the tops are written */
      TEST_CHECK(holds_value(w, node->bottoms[b]));
  }
}

/** The gradients that a layer writes: the first contribution in its place, others aside. */
static void simulate_targets(world_t *w, int layer, bool *has_grad)
{
  const isn_graph_layer_t *node = &w->nodes[layer];
  bool aside[ISN_LAYER_MAX_BOTTOMS];
  for (int b = 0; b < node->n_bottoms; b++) {
    int v = node->bottoms[b], extra = w->plan.extras[layer * ISN_LAYER_MAX_BOTTOMS + b];
    aside[b] = has_grad[v];
    has_grad[v] = true;
    if (!aside[b])
      write(w, w->plan.grads[v], v, GRAD + v);
    else if (!w->layers[layer].needs.alias) {
      TEST_CHECK(extra != NO_EXTRA);
      write(w, extra, v, EXTRA + b);
    }
  }
  for (int b = 0; b < node->n_bottoms; b++) {
    int v = node->bottoms[b], extra = w->plan.extras[layer * ISN_LAYER_MAX_BOTTOMS + b];
    if (aside[b] && !w->layers[layer].needs.alias)
      TEST_CHECK(holds(w, extra, v, EXTRA + b));
    TEST_CHECK(holds(w, w->plan.grads[v], v, GRAD + v));
  }
}

/** Before a layer: its tops' gradients are complete, and what it reads of the forward pass is
 *  there. */
static void simulate_tops(world_t *w, int layer, const bool *seeded, bool *has_grad)
{
  const isn_graph_layer_t *node = &w->nodes[layer];
  for (int t = 0; t < node->n_tops; t++) {
    int v = node->tops[t];
    bool at_seed = w->plan.seeds[v] != ISN_PLAN_NONE && w->plan.grads[v] == w->plan.seeds[v];
    if (has_grad[v])
      TEST_CHECK(holds(w, w->plan.grads[v], v, GRAD + v));
    else if (!(seeded[v] && at_seed)) /* a copy of the seed, or zeros */
      write(w, w->plan.grads[v], v, GRAD + v);
    has_grad[v] = has_grad[v] || seeded[v];
  }
  for (int t = 0; w->layers[layer].needs.backward_tops && t < node->n_tops; t++)
    TEST_CHECK(holds_value(w, node->tops[t]));
  for (int b = 0; w->layers[layer].needs.backward_bottoms && b < node->n_bottoms; b++)
    TEST_CHECK(holds_value(w, node->bottoms[b]));
}

static void simulate_backward(world_t *w)
{
  bool seeded[MAX_VALUES] = {false}, has_grad[MAX_VALUES] = {false};
  for (int v = 0; v < w->graph.n_values; v++)
    seeded[v] = w->wanted[v] && draw(w, 2);
  for (int i = w->graph.n_layers - 1; i >= 0; i--) {
    bool any = false;
    for (int t = 0; t < w->nodes[i].n_tops; t++)
      any = any || has_grad[w->nodes[i].tops[t]] || seeded[w->nodes[i].tops[t]];
    if (!any)
      continue;
    simulate_tops(w, i, seeded, has_grad);
    simulate_targets(w, i, has_grad);
  }
  for (int v = 0; v < w->graph.n_values; v++)
    if (w->wanted[v])
      TEST_CHECK(holds_value(w, v) && w->kept[w->plan.seeds[v]] == SEED + v);
  if (has_grad[0])
    TEST_CHECK(holds(w, w->plan.grads[0], 0, GRAD));
}

/** What the caller sees has memory of its own for the life of the net. */
static void fill_seeds(world_t *w)
{
  TEST_CHECK(w->plan.storages[w->plan.values[0]].kept && w->plan.storages[w->plan.grads[0]].kept);
  for (int v = 0; v < w->graph.n_values; v++)
    if (w->wanted[v]) {
      TEST_CHECK(w->plan.storages[w->plan.values[v]].kept);
      TEST_CHECK(w->plan.storages[w->plan.seeds[v]].kept);
      w->kept[w->plan.seeds[v]] = SEED + v;
    }
}

int main(void)
{
  static world_t world;
  size_t planned = 0, unplanned = 0;
  for (unsigned stream = 0; stream < 2000; stream++) {
    world_t *w = &world;
    make_graph(w, stream);
    TEST_REQUIRE(isn_plan_make(&w->graph, w->graph.n_layers, w->layers, w->wanted, true,
                               sizeof(float), &w->plan));
    TEST_CHECK(w->plan.arena_floats <= MEMORY && w->plan.n_storages <= 8 * MAX_VALUES);
    fill_seeds(w);
    simulate_forward(w);
    for (int pass = 0; pass < 3; pass++)
      simulate_backward(w);
    planned += w->plan.planned_floats;
    unplanned += w->plan.unplanned_floats;
    isn_plan_clear(&w->plan);
    if (test_failures > 20)
      break;
  }
  printf("  %zu floats planned of %zu\n", planned, unplanned);
  TEST_CHECK(planned < unplanned);
  TEST_END();
}
