/* The Newton rule: the shortest step that brings all values to their aims, to first order, with one
 * gradient renewed at each; and a spread step tangent to all of them. */
#include <math.h>

#include "block_internal.h"

/* A window with an open side has no width to aim into: a step goes on past its edge by this share
 * of the way to it. */
static const double OVERSHOOT = 0.1;

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->aim >= 0.0 && p->aim <= 0.5 && p->newton_cap > 0.0))
    ISN_FAIL(ISN_ERR_ARG, "sampler: aim %g is not in [0, 0.5], or newton_cap %g not positive",
             p->aim, p->newton_cap);
  return ISN_OK;
}

static void want_launch(isn_block_t *block, int sample)
{
  for (int k = 0; k < block->problem.n_neurons; k++)
    want(block, sample, ISN_GRADIENT_VALUE, k);
  want(block, sample, ISN_GRADIENT_SPREAD, 0);
}

/* A gradient costs a pass, so each step asks for one: of the neuron that is farthest out.  The
 * others' are those of the steps before: from where the start was then, but near enough to keep
 * what has been won for one neuron while another is brought in. */
static void want_seek(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  double worst = -1.0;
  int neuron = 0;
  for (int k = 0; k < problem->n_neurons; k++) {
    double gap = isn_window_gap(1, problem->windows + k, block_value(block, sample) + k);
    if (gap > worst) {
      worst = gap;
      neuron = k;
    }
  }
  block_is_known(block, sample)[neuron] = true;
  want(block, sample, ISN_GRADIENT_VALUE, neuron);
}

static void decide(isn_block_t *block, int sample)
{
  seek(block, sample, sample_gap(block, sample), want_launch, want_seek);
}

/* How much a value may change.  One that is out goes to its aim, or beyond if others pull it there;
 * one that is in stays in.  One whose gradient this start has never seen goes where it goes. */
static isn_slope_range_t wanted_change(const isn_block_t *block, int sample, int k)
{
  if (!block_is_known(block, sample)[k])
    return (isn_slope_range_t){-INFINITY, INFINITY};
  const double *window = block->problem.windows[k], margin = 2.0 * window_margin(window);
  double f = (double)block_value(block, sample)[k], aim = block_aim(block, sample)[k];
  /* Twice the margin, or a step that ends where it aims would not count as inside. */
  double low = window[0] + margin, high = window[1] - margin;
  aim = fmin(fmax(aim, low), high);
  if (f < low)
    return (isn_slope_range_t){(isfinite(high) ? aim : low + OVERSHOOT * (low - f)) - f, high - f};
  if (f > high)
    return (isn_slope_range_t){low - f, (isfinite(low) ? aim : high - OVERSHOOT * (f - high)) - f};
  return (isn_slope_range_t){low - f, high - f};
}

/* A step on the way, or the spread step that begins a block of a chain.  What of that is tangent is
 * shorter than D's gradient: it is made as long again. */
static isn_status_t ask_step(isn_block_t *block, int sample, isn_vectors_t *vectors)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  bool launch = state->phase == PHASE_LAUNCH;
  isn_move_job_t job = move_job(block, sample, launch ? ISN_MOVE_SPREAD : ISN_MOVE_REACH,
                                launch ? problem->step : problem->newton_cap);
  job.n_ranges = problem->n_neurons;
  job.gradients = gradient_of(block, &block->there, sample, 0);
  job.wish = gradient_of(block, &block->there, sample, problem->n_neurons);
  for (int k = 0; k < problem->n_neurons; k++)
    block->ranges[k] = launch ? (isn_slope_range_t){0.0, 0.0} : wanted_change(block, sample, k);
  return isn_vectors_move(vectors, &job, block->ranges, &state->moved);
}

static void step(isn_block_t *block, int sample)
{
  if (block->samples[sample].phase != PHASE_LAUNCH)
    return;
  end_launch(block, sample, block->samples[sample].moved);
  for (int k = 0; k < block->problem.n_neurons; k++) /* from before the step, but that is near */
    block_is_known(block, sample)[k] = true;
}

const rule_t newton_rule = {check, decide, NULL, ask_step, step, 0};
