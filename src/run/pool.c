/* The pool of starts; see pool.h.  Random codes are not kept: their counters give
 * them again. */
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
  const run_t *run;  /* borrowed */
  int n;             /* rows */
  int n_near;        /* rows that each target draws from */
  int n_columns;     /* neurons of all targets */
  int *column;       /* (T) the target's first one among them */
  float *activation; /* (n, n_columns) values, see targets.h */
  int **near; /* (T) each (n_near) rows, nearest to the window first; NULL before it is asked for */
};

/* Random code of a stream: normal, cut to the bounds. */
static void draw_code(const run_t *run, const isn_random_key_t *key, double deviation,
                      double *normal, float *code)
{
  int size = run->problem.code_size;
  isn_random_normal(key, (size_t)size, normal);
  for (int k = 0; k < size; k++) {
    double x = run->options->sampling.start_mean + deviation * normal[k];
    code[k] = (float)fmin(fmax(x, (double)run->code_min[k]), (double)run->code_max[k]);
  }
}

/* Code number row: one of the given ones, or a random one. */
static void row_code(const run_t *run, int row, double *normal, float *code)
{
  if (run->start_codes) {
    const size_t d = (size_t)run->problem.code_size;
    memcpy(code, run->start_codes + (size_t)row * d, d * sizeof *code);
    return;
  }
  const isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                                .purpose = ISN_RANDOM_POOL,
                                .sample = (uint32_t)row};
  draw_code(run, &key, run->options->sampling.start_deviation, normal, code);
}

/* Values of all targets' neurons in the present batch. */
static void note_row(const pool_t *pool, int row, float *activation)
{
  const isn_engine_t *engine = pool->run->engine;
  const isn_targets_t *targets = &pool->run->targets;
  for (int t = 0; t < targets->n; t++) {
    for (int k = 0; k < targets->targets[t].n_neurons; k++) {
      const int blob = targets->blob[t][k];
      *activation++ = isn_target_value(&targets->targets[t], k, isn_engine_blob(engine, blob, row),
                                       isn_engine_blob_count(engine, blob), NULL);
    }
  }
}

/* Activations of rows first .. last-1.  @param[out] activation (last - first, n_columns) */
static isn_status_t evaluate_rows(const pool_t *pool, int first, int last, double *normal,
                                  float *activation)
{
  const run_t *run = pool->run;
  int batch = isn_engine_batch(run->engine);
  size_t size = (size_t)run->problem.code_size, columns = (size_t)pool->n_columns;
  for (int row = first; row < last; row += batch) {
    int n = last - row < batch ? last - row : batch;
    for (int i = 0; i < n; i++)
      row_code(run, row + i, normal, isn_engine_codes(run->engine) + (size_t)i * size);
    ISN_TRY(worker_check_stop(run));
    ISN_TRY(isn_engine_forward(run->engine, n));
    for (int i = 0; i < n; i++)
      note_row(pool, i, activation + (size_t)(row - first + i) * columns);
  }
  return ISN_OK;
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

/* The rows nearest to a target's window: ranked when its first start is asked for, since not every
 * rank works on every target, and a window may be known only now. */
static isn_status_t rank_rows(pool_t *pool, int target)
{
  const isn_targets_t *targets = &pool->run->targets;
  ranked_t *ranked = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&ranked, pool->n, "ranking of starts"), done);
  ISN_TRY_GOTO(isn_alloc(&pool->near[target], pool->n_near, "nearest starts"), done);
  for (int row = 0; row < pool->n; row++) {
    const float *activation =
        pool->activation + (size_t)row * (size_t)pool->n_columns + pool->column[target];
    double gap = isn_window_gap(targets->targets[target].n_neurons,
                                (const double(*)[2])targets->windows[target], activation);
    ranked[row] = (ranked_t){(float)gap, row};
  }
  qsort(ranked, (size_t)pool->n, sizeof *ranked, by_gap);
  for (int i = 0; i < pool->n_near; i++)
    pool->near[target][i] = ranked[i].row;
done:
  free(ranked);
  return status;
}

/* Rows of rank r: [first, last). */
static int first_row(const pool_t *pool, int rank, int size)
{
  return (int)((int64_t)pool->n * rank / size);
}

/* Evaluate this rank's rows and collect everyone's.  Collective. */
static isn_status_t gather_rows(pool_t *pool)
{
  const run_t *run = pool->run;
  int rank = isn_comm_rank(run->comm), size = isn_comm_size(run->comm);
  int first = first_row(pool, rank, size), last = first_row(pool, rank + 1, size);
  size_t columns = (size_t)pool->n_columns;
  double *normal = NULL;
  float *mine = NULL;
  int64_t *counts = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&normal, run->problem.code_size, "random numbers"), agree);
  ISN_TRY_GOTO(isn_alloc(&mine, (size_t)(last - first) * columns, "activations"), agree);
  ISN_TRY_GOTO(isn_alloc(&counts, size, "counts"), agree);
  for (int r = 0; r < size; r++)
    counts[r] = (int64_t)(columns * sizeof *mine) *
                (first_row(pool, r + 1, size) - first_row(pool, r, size));
  status = evaluate_rows(pool, first, last, normal, mine);
agree:
  status = worker_agree(run, status);
  if (status == ISN_OK)
    status = isn_comm_all_gather(run->comm, mine, counts, pool->activation);
  free(counts);
  free(mine);
  free(normal);
  return status;
}

