/* Blocks come and go: what a problem must be like, and the memory of a block's samples. */
#include <math.h>
#include <stdlib.h>

#include "block_internal.h"
#include "invset/memory.h"

static const rule_t *const RULES[ISN_N_RULES] = {
    [ISN_STEP_NEWTON] = &newton_rule,     [ISN_STEP_CLASSIC] = &classic_rule,
    [ISN_STEP_ASCENT] = &ascent_rule,     [ISN_STEP_PPGN] = &ppgn_rule,
    [ISN_STEP_MAXIMISE] = &maximise_rule, [ISN_STEP_LANGEVIN] = &langevin_rule};

/* Each comparison is false for a NaN. */
static isn_status_t check_windows(const isn_problem_t *p)
{
  for (int k = 0; k < p->n_neurons && p->rule != ISN_STEP_ASCENT; k++) {
    const double *window = p->windows[k];
    if (!(window[0] < window[1] && (isfinite(window[0]) || isfinite(window[1]))))
      ISN_FAIL(ISN_ERR_ARG, "sampler: window [%g, %g] is empty or no window", window[0], window[1]);
  }
  for (int k = 0; k < p->code_size; k++)
    if (!(p->code_min[k] <= p->code_max[k]))
      ISN_FAIL(ISN_ERR_ARG, "sampler: bounds of code coordinate %d are [%g, %g]", k,
               (double)p->code_min[k], (double)p->code_max[k]);
  return ISN_OK;
}

