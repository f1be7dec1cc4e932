/* The loop of a rank; see worker.h.  One step: all samples of all its tasks forward in one batch,
 * the blocks decide, the wanted gradients backward, the blocks step. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "invset/memory.h"
#include "progress.h"
#include "rows.h"
#include "stop.h"
#include "task.h"

/* A rank without work looks whether some has come, at first soon and then less and less often, so
 * that it does not take the time of ranks that share its core. */
enum { SHORTEST_IDLE_NS = 200000, LONGEST_IDLE_NS = 10000000 };
/* Rank 0 hears of passes so often, in seconds: a thousand ranks take many steps in a second. */
static const double PASSES_SECONDS = 0.2;

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
  float *values;  /* (M) values, or their seeds, of a task's neurons */
  long idle_ns;   /* of the next wait for work */
  int64_t passes; /* that the board has not been told of */
  double told;    /* run_clock() when it last was */
} worker_t;

isn_status_t worker_call_stop(const run_t *run)
{
  return isn_board_add(run->board, BOARD_STOP, 1);
}

isn_status_t worker_check_stop(const run_t *run)
{
  bool stopped = stop_requested();
  if (stopped)
    ISN_TRY(worker_call_stop(run));
  else
    ISN_TRY(isn_board_flag(run->board, &stopped));
  if (stopped)
    ISN_FAIL(ISN_ERR_STOPPED, "stopped early; the same command goes on with %s",
             run->options->output.file);
  return ISN_OK;
}

isn_status_t worker_agree(const run_t *run, isn_status_t status)
{
  ISN_TRY(isn_comm_agree(run->comm, status == ISN_ERR_STOPPED ? ISN_OK : status));
  return isn_comm_agree(run->comm, status);
}

/* Samples of a task's block: a block of the file, or the ascents of a probe. */
static int largest_block(const run_t *run)
{
  const isn_run_layout_t *layout = &run->layout;
  return layout->probe_starts > layout->block_size ? layout->probe_starts : layout->block_size;
}

static isn_status_t open_worker(worker_t *worker, run_t *run)
{
  const isn_run_layout_t *layout = &run->layout;
  int batch = isn_engine_batch(run->engine);
  *worker = (worker_t){.run = run,
                       .n_wanted = work_first_wants(run),
                       .idle_ns = SHORTEST_IDLE_NS,
                       .told = run_clock()};
  ISN_TRY(isn_alloc(&worker->tasks, batch, "tasks"));
  ISN_TRY(isn_alloc(&worker->rows, batch, "rows of a batch"));
  ISN_TRY(isn_alloc(&worker->active, largest_block(run), "active samples"));
  ISN_TRY(isn_alloc(&worker->index, batch, "rows of a batch"));
  return isn_alloc(&worker->values, layout->max_neurons, "values of neurons");
}

static void close_worker(worker_t *worker)
{
  for (int i = 0; i < worker->n_tasks; i++)
    worker->tasks[i]->kind->close(worker->tasks[i]);
  free(worker->tasks);
  free(worker->rows);
  free(worker->active);
  free(worker->index);
  free(worker->values);
}

/* Rows that the tasks at work need in the next step. */
static int count_rows(worker_t *worker)
{
  int n = 0;
  for (int i = 0; i < worker->n_tasks; i++)
    n += isn_block_active(worker->tasks[i]->block, worker->active);
  return n;
}

/* Ask for as many pieces as there is room for whole blocks; samples that have settled make room,
 * too. A rank that has something to do goes on with that until rank 0 answers. */
static isn_status_t ask_for_work(worker_t *worker)
{
  int batch = isn_engine_batch(worker->run->engine), k = worker->run->layout.block_size;
  int room = (batch - count_rows(worker)) / k - worker->n_wanted;
  if (worker->over || room < 1)
    return ISN_OK;
  worker->n_wanted += room;
  return work_want(worker->run, room);
}

static isn_status_t take_work(worker_t *worker)
{
  for (;;) {
    order_t order;
    bool came;
    task_t *task = NULL;
    isn_status_t status = ISN_OK;
    ISN_TRY(work_take(worker->run, &order, &came));
    if (!came)
      return ISN_OK;
    if (order.recall) {
      worker->run->recalled = true;
      continue;
    }
    worker->over = order.over;
    if (worker->over)
      return ISN_OK;
    worker->n_wanted--;
    status = task_open(worker->run, &order, &task);
    order_free(&order);
    ISN_TRY(status);
    if (task->finished)
      task->kind->close(task);
    else
      worker->tasks[worker->n_tasks++] = task;
  }
}

