/** @file move.h
 *  Moves of codes, once for all backends: see isn_move_job_t.  To fit is a least-squares problem in
 *  as many unknowns as there are gradients.  With multipliers lambda the move is
 *
 *      m(lambda) = cut(code + wish + sum_i lambda_i g_i) - code,       cut: to the bounds
 *
 *  and each multiplier is the one with which g_i.m is in its range (Hildreth's method: the dual's
 *  coordinates are optimised in turn).  Without the bounds this is a system with the gradients'
 * Gram matrix.
 *
 *  One thread may do all of it, or several together.  Who includes this says how:
 *
 *      ISN_MOVE_FUNCTION    what stands before each function
 *      ISN_MOVE_FOR(k, n)   the head of a loop over those k of 0 .. n-1 that are this thread's
 *      ISN_MOVE_SUM(x)      the sum of all threads' x, which each of them gets
 *
 *  All that is decided follows from such sums and from the job, so that all threads go the same
 * way; and of a vector each touches its own numbers alone.
 */
#ifndef INVSET_MOVE_H
#define INVSET_MOVE_H

#include <math.h>
#include <stdbool.h>

#include "invset/vectors.h"

enum { ISN_MOVE_MAX_SWEEPS = 100, ISN_MOVE_MAX_ROOT_STEPS = 60 };

/** Multipliers have settled when a sweep changes none by more than this share of the largest; a
 *  slope is met up to a tenth of it. */
#define ISN_MOVE_SETTLED 1e-8

/** What is left of a wish by rounding alone, as a share of its length. */
#define ISN_MOVE_ROUNDING 1e-6

ISN_MOVE_FUNCTION float isn_move_bounded(const isn_move_job_t *job, int k, double value)
{
  return (float)fmin(fmax(value, (double)job->low[k]), (double)job->high[k]);
}

/** The slope along g of a move, and how fast it grows with the multiplier of g.
 *  @param[in] rest (D) the move without g's part and without bounds */
ISN_MOVE_FUNCTION double isn_move_slope(const isn_move_job_t *job, const double *rest,
                                        const float *g, double lambda, double *growth)
{
  double slope = 0.0, grown = 0.0;
  ISN_MOVE_FOR(k, job->size)
  {
    double gradient = (double)g[k], x = (double)job->code[k] + rest[k] + lambda * gradient;
    double low = (double)job->low[k], high = (double)job->high[k];
    grown += x >= low && x <= high ? gradient * gradient : 0.0;
    slope += gradient * (fmin(fmax(x, low), high) - (double)job->code[k]);
  }
  *growth = ISN_MOVE_SUM(grown);
  return ISN_MOVE_SUM(slope);
}

/** The multiplier whose slope is the wanted one, or else where no coordinate moves any more: Newton
 *  steps on a function that is made of straight pieces and never falls, halved where they leave the
 *  bracket.
 *  @param[in] slope, growth  of the multiplier 0 */
ISN_MOVE_FUNCTION double isn_move_find_multiplier(const isn_move_job_t *job, const double *rest,
                                                  const float *g, double slope, double growth,
                                                  double wanted)
{
  double sign = wanted > slope ? 1.0 : -1.0, missing = sign * (wanted - slope);
  double enough = 0.1 * ISN_MOVE_SETTLED * missing, size = 0.0, inner = 0.0, outer = INFINITY;
  for (int i = 0; i < ISN_MOVE_MAX_ROOT_STEPS && fabs(missing) > enough && growth > 0.0; i++) {
    if (missing > 0.0)
      inner = size;
    else
      outer = size;
    size += missing / growth;
    if (size <= inner || size >= outer)
      size = 0.5 * (inner + outer);
    missing = sign * (wanted - isn_move_slope(job, rest, g, sign * size, &growth));
  }
  return sign * size;
}

ISN_MOVE_FUNCTION void isn_move_add_scaled(int n, double *sum, double scale, const float *g)
{
  ISN_MOVE_FOR(k, n)
  sum[k] += scale * (double)g[k];
}

/** Optimise the i-th multiplier.  @param[in,out] whole (D) the move without bounds */
ISN_MOVE_FUNCTION double isn_move_update(const isn_move_job_t *job, int i, isn_slope_range_t range,
                                         double lambda, double *whole)
{
  const float *g = job->gradients + (size_t)i * (size_t)job->size;
  double growth;
  isn_move_add_scaled(job->size, whole, -lambda, g);
  double slope = isn_move_slope(job, whole, g, 0.0, &growth);
  lambda = 0.0;
  if (slope < range.low)
    lambda = isn_move_find_multiplier(job, whole, g, slope, growth, range.low);
  else if (slope > range.high)
    lambda = isn_move_find_multiplier(job, whole, g, slope, growth, range.high);
  isn_move_add_scaled(job->size, whole, lambda, g);
  return lambda;
}

