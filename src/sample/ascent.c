/* Ascents of a neuron's value, to find how far it can be driven. */
#include <math.h>

#include "block_internal.h"

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->ascent_step > 0.0 && isfinite(p->ascent_step)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: ascent_step %g is not a positive number", p->ascent_step);
  return ISN_OK;
}

static void want_gradient(isn_block_t *block, int sample)
{
  want(block, sample, ISN_GRADIENT_VALUE, 0);
}

/* There is no window: the gap is below every other's the higher the value is. */
static void decide(isn_block_t *block, int sample)
{
  double f = (double)block_value(block, sample)[0];
  seek(block, sample, isfinite(sample_gap(block, sample)) ? -f : INFINITY, want_gradient,
       want_gradient);
}

static isn_status_t ask_step(isn_block_t *block, int sample, isn_vectors_t *vectors)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  double left = 1.0 - (double)state->age / problem->max_steps;
  isn_move_job_t job = move_job(block, sample, ISN_MOVE_WALK, left * problem->ascent_step);
  job.wish = gradient_of(block, &block->there, sample, 0);
  job.sign = 1.0;
  return isn_vectors_move(vectors, &job, NULL, &state->moved);
}

/* Without a way to go the ascent is over. */
static void step(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  state->age = state->moved ? state->age + 1 : block->problem.max_steps;
}

const rule_t ascent_rule = {check, decide, NULL, ask_step, step, 0};
