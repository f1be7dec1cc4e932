/* Moves within the bounds that meet several constraints to first order: a least-squares problem in
 * as many unknowns as there are neurons.  With multipliers lambda the move is
 *
 *     m(lambda) = cut(code + wish + sum_i lambda_i g_i) - code,       cut: to the bounds
 *
 * and each multiplier is the one with which g_i.m is in its range (Hildreth's method: the dual's
 * coordinates are optimised in turn).  Without the bounds this is a system with the gradients' Gram
 * matrix. */
#include <math.h>

#include "block_internal.h"

enum { MAX_SWEEPS = 100, MAX_ROOT_STEPS = 60 };

/* Multipliers have settled when a sweep changes none by more than this share of the largest; a
 * slope is met up to a tenth of it. */
static const double SETTLED = 1e-8;

/* The slope along g of a move, and how fast it grows with the multiplier of g.
 * @param[in] rest (D) the move without g's part and without bounds */
static double slope_of(const isn_problem_t *problem, const float *code, const double *rest,
                       const float *g, double lambda, double *growth)
{
  double slope = 0.0;
  *growth = 0.0;
  for (int k = 0; k < problem->code_size; k++) {
    double gradient = (double)g[k], x = (double)code[k] + rest[k] + lambda * gradient;
    double low = (double)problem->code_min[k], high = (double)problem->code_max[k];
    *growth += x >= low && x <= high ? gradient * gradient : 0.0;
    slope += gradient * (fmin(fmax(x, low), high) - (double)code[k]);
  }
  return slope;
}

/* The multiplier whose slope is the wanted one, or else where no coordinate moves any more: Newton
 * steps on a function that is made of straight pieces and never falls, halved where they leave the
 * bracket. */
static double find_multiplier(const isn_problem_t *problem, const float *code, const double *rest,
                              const float *g, double wanted)
{
  double growth, slope = slope_of(problem, code, rest, g, 0.0, &growth);
  double sign = wanted > slope ? 1.0 : -1.0, missing = sign * (wanted - slope);
  double enough = 0.1 * SETTLED * missing, size = 0.0, inner = 0.0, outer = INFINITY;
  for (int i = 0; i < MAX_ROOT_STEPS && fabs(missing) > enough && growth > 0.0; i++) {
    if (missing > 0.0)
      inner = size;
    else
      outer = size;
    size += missing / growth;
    if (size <= inner || size >= outer)
      size = 0.5 * (inner + outer);
    missing = sign * (wanted - slope_of(problem, code, rest, g, sign * size, &growth));
  }
  return sign * size;
}

static void add_scaled(int n, double *sum, double scale, const float *g)
{
  for (int k = 0; k < n; k++)
    sum[k] += scale * (double)g[k];
}

/* Optimise the i-th multiplier.  @param[in,out] whole (D) the move without bounds */
static void update(const isn_block_t *block, int sample, int i, slope_range_t range, double *lambda,
                   double *whole)
{
  const isn_problem_t *problem = &block->problem;
  const float *code = block_code(block, sample), *g = block_gradient(block, sample, i);
  double growth;
  add_scaled(problem->code_size, whole, -*lambda, g);
  double slope = slope_of(problem, code, whole, g, 0.0, &growth);
  *lambda = 0.0;
  if (slope < range.low)
    *lambda = find_multiplier(problem, code, whole, g, range.low);
  else if (slope > range.high)
    *lambda = find_multiplier(problem, code, whole, g, range.high);
  add_scaled(problem->code_size, whole, *lambda, g);
}

void fit_move(const isn_block_t *block, int sample, int n, const slope_range_t *ranges,
              double *move)
{
  const isn_problem_t *problem = &block->problem;
  const float *code = block_code(block, sample);
  double *lambda = block->lambda, change = INFINITY, largest = 0.0;
  for (int i = 0; i < n; i++)
    lambda[i] = 0.0;
  for (int sweep = 0; sweep < MAX_SWEEPS && change > SETTLED * largest; sweep++) {
    change = largest = 0.0;
    for (int i = 0; i < n; i++) {
      double before = lambda[i];
      update(block, sample, i, ranges[i], &lambda[i], move);
      change = fmax(change, n == 1 ? 0.0 : fabs(lambda[i] - before)); /* one is right at once */
      largest = fmax(largest, fabs(lambda[i]));
    }
  }
  for (int k = 0; k < problem->code_size; k++)
    move[k] = (double)bounded(problem, k, (double)code[k] + move[k]) - (double)code[k];
}
