/* The state machine of a block: rounds of evaluate, decide, gradients, step; see sampler.h.  What
 * is decided and how a sample moves, the rules say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static isn_status_t alloc_samples(isn_block_t *block)
{
  const isn_problem_t *p = &block->problem;
  size_t n = (size_t)block->max_samples, d = (size_t)p->code_size, e = (size_t)p->encoding_size,
         m = (size_t)p->n_neurons;
  ISN_TRY(isn_alloc(&block->samples, n, "samples of a block"));
  ISN_TRY(isn_alloc(&block->code, n * d, "codes of a block"));
  ISN_TRY(isn_alloc(&block->best_code, n * d, "codes of a block"));
  ISN_TRY(isn_alloc(&block->encoding, n * e, "encodings of a block"));
  ISN_TRY(isn_alloc(&block->value, n * m, "values of a block"));
  ISN_TRY(isn_alloc(&block->wanted, n * (m + 1), "gradients of a block"));
  ISN_TRY(isn_alloc(&block->gradient, n * (m + 1) * d, "gradients of a block"));
  ISN_TRY(isn_alloc(&block->multipliers, 2 * n * m, "multipliers of a block"));
  ISN_TRY(isn_alloc(&block->aim, n * m, "aims of a block"));
  ISN_TRY(isn_alloc(&block->is_known, n * m, "neurons of a block"));
  return isn_alloc(&block->mates, n, "mates of a block");
}

static isn_status_t alloc_work(isn_block_t *block)
{
  const isn_problem_t *p = &block->problem;
  size_t d = (size_t)p->code_size, e = (size_t)p->encoding_size, m = (size_t)p->n_neurons;
  ISN_TRY(isn_alloc(&block->work, d > e ? d : e, "work space of a block"));
  ISN_TRY(isn_alloc(&block->noise, d, "work space of a block"));
  ISN_TRY(isn_alloc(&block->lambda, m, "work space of a block"));
  return isn_alloc(&block->ranges, m, "work space of a block");
}

isn_status_t isn_block_create(const isn_problem_t *problem, int max_samples, isn_block_t **out)
{
  isn_block_t *block = NULL;
  isn_status_t status;
  if (max_samples < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: a block for %d samples", max_samples);
  ISN_TRY(check_problem(problem));
  ISN_TRY(isn_alloc(&block, 1, "block"));
  block->problem = *problem;
  block->rule = RULES[problem->rule];
  block->max_samples = max_samples;
  ISN_TRY_GOTO(alloc_samples(block), fail);
  ISN_TRY_GOTO(alloc_work(block), fail);
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
  free(block->samples);
  free(block->code);
  free(block->best_code);
  free(block->encoding);
  free(block->value);
  free(block->wanted);
  free(block->gradient);
  free(block->multipliers);
  free(block->aim);
  free(block->is_known);
  free(block->work);
  free(block->noise);
  free(block->ranges);
  free(block->lambda);
  free(block->mates);
  free(block);
}

isn_status_t isn_block_begin(isn_block_t *block, const isn_block_begin_t *begin)
{
  size_t size = (size_t)block->problem.code_size;
  if (begin->n < 1 || begin->n > block->max_samples)
    ISN_FAIL(ISN_ERR_ARG, "sampler: %d samples in a block for %d", begin->n, block->max_samples);
  if (begin->fixed->size != block->problem.encoding_size)
    ISN_FAIL(ISN_ERR_ARG, "sampler: moments of encodings of %d numbers, the block's have %d",
             begin->fixed->size, block->problem.encoding_size);
  block->begin = *begin;
  for (int i = 0; i < begin->n; i++) {
    sample_t *state = &block->samples[i];
    bool goes_on = begin->previous && begin->previous_ok[i];
    *state = (sample_t){.best_gap = INFINITY};
    begin_start(block, i);
    if (goes_on || isn_rule_walks(block->problem.rule))
      state->phase = PHASE_LAUNCH;
    if (goes_on) {
      state->passes = -block->rule->n_known;
      memcpy(block_code(block, i), begin->previous + (size_t)i * size, size * sizeof(float));
    } else {
      ISN_TRY(draw_start(block, i));
    }
  }
  return ISN_OK;
}

int isn_block_active(const isn_block_t *block, int *samples)
{
  int n = 0;
  for (int i = 0; i < block->begin.n; i++)
    if (block->samples[i].phase != PHASE_ACCEPTED && block->samples[i].phase != PHASE_GIVEN_UP)
      samples[n++] = i;
  return n;
}

const float *isn_block_code(const isn_block_t *block, int sample)
{
  return block_code(block, sample);
}

void isn_block_observe(isn_block_t *block, int sample, const float *values, const float *encoding)
{
  size_t m = (size_t)block->problem.n_neurons, e = (size_t)block->problem.encoding_size;
  memcpy(block_value(block, sample), values, m * sizeof(float));
  memcpy(block_encoding(block, sample), encoding, e * sizeof(float));
  block->samples[sample].passes++;
}

double sample_gap(const isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  for (int k = 0; k < problem->encoding_size; k++)
    if (!isfinite(block_encoding(block, sample)[k]))
      return INFINITY;
  if (problem->rule == ISN_STEP_ASCENT)
    return isfinite(block_value(block, sample)[0]) ? 0.0 : INFINITY;
  return isn_window_gap(problem->n_neurons, problem->windows, block_value(block, sample));
}

void want(isn_block_t *block, int sample, isn_gradient_kind_t kind, int neuron)
{
  block_wanted(block, sample)[block->samples[sample].n_wanted++] = (isn_gradient_t){kind, neuron};
}

void settle(isn_block_t *block, int sample, double gap)
{
  block->samples[sample].phase = gap <= 0.0 ? PHASE_ACCEPTED : PHASE_GIVEN_UP;
  block->samples[sample].settled_now = true;
}

isn_status_t isn_block_decide(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++) {
    sample_t *state = &block->samples[i];
    state->settled_now = false;
    state->n_wanted = 0;
    if (state->phase != PHASE_ACCEPTED && state->phase != PHASE_GIVEN_UP)
      ISN_TRY(block->rule->decide(block, i));
  }
  return ISN_OK;
}

bool isn_block_settled_now(const isn_block_t *block, int sample)
{
  return block->samples[sample].settled_now;
}

int isn_block_wanted(const isn_block_t *block, int sample, const isn_gradient_t **wanted)
{
  *wanted = block_wanted(block, sample);
  return block->samples[sample].n_wanted;
}

/* Gradient of D with respect to a sample's encoding, over the fixed set and the block.  D is
 * divided by the number of its distances: only its direction counts for the Newton rule, and for
 * the Lagrangian the balance with the constraints must not depend on n. */