/* Put a task's samples into the batch, all of them: a block steps as one. */
static void add_rows(worker_t *worker, task_t *task, int n)
{
  isn_engine_t *engine = worker->run->engine;
  size_t d = (size_t)worker->run->layout.code_size;
  for (int a = 0; a < n; a++) {
    int row = worker->n_rows++;
    worker->rows[row] = (row_t){task, worker->active[a]};
    memcpy(isn_engine_codes(engine) + (size_t)row * d,
           isn_block_code(task->block, worker->active[a]), d * sizeof(float));
  }
}

/* Most rows of the next step.  Small steps where somebody waits: for rank 0, when no work is left
 * to hand out and ranks that run dry ask it for some; for the end of a block on a rank that was
 * asked for the rest of a chain. */
static int step_limit(const run_t *run)
{
  enum { SMALL_STEPS = 8 };
  int batch = isn_engine_batch(run->engine), block = largest_block(run);
  bool awaited =
      run->recalled || (is_root(run) && isn_comm_size(run->comm) > 1 && dispatch_is_dry(run));
  if (!awaited)
    return batch;
  return batch / SMALL_STEPS > block ? batch / SMALL_STEPS : block;
}

/* Fill the batch and run it.  Tasks that have begun a new block since may not all fit: the rest
 * waits for its turn.  In small steps the first ones go on, so that their blocks end soon. */
static isn_status_t forward(worker_t *worker)
{
  int limit = step_limit(worker->run);
  bool small = limit < isn_engine_batch(worker->run->engine);
  unsigned n_tasks = (unsigned)worker->n_tasks, first = small ? 0 : worker->turn++;
  worker->n_rows = 0;
  for (unsigned i = 0; i < n_tasks; i++) {
    task_t *task = worker->tasks[(first + i) % n_tasks];
    int n = isn_block_active(task->block, worker->active);
    task->in_batch = worker->n_rows + n <= limit;
    if (task->in_batch)
      add_rows(worker, task, n);
  }
  worker->passes += worker->n_rows;
  return isn_engine_forward(worker->run->engine, worker->n_rows);
}

static observed_t row_neurons(const row_t *row)
{
  const task_t *task = row->task;
  return (observed_t){task->piece.target, task->first_neuron, task->n_neurons};
}

/* In a precision below float32: what would be accepted is decided in float32. */
static isn_status_t confirm(worker_t *worker)
{
  const run_t *run = worker->run;
  int n = 0;
  if (run->options->run.precision == ISN_PRECISION_FP32)
    return ISN_OK;
  for (int row = 0; row < worker->n_rows; row++) {
    const task_t *task = worker->rows[row].task;
    if (task->piece.kind == PIECE_PROBE)
      continue;
    rows_values(run, row_neurons(&worker->rows[row]), row, worker->values);
    if (isn_window_accepts(task->n_neurons,
                           (const double(*)[2])run->targets.windows[task->piece.target],
                           worker->values))
      worker->index[n++] = row;
  }
  return isn_engine_confirm(run->engine, (isn_rows_t){n, worker->index});
}

/* Tell the blocks what came out; they decide; settled samples' results are kept. */
static isn_status_t decide(worker_t *worker)
{
  isn_engine_t *engine = worker->run->engine;
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    rows_values(worker->run, row_neurons(r), row, worker->values);
    isn_block_observe(r->task->block, r->sample, worker->values, isn_engine_encoding(engine, row));
  }
  for (int i = 0; i < worker->n_tasks; i++)
    if (worker->tasks[i]->in_batch)
      ISN_TRY(isn_block_decide(worker->tasks[i]->block));
  for (int row = 0; row < worker->n_rows; row++) {
    task_t *task = worker->rows[row].task;
    if (isn_block_settled_now(task->block, worker->rows[row].sample))
      ISN_TRY(task->kind->settle(task, worker->rows[row].sample, row));
  }
  return ISN_OK;
}

/* The row's i-th wanted gradient.  @return false: it has none */
static bool wanted_gradient(const row_t *row, int i, isn_gradient_t *gradient)
{
  const isn_gradient_t *wanted;
  int n = isn_block_wanted(row->task->block, row->sample, &wanted);
  if (i < n)
    *gradient = wanted[i];
  return i < n;
}

