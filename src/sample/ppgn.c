/* PPGN-h, the sampler of Nguyen et al. 2017 ("Plug & play generative networks", eq. 5 and the
 * defaults of their program): what this sampler is compared with. */
#include <math.h>

#include "block_internal.h"

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->ppgn.step > 0.0 && isfinite(p->ppgn.step) && p->ppgn.eps1 >= 0.0 &&
        p->ppgn.eps2 >= 0.0 && p->ppgn.eps3 >= 0.0))
    ISN_FAIL(ISN_ERR_ARG, "sampler: ppgn step %g is not positive, or eps %g, %g, %g negative",
             p->ppgn.step, p->ppgn.eps1, p->ppgn.eps2, p->ppgn.eps3);
  if (p->ppgn.eps1 > 0.0 && p->encoding_size != p->code_size)
    ISN_FAIL(ISN_ERR_ARG,
             "sampler: ppgn compares E(G(h)) with h, but encodings have %d numbers and codes %d",
             p->encoding_size, p->code_size);
  if (p->iterations > ISN_RANDOM_DRAWS)
    ISN_FAIL(ISN_ERR_ARG, "sampler: %d iterations of ppgn in a block; want at most %d",
             p->iterations, ISN_RANDOM_DRAWS);
  return ISN_OK;
}

static void decide(isn_block_t *block, int sample)
{
  if (block->samples[sample].age == block->problem.iterations)
    settle(block, sample, sample_gap(block, sample));
  else
    want(block, sample, ISN_GRADIENT_LOG_PROBABILITY, 0);
}

static isn_status_t ask_step(isn_block_t *block, int sample, isn_vectors_t *vectors)
{
  ISN_TRY(isn_vectors_get(vectors, encoding_of(block, &block->host, sample),
                          encoding_of(block, &block->there, sample),
                          (size_t)block->problem.encoding_size));
  return ask_gradient(block, sample, vectors);
}

static void step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  const float *gradient = gradient_of(block, &block->host, sample, 0);
  const float *encoding = encoding_of(block, &block->host, sample);
  float *code = code_of(block, &block->host, sample);
  sample_t *state = &block->samples[sample];
  double *noise = block->noise, *direction = block->work;
  isn_random_key_t key = block->begin.key;
  key.purpose = ISN_RANDOM_NOISE;
  key.sample = (uint32_t)sample;
  key.draw = (uint32_t)state->age++;
  isn_random_normal(&key, (size_t)problem->code_size, noise);
  for (int k = 0; k < problem->code_size; k++) {
    double back =
        problem->ppgn.eps1 > 0.0 ? problem->ppgn.eps1 * ((double)encoding[k] - (double)code[k]) : 0;
    direction[k] = back + problem->ppgn.eps2 * (double)gradient[k] + problem->ppgn.eps3 * noise[k];
  }
  walk_mean(problem, code, direction, problem->ppgn.step);
}

const rule_t ppgn_rule = {check, decide, NULL, ask_step, step, 1};
