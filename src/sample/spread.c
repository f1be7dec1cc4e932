/* Moments m, S, Q of a set of encodings.  See spread.h for the formulas.  Knows nothing of codes,
 * constraints or steps. */
#include "invset/spread.h"

#include <stdlib.h>

#include "invset/memory.h"

isn_status_t isn_moments_alloc(int size, isn_moments_t *moments)
{
  *moments = (isn_moments_t){.size = size};
  return isn_alloc(&moments->sum, size, "sum of encodings");
}

void isn_moments_free(isn_moments_t *moments)
{
  free(moments->sum);
  *moments = (isn_moments_t){0};
}

void isn_moments_copy(isn_moments_t *to, const isn_moments_t *from)
{
  to->m = from->m;
  to->sum_squares = from->sum_squares;
  for (int k = 0; k < from->size; k++)
    to->sum[k] = from->sum[k];
}

void isn_moments_add(isn_moments_t *moments, const float *encoding)
{
  double squares = 0.0;
  for (int k = 0; k < moments->size; k++) {
    double e = encoding[k];
    moments->sum[k] += e;
    squares += e * e;
  }
  moments->sum_squares += squares;
  moments->m++;
}

void isn_moments_join(isn_moments_t *moments, const isn_moments_t *more)
{
  for (int k = 0; k < moments->size; k++)
    moments->sum[k] += more->sum[k];
  moments->sum_squares += more->sum_squares;
  moments->m += more->m;
}

double isn_moments_distance(const isn_moments_t *moments, const float *encoding)
{
  double squares = 0.0, product = 0.0;
  for (int k = 0; k < moments->size; k++) {
    double e = encoding[k];
    squares += e * e;
    product += e * moments->sum[k];
  }
  return (double)moments->m * squares - 2.0 * product + moments->sum_squares;
}
