/* The state machine of a block: rounds of evaluate, decide, gradients, step; see sampler.h.  What
 * is decided and how a sample moves, the rules say. */
#include <math.h>
#include <string.h>

#include "block_internal.h"

/* The code that a sample begins with, on the host. */
static isn_status_t begin_sample(isn_block_t *block, int sample)
{
  const isn_block_begin_t *begin = &block->begin;
  size_t size = (size_t)block->problem.code_size;
  sample_t *state = &block->samples[sample];
  bool goes_on = begin->previous && begin->previous_ok[sample];
  *state = (sample_t){.best_gap = INFINITY};
  begin_start(block, sample);
  if (goes_on || isn_rule_walks(block->problem.rule))
    state->phase = PHASE_LAUNCH;
  if (!goes_on)
    return draw_start(block, sample);
  state->passes = -block->rule->n_known;
  state->put_code = true;
  memcpy(code_of(block, &block->host, sample), begin->previous + (size_t)sample * size,
         size * sizeof(float));
  return ISN_OK;
}

isn_status_t isn_block_begin(isn_block_t *block, const isn_block_begin_t *begin)
{
  if (begin->n < 1 || begin->n > block->max_samples)
    ISN_FAIL(ISN_ERR_ARG, "sampler: %d samples in a block for %d", begin->n, block->max_samples);
  if (begin->fixed->size != block->problem.encoding_size)
    ISN_FAIL(ISN_ERR_ARG, "sampler: moments of encodings of %d numbers, the block's have %d",
             begin->fixed->size, block->problem.encoding_size);
  block->begin = *begin;
  if (isn_backend_is_host(block->backend))
    block->sum = begin->fixed->sum;
  else
    block->put_sum = true;
  for (int i = 0; i < begin->n; i++)
    ISN_TRY(begin_sample(block, i));
  return ISN_OK;
}

static bool is_settled(const sample_t *state)
{
  return state->phase == PHASE_ACCEPTED || state->phase == PHASE_GIVEN_UP;
}

int isn_block_active(const isn_block_t *block, int *samples)
{
  int n = 0;
  for (int i = 0; i < block->begin.n; i++)
    if (!is_settled(&block->samples[i]))
      samples[n++] = i;
  return n;
}

/* Bits of doubles travel as floats. */
static isn_status_t update_shared(isn_block_t *block, isn_vectors_t *vectors)
{
  const isn_problem_t *p = &block->problem;
  size_t d = (size_t)p->code_size;
  if (block->put_bounds) {
    ISN_TRY(isn_vectors_set(vectors, block->bounds, p->code_min, d));
    ISN_TRY(isn_vectors_set(vectors, block->bounds + d, p->code_max, d));
  }
  if (block->put_sum)
    ISN_TRY(isn_vectors_set(vectors, block->memory,
                            (const float *)(const void *)block->begin.fixed->sum,
                            FLOATS_OF_A_DOUBLE * (size_t)p->encoding_size));
  block->put_bounds = block->put_sum = false;
  return ISN_OK;
}

/* Of a sample at most one of the two copies is due; sets come after them. */
isn_status_t isn_block_update(isn_block_t *block, isn_vectors_t *vectors)
{
  size_t d = (size_t)block->problem.code_size;
  ISN_TRY(update_shared(block, vectors));
  for (int i = 0; i < block->begin.n; i++) {
    sample_t *state = &block->samples[i];
    float *code = code_of(block, &block->there, i), *best = best_code_of(block, &block->there, i);
    if (state->keep_best)
      ISN_TRY(isn_vectors_copy(vectors, best, code, d));
    if (state->go_back)
      ISN_TRY(isn_vectors_copy(vectors, code, best, d));
    if (state->put_code)
      ISN_TRY(isn_vectors_set(vectors, code, code_of(block, &block->host, i), d));
    state->keep_best = state->go_back = state->put_code = false;
  }
  return ISN_OK;
}

const float *isn_block_code(const isn_block_t *block, int sample)
{
  return code_of(block, &block->there, sample);
}

float *isn_block_encoding(isn_block_t *block, int sample)
{
  return encoding_of(block, &block->there, sample);
}

bool isn_block_may_settle(const isn_block_t *block, int sample, const float *values)
{
  const isn_problem_t *problem = &block->problem;
  const sample_t *state = &block->samples[sample];
  if (state->phase == PHASE_LAST_LOOK)
    return true;
  if (isn_rule_walks(problem->rule))
    return state->age == problem->iterations;
  return state->phase == PHASE_SEEK && problem->rule != ISN_STEP_ASCENT &&
         isn_window_accepts(problem->n_neurons, problem->windows, values);
}

