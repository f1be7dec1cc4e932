/* The two step rules of sampler.h on one sample: Newton on the constraint with a tangent spread
 * step, and the classic augmented Lagrangian.  Knows nothing of starts and rounds. */
#include <math.h>

#include "block_internal.h"

float bounded(const isn_problem_t *problem, int k, double value)
{
  return (float)fmin(fmax(value, (double)problem->code_min[k]), (double)problem->code_max[k]);
}

/* What is left of a direction by rounding alone, as a share of its length. */
static const double ROUNDING = 1e-6;

/* Coordinates at a bound cannot move outward: without this mask a step stalls there.  Returns
 * whether a coordinate was stopped. */
static bool mask_at_bounds(const isn_problem_t *problem, const float *code, double *direction)
{
  bool stopped = false;
  for (int k = 0; k < problem->code_size; k++)
    if ((code[k] >= problem->code_max[k] && direction[k] > 0.0) ||
        (code[k] <= problem->code_min[k] && direction[k] < 0.0)) {
      direction[k] = 0.0;
      stopped = true;
    }
  return stopped;
}

static double norm(int n, const double *vector)
{
  double squares = 0.0;
  for (int k = 0; k < n; k++)
    squares += vector[k] * vector[k];
  return sqrt(squares);
}

/* Move code by scale times a direction (D), and clip.  Returns whether it is elsewhere now. */
static bool move(const isn_problem_t *problem, float *code, const double *direction, double scale)
{
  bool moved = false;
  for (int k = 0; k < problem->code_size; k++) {
    float before = code[k];
    code[k] = bounded(problem, k, (double)before + scale * direction[k]);
    moved = moved || code[k] != before;
  }
  return moved;
}

/* Takes from direction what changes f to first order, on the coordinates that direction may move:
 * d <- d - g (d.g) / (g.g), with g masked to where d is not. */
static void make_tangent(int n, double *direction, const float *gradient)
{
  double product = 0.0, squares = 0.0;
  for (int k = 0; k < n; k++) {
    double g = direction[k] != 0.0 ? (double)gradient[k] : 0.0;
    product += direction[k] * g;
    squares += g * g;
  }
  if (!(squares > 0.0))
    return;
  for (int k = 0; k < n; k++)
    if (direction[k] != 0.0)
      direction[k] -= product / squares * (double)gradient[k];
}

bool newton_launch(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  float *code = block_code(block, sample);
  const float *grad_f = block_gradient(block, sample, ISN_GRADIENT_ACTIVATION);
  const float *grad_d = block_gradient(block, sample, ISN_GRADIENT_SPREAD);
  double *direction = block->work;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = (double)grad_d[k];
  double whole = norm(problem->code_size, direction);
  /* The tangent part may point outward at a bound where the gradient did not: then again.  Each
   * time a coordinate fewer is left, so this ends. */
  (void)mask_at_bounds(problem, code, direction);
  do
    make_tangent(problem->code_size, direction, grad_f);
  while (mask_at_bounds(problem, code, direction));
  double length = norm(problem->code_size, direction);
  return length > ROUNDING * whole && move(problem, code, direction, problem->step / length);
}

void newton_step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  const sample_t *state = &block->samples[sample];
  const double *window = problem->windows[state->critical];
  double f = (double)block_activation(block, sample)[state->critical];
  /* Twice the margin, or a step that ends where it aims would not count as inside if aim is 0. */
  double inside = fmax(problem->aim * (window[1] - window[0]), 2.0 * window_margin(window));
  bool below = f < 0.5 * (window[0] + window[1]);
  double residual = fabs((below ? window[0] + inside : window[1] - inside) - f);
  const float *gradient = block_gradient(block, sample, ISN_GRADIENT_ACTIVATION);
  double *direction = block->work;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = below ? (double)gradient[k] : -(double)gradient[k];
  (void)mask_at_bounds(problem, block_code(block, sample), direction);
  double slope = norm(problem->code_size, direction);
  if (slope > 0.0)
    (void)move(problem, block_code(block, sample), direction,
               fmin(residual / slope, problem->newton_cap) / slope);
}

void ascent_step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  sample_t *state = &block->samples[sample];
  const float *gradient = block_gradient(block, sample, ISN_GRADIENT_ACTIVATION);
  double *direction = block->work, left = 1.0 - (double)state->age / problem->max_steps;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = (double)gradient[k];
  (void)mask_at_bounds(problem, block_code(block, sample), direction);
  double slope = norm(problem->code_size, direction);
  bool moved = slope > 0.0 && move(problem, block_code(block, sample), direction,
                                   left * problem->ascent_step / slope);
  state->age = moved ? state->age + 1 : problem->max_steps;
}

void spread_gradient(const isn_block_t *block, int sample, double *out)
{
  const isn_problem_t *problem = &block->problem;
  size_t size = (size_t)problem->encoding_size;
  for (size_t k = 0; k < size; k++)
    out[k] = 0.0;
  isn_moments_add_gradient(block->begin.fixed, block->encoding + (size_t)sample * size, out);
  isn_block_spread_add_gradient(problem->encoding_size, block->begin.n, block->encoding, sample,
                                out);
}

/* max(0, lambda + rho g) for both sides of neuron k's window, g = z1 - f and f - z2: coefficients
 * of the gradients of g in the gradient of the Lagrangian, and the next multipliers. */
static void shifted_multipliers(const isn_problem_t *problem, int k, float activation,
                                const double lambda[2], double shifted[2])
{
  double f = (double)activation;
  shifted[0] = fmax(0.0, lambda[0] + problem->classic_rho * (problem->windows[k][0] - f));
  shifted[1] = fmax(0.0, lambda[1] + problem->classic_rho * (f - problem->windows[k][1]));
}

void classic_activation_seed(const isn_block_t *block, int sample, float *seed)
{
  const isn_problem_t *problem = &block->problem;
  const double *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->n_neurons; k++) {
    double shifted[2];
    shifted_multipliers(problem, k, block_activation(block, sample)[k], lambda + 2 * k, shifted);
    seed[k] = (float)(shifted[1] - shifted[0]);
  }
}

bool classic_step(isn_block_t *block, int sample, double length)
{
  const isn_problem_t *problem = &block->problem;
  const float *gradient = block_gradient(block, sample, ISN_GRADIENT_LAGRANGIAN);
  double *direction = block->work;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = -(double)gradient[k];
  (void)mask_at_bounds(problem, block_code(block, sample), direction);
  double slope = norm(problem->code_size, direction);
  return slope > 0.0 && move(problem, block_code(block, sample), direction, length / slope);
}

void classic_update_multipliers(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  double *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->n_neurons; k++)
    shifted_multipliers(problem, k, block_activation(block, sample)[k], lambda + 2 * k,
                        lambda + 2 * k);
}