int pool_rows(const run_t *run)
{
  const isn_run_options_t *options = run->options;
  if (run->start_codes)
    return run->n_start_codes;
  if (options->sampling.starts > 0)
    return options->sampling.starts;
  /* One for each sample, within reason: then the pool's share of the cost does not depend on the
   * number of samples. */
  double samples = (double)run->targets.n_whole * (double)options->sampling.samples;
  return (int)fmin(fmax(samples, MIN_STARTS), MAX_STARTS);
}

static isn_status_t alloc_pool(pool_t *pool)
{
  const isn_targets_t *targets = &pool->run->targets;
  int share = (int)ceil(pool->run->options->sampling.start_share * pool->n);
  pool->n_near = share > 1 ? share : 1;
  ISN_TRY(isn_alloc(&pool->column, targets->n, "columns of the pool"));
  ISN_TRY(isn_alloc(&pool->near, targets->n, "nearest starts"));
  for (int t = 0; t < targets->n; t++) {
    pool->column[t] = pool->n_columns;
    pool->n_columns += targets->targets[t].n_neurons;
  }
  return isn_alloc(&pool->activation, (size_t)pool->n * (size_t)pool->n_columns,
                   "activations of the pool");
}

isn_status_t pool_create(const run_t *run, pool_t **out)
{
  pool_t *pool = NULL;
  *out = NULL;
  if (run_walks(run) && !run->targets.any_relative)
    return ISN_OK;
  ISN_TRY(isn_comm_agree(run->comm, isn_alloc(&pool, 1, "pool of starts")));
  pool->run = run;
  pool->n = pool_rows(run);
  isn_status_t status = isn_comm_agree(run->comm, alloc_pool(pool));
  if (status == ISN_OK)
    status = gather_rows(pool);
  if (status == ISN_OK)
    *out = pool;
  else
    pool_destroy(pool);
  return status;
}

void pool_destroy(pool_t *pool)
{
  if (!pool)
    return;
  for (int t = 0; t < pool->run->targets.n && pool->near; t++)
    free(pool->near[t]);
  free(pool->near);
  free(pool->column);
  free(pool->activation);
  free(pool);
}

int pool_size(const pool_t *pool)
{
  return pool ? pool->n : 0;
}

/* In-place is fine. */
isn_status_t pool_displace(const run_t *run, const isn_random_key_t *key, double length,
                           const float *from, float *code)
{
  int size = run->problem.code_size;
  double *normal = NULL, squares = 0.0;
  ISN_TRY(isn_alloc(&normal, size, "random numbers"));
  isn_random_normal(key, (size_t)size, normal);
  for (int k = 0; k < size; k++)
    squares += normal[k] * normal[k];
  for (int k = 0; k < size; k++) {
    double x = (double)from[k] + length * normal[k] / sqrt(squares);
    code[k] = (float)fmin(fmax(x, (double)run->code_min[k]), (double)run->code_max[k]);
  }
  free(normal);
  return ISN_OK;
}

/* Of a code that is used again. */
static double jitter_length(const run_t *run)
{
  return JITTER * run->options->sampling.start_deviation * sqrt((double)run->problem.code_size);
}

isn_status_t pool_random(const run_t *run, int target, int64_t number, float *code)
{
  const isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                                .purpose = ISN_RANDOM_START,
                                .target = random_target(run, target),
                                .chain = (uint32_t)(number / ISN_RANDOM_SAMPLES),
                                .sample = (uint32_t)(number % ISN_RANDOM_SAMPLES)};
  double *normal = NULL;
  ISN_TRY(isn_alloc(&normal, run->problem.code_size, "random numbers"));
  if (run->start_codes)
    row_code(run, (int)(number % run->n_start_codes), normal, code);
  else
    draw_code(run, &key, run->start_deviation, normal, code);
  free(normal);
  if (!run->start_codes || number < run->n_start_codes)
    return ISN_OK;
  return pool_displace(run, &key, jitter_length(run), code, code);
}

isn_status_t pool_start(pool_t *pool, int target, int64_t place, const isn_random_key_t *key,
                        float *code)
{
  const run_t *run = pool->run;
  int size = run->problem.code_size;
  double *normal = NULL;
  if (!pool->near[target])
    ISN_TRY(rank_rows(pool, target));
  /* Each round begins one row later: else the same sample would meet the same row again and again.
   */
  int64_t round = place / pool->n_near;
  int row = pool->near[target][(place + round) % pool->n_near];
  ISN_TRY(isn_alloc(&normal, size, "random numbers"));
  row_code(run, row, normal, code);
  free(normal);
  if (round == 0)
    return ISN_OK;
  return pool_displace(run, key, jitter_length(run), code, code);
}

isn_status_t pool_start_high(const pool_t *pool, int target, int neuron, int place, float *code)
{
  const float *column = pool->activation + pool->column[target] + neuron;
  double *normal = NULL;
  int row = 0;
  /* The place-th largest, by counting: places are few. */
  for (row = 0; row < pool->n; row++) {
    float value = column[(size_t)row * (size_t)pool->n_columns];
    int n_above = 0;
    for (int other = 0; other < pool->n && n_above <= place; other++) {
      float o = column[(size_t)other * (size_t)pool->n_columns];
      n_above += o > value || (o == value && other < row);
    }
    if (n_above == place % pool->n)
      break;
  }
  ISN_TRY(isn_alloc(&normal, pool->run->problem.code_size, "random numbers"));
  row_code(pool->run, row, normal, code);
  free(normal);
  return ISN_OK;
}
