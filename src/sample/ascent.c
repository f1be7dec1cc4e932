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
static isn_status_t decide(isn_block_t *block, int sample)
{
  double f = (double)block_value(block, sample)[0];
  return seek(block, sample, isfinite(sample_gap(block, sample)) ? -f : INFINITY, want_gradient,
              want_gradient);
}

/* Without a way to go the ascent is over. */
static void step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  const float *gradient = block_gradient(block, sample, 0);
  double *direction = block->work, left = 1.0 - (double)state->age / problem->max_steps;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = (double)gradient[k];
  bool moved = walk(problem, block_code(block, sample), direction, left * problem->ascent_step);
  state->age = moved ? state->age + 1 : problem->max_steps;
}

const rule_t ascent_rule = {check, decide, NULL, step, 0};
