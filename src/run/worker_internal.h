/* What the files of the worker share. */
#ifndef ISN_RUN_WORKER_INTERNAL_H
#define ISN_RUN_WORKER_INTERNAL_H

#include "task.h"

/* A row of the batch: which sample of which task it is. */
typedef struct {
  task_t *task;
  int sample;
} row_t;

typedef struct {
  run_t *run;
  task_t **tasks; /* (batch) at work */
  int n_tasks;
  int n_wanted; /* pieces that were asked for and have not come */
  bool over;    /* no more will come */
  row_t *rows;  /* (batch) */
  int n_rows;
  int *active;    /* (largest block) */
  unsigned turn;  /* of the tasks to be the first in the batch */
  int *index;     /* (batch) rows of a backward pass */
  float *values;  /* (batch, M) of the neurons of each row's task */
  int *places;    /* (batch, M) which of its units each value is of */
  float *weights; /* (M) seeds on a row's values */
  long idle_ns;   /* of the next wait for work */
  int64_t passes; /* that the board has not been told of */
  double told;    /* run_clock() when it last was */
} worker_t;

/* Samples of a task's block: a block of the file, or the ascents of a probe. */
static inline int worker_largest_block(const run_t *run)
{
  const isn_run_layout_t *layout = &run->layout;
  return layout->probe_starts > layout->block_size ? layout->probe_starts : layout->block_size;
}

/* One step of all that fits the batch; tasks that are finished by it are handed over and closed. */
ISN_MUST_USE isn_status_t worker_step(worker_t *worker);

#endif
