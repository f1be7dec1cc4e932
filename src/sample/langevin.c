/* Metropolis-adjusted Langevin chains with the windows as their target (Roberts and Tweedie 1996):
 * what this sampler is compared with.  block->code is the proposal that is being evaluated,
 * best_code the chain's present code, whose gradient lies behind the proposal's.  All of them are
 * the host's. */
#include <math.h>
#include <string.h>

#include "block_internal.h"

enum { PROPOSED, PRESENT };

static isn_status_t check(const isn_problem_t *p)
{
  if (!(p->langevin.step > 0.0 && isfinite(p->langevin.step) && p->langevin.temperature > 0.0 &&
        p->langevin.deviation > 0.0))
    ISN_FAIL(ISN_ERR_ARG,
             "sampler: mcmc step %g, temperature %g or deviation %g is not a positive number",
             p->langevin.step, p->langevin.temperature, p->langevin.deviation);
  if (p->iterations > ISN_RANDOM_DRAWS)
    ISN_FAIL(ISN_ERR_ARG, "sampler: %d iterations of mcmc in a block; want at most %d",
             p->iterations, ISN_RANDOM_DRAWS);
  return ISN_OK;
}

/* How far a value is outside of its window, with its sign, and what that is measured by. */
static double excess(const isn_problem_t *problem, int k, float value, double *scale)
{
  const double *window = problem->windows[k];
  double f = (double)value, width = window[1] - window[0];
  *scale = problem->langevin.temperature * (isfinite(width) ? width : 1.0);
  return fmax(0.0, f - window[1]) - fmax(0.0, window[0] - f);
}

static double log_density(const isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  double sum = 0.0, scale;
  for (int k = 0; k < problem->n_neurons; k++) {
    double out = excess(problem, k, block_value(block, sample)[k], &scale);
    sum -= 0.5 * out * out / (scale * scale);
  }
  for (int k = 0; k < problem->code_size; k++) {
    double away = ((double)code_of(block, &block->host, sample)[k] - problem->langevin.mean) /
                  problem->langevin.deviation;
    sum -= 0.5 * away * away;
  }
  return sum;
}

/* Of the windows' part of log_density(); the prior's needs no net. */
static void weigh(const isn_block_t *block, int sample, float *weights)
{
  double scale;
  for (int k = 0; k < block->problem.n_neurons; k++) {
    double out = excess(&block->problem, k, block_value(block, sample)[k], &scale);
    weights[k] = (float)(-out / (scale * scale));
  }
}

static void decide(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  if (state->phase == PHASE_LAST_LOOK)
    settle(block, sample, sample_gap(block, sample));
  else
    want(block, sample, ISN_GRADIENT_MIX, 0);
}

/* Where the proposals from a code go: step^2 / 2 grad log pi, cut to the length of their noise, or
 * a chain that is far from its window would propose codes beyond all bounds for ever (MALTA,
 * ibid.).
 * @param[out] drift (D) */
static void set_drift(const isn_problem_t *problem, const float *code, const float *gradient,
                      double *drift)
{
  double step = problem->langevin.step, deviation = problem->langevin.deviation;
  for (int k = 0; k < problem->code_size; k++) {
    double prior = ((double)code[k] - problem->langevin.mean) / (deviation * deviation);
    drift[k] = 0.5 * step * step * ((double)gradient[k] - prior);
  }
  double length = norm(problem->code_size, drift), most = step * sqrt((double)problem->code_size);
  for (int k = 0; k < problem->code_size && length > most; k++)
    drift[k] *= most / length;
}

/* log q(to | from), up to a constant: proposals beyond a bound are reflected there, so each comes
 * from the code itself and from its images behind both bounds. */
