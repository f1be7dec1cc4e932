/** @file summaries.c
 *  The summaries of the targets: rows in memory, columns in the file.  Knows no samples.
 */
#include "store/summaries.h"

#include <math.h>
#include <stdlib.h>

#include "invset/memory.h"

enum { N_COLUMNS = 6, COMPLETE_NO = 0, COMPLETE_YES = 1 };

/* All quantities, (T) each. */
typedef struct {
  int32_t *n_accepted;
  unsigned char *status;
  double *mean, *std, *best, *steps;
} columns_t;

static void free_columns(columns_t *columns)
{
  free(columns->n_accepted);
  free(columns->status);
  free(columns->mean);
  free(columns->std);
  free(columns->best);
  free(columns->steps);
}

static isn_status_t alloc_columns(int n, columns_t *columns)
{
  isn_status_t status = ISN_OK;
  *columns = (columns_t){0};
  ISN_TRY_GOTO(isn_alloc(&columns->n_accepted, n, "summaries"), failed);
  ISN_TRY_GOTO(isn_alloc(&columns->status, n, "summaries"), failed);
  ISN_TRY_GOTO(isn_alloc(&columns->mean, n, "summaries"), failed);
  ISN_TRY_GOTO(isn_alloc(&columns->std, n, "summaries"), failed);
  ISN_TRY_GOTO(isn_alloc(&columns->best, n, "summaries"), failed);
  ISN_TRY_GOTO(isn_alloc(&columns->steps, n, "summaries"), failed);
  return ISN_OK;
failed:
  free_columns(columns);
  return status;
}

typedef isn_status_t transfer_fn(const isn_datasets_t *datasets, isn_store_id_t id, void *data);

static isn_status_t write_column(const isn_datasets_t *datasets, isn_store_id_t id, void *data)
{
  return isn_datasets_write(datasets, id, NULL, data);
}

static isn_status_t read_column(const isn_datasets_t *datasets, isn_store_id_t id, void *data)
{
  return isn_datasets_read(datasets, id, NULL, data);
}

static isn_status_t transfer(const isn_datasets_t *datasets, const columns_t *columns,
                             transfer_fn *move)
{
  const struct {
    isn_store_id_t id;
    void *data;
  } all[N_COLUMNS] = {
      {ISN_STORE_N_ACCEPTED, columns->n_accepted}, {ISN_STORE_TARGET_STATUS, columns->status},
      {ISN_STORE_ACTIVATION_MEAN, columns->mean},  {ISN_STORE_ACTIVATION_STD, columns->std},
      {ISN_STORE_BEST_ACTIVATION, columns->best},  {ISN_STORE_STEPS, columns->steps},
  };
  for (int i = 0; i < N_COLUMNS; i++)
    ISN_TRY(move(datasets, all[i].id, all[i].data));
  return ISN_OK;
}

isn_status_t isn_summaries_write(const isn_datasets_t *datasets, const isn_run_summary_t *summaries,
                                 double pool_steps)
{
  const int n = datasets->layout->n_targets;
  columns_t columns;
  ISN_TRY(alloc_columns(n, &columns));
  for (int t = 0; t < n; t++) {
    columns.n_accepted[t] = summaries[t].n_accepted;
    columns.status[t] = (unsigned char)summaries[t].status;
    columns.mean[t] = summaries[t].activation_mean;
    columns.std[t] = summaries[t].activation_std;
    columns.best[t] = summaries[t].best_activation;
    columns.steps[t] = summaries[t].steps;
  }
  isn_status_t status = transfer(datasets, &columns, write_column);
  free_columns(&columns);
  ISN_TRY(status);
  return isn_datasets_write(datasets, ISN_STORE_POOL_STEPS, NULL, &pool_steps);
}

isn_status_t isn_summaries_mark_complete(const isn_datasets_t *datasets)
{
  const unsigned char yes = COMPLETE_YES;
  return isn_datasets_write(datasets, ISN_STORE_COMPLETE, NULL, &yes);
}

isn_status_t isn_summaries_read(const isn_datasets_t *datasets, bool *complete,
                                isn_run_summary_t *summaries, double *pool_steps)
{
  const isn_run_summary_t unfinished = {ISN_TARGET_UNFINISHED, 0, NAN, NAN, NAN, NAN};
  const int n = datasets->layout->n_targets;
  unsigned char mark = COMPLETE_NO;
  columns_t columns;
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_COMPLETE, NULL, &mark));
  *complete = mark == COMPLETE_YES;
  *pool_steps = NAN;
  for (int t = 0; t < n; t++)
    summaries[t] = unfinished; /* whatever of them may have been written before a kill */
  if (!*complete)
    return ISN_OK;
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_POOL_STEPS, NULL, pool_steps));
  ISN_TRY(alloc_columns(n, &columns));
  isn_status_t status = transfer(datasets, &columns, read_column);
  for (int t = 0; status == ISN_OK && t < n; t++)
    summaries[t] = (isn_run_summary_t){.status = (isn_target_status_t)columns.status[t],
                                       .n_accepted = columns.n_accepted[t],
                                       .activation_mean = columns.mean[t],
                                       .activation_std = columns.std[t],
                                       .best_activation = columns.best[t],
                                       .steps = columns.steps[t]};
  free_columns(&columns);
  return status;
}
