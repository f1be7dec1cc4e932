/* The classic rule: gradient steps on the augmented Lagrangian, multipliers updated after each. */
#include <math.h>

#include "block_internal.h"

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->classic_step > 0.0 && isfinite(p->classic_step) && p->classic_rho > 0.0 &&
        isfinite(p->classic_rho)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: classic_step %g or classic_rho %g is not a positive number",
             p->classic_step, p->classic_rho);
  return ISN_OK;
}

/* max(0, lambda + rho g) for both sides of neuron k's window, g = z1 - f and f - z2: coefficients
 * of the gradients of g in the gradient of the Lagrangian, and the next multipliers. */
static void shifted_multipliers(const isn_problem_t *problem, int k, float value,
                                const double lambda[2], double shifted[2])
{
  double f = (double)value;
  shifted[0] = fmax(0.0, lambda[0] + problem->classic_rho * (problem->windows[k][0] - f));
  shifted[1] = fmax(0.0, lambda[1] + problem->classic_rho * (f - problem->windows[k][1]));
}

static void weigh(const isn_block_t *block, int sample, float *weights)
{
  const isn_problem_t *problem = &block->problem;
  const double *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->n_neurons; k++) {
    double shifted[2];
    shifted_multipliers(problem, k, block_value(block, sample)[k], lambda + 2 * k, shifted);
    weights[k] = (float)(shifted[1] - shifted[0]);
  }
}

static void update_multipliers(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  double *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->n_neurons; k++)
    shifted_multipliers(problem, k, block_value(block, sample)[k], lambda + 2 * k, lambda + 2 * k);
}

static void want_lagrangian(isn_block_t *block, int sample)
{
  want(block, sample, ISN_GRADIENT_LAGRANGIAN, 0);
}

static void decide(isn_block_t *block, int sample)
{
  const sample_t *state = &block->samples[sample];
  if (state->phase == PHASE_SEEK && state->age > 0)
    update_multipliers(block, sample); /* with the values that the last step led to */
  seek(block, sample, sample_gap(block, sample), want_lagrangian, want_lagrangian);
}

static isn_status_t ask_step(isn_block_t *block, int sample, isn_vectors_t *vectors)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  isn_move_job_t job =
      move_job(block, sample, ISN_MOVE_WALK,
               state->phase == PHASE_LAUNCH ? problem->step : problem->classic_step);
  job.wish = gradient_of(block, &block->there, sample, 0);
  job.sign = -1.0;
  return isn_vectors_move(vectors, &job, NULL, &state->moved);
}

static void step(isn_block_t *block, int sample)
{
  if (block->samples[sample].phase == PHASE_LAUNCH)
    end_launch(block, sample, block->samples[sample].moved);
}

const rule_t classic_rule = {check, decide, weigh, ask_step, step, 0};
