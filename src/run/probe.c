/* Probes: one block of ascents for each neuron of a target whose window is relative; see probe.h.
 */
#include "probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "invset/memory.h"
#include "pool.h"

typedef struct {
  task_t task; /* first: a task is its probe */
  isn_run_reach_t reach;
  isn_moments_t none; /* nothing is fixed in an ascent */
} probe_t;

void probe_best(const isn_run_layout_t *layout, const isn_run_reach_t *found, float *best)
{
  for (int k = 0; k < found->n; k++) {
    best[k] = NAN;
    for (int r = 0; r < layout->probe_starts; r++)
      best[k] = fmaxf(best[k], found->activation[k * layout->probe_starts + r]);
  }
}

static isn_status_t start_high(void *context, int sample, int draw, float *code)
{
  const probe_t *probe = context;
  (void)draw; /* an ascent has one start */
  return pool_start_high(probe->task.run->pool, probe->task.piece.target, probe->task.first_neuron,
                         sample, code);
}

/* The first neuron from k on whose reach is wanted; all of them if there is none. */
static int next_neuron(const probe_t *probe, int k)
{
  const task_t *task = &probe->task;
  while (k < probe->reach.n &&
         !isn_targets_neuron_is_relative(&task->run->targets, task->piece.target, k))
    k++;
  return k;
}

/* Begin the ascents of the present neuron. */
static isn_status_t begin_neuron(probe_t *probe)
{
  isn_block_begin_t begin = {.n = probe->task.run->layout.probe_starts,
                             .fixed = &probe->none,
                             .start = start_high,
                             .context = probe};
  return isn_block_begin(probe->task.block, &begin);
}

/* Keep the largest activations, and the code of the best. */
static isn_status_t settle(task_t *task, int sample, int row)
{
  probe_t *probe = (probe_t *)task;
  int n_starts = task->run->layout.probe_starts, k = task->first_neuron;
  size_t d = (size_t)task->run->layout.code_size;
  float *found = probe->reach.activation + (size_t)k * (size_t)n_starts;
  isn_block_result_t result;
  (void)row;
  isn_block_result(task->block, sample, &result);
  found[sample] = isfinite(result.values[0]) ? result.values[0] : NAN;
  probe->reach.steps += (float)result.steps;
  bool best = isfinite(found[sample]);
  for (int r = 0; r < n_starts; r++)
    best = best && !(found[r] > found[sample]);
  if (best)
    memcpy(probe->reach.code + (size_t)k * d, result.code, d * sizeof(float));
  return ISN_OK;
}

static isn_status_t advance(task_t *task)
{
  probe_t *probe = (probe_t *)task;
  task->first_neuron = next_neuron(probe, task->first_neuron + 1);
  if (task->first_neuron < probe->reach.n)
    return begin_neuron(probe);
  letter_t letter = {.kind = LETTER_REACH, .piece = task->piece, .reach = probe->reach};
  task->finished = true;
  return work_report(task->run, &letter);
}

static void close_probe(task_t *task)
{
  probe_t *probe = (probe_t *)task;
  isn_block_destroy(task->block);
  isn_run_reach_free(&probe->reach);
  isn_moments_free(&probe->none);
  free(probe);
}

isn_problem_t ascent_problem(const run_t *run)
{
  isn_problem_t problem = run->problem;
  problem.rule = ISN_STEP_ASCENT;
  problem.n_neurons = 1;
  problem.max_steps = run->options->sampling.probe_steps;
  problem.max_starts = 1;
  return problem;
}

isn_status_t probe_open(run_t *run, const piece_t *piece, task_t **out)
{
  static const task_kind_t kind = {settle, advance, close_probe};
  const isn_problem_t problem = ascent_problem(run);
  int n_neurons = run->targets.targets[piece->target].n_neurons;
  size_t n = (size_t)n_neurons * (size_t)run->layout.probe_starts;
  probe_t *probe = NULL;
  isn_status_t status;
  ISN_TRY(isn_alloc(&probe, 1, "probe"));
  probe->task = (task_t){.kind = &kind, .run = run, .piece = *piece, .n_neurons = 1};
  ISN_TRY_GOTO(
      isn_block_create(run->backend, &problem, run->layout.probe_starts, &probe->task.block), fail);
  ISN_TRY_GOTO(isn_moments_alloc(run->layout.encoding_size, &probe->none), fail);
  ISN_TRY_GOTO(isn_run_reach_alloc(&run->layout, n_neurons, &probe->reach), fail);
  for (size_t i = 0; i < n; i++)
    probe->reach.activation[i] = NAN;
  probe->task.first_neuron = next_neuron(probe, 0);
  ISN_TRY_GOTO(begin_neuron(probe), fail);
  *out = &probe->task;
  return ISN_OK;
fail:
  close_probe(&probe->task);
  return status;
}