static void spread_seed(const isn_block_t *block, int sample, double sign, float *seed)
{
  int size = block->problem.encoding_size;
  double n = fmax(1.0, (double)block->begin.fixed->m + block->begin.n - 1);
  for (int k = 0; k < size; k++)
    block->work[k] = 0.0;
  isn_moments_add_gradient(block->begin.fixed, block_encoding(block, sample), block->work);
  isn_block_spread_add_gradient(size, block->begin.n, block->encoding, sample, block->work);
  for (int k = 0; k < size; k++)
    seed[k] = (float)(sign * block->work[k] / n);
}

void isn_block_seeds(const isn_block_t *block, int sample, isn_gradient_t gradient,
                     float *value_seed, float *encoding_seed)
{
  int m = block->problem.n_neurons;
  if (isn_gradient_has_encoding(gradient.kind))
    spread_seed(block, sample, gradient.kind == ISN_GRADIENT_SPREAD ? 1.0 : -1.0, encoding_seed);
  if (gradient.kind == ISN_GRADIENT_VALUE) {
    for (int k = 0; k < m; k++)
      value_seed[k] = k == gradient.neuron ? 1.0F : 0.0F;
  } else if (isn_gradient_has_values(gradient.kind)) {
    for (int k = 0; k < m; k++)
      value_seed[k] = 1.0F;
    if (block->rule->weigh)
      block->rule->weigh(block, sample, value_seed);
  }
}

/* Where a gradient is kept: that of neuron k's value in place k, the spread's behind them. */
static int gradient_place(const isn_block_t *block, isn_gradient_t gradient)
{
  return gradient.kind == ISN_GRADIENT_VALUE    ? gradient.neuron
         : gradient.kind == ISN_GRADIENT_SPREAD ? block->problem.n_neurons
                                                : 0;
}

void isn_block_learn(isn_block_t *block, int sample, int i, const float *code_gradient)
{
  int place = gradient_place(block, block_wanted(block, sample)[i]);
  memcpy(block_gradient(block, sample, place), code_gradient,
         (size_t)block->problem.code_size * sizeof(float));
  block->samples[sample].passes++;
}

void isn_block_step(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++)
    if (block->samples[i].n_wanted > 0)
      block->rule->step(block, i);
}

void isn_block_result(const isn_block_t *block, int sample, isn_block_result_t *result)
{
  const sample_t *state = &block->samples[sample];
  result->accepted = state->phase == PHASE_ACCEPTED;
  result->code = block_code(block, sample);
  result->encoding = block_encoding(block, sample);
  result->values = block_value(block, sample);
  result->steps = 0.5 * state->passes;
  result->restarts = state->draw;
}