static isn_status_t check_problem(const isn_problem_t *p)
{
  if (p->code_size < 1 || p->encoding_size < 1 || p->n_neurons < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: empty code, encoding or list of neurons");
  if (p->rule < 0 || p->rule >= ISN_N_RULES)
    ISN_FAIL(ISN_ERR_ARG, "sampler: there is no step rule %d", (int)p->rule);
  if (p->patience < 1 || p->patience > ISN_MAX_PATIENCE || p->max_steps < 1 || p->max_starts < 1 ||
      p->max_starts > ISN_RANDOM_DRAWS)
    ISN_FAIL(ISN_ERR_ARG,
             "sampler: patience %d, max_steps %d or max_starts %d is out of range; want 1 to %d, "
             "at least 1, and 1 to %d",
             p->patience, p->max_steps, p->max_starts, ISN_MAX_PATIENCE, ISN_RANDOM_DRAWS);
  if (isn_rule_walks(p->rule) && p->iterations < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: %d iterations; want at least 1", p->iterations);
  if (!(p->step >= 0.0 && p->kick >= 0.0 && isfinite(p->step) && isfinite(p->kick)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: step %g or kick %g is not a length", p->step, p->kick);
  ISN_TRY(check_windows(p));
  return RULES[p->rule]->check(p);
}

static size_t floats_per_sample(const isn_problem_t *p)
{
  size_t d = (size_t)p->code_size, m = (size_t)p->n_neurons;
  return (m + 3) * d + (size_t)p->encoding_size; /* two codes, gradients; encoding */
}

size_t isn_block_bytes_per_sample(const isn_problem_t *problem)
{
  return floats_per_sample(problem) * sizeof(float);
}

/* Lay a block's vectors into its memory. */
static void place_vectors(isn_block_t *block, float *at)
{
  const isn_problem_t *p = &block->problem;
  size_t n = (size_t)block->max_samples, d = (size_t)p->code_size, m = (size_t)p->n_neurons;
  block->there.code = at;
  block->there.best_code = at + n * d;
  block->there.gradient = at + 2 * n * d;
  block->there.encoding = at + (m + 3) * n * d;
}

static isn_status_t alloc_host_copies(isn_block_t *block)
{
  const isn_problem_t *p = &block->problem;
  size_t n = (size_t)block->max_samples, d = (size_t)p->code_size, m = (size_t)p->n_neurons;
  ISN_TRY(isn_alloc(&block->host.code, n * d, "codes of a block"));
  ISN_TRY(isn_alloc(&block->host.encoding, n * (size_t)p->encoding_size, "encodings of a block"));
  if (!isn_rule_walks(p->rule))
    return ISN_OK;
  ISN_TRY(isn_alloc(&block->host.best_code, n * d, "codes of a block"));
  return isn_alloc(&block->host.gradient, n * (m + 1) * d, "gradients of a block");
}

/* On a host backend bounds and sums are used where they are; on others they lie before the rest. */
static isn_status_t alloc_vectors(isn_block_t *block)
{
  const isn_problem_t *p = &block->problem;
  size_t n = (size_t)block->max_samples * floats_per_sample(p), d = (size_t)p->code_size;
  size_t more = FLOATS_OF_A_DOUBLE * (size_t)p->encoding_size + 2 * d;
  if (isn_backend_is_host(block->backend)) {
    ISN_TRY(isn_backend_alloc(block->backend, n, "vectors of a block", &block->memory));
    place_vectors(block, block->memory);
    block->host = block->there;
    block->low = p->code_min;
    block->high = p->code_max;
    return ISN_OK;
  }
  ISN_TRY(isn_backend_alloc(block->backend, more + n, "vectors of a block", &block->memory));
  place_vectors(block, block->memory + more);
  block->sum = (const double *)(const void *)block->memory;
  block->bounds = block->memory + more - 2 * d;
  block->low = block->bounds;
  block->high = block->bounds + d;
  block->put_bounds = true;
  return alloc_host_copies(block);
}

static isn_status_t alloc_samples(isn_block_t *block)
{
  const isn_problem_t *p = &block->problem;
  size_t n = (size_t)block->max_samples, d = (size_t)p->code_size, m = (size_t)p->n_neurons;
  ISN_TRY(isn_alloc(&block->samples, n, "samples of a block"));
  ISN_TRY(isn_alloc(&block->value, n * m, "values of a block"));
  ISN_TRY(isn_alloc(&block->wanted, n * (m + 1), "gradients of a block"));
  ISN_TRY(isn_alloc(&block->multipliers, 2 * n * m, "multipliers of a block"));
  ISN_TRY(isn_alloc(&block->aim, n * m, "aims of a block"));
  ISN_TRY(isn_alloc(&block->is_known, n * m, "neurons of a block"));
  ISN_TRY(isn_alloc(&block->mates, n, "mates of a block"));
  ISN_TRY(isn_alloc(&block->work, d, "work space of a block"));
  ISN_TRY(isn_alloc(&block->noise, d, "work space of a block"));
  return isn_alloc(&block->ranges, m, "work space of a block");
}

isn_status_t isn_block_create(isn_backend_t *backend, const isn_problem_t *problem, int max_samples,
                              isn_block_t **out)
{
  isn_block_t *block = NULL;
  isn_status_t status;
  if (max_samples < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: a block for %d samples", max_samples);
  ISN_TRY(check_problem(problem));
  ISN_TRY(isn_alloc(&block, 1, "block"));
  block->backend = backend;
  block->problem = *problem;
  block->rule = RULES[problem->rule];
  block->max_samples = max_samples;
  ISN_TRY_GOTO(alloc_samples(block), fail);
  ISN_TRY_GOTO(alloc_vectors(block), fail);
  *out = block;
  return ISN_OK;
fail:
  isn_block_destroy(block);
  return status;
}

void isn_block_destroy(isn_block_t *block)
{
  if (!block)
    return;
  if (!isn_backend_is_host(block->backend)) {
    free(block->host.code);
    free(block->host.best_code);
    free(block->host.encoding);
    free(block->host.gradient);
  }
  isn_backend_free(block->backend, block->memory);
  free(block->samples);
  free(block->value);
  free(block->wanted);
  free(block->multipliers);
  free(block->aim);
  free(block->is_known);
  free(block->work);
  free(block->noise);
  free(block->ranges);
  free(block->mates);
  free(block);
}
