/* The two step rules of sampler.h on one sample: Newton on the constraint with a tangent spread
 * step, and the classic augmented Lagrangian.  Knows nothing of starts and rounds. */
#include <math.h>

#include "block_internal.h"

float bounded(const isn_problem_t *problem, int k, double value)
{
  return (float)fmin(fmax(value, (double)problem->code_min[k]), (double)problem->code_max[k]);
}

/* Coordinates at a bound cannot move outward: without this mask a step stalls there. */
static void mask_at_bounds(const isn_problem_t *problem, const float *code, double *direction)
{
  for (int k = 0; k < problem->code_size; k++)
    if ((code[k] >= problem->code_max[k] && direction[k] > 0.0) ||
        (code[k] <= problem->code_min[k] && direction[k] < 0.0))
      direction[k] = 0.0;
}

static double dot(int n, const double *a, const double *b)
{
  double sum = 0.0;
  for (int k = 0; k < n; k++)
    sum += a[k] * b[k];
  return sum;
}

bool step_along(const isn_problem_t *problem, float *code, double *direction, double length)
{
  mask_at_bounds(problem, code, direction);
  double norm = sqrt(dot(problem->code_size, direction, direction));
  if (!(norm > 0.0))
    return false;
  for (int k = 0; k < problem->code_size; k++)
    code[k] = bounded(problem, k, (double)code[k] + length / norm * direction[k]);
  return true;
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

void newton_launch(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  float *code = block_code(block, sample);
  const float *grad_f = block_gradient(block, sample, ISN_GRADIENT_ACTIVATION);
  const float *grad_d = block_gradient(block, sample, ISN_GRADIENT_SPREAD);
  double *direction = block->work;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = (double)grad_d[k];
  /* The projection may point outward at a bound where the gradient did not: mask and project again.
   */
  for (int round = 0; round < 2; round++) {
    mask_at_bounds(problem, code, direction);
    make_tangent(problem->code_size, direction, grad_f);
  }
  (void)step_along(problem, code, direction, problem->step);
}

void newton_step(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  const sample_t *state = &block->samples[sample];
  const double *window = problem->windows[state->critical];
  double f = (double)block_activation(block, sample)[state->critical];
  double inside = problem->aim * (window[1] - window[0]);
  double residual = (f < window[0] ? window[0] + inside : window[1] - inside) - f;
  const float *gradient = block_gradient(block, sample, ISN_GRADIENT_ACTIVATION);
  double *direction = block->work;
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = residual > 0.0 ? (double)gradient[k] : -(double)gradient[k];
  mask_at_bounds(problem, block_code(block, sample), direction);
  double norm = sqrt(dot(problem->code_size, direction, direction));
  if (norm > 0.0)
    (void)step_along(problem, block_code(block, sample), direction,
                     fmin(fabs(residual) / norm, problem->newton_cap));
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

void classic_activation_seed(const isn_block_t *block, int sample, float *seed)
{
  const isn_problem_t *problem = &block->problem;
  const double *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->n_neurons; k++) {
    double f = (double)block_activation(block, sample)[k];
    double below = fmax(0.0, lambda[2 * k] + problem->classic_rho * (problem->windows[k][0] - f));
    double above =
        fmax(0.0, lambda[2 * k + 1] + problem->classic_rho * (f - problem->windows[k][1]));
    seed[k] = (float)(above - below);
  }
}

void classic_step(isn_block_t *block, int sample, double length)
{
  const isn_problem_t *problem = &block->problem;
  const float *gradient = block_gradient(block, sample, ISN_GRADIENT_LAGRANGIAN);
  double *direction = block->work, *lambda = block_multipliers(block, sample);
  for (int k = 0; k < problem->code_size; k++)
    direction[k] = -(double)gradient[k];
  (void)step_along(problem, block_code(block, sample), direction, length);
  for (int k = 0; k < problem->n_neurons; k++) {
    double f = (double)block_activation(block, sample)[k];
    lambda[2 * k] = fmax(0.0, lambda[2 * k] + problem->classic_rho * (problem->windows[k][0] - f));
    lambda[2 * k + 1] =
        fmax(0.0, lambda[2 * k + 1] + problem->classic_rho * (f - problem->windows[k][1]));
  }
}
