/* One step of a rank: all samples of all its tasks forward in one batch, the blocks decide, the
 * wanted gradients backward, the blocks step.  Vectors stay in backend memory; what is to be done
 * with them is collected in the run's queue. */
#include "dispatch.h"
#include "rows.h"
#include "worker_internal.h"

/* Give a task's samples rows of the batch, all of them: a block steps as one.  Their codes are
 * there when the queue has been run. */
static isn_status_t add_rows(worker_t *worker, task_t *task, int n)
{
  for (int a = 0; a < n; a++)
    worker->rows[worker->n_rows++] = (row_t){task, worker->active[a]};
  return isn_block_update(task->block, worker->run->vectors);
}

static isn_status_t gather_codes(worker_t *worker)
{
  const run_t *run = worker->run;
  ISN_TRY(isn_vectors_run(run->vectors));
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    ISN_TRY(isn_vectors_copy(run->vectors, isn_engine_row(run->engine, row).code,
                             isn_block_code(r->task->block, r->sample),
                             (size_t)run->layout.code_size));
  }
  return isn_vectors_run(run->vectors);
}

/* Most rows of the next step.  Small steps where somebody waits: for rank 0, when no work is left
 * to hand out and ranks that run dry ask it for some; for the end of a block on a rank that was
 * asked for the rest of a chain. */
static int step_limit(const run_t *run)
{
  enum { SMALL_STEPS = 8 };
  int batch = isn_engine_batch(run->engine), block = worker_largest_block(run);
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
      ISN_TRY(add_rows(worker, task, n));
  }
  worker->passes += worker->n_rows;
  ISN_TRY(gather_codes(worker));
  return isn_engine_run(worker->run->engine, worker->n_rows);
}

static observed_t row_neurons(const row_t *row)
{
  const task_t *task = row->task;
  return (observed_t){task->piece.target, task->first_neuron, task->n_neurons};
}

static float *values_of(const worker_t *worker, int row)
{
  return worker->values + (size_t)row * (size_t)worker->run->layout.max_neurons;
}

static int *places_of(const worker_t *worker, int row)
{
  return worker->places + (size_t)row * (size_t)worker->run->layout.max_neurons;
}

/* Bring the values of some rows. */
static isn_status_t fetch_values(worker_t *worker, isn_rows_t rows)
{
  const run_t *run = worker->run;
  for (int i = 0; i < rows.n; i++) {
    int row = rows.index[i];
    ISN_TRY(rows_ask_values(run, row_neurons(&worker->rows[row]), row, values_of(worker, row),
                            places_of(worker, row)));
  }
  ISN_TRY(isn_vectors_run(run->vectors));
  for (int i = 0; i < rows.n; i++) {
    int row = rows.index[i];
    rows_complete_values(run, row_neurons(&worker->rows[row]), row, values_of(worker, row));
  }
  return ISN_OK;
}

/* In a precision below float32: what may be recorded is computed in float32. */
static isn_status_t confirm(worker_t *worker)
{
  const run_t *run = worker->run;
  int n = 0;
  if (run->options->run.precision == ISN_PRECISION_FP32)
    return ISN_OK;
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    if (isn_block_may_settle(r->task->block, r->sample, values_of(worker, row)))
      worker->index[n++] = row;
  }
  ISN_TRY(isn_engine_confirm(run->engine, (isn_rows_t){n, worker->index}));
  return fetch_values(worker, (isn_rows_t){n, worker->index});
}

/* What came out. */
static isn_status_t look(worker_t *worker)
{
  for (int row = 0; row < worker->n_rows; row++)
    worker->index[row] = row;
  ISN_TRY(fetch_values(worker, (isn_rows_t){worker->n_rows, worker->index}));
  return confirm(worker);
}

/* Tell the blocks what came out, which is finite or isn_engine_run() would have failed; they
 * decide.
 */
