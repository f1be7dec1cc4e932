/* Steps within the bounds of codes. */
#include <math.h>

#include "block_internal.h"

float bounded(const isn_problem_t *problem, int k, double value)
{
  return (float)fmin(fmax(value, (double)problem->code_min[k]), (double)problem->code_max[k]);
}

static void mask_at_bounds(const isn_problem_t *problem, const float *code, double *direction)
{
  for (int k = 0; k < problem->code_size; k++)
    if ((code[k] >= problem->code_max[k] && direction[k] > 0.0) ||
        (code[k] <= problem->code_min[k] && direction[k] < 0.0))
      direction[k] = 0.0;
}

double norm(int n, const double *vector)
{
  double squares = 0.0;
  for (int k = 0; k < n; k++)
    squares += vector[k] * vector[k];
  return sqrt(squares);
}

bool move(const isn_problem_t *problem, float *code, const double *direction, double scale)
{
  bool moved = false;
  for (int k = 0; k < problem->code_size; k++) {
    float before = code[k];
    code[k] = bounded(problem, k, (double)before + scale * direction[k]);
    moved = moved || code[k] != before;
  }
  return moved;
}

bool walk(const isn_problem_t *problem, float *code, double *direction, double length)
{
  mask_at_bounds(problem, code, direction);
  double whole = norm(problem->code_size, direction);
  return whole > 0.0 && move(problem, code, direction, length / whole);
}

void walk_mean(const isn_problem_t *problem, float *code, const double *direction, double step)
{
  double sum = 0.0;
  for (int k = 0; k < problem->code_size; k++)
    sum += fabs(direction[k]);
  if (sum > 0.0)
    (void)move(problem, code, direction, step * problem->code_size / sum);
}
