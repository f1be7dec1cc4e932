/* Activation maximisation, of codes (DGN-AM) or of the pictures themselves: what this sampler is
 * compared with. */
#include <math.h>

#include "block_internal.h"

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->maximise.step > 0.0 && isfinite(p->maximise.step) && p->maximise.last_step >= 0.0 &&
        p->maximise.decay >= 0.0 && p->maximise.decay < 1.0))
    ISN_FAIL(ISN_ERR_ARG,
             "sampler: step %g of maximisation is not positive, last_step %g negative, or decay %g "
             "not in [0, 1)",
             p->maximise.step, p->maximise.last_step, p->maximise.decay);
  return ISN_OK;
}

static void decide(isn_block_t *block, int sample)
{
  if (block->samples[sample].age == block->problem.iterations)
    settle(block, sample, sample_gap(block, sample));
  else
    want(block, sample, ISN_GRADIENT_MIX, 0);
}

static void step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  const float *gradient = gradient_of(block, &block->host, sample, 0);
  float *code = code_of(block, &block->host, sample);
  double *direction = block->work,
         gone = (double)block->samples[sample].age++ / problem->iterations;
  double centre = problem->maximise.centre, kept = 1.0 - problem->maximise.decay;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = (double)gradient[k];
  walk_mean(problem, code, direction,
            problem->maximise.step + gone * (problem->maximise.last_step - problem->maximise.step));
  for (int k = 0; k < problem->code_size; k++)
    code[k] = bounded(problem, k, centre + kept * ((double)code[k] - centre));
}

const rule_t maximise_rule = {check, decide, NULL, ask_gradient, step, 1};