/** @param[in,out] way (D) the wish, then the move  @param[out] lambda (n_ranges) multipliers: all
 *  threads have the same, so that it does not matter which of them writes */
ISN_MOVE_FUNCTION void isn_move_fit(const isn_move_job_t *job, const isn_slope_range_t *ranges,
                                    double *way, double *lambda)
{
  double change = INFINITY, largest = 0.0;
  int n = job->n_ranges;
  for (int sweep = 0; sweep < ISN_MOVE_MAX_SWEEPS && change > ISN_MOVE_SETTLED * largest; sweep++) {
    change = largest = 0.0;
    for (int i = 0; i < n; i++) {
      double before = sweep > 0 ? lambda[i] : 0.0;
      double now = isn_move_update(job, i, ranges[i], before, way);
      lambda[i] = now;
      change = fmax(change, n == 1 ? 0.0 : fabs(now - before)); /* one is right at once */
      largest = fmax(largest, fabs(now));
    }
  }
  ISN_MOVE_FOR(k, job->size)
  way[k] = (double)isn_move_bounded(job, k, (double)job->code[k] + way[k]) - (double)job->code[k];
}

ISN_MOVE_FUNCTION double isn_move_norm(int n, const double *vector)
{
  double squares = 0.0;
  ISN_MOVE_FOR(k, n)
  squares += vector[k] * vector[k];
  return sqrt(ISN_MOVE_SUM(squares));
}

/** Move the code by scale times a direction, and clip.  @return whether it is elsewhere now */
ISN_MOVE_FUNCTION bool isn_move_go(const isn_move_job_t *job, const double *direction, double scale)
{
  double n_moved = 0.0;
  ISN_MOVE_FOR(k, job->size)
  {
    float before = job->code[k],
          now = isn_move_bounded(job, k, (double)before + scale * direction[k]);
    job->code[k] = now;
    n_moved += now != before ? 1.0 : 0.0;
  }
  return ISN_MOVE_SUM(n_moved) > 0.0;
}

ISN_MOVE_FUNCTION bool isn_move_reach(const isn_move_job_t *job, const isn_slope_range_t *ranges,
                                      double *way, double *lambda)
{
  ISN_MOVE_FOR(k, job->size)
  way[k] = 0.0;
  isn_move_fit(job, ranges, way, lambda);
  double length = isn_move_norm(job->size, way);
  return length > 0.0 && isn_move_go(job, way, fmin(1.0, job->length / length));
}

ISN_MOVE_FUNCTION bool isn_move_spread(const isn_move_job_t *job, const isn_slope_range_t *ranges,
                                       double *way, double *lambda)
{
  ISN_MOVE_FOR(k, job->size)
  way[k] = (double)job->wish[k];
  double whole = isn_move_norm(job->size, way);
  if (whole > 0.0)
    ISN_MOVE_FOR(k, job->size)
  way[k] *= job->length / whole;
  isn_move_fit(job, ranges, way, lambda);
  double length = isn_move_norm(job->size, way);
  return length > ISN_MOVE_ROUNDING * job->length && isn_move_go(job, way, job->length / length);
}

/** Without the mask a step stalls at the bounds. */
ISN_MOVE_FUNCTION bool isn_move_walk(const isn_move_job_t *job, double *way)
{
  ISN_MOVE_FOR(k, job->size)
  {
    double along = job->sign * (double)job->wish[k];
    bool outward = (job->code[k] >= job->high[k] && along > 0.0) ||
                   (job->code[k] <= job->low[k] && along < 0.0);
    way[k] = outward ? 0.0 : along;
  }
  double whole = isn_move_norm(job->size, way);
  return whole > 0.0 && isn_move_go(job, way, job->length / whole);
}

/** Do a job.  @param[out] way (D), lambda (n_ranges) scratch  @return whether the code moved */
ISN_MOVE_FUNCTION bool isn_move_run(const isn_move_job_t *job, const isn_slope_range_t *ranges,
                                    double *way, double *lambda)
{
  return job->kind == ISN_MOVE_REACH    ? isn_move_reach(job, ranges, way, lambda)
         : job->kind == ISN_MOVE_SPREAD ? isn_move_spread(job, ranges, way, lambda)
                                        : isn_move_walk(job, way);
}

#endif
