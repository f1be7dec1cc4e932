/** @file vectors.c
 *  Jobs on many vectors, one after the other.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu.h"
#include "backend/vector_ops.h"
#include "invset/memory.h"

#define ISN_MOVE_FUNCTION static inline
#define ISN_MOVE_FOR(k, n) for (int k = 0; k < (n); k++)
#define ISN_MOVE_SUM(x) (x)
#include "backend/move.h"

/* Sets and gets, too: all memory is the host's. */
static isn_status_t copy(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs)
{
  (void)backend;
  for (size_t i = 0; i < n; i++)
    memcpy(jobs[i].to, jobs[i].from, jobs[i].n * sizeof(float));
  return ISN_OK;
}

static isn_status_t put_units(isn_backend_t *backend, size_t n, const isn_units_job_t *jobs,
                              size_t n_weights, const isn_unit_weight_t *weights)
{
  (void)backend;
  (void)n_weights;
  for (size_t i = 0; i < n; i++) {
    const isn_unit_weight_t *own = weights + jobs[i].first_weight;
    memset(jobs[i].row, 0, jobs[i].n * sizeof(float));
    for (size_t w = 0; w < jobs[i].n_weights; w++)
      jobs[i].row[own[w].unit] += own[w].weight;
  }
  return ISN_OK;
}

/* Encodings go one after the other through the cache: so the sum over them lies outside.
 * @param[out] work (size) */
static void spread_one(const isn_spread_job_t *job, double *work)
{
  const float *own = job->encodings + (size_t)job->self * (size_t)job->size;
  for (int k = 0; k < job->size; k++)
    work[k] = 2.0 * (job->m * (double)own[k] - job->sum[k]);
  for (int i = 0; i < job->n; i++) {
    const float *other = job->encodings + (size_t)i * (size_t)job->size;
    for (int k = 0; k < job->size; k++)
      work[k] += 2.0 * ((double)own[k] - (double)other[k]);
  }
  for (int k = 0; k < job->size; k++) {
    float seed = (float)(job->sign * work[k] / job->divisor);
    job->seed[k] = job->add ? job->seed[k] + seed : seed;
  }
}

static isn_status_t spread(isn_backend_t *backend, size_t n, const isn_spread_job_t *jobs)
{
  double *work = NULL;
  int largest = 0;
  (void)backend;
  for (size_t i = 0; i < n; i++)
    largest = jobs[i].size > largest ? jobs[i].size : largest;
  ISN_TRY(isn_alloc(&work, largest, "work space of gradients"));
  for (size_t i = 0; i < n; i++)
    spread_one(&jobs[i], work);
  free(work);
  return ISN_OK;
}

static isn_status_t move(isn_backend_t *backend, size_t n, const isn_moves_job_t *jobs,
                         size_t n_ranges, const isn_slope_range_t *ranges)
{
  double *way = NULL, *lambda = NULL;
  int size = 0;
  isn_status_t status;
  (void)backend;
  for (size_t i = 0; i < n; i++)
    size = jobs[i].move.size > size ? jobs[i].move.size : size;
  ISN_TRY_GOTO(isn_alloc(&way, size, "work space of moves"), done);
  ISN_TRY_GOTO(isn_alloc(&lambda, n_ranges, "work space of moves"), done);
  for (size_t i = 0; i < n; i++)
    *jobs[i].moved = isn_move_run(&jobs[i].move, ranges + jobs[i].first_range, way, lambda);
done:
  free(way);
  free(lambda);
  return status;
}

static isn_status_t pick(isn_backend_t *backend, size_t n, const isn_pick_job_t *jobs)
{
  (void)backend;
  for (size_t i = 0; i < n; i++) {
    size_t best = 0;
    for (size_t k = 1; k < jobs[i].n; k++)
      if (jobs[i].from[k] > jobs[i].from[best])
        best = k;
    *jobs[i].value = jobs[i].from[best];
    *jobs[i].place = (int)best;
  }
  return ISN_OK;
}

static isn_status_t see_finite(isn_backend_t *backend, size_t n, const isn_finite_job_t *jobs)
{
  (void)backend;
  for (size_t i = 0; i < n; i++) {
    int n_not = 0;
    for (size_t k = 0; k < jobs[i].n; k++)
      n_not += !isfinite(jobs[i].from[k]);
    *jobs[i].is_finite = n_not == 0;
  }
  return ISN_OK;
}

static isn_status_t pictures(isn_backend_t *backend, size_t n, const isn_picture_job_t *jobs,
                             isn_shape_t shape, const isn_picture_format_t *format)
{
  (void)backend;
  for (size_t i = 0; i < n; i++)
    isn_picture_store(shape, format, jobs[i].values, jobs[i].image);
  return ISN_OK;
}

const isn_vector_ops_t isn_cpu_vectors = {.copy = copy,
                                          .set = copy,
                                          .units = put_units,
                                          .spread = spread,
                                          .move = move,
                                          .pick = pick,
                                          .finite = see_finite,
                                          .get = copy,
                                          .pictures = pictures};
