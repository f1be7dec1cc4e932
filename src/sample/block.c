/* The state machine of a block: rounds of evaluate, decide, gradients, step; see sampler.h.  Where
 * the steps and starts come from stands in steps.c and starts.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "block_internal.h"
#include "invset/memory.h"

/* A start makes progress if its gap shrinks to this share within `patience` steps. */
static const double PROGRESS = 0.7;

/* Numbers that steps are made of.  Each comparison is false for a NaN. */
static isn_status_t check_steps(const isn_problem_t *p)
{
  if (p->rule != ISN_STEP_NEWTON && p->rule != ISN_STEP_CLASSIC && p->rule != ISN_STEP_ASCENT)
    ISN_FAIL(ISN_ERR_ARG, "sampler: there is no step rule %d", (int)p->rule);
  if (!(p->step >= 0.0 && p->kick >= 0.0 && isfinite(p->step) && isfinite(p->kick)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: step %g or kick %g is not a length", p->step, p->kick);
  if (p->rule == ISN_STEP_NEWTON && !(p->aim >= 0.0 && p->aim <= 0.5 && p->newton_cap > 0.0))
    ISN_FAIL(ISN_ERR_ARG, "sampler: aim %g is not in [0, 0.5], or newton_cap %g not positive",
             p->aim, p->newton_cap);
  if (p->rule == ISN_STEP_CLASSIC && !(p->classic_step > 0.0 && isfinite(p->classic_step) &&
                                       p->classic_rho > 0.0 && isfinite(p->classic_rho)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: classic_step %g or classic_rho %g is not a positive number",
             p->classic_step, p->classic_rho);
  if (p->rule == ISN_STEP_ASCENT && !(p->ascent_step > 0.0 && isfinite(p->ascent_step)))
    ISN_FAIL(ISN_ERR_ARG, "sampler: ascent_step %g is not a positive number", p->ascent_step);
  return ISN_OK;
}

static isn_status_t check_problem(const isn_problem_t *p)
{
  if (p->code_size < 1 || p->encoding_size < 1 || p->n_neurons < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: empty code, encoding or list of neurons");
  if (p->patience < 1 || p->patience > ISN_MAX_PATIENCE || p->max_steps < 1 || p->max_starts < 1 ||
      p->max_starts > ISN_RANDOM_DRAWS)
    ISN_FAIL(ISN_ERR_ARG,
             "sampler: patience %d, max_steps %d or max_starts %d is out of range; want 1 to %d, "
             "at least 1, and 1 to %d",
             p->patience, p->max_steps, p->max_starts, ISN_MAX_PATIENCE, ISN_RANDOM_DRAWS);
  for (int k = 0; k < p->n_neurons && p->rule != ISN_STEP_ASCENT; k++)
    if (!(p->windows[k][0] < p->windows[k][1] && isfinite(p->windows[k][1] - p->windows[k][0])))
      ISN_FAIL(ISN_ERR_ARG, "sampler: window [%g, %g] is empty or not finite", p->windows[k][0],
               p->windows[k][1]);
  for (int k = 0; k < p->code_size; k++)
    if (!(p->code_min[k] <= p->code_max[k]))
      ISN_FAIL(ISN_ERR_ARG, "sampler: bounds of code coordinate %d are [%g, %g]", k,
               (double)p->code_min[k], (double)p->code_max[k]);
  return check_steps(p);
}

isn_status_t isn_block_create(const isn_problem_t *problem, int max_samples, isn_block_t **out)
{
  isn_block_t *block = NULL;
  isn_status_t status;
  size_t n = (size_t)max_samples, d = (size_t)problem->code_size,
         e = (size_t)problem->encoding_size, m = (size_t)problem->n_neurons;
  if (max_samples < 1)
    ISN_FAIL(ISN_ERR_ARG, "sampler: a block for %d samples", max_samples);
  ISN_TRY(check_problem(problem));
  ISN_TRY(isn_alloc(&block, 1, "block"));
  block->problem = *problem;
  block->max_samples = max_samples;
  ISN_TRY_GOTO(isn_alloc(&block->samples, n, "samples of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->code, n * d, "codes of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->best_code, n * d, "codes of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->encoding, n * e, "encodings of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->activation, n * m, "activations of a block"), fail);
  for (int g = 0; g < ISN_N_GRADIENTS; g++)
    ISN_TRY_GOTO(isn_alloc(&block->gradient[g], n * d, "gradients of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->multipliers, 2 * n * m, "multipliers of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->work, d > e ? d : e, "work space of a block"), fail);
  ISN_TRY_GOTO(isn_alloc(&block->mates, n, "mates of a block"), fail);
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
  free(block->activation);
  for (int g = 0; g < ISN_N_GRADIENTS; g++)
    free(block->gradient[g]);
  free(block->multipliers);
  free(block->work);
  free(block->mates);
  free(block);
}

/* Put a sample at the beginning of a start that its code already holds. */
static void begin_start(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  state->phase = PHASE_SEEK;
  state->age = 0;
  state->smallest_gap = INFINITY;
  memset(block_multipliers(block, sample), 0,
         2 * (size_t)block->problem.n_neurons * sizeof(double));
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
    *state = (sample_t){.best_gap = INFINITY};
    begin_start(block, i);
    if (begin->previous && begin->previous_ok[i]) {
      state->phase = PHASE_LAUNCH;
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

void isn_block_observe(isn_block_t *block, int sample, const float *activation,
                       const float *encoding)
{
  size_t m = (size_t)block->problem.n_neurons, e = (size_t)block->problem.encoding_size;
  memcpy(block_activation(block, sample), activation, m * sizeof(float));
  memcpy(block->encoding + (size_t)sample * e, encoding, e * sizeof(float));
  block->samples[sample].passes++;
}

/* The neuron whose constraint decides: farthest out, or with the least room when all are inside. */
static int critical_neuron(const isn_problem_t *problem, const float *activation)
{
  int critical = 0;
  double worst = -INFINITY;
  for (int k = 0; k < problem->n_neurons; k++) {
    double f = (double)activation[k];
    double out = fmax(problem->windows[k][0] - f, f - problem->windows[k][1]) +
                 window_margin(problem->windows[k]);
    if (out > worst) {
      worst = out;
      critical = k;
    }
  }
  return critical;
}

/* Distance of a sample to its windows; infinite if what the nets gave is not all numbers, so that
 * no such sample is ever accepted.  An ascent has no window: its gap is below every other's the
 * higher the activation is. */
static double sample_gap(const isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  size_t size = (size_t)problem->encoding_size;
  for (size_t k = 0; k < size; k++)
    if (!isfinite(block->encoding[(size_t)sample * size + k]))
      return INFINITY;
  if (problem->rule == ISN_STEP_ASCENT) {
    double f = (double)block_activation(block, sample)[0];
    return isfinite(f) ? -f : INFINITY;
  }
  return isn_window_gap(problem->n_neurons, problem->windows, block_activation(block, sample));
}

/* Give up the start of a sample: draw another, or look once more at the best if there were enough.
 */
static isn_status_t give_up_start(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  size_t size = (size_t)block->problem.code_size;
  state->draw++;
  if (state->draw < block->problem.max_starts) {
    begin_start(block, sample);
    return draw_start(block, sample);
  }
  state->phase = PHASE_LAST_LOOK;
  if (state->best_gap < INFINITY) /* else it stays at its last start, no worse than the others */
    memcpy(block_code(block, sample), block->best_code + (size_t)sample * size,
           size * sizeof(float));
  return ISN_OK;
}

/* Note the gap of a sample outside its window.  Returns whether its start may go on: it makes
 * progress, and has steps left. */
static bool may_go_on(isn_block_t *block, int sample, double gap)
{
  sample_t *state = &block->samples[sample];
  const isn_problem_t *problem = &block->problem;
  if (!isfinite(gap))
    return false;
  if (gap < state->best_gap) {
    size_t size = (size_t)problem->code_size;
    state->best_gap = gap;
    memcpy(block->best_code + (size_t)sample * size, block_code(block, sample),
           size * sizeof(float));
  }
  if (problem->rule == ISN_STEP_ASCENT)
    return state->age < problem->max_steps;
  state->smallest_gap = fmin(state->smallest_gap, gap);
  double *past = &state->gaps[state->age % problem->patience];
  bool stuck = state->age >= problem->patience && state->smallest_gap > PROGRESS * *past;
  *past = state->smallest_gap;
  return !stuck && state->age++ < problem->max_steps;
}

static isn_status_t decide_sample(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  const isn_problem_t *problem = &block->problem;
  bool newton = problem->rule == ISN_STEP_NEWTON, ascent = problem->rule == ISN_STEP_ASCENT;
  double gap = sample_gap(block, sample);
  state->critical = ascent ? 0 : critical_neuron(problem, block_activation(block, sample));
  if (state->phase == PHASE_LAUNCH) {
    state->wants[ISN_GRADIENT_ACTIVATION] = state->wants[ISN_GRADIENT_SPREAD] = newton;
    state->wants[ISN_GRADIENT_LAGRANGIAN] = !newton;
  } else if (state->phase == PHASE_STRANDED) {
    begin_start(block, sample); /* it would be accepted as a copy of the previous block's sample */
    return draw_start(block, sample);
  } else if (gap <= 0.0 && !ascent) {
    state->phase = PHASE_ACCEPTED; /* also at the last look, should rounding be kind */
    state->settled_now = true;
  } else if (state->phase == PHASE_LAST_LOOK) {
    state->phase = PHASE_GIVEN_UP;
    state->settled_now = true;
  } else {
    if (problem->rule == ISN_STEP_CLASSIC && state->age > 0)
      classic_update_multipliers(block, sample);
    if (!may_go_on(block, sample, gap))
      return give_up_start(block, sample);
    state->wants[newton || ascent ? ISN_GRADIENT_ACTIVATION : ISN_GRADIENT_LAGRANGIAN] = true;
  }
  return ISN_OK;
}

isn_status_t isn_block_decide(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++) {
    sample_t *state = &block->samples[i];
    state->settled_now = false;
    memset(state->wants, 0, sizeof state->wants);
    if (state->phase != PHASE_ACCEPTED && state->phase != PHASE_GIVEN_UP)
      ISN_TRY(decide_sample(block, i));
  }
  return ISN_OK;
}

bool isn_block_settled_now(const isn_block_t *block, int sample)
{
  return block->samples[sample].settled_now;
}

bool isn_block_wants(const isn_block_t *block, int sample, isn_gradient_t gradient)
{
  return block->samples[sample].wants[gradient];
}

void isn_block_seeds(const isn_block_t *block, int sample, isn_gradient_t gradient,
                     float *activation_seed, float *encoding_seed)
{
  const isn_problem_t *problem = &block->problem;
  if (gradient == ISN_GRADIENT_ACTIVATION) {
    for (int k = 0; k < problem->n_neurons; k++)
      activation_seed[k] = k == block->samples[sample].critical ? 1.0F : 0.0F;
    return;
  }
  /* D is divided by the number of its distances: only its direction counts for the Newton rule, and
   * for the Lagrangian the balance with the constraints must not depend on n. */
  double n = fmax(1.0, (double)block->begin.fixed->m + block->begin.n - 1);
  double sign = gradient == ISN_GRADIENT_SPREAD ? 1.0 : -1.0;
  spread_gradient(block, sample, block->work);
  for (int k = 0; k < problem->encoding_size; k++)
    encoding_seed[k] = (float)(sign * block->work[k] / n);
  if (gradient == ISN_GRADIENT_LAGRANGIAN)
    classic_activation_seed(block, sample, activation_seed);
}

void isn_block_learn(isn_block_t *block, int sample, isn_gradient_t gradient,
                     const float *code_gradient)
{
  memcpy(block_gradient(block, sample, gradient), code_gradient,
         (size_t)block->problem.code_size * sizeof(float));
  block->samples[sample].passes++;
}

/* Take the step that begins a block of a chain; then the sample is on its way like any other. */
static void launch(isn_block_t *block, int sample)
{
  bool moved = block->problem.rule == ISN_STEP_NEWTON
                   ? newton_launch(block, sample)
                   : classic_step(block, sample, block->problem.step);
  begin_start(block, sample);
  if (!moved)
    block->samples[sample].phase = PHASE_STRANDED;
}

void isn_block_step(isn_block_t *block)
{
  for (int i = 0; i < block->begin.n; i++) {
    const sample_t *state = &block->samples[i];
    if (state->phase == PHASE_LAUNCH)
      launch(block, i);
    else if (state->wants[ISN_GRADIENT_LAGRANGIAN])
      (void)classic_step(block, i, block->problem.classic_step);
    else if (!state->wants[ISN_GRADIENT_ACTIVATION])
      continue;
    else if (block->problem.rule == ISN_STEP_ASCENT)
      ascent_step(block, i);
    else
      newton_step(block, i);
  }
}

void isn_block_result(const isn_block_t *block, int sample, isn_block_result_t *result)
{
  const sample_t *state = &block->samples[sample];
  result->accepted = state->phase == PHASE_ACCEPTED;
  result->code = block_code(block, sample);
  result->encoding = block->encoding + (size_t)sample * (size_t)block->problem.encoding_size;
  result->activation = block_activation(block, sample);
  result->steps = 0.5 * state->passes;
  result->restarts = state->draw;
}
