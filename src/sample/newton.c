/* The Newton rule: the shortest step that brings all values to their aims, to first order, with one
 * gradient renewed at each; and a spread step tangent to all of them. */
#include <math.h>

#include "block_internal.h"

/* What is left of a spread step by rounding alone, as a share of its length. */
static const double ROUNDING = 1e-6;

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

static isn_status_t decide(isn_block_t *block, int sample)
{
  return seek(block, sample, sample_gap(block, sample), want_launch, want_seek);
}

/* How much a value may change.  One that is out goes to its aim, or beyond if others pull it there;
 * one that is in stays in.  One whose gradient this start has never seen goes where it goes. */
static slope_range_t wanted_change(const isn_block_t *block, int sample, int k)
{
  if (!block_is_known(block, sample)[k])
    return (slope_range_t){-INFINITY, INFINITY};
  const double *window = block->problem.windows[k], margin = 2.0 * window_margin(window);
  double f = (double)block_value(block, sample)[k], aim = block_aim(block, sample)[k];
  /* Twice the margin, or a step that ends where it aims would not count as inside. */
  double low = window[0] + margin, high = window[1] - margin;
  aim = fmin(fmax(aim, low), high);
  if (f < low)
    return (slope_range_t){(isfinite(high) ? aim : low + OVERSHOOT * (low - f)) - f, high - f};
  if (f > high)
    return (slope_range_t){low - f, (isfinite(low) ? aim : high - OVERSHOOT * (f - high)) - f};
  return (slope_range_t){low - f, high - f};
}

static void newton_step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  int m = problem->n_neurons;
  double *way = block->work;
  for (int k = 0; k < m; k++)
    block->ranges[k] = wanted_change(block, sample, k);
  for (int k = 0; k < problem->code_size; k++)
    way[k] = 0.0;
  fit_move(block, sample, m, block->ranges, way);
  double length = norm(problem->code_size, way);
  if (length > 0.0)
    (void)move(problem, block_code(block, sample), way, fmin(1.0, problem->newton_cap / length));
}

/* The spread step that begins a block of a chain.  What is tangent is shorter than D's gradient: it
 * is made as long again. */
static void launch(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  int m = problem->n_neurons;
  const float *grad_d = block_gradient(block, sample, m);
  double *way = block->work;
  for (int k = 0; k < problem->code_size; k++)
    way[k] = (double)grad_d[k];
  double whole = norm(problem->code_size, way);
  for (int k = 0; k < problem->code_size && whole > 0.0; k++)
    way[k] *= problem->step / whole;
  for (int i = 0; i < m; i++)
    block->ranges[i] = (slope_range_t){0.0, 0.0};
  fit_move(block, sample, m, block->ranges, way);
  double length = norm(problem->code_size, way);
  end_launch(block, sample,
             length > ROUNDING * problem->step &&
                 move(problem, block_code(block, sample), way, problem->step / length));
  for (int k = 0; k < m; k++) /* from before the step, but that is near */
    block_is_known(block, sample)[k] = true;
}

static void step(isn_block_t *block, int sample)
{
  if (block->samples[sample].phase == PHASE_LAUNCH)
    launch(block, sample);
  else
    newton_step(block, sample);
}

const rule_t newton_rule = {check, decide, NULL, step, 0};