/* One backward pass: the i-th gradients of the rows that belong to it. */
static isn_status_t backward_pass(worker_t *worker, int i, int pass, bool with_encoding)
{
  const run_t *run = worker->run;
  isn_gradient_t gradient;
  int n = 0;
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    if (!wanted_gradient(r, i, &gradient) || rows_pass(run, row_neurons(r), gradient) != pass ||
        isn_gradient_has_encoding(gradient.kind) != with_encoding)
      continue;
    isn_block_seeds(r->task->block, r->sample, gradient, worker->values,
                    isn_engine_encoding_seed(run->engine, row));
    rows_put_seeds(run, row_neurons(r), row, gradient, worker->values);
    worker->index[n++] = row;
  }
  if (n == 0)
    return ISN_OK;
  worker->passes += n;
  ISN_TRY(rows_backward(run, pass, with_encoding, (isn_rows_t){n, worker->index}));
  for (int j = 0; j < n; j++) {
    const row_t *r = &worker->rows[worker->index[j]];
    isn_block_learn(r->task->block, r->sample, i,
                    isn_engine_code_gradient(run->engine, worker->index[j]));
  }
  return ISN_OK;
}

/* All gradients that the blocks want.  Those of one place in their lists and of one pass go
 * together. */
static isn_status_t backward(worker_t *worker)
{
  int most = 0;
  for (int row = 0; row < worker->n_rows; row++) {
    const isn_gradient_t *wanted;
    int n = isn_block_wanted(worker->rows[row].task->block, worker->rows[row].sample, &wanted);
    most = n > most ? n : most;
  }
  for (int i = 0; i < most; i++)
    for (int pass = PASS_ALL_BLOBS; pass < worker->run->targets.n_blobs; pass++)
      for (int with_encoding = 0; with_encoding < 2; with_encoding++)
        ISN_TRY(backward_pass(worker, i, pass, with_encoding != 0));
  return ISN_OK;
}

/* Step the blocks of the batch; hand over those that are finished. */
static isn_status_t finish_step(worker_t *worker)
{
  for (int i = 0; i < worker->n_tasks;) {
    task_t *task = worker->tasks[i];
    if (task->in_batch)
      isn_block_step(task->block);
    if (isn_block_active(task->block, worker->active) == 0)
      ISN_TRY(task->kind->advance(task));
    if (task->finished) {
      worker->run->recalled = false; /* as rank 0 takes it, which may ask again */
      task->kind->close(task);
      worker->tasks[i] = worker->tasks[--worker->n_tasks];
    } else {
      i++;
    }
  }
  return ISN_OK;
}

static isn_status_t step(worker_t *worker)
{
  ISN_TRY(forward(worker));
  ISN_TRY(confirm(worker));
  ISN_TRY(decide(worker));
  ISN_TRY(backward(worker));
  return finish_step(worker);
}

/* Tell the board of passes now and then. */
static isn_status_t tell_passes(worker_t *worker, double now)
{
  if (now - worker->told < PASSES_SECONDS || worker->passes == 0)
    return ISN_OK;
  int64_t passes = worker->passes;
  worker->told = now;
  worker->passes = 0;
  return isn_board_add(worker->run->board, BOARD_PASSES, passes);
}

/* One turn of the loop: what rank 0 has to serve, new work, a step or a short wait. */
static isn_status_t turn(worker_t *worker)
{
  run_t *run = worker->run;
  ISN_TRY(worker_check_stop(run));
  ISN_TRY(ask_for_work(worker));
  if (is_root(run))
    ISN_TRY(dispatch_serve(run));
  ISN_TRY(take_work(worker));
  double began = run_clock(), now = began;
  if (worker->n_tasks > 0) {
    ISN_TRY(step(worker));
    now = run_clock();
    run->busy += now - began;
    worker->idle_ns = SHORTEST_IDLE_NS;
  } else if (!worker->over) {
    const struct timespec idle = {.tv_nsec = worker->idle_ns};
    nanosleep(&idle, NULL);
    worker->idle_ns = worker->idle_ns < LONGEST_IDLE_NS / 2 ? 2 * worker->idle_ns : LONGEST_IDLE_NS;
  }
  ISN_TRY(tell_passes(worker, now));
  return is_root(run) ? progress_show(run) : ISN_OK;
}

isn_status_t worker_run(run_t *run)
{
  worker_t worker;
  isn_status_t status;
  ISN_TRY_GOTO(open_worker(&worker, run), done);
  while (!worker.over || worker.n_tasks > 0)
    ISN_TRY_GOTO(turn(&worker), done);
  status = isn_board_add(run->board, BOARD_PASSES, worker.passes);
done:
  status = work_leave(run, status, worker.over);
  close_worker(&worker);
  return worker_agree(run, status);
}