static double log_proposal(isn_block_t *block, const float *to, const float *from,
                           const float *gradient)
{
  const isn_problem_t *problem = &block->problem;
  double sum = 0.0, *drift = block->work, step = problem->langevin.step;
  set_drift(problem, from, gradient, drift);
  for (int k = 0; k < problem->code_size; k++) {
    double centre = (double)from[k] + drift[k], x = (double)to[k];
    double from_x = (x - centre) / step;
    double from_low = (2.0 * (double)problem->code_min[k] - x - centre) / step;
    double from_high = (2.0 * (double)problem->code_max[k] - x - centre) / step;
    double least = fmin(from_x * from_x, fmin(from_low * from_low, from_high * from_high));
    sum += log(exp(0.5 * (least - from_x * from_x)) + exp(0.5 * (least - from_low * from_low)) +
               exp(0.5 * (least - from_high * from_high))) -
           0.5 * least;
  }
  return sum;
}

static bool is_accepted(isn_block_t *block, int sample, double density)
{
  const sample_t *state = &block->samples[sample];
  const float *code = code_of(block, &block->host, sample),
              *present = best_code_of(block, &block->host, sample);
  double uniform, ratio = density - state->log_density;
  ratio += log_proposal(block, present, code, gradient_of(block, &block->host, sample, PROPOSED));
  ratio -= log_proposal(block, code, present, gradient_of(block, &block->host, sample, PRESENT));
  isn_random_key_t key = block->begin.key;
  key.purpose = ISN_RANDOM_ACCEPT;
  key.sample = (uint32_t)sample;
  key.draw = (uint32_t)state->age;
  isn_random_uniform(&key, 1, &uniform);
  return log1p(-uniform) < ratio; /* 1 - uniform is above 0 */
}

static void make_present(isn_block_t *block, int sample, double density)
{
  size_t bytes = (size_t)block->problem.code_size * sizeof(float);
  block->samples[sample].log_density = density;
  memcpy(best_code_of(block, &block->host, sample), code_of(block, &block->host, sample), bytes);
  memcpy(gradient_of(block, &block->host, sample, PRESENT),
         gradient_of(block, &block->host, sample, PROPOSED), bytes);
}

/* A number reflected at the bounds of coordinate k, once. */
static double reflected(const isn_problem_t *problem, int k, double x)
{
  double low = (double)problem->code_min[k], high = (double)problem->code_max[k];
  return x < low ? 2.0 * low - x : x > high ? 2.0 * high - x : x;
}

/* Propose a code.  Those that would have to be reflected twice are refused without a look, and
 * count as an iteration each.  @return false: that was the last iteration */
static bool propose(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  const float *present = best_code_of(block, &block->host, sample);
  float *code = code_of(block, &block->host, sample);
  double *noise = block->noise, *drift = block->work;
  isn_random_key_t key = block->begin.key;
  key.purpose = ISN_RANDOM_NOISE;
  key.sample = (uint32_t)sample;
  set_drift(problem, present, gradient_of(block, &block->host, sample, PRESENT), drift);
  for (; state->age < problem->iterations; state->age++) {
    bool inside = true;
    key.draw = (uint32_t)state->age;
    isn_random_normal(&key, (size_t)problem->code_size, noise);
    for (int k = 0; k < problem->code_size; k++) {
      double x = (double)present[k] + drift[k] + problem->langevin.step * noise[k];
      code[k] = (float)reflected(problem, k, x);
      inside = inside && code[k] >= problem->code_min[k] && code[k] <= problem->code_max[k];
    }
    if (inside)
      return true;
  }
  return false;
}

static void step(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  size_t bytes = (size_t)block->problem.code_size * sizeof(float);
  double density = log_density(block, sample);
  if (state->phase == PHASE_LAUNCH) { /* the first look of the block, at the code it begins with */
    make_present(block, sample, density);
    state->phase = PHASE_SEEK;
  } else {
    if (is_accepted(block, sample, density))
      make_present(block, sample, density);
    state->age++;
  }
  if (propose(block, sample))
    return;
  memcpy(code_of(block, &block->host, sample), best_code_of(block, &block->host, sample), bytes);
  state->phase = PHASE_LAST_LOOK;
  state->passes--; /* the chain knows what it gives */
}

const rule_t langevin_rule = {check, decide, weigh, ask_gradient, step, 2};
