/* The loop of a rank; see worker.h.  What one step is: worker_step.c. */
#include "worker.h"

#include <stdlib.h>
#include <time.h>

#include "dispatch.h"
#include "invset/memory.h"
#include "progress.h"
#include "stop.h"
#include "worker_internal.h"

/* A rank without work looks whether some has come, at first soon and then less and less often, so
 * that it does not take the time of ranks that share its core. */
enum { SHORTEST_IDLE_NS = 200000, LONGEST_IDLE_NS = 10000000 };
/* Rank 0 hears of passes so often, in seconds: a thousand ranks take many steps in a second. */
static const double PASSES_SECONDS = 0.2;

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
  ISN_TRY(isn_alloc(&worker->active, worker_largest_block(run), "active samples"));
  ISN_TRY(isn_alloc(&worker->index, batch, "rows of a batch"));
  ISN_TRY(isn_alloc(&worker->weights, layout->max_neurons, "seeds of neurons"));
  size_t values = (size_t)batch * (size_t)layout->max_neurons;
  ISN_TRY(isn_alloc(&worker->values, values, "values of neurons"));
  return isn_alloc(&worker->places, values, "values of neurons");
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
  free(worker->places);
  free(worker->weights);
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
    ISN_TRY(worker_step(worker));
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
