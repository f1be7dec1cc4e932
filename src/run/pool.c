/* The pool of starts; see pool.h.  Codes are not kept: their counters give them again. */
#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "worker.h"

enum { MIN_STARTS = 256, MAX_STARTS = 4096 };

/* Length of the displacement of a row that is used again, in typical lengths of a random code. */
static const double JITTER = 0.2;

struct pool {
  const run_t *run; /* borrowed */
  int n;            /* rows */
  int n_near;       /* rows that each target draws from */
  int *near;        /* (T, n_near) rows, nearest to the window first */
};

/* Random code number row: normal, cut to the bounds. */
static void random_code(const run_t *run, int row, double *normal, float *code)
{
  isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                          .purpose = ISN_RANDOM_POOL,
                          .sample = (uint32_t)row};
  int size = run->problem.code_size;
  isn_random_normal(&key, (size_t)size, normal);
  for (int k = 0; k < size; k++) {
    double x =
        run->options->sampling.start_mean + run->options->sampling.start_deviation * normal[k];
    code[k] = (float)fmin(fmax(x, (double)run->code_min[k]), (double)run->code_max[k]);
  }
}

/* Gaps of rows first .. last-1 to every target's window.  @param[out] gaps (last - first, T) */
static isn_status_t evaluate_rows(const run_t *run, int first, int last, double *normal,
                                  float *gaps)
{
  const isn_targets_t *targets = &run->targets;
  int batch = isn_engine_batch(run->engine);
  size_t size = (size_t)run->problem.code_size;
  float *activation = NULL;
  ISN_TRY(isn_alloc(&activation, targets->max_neurons, "activations"));
  isn_status_t status = ISN_OK;
  for (int row = first; row < last && status == ISN_OK; row += batch) {
    int n = last - row < batch ? last - row : batch;
    for (int i = 0; i < n; i++)
      random_code(run, row + i, normal, isn_engine_codes(run->engine) + (size_t)i * size);
    status = worker_check_stop(run);
    if (status == ISN_OK)
      status = isn_engine_forward(run->engine, n);
    for (int i = 0; i < n && status == ISN_OK; i++)
      for (int t = 0; t < targets->n; t++) {
        const isn_run_target_t *target = &targets->targets[t];
        const float *blob = isn_engine_blob(run->engine, targets->blob[t], i);
        for (int k = 0; k < target->n_neurons; k++)
          activation[k] = blob[target->neurons[k]];
        gaps[(size_t)(row - first + i) * (size_t)targets->n + (size_t)t] =
            (float)isn_window_gap(target->n_neurons, targets->windows[t], activation);
      }
  }
  free(activation);
  return status;
}

typedef struct {
  float gap;
  int row;
} ranked_t;

static int by_gap(const void *a, const void *b)
{
  const ranked_t *x = a, *y = b;
  if (x->gap != y->gap)
    return x->gap < y->gap ? -1 : 1;
  return x->row - y->row;
}

/* Each target's nearest rows.  @param[in] gaps (n, T) */
static isn_status_t rank_rows(pool_t *pool, const float *gaps)
{
  size_t n_targets = (size_t)pool->run->targets.n;
  ranked_t *ranked = NULL;
  ISN_TRY(isn_alloc(&pool->near, n_targets * (size_t)pool->n_near, "nearest starts"));
  ISN_TRY(isn_alloc(&ranked, pool->n, "ranking of starts"));
  for (size_t t = 0; t < n_targets; t++) {
    for (int row = 0; row < pool->n; row++)
      ranked[row] = (ranked_t){gaps[(size_t)row * n_targets + t], row};
    qsort(ranked, (size_t)pool->n, sizeof *ranked, by_gap);
    for (int i = 0; i < pool->n_near; i++)
      pool->near[t * (size_t)pool->n_near + (size_t)i] = ranked[i].row;
  }
  free(ranked);
  return ISN_OK;
}