static isn_status_t decide(worker_t *worker)
{
  const run_t *run = worker->run;
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    ISN_TRY(isn_vectors_copy(run->vectors, isn_block_encoding(r->task->block, r->sample),
                             isn_engine_row(run->engine, row).encoding,
                             (size_t)run->layout.encoding_size));
    isn_block_observe(r->task->block, r->sample, values_of(worker, row), true);
  }
  for (int i = 0; i < worker->n_tasks; i++) {
    if (!worker->tasks[i]->in_batch)
      continue;
    isn_block_decide(worker->tasks[i]->block);
    ISN_TRY(isn_block_fetch(worker->tasks[i]->block, run->vectors));
  }
  return isn_vectors_run(run->vectors);
}

/* Keep the results of settled samples; draw new starts. */
static isn_status_t settle(worker_t *worker)
{
  for (int row = 0; row < worker->n_rows; row++) {
    task_t *task = worker->rows[row].task;
    if (isn_block_settled_now(task->block, worker->rows[row].sample))
      ISN_TRY(task->kind->settle(task, worker->rows[row].sample, row));
  }
  for (int i = 0; i < worker->n_tasks; i++) {
    if (!worker->tasks[i]->in_batch)
      continue;
    ISN_TRY(isn_block_renew(worker->tasks[i]->block));
    ISN_TRY(isn_block_update(worker->tasks[i]->block, worker->run->vectors));
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

/* Put what makes the seeds of a row's gradient into the queue. */
static isn_status_t ask_seeds(worker_t *worker, int row, isn_gradient_t gradient, int pass)
{
  const run_t *run = worker->run;
  const row_t *r = &worker->rows[row];
  if (isn_gradient_has_values(gradient.kind)) {
    isn_block_weights(r->task->block, r->sample, gradient, worker->weights);
    ISN_TRY(rows_ask_seeds(run, row_neurons(r), row, gradient, worker->weights,
                           places_of(worker, row)));
  }
  if (!isn_gradient_has_encoding(gradient.kind))
    return ISN_OK;
  return isn_block_spread(r->task->block, run->vectors, r->sample, gradient,
                          isn_engine_row(run->engine, row).encoding_seed,
                          rows_pass_encodes(run, pass));
}

/* One backward pass: the i-th gradients of the rows that belong to it.  They are the blocks' when
 * the queue has been run. */
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
    ISN_TRY(ask_seeds(worker, row, gradient, pass));
    worker->index[n++] = row;
  }
  if (n == 0)
    return ISN_OK;
  worker->passes += n;
  ISN_TRY(isn_vectors_run(run->vectors));
  ISN_TRY(rows_carry_back(run, pass, with_encoding, (isn_rows_t){n, worker->index}));
  for (int j = 0; j < n; j++) {
    const row_t *r = &worker->rows[worker->index[j]];
    ISN_TRY(isn_vectors_copy(run->vectors, isn_block_learn(r->task->block, r->sample, i),
                             isn_engine_row(run->engine, worker->index[j]).code_gradient,
                             (size_t)run->layout.code_size));
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

/* Step the blocks of the batch. */
static isn_status_t move(worker_t *worker)
{
  const run_t *run = worker->run;
  for (int i = 0; i < worker->n_tasks; i++)
    if (worker->tasks[i]->in_batch)
      ISN_TRY(isn_block_ask_step(worker->tasks[i]->block, run->vectors));
  ISN_TRY(isn_vectors_run(run->vectors));
  for (int i = 0; i < worker->n_tasks; i++)
    if (worker->tasks[i]->in_batch)
      isn_block_step(worker->tasks[i]->block);
  return ISN_OK;
}

/* Hand over the blocks that are finished. */
static isn_status_t finish_step(worker_t *worker)
{
  for (int i = 0; i < worker->n_tasks;) {
    task_t *task = worker->tasks[i];
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

isn_status_t worker_step(worker_t *worker)
{
  ISN_TRY(forward(worker));
  ISN_TRY(look(worker));
  ISN_TRY(decide(worker));
  ISN_TRY(settle(worker));
  ISN_TRY(backward(worker));
  ISN_TRY(move(worker));
  return finish_step(worker);
}