void isn_block_observe(isn_block_t *block, int sample, const float *values, bool is_finite)
{
  memcpy(block_value(block, sample), values, (size_t)block->problem.n_neurons * sizeof(float));
  block->samples[sample].encoding_is_finite = is_finite;
  block->samples[sample].passes++;
}

double sample_gap(const isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  if (!block->samples[sample].encoding_is_finite)
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

void isn_block_decide(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++) {
    sample_t *state = &block->samples[i];
    state->settled_now = false;
    state->n_wanted = 0;
    if (!is_settled(state))
      block->rule->decide(block, i);
  }
}

bool isn_block_settled_now(const isn_block_t *block, int sample)
{
  return block->samples[sample].settled_now;
}

isn_status_t isn_block_fetch(isn_block_t *block, isn_vectors_t *vectors)
{
  const isn_problem_t *p = &block->problem;
  for (int i = 0; i < block->begin.n; i++) {
    if (!block->samples[i].settled_now)
      continue;
    ISN_TRY(isn_vectors_get(vectors, code_of(block, &block->host, i),
                            code_of(block, &block->there, i), (size_t)p->code_size));
    ISN_TRY(isn_vectors_get(vectors, encoding_of(block, &block->host, i),
                            encoding_of(block, &block->there, i), (size_t)p->encoding_size));
  }
  return ISN_OK;
}

isn_status_t isn_block_renew(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++) {
    if (!block->samples[i].wants_start)
      continue;
    block->samples[i].wants_start = false;
    ISN_TRY(draw_start(block, i));
  }
  return ISN_OK;
}

int isn_block_wanted(const isn_block_t *block, int sample, const isn_gradient_t **wanted)
{
  *wanted = block_wanted(block, sample);
  return block->samples[sample].n_wanted;
}

/* D is divided by the number of its distances: only its direction counts for the Newton rule, and
 * for the Lagrangian the balance with the constraints must not depend on n. */
isn_status_t isn_block_spread(const isn_block_t *block, isn_vectors_t *vectors, int sample,
                              isn_gradient_t gradient, float *seed, bool add)
{
  double m = (double)block->begin.fixed->m;
  const isn_spread_job_t job = {.seed = seed,
                                .add = add,
                                .size = block->problem.encoding_size,
                                .n = block->begin.n,
                                .self = sample,
                                .encodings = block->there.encoding,
                                .m = m,
                                .sum = block->sum,
                                .sign = gradient.kind == ISN_GRADIENT_SPREAD ? 1.0 : -1.0,
                                .divisor = fmax(1.0, m + block->begin.n - 1)};
  return isn_vectors_spread(vectors, &job);
}

void isn_block_weights(const isn_block_t *block, int sample, isn_gradient_t gradient,
                       float *value_seed)
{
  for (int k = 0; k < block->problem.n_neurons; k++)
    value_seed[k] = gradient.kind != ISN_GRADIENT_VALUE || k == gradient.neuron ? 1.0F : 0.0F;
  if (gradient.kind != ISN_GRADIENT_VALUE && block->rule->weigh)
    block->rule->weigh(block, sample, value_seed);
}

/* Where a gradient is kept: that of neuron k's value in place k, the spread's behind them. */
static int gradient_place(const isn_block_t *block, isn_gradient_t gradient)
{
  return gradient.kind == ISN_GRADIENT_VALUE    ? gradient.neuron
         : gradient.kind == ISN_GRADIENT_SPREAD ? block->problem.n_neurons
                                                : 0;
}

float *isn_block_learn(isn_block_t *block, int sample, int i)
{
  block->samples[sample].passes++;
  return gradient_of(block, &block->there, sample,
                     gradient_place(block, block_wanted(block, sample)[i]));
}

isn_status_t isn_block_ask_step(isn_block_t *block, isn_vectors_t *vectors)
{
  for (int i = 0; i < block->begin.n; i++)
    if (block->samples[i].n_wanted > 0)
      ISN_TRY(block->rule->ask_step(block, i, vectors));
  return ISN_OK;
}

void isn_block_step(isn_block_t *block)
{
  bool walks = isn_rule_walks(block->problem.rule);
  for (int i = 0; i < block->begin.n; i++) {
    sample_t *state = &block->samples[i];
    if (state->n_wanted == 0)
      continue;
    block->rule->step(block, i);
    state->put_code = walks; /* these move the host's code */
  }
}

void isn_block_result(const isn_block_t *block, int sample, isn_block_result_t *result)
{
  const sample_t *state = &block->samples[sample];
  result->accepted = state->phase == PHASE_ACCEPTED;
  result->code = code_of(block, &block->host, sample);
  result->encoding = encoding_of(block, &block->host, sample);
  result->values = block_value(block, sample);
  result->steps = 0.5 * state->passes;
  result->restarts = state->draw;
}