/* Rows of rank r: [first, last). */
static int first_row(const pool_t *pool, int rank, int size)
{
  return (int)((int64_t)pool->n * rank / size);
}

/* Evaluate this rank's rows and collect everyone's.  Collective. */
static isn_status_t gather_gaps(const pool_t *pool, float *gaps)
{
  const run_t *run = pool->run;
  int rank = isn_comm_rank(run->comm), size = isn_comm_size(run->comm);
  int first = first_row(pool, rank, size), last = first_row(pool, rank + 1, size);
  size_t row_bytes = (size_t)run->targets.n * sizeof(float);
  double *normal = NULL;
  float *mine = NULL;
  int64_t *counts = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&normal, run->problem.code_size, "random numbers"), agree);
  ISN_TRY_GOTO(isn_alloc(&mine, (size_t)(last - first) * (size_t)run->targets.n, "gaps"), agree);
  ISN_TRY_GOTO(isn_alloc(&counts, size, "counts"), agree);
  for (int r = 0; r < size; r++)
    counts[r] = (int64_t)row_bytes * (first_row(pool, r + 1, size) - first_row(pool, r, size));
  status = evaluate_rows(run, first, last, normal, mine);
agree:
  status = worker_agree(run, status);
  if (status == ISN_OK)
    status = isn_comm_all_gather(run->comm, mine, counts, gaps);
  free(counts);
  free(mine);
  free(normal);
  return status;
}

/* One row for each sample of the run, within reason: then the pool's share of the cost does not
 * depend on the number of samples. */
static int choose_size(const run_t *run)
{
  if (run->options->sampling.starts > 0)
    return run->options->sampling.starts;
  double samples = (double)run->targets.n * (double)run->options->sampling.samples;
  return (int)fmin(fmax(samples, MIN_STARTS), MAX_STARTS);
}

isn_status_t pool_create(const run_t *run, pool_t **out)
{
  pool_t *pool = NULL;
  float *gaps = NULL;
  isn_status_t status;
  ISN_TRY(isn_alloc(&pool, 1, "pool of starts"));
  pool->run = run;
  pool->n = choose_size(run);
  int share = (int)ceil(run->options->sampling.start_share * pool->n);
  pool->n_near = share > 1 ? share : 1;
  ISN_TRY_GOTO(isn_alloc(&gaps, (size_t)pool->n * (size_t)run->targets.n, "gaps of the pool"),
               fail);
  ISN_TRY_GOTO(gather_gaps(pool, gaps), fail);
  ISN_TRY_GOTO(rank_rows(pool, gaps), fail);
  free(gaps);
  *out = pool;
  return ISN_OK;
fail:
  free(gaps);
  pool_destroy(pool);
  return status;
}

void pool_destroy(pool_t *pool)
{
  if (pool)
    free(pool->near);
  free(pool);
}

int pool_size(const pool_t *pool)
{
  return pool->n;
}

isn_status_t pool_start(const pool_t *pool, int target, int64_t place, const isn_random_key_t *key,
                        float *code)
{
  const run_t *run = pool->run;
  int size = run->problem.code_size;
  double *normal = NULL, squares = 0.0;
  ISN_TRY(isn_alloc(&normal, size, "random numbers"));
  /* Each round begins one row later: else the same sample would meet the same row again and again.
   */
  int64_t round = place / pool->n_near;
  int row =
      pool->near[(size_t)target * (size_t)pool->n_near + (size_t)((place + round) % pool->n_near)];
  random_code(run, row, normal, code);
  if (round > 0) {
    isn_random_normal(key, (size_t)size, normal);
    for (int k = 0; k < size; k++)
      squares += normal[k] * normal[k];
    double scale = JITTER * run->options->sampling.start_deviation * sqrt((double)size / squares);
    for (int k = 0; k < size; k++)
      code[k] = (float)fmin(fmax((double)code[k] + scale * normal[k], (double)run->code_min[k]),
                            (double)run->code_max[k]);
  }
  free(normal);
  return ISN_OK;
}
