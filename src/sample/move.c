/* Moves of codes: jobs for the backend, and steps of the host within the bounds. */
#include <math.h>

#include "block_internal.h"

float bounded(const isn_problem_t *problem, int k, double value)
{
  return (float)fmin(fmax(value, (double)problem->code_min[k]), (double)problem->code_max[k]);
}

double norm(int n, const double *vector)
{
  double squares = 0.0;
  for (int k = 0; k < n; k++)
    squares += vector[k] * vector[k];
  return sqrt(squares);
}

void walk_mean(const isn_problem_t *problem, float *code, const double *direction, double step)
{
  double sum = 0.0;
  for (int k = 0; k < problem->code_size; k++)
    sum += fabs(direction[k]);
  double scale = step * problem->code_size / sum;
  for (int k = 0; k < problem->code_size && sum > 0.0; k++)
    code[k] = bounded(problem, k, (double)code[k] + scale * direction[k]);
}

isn_move_job_t move_job(const isn_block_t *block, int sample, isn_move_kind_t kind, double length)
{
  return (isn_move_job_t){.kind = kind,
                          .size = block->problem.code_size,
                          .code = code_of(block, &block->there, sample),
                          .low = block->low,
                          .high = block->high,
                          .length = length};
}

isn_status_t ask_gradient(isn_block_t *block, int sample, isn_vectors_t *vectors)
{
  return isn_vectors_get(vectors, gradient_of(block, &block->host, sample, 0),
                         gradient_of(block, &block->there, sample, 0),
                         (size_t)block->problem.code_size);
}
