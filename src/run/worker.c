/* The loop of a rank; see worker.h.  One step: all samples of all its chains forward in one batch,
 * the chains decide, the wanted gradients backward, the chains step. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "stop.h"

/* A row of the batch: which sample of which chain it is. */
typedef struct {
  chain_t *chain;
  int sample;
} row_t;

typedef struct {
  run_t *run;
  const phase_plan_t *plan;
  chain_t **chains; /* (max_chains) at work */
  int n_chains, max_chains;
  bool work_left;
  bool asked;  /* for the next piece of work */
  row_t *rows; /* (batch) */
  int n_rows;
  int *active;    /* (K) */
  unsigned turn;  /* of the chains to be the first in the batch */
  int *index;     /* (batch) rows of a backward pass */
  float *units;   /* (M) activations, or their seeds, of a target's neurons */
  int64_t passes; /* of this step */
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

/* Chains that this rank may have at a time: no more than its share of the work, or the first rank
 * would take everything of a small run. */
static int chain_limit(const run_t *run, const phase_plan_t *plan)
{
  int64_t size = isn_comm_size(run->comm), share = (plan->n_work + size - 1) / size;
  int64_t batch = isn_engine_batch(run->engine);
  return (int)(share < batch ? share : batch);
}

static isn_status_t open_worker(worker_t *worker, run_t *run, const phase_plan_t *plan)
{
  *worker = (worker_t){.run = run, .plan = plan, .work_left = true};
  int batch = isn_engine_batch(run->engine);
  worker->max_chains = chain_limit(run, plan);
  ISN_TRY(isn_alloc(&worker->chains, worker->max_chains, "chains"));
  ISN_TRY(isn_alloc(&worker->rows, batch, "rows of a batch"));
  ISN_TRY(isn_alloc(&worker->active, run->layout.block_size, "active samples"));
  ISN_TRY(isn_alloc(&worker->index, batch, "rows of a batch"));
  return isn_alloc(&worker->units, run->layout.max_neurons, "activations");
}

static void close_worker(worker_t *worker)
{
  for (int i = 0; i < worker->n_chains; i++)
    chain_close(worker->chains[i]);
  free(worker->chains);
  free(worker->rows);
  free(worker->active);
  free(worker->index);
  free(worker->units);
}

/* Rows that the chains at work need in the next step. */
static int count_rows(worker_t *worker)
{
  int n = 0;
  for (int i = 0; i < worker->n_chains; i++)
    n += isn_block_active(worker->chains[i]->block, worker->active);
  return n;
}

static isn_status_t open_chain(worker_t *worker, int64_t work)
{
  chain_t *chain = NULL;
  ISN_TRY(worker->plan->open(worker->run, work, &chain));
  if (chain && !chain->finished)
    worker->chains[worker->n_chains++] = chain;
  else
    chain_close(chain);
  return ISN_OK;
}

/* Take chains while there is room for a whole block; samples that have settled make room, too.  A
 * rank that has something to do goes on with that until rank 0 answers. */
static isn_status_t take_work(worker_t *worker)
{
  isn_board_t *board = worker->run->board;
  int batch = isn_engine_batch(worker->run->engine), k = worker->run->layout.block_size;
  while (worker->work_left && count_rows(worker) + k <= batch &&
         worker->n_chains < worker->max_chains) {
    bool came = false;
    int64_t work = 0;
    if (!worker->asked)
      ISN_TRY(isn_board_ask(board, worker->plan->counter));
    worker->asked = true;
    ISN_TRY(isn_board_answer(board, worker->n_chains == 0, &came, &work));
    if (!came)
      return ISN_OK;
    worker->asked = false;
    worker->work_left = work < worker->plan->n_work;
    if (worker->work_left)
      ISN_TRY(open_chain(worker, work));
  }
  return ISN_OK;
}

/* Put a chain's samples into the batch, all of them: a block steps as one. */
static void add_rows(worker_t *worker, chain_t *chain, int n)
{
  isn_engine_t *engine = worker->run->engine;
  size_t d = (size_t)worker->run->layout.code_size;
  for (int a = 0; a < n; a++) {
    int row = worker->n_rows++;
    worker->rows[row] = (row_t){chain, worker->active[a]};
    memcpy(isn_engine_codes(engine) + (size_t)row * d,
           isn_block_code(chain->block, worker->active[a]), d * sizeof(float));
  }
}

/* Fill the batch and run it.  Chains that have begun a new block since may not all fit: the rest
 * waits for its turn. */
static isn_status_t forward(worker_t *worker)
{
  int batch = isn_engine_batch(worker->run->engine);
  unsigned n_chains = (unsigned)worker->n_chains, first = worker->turn++;
  worker->n_rows = 0;
  for (unsigned i = 0; i < n_chains; i++) {
    chain_t *chain = worker->chains[(first + i) % n_chains];
    int n = isn_block_active(chain->block, worker->active);
    chain->in_batch = worker->n_rows + n <= batch;
    if (chain->in_batch)
      add_rows(worker, chain, n);
  }
  worker->passes = worker->n_rows;
  return isn_engine_forward(worker->run->engine, worker->n_rows);
}

/* Tell the chains what came out; they decide; settled samples' pictures are kept. */
static isn_status_t decide(worker_t *worker)
{
  const run_t *run = worker->run;
  for (int row = 0; row < worker->n_rows; row++) {
    row_t *r = &worker->rows[row];
    const isn_run_target_t *target = &run->targets.targets[r->chain->target];
    const float *blob = isn_engine_blob(run->engine, run->targets.blob[r->chain->target], row);
    for (int k = 0; k < target->n_neurons; k++)
      worker->units[k] = blob[target->neurons[k]];
    isn_block_observe(r->chain->block, r->sample, worker->units,
                      isn_engine_encoding(run->engine, row));
  }
  for (int i = 0; i < worker->n_chains; i++)
    if (worker->chains[i]->in_batch)
      ISN_TRY(isn_block_decide(worker->chains[i]->block));
  for (int row = 0; row < worker->n_rows; row++)
    if (isn_block_settled_now(worker->rows[row].chain->block, worker->rows[row].sample))
      ISN_TRY(chain_settle(worker->rows[row].chain, worker->rows[row].sample, row));
  return ISN_OK;
}

/* Put the seeds of one row's gradient on the engine. */
static void put_seeds(worker_t *worker, int row, int blob, isn_gradient_t gradient)
{
  const run_t *run = worker->run;
  const row_t *r = &worker->rows[row];
  const isn_run_target_t *target = &run->targets.targets[r->chain->target];
  isn_block_seeds(r->chain->block, r->sample, gradient, worker->units,
                  isn_engine_encoding_seed(run->engine, row));
  if (gradient == ISN_GRADIENT_SPREAD)
    return;
  float *seed = isn_engine_blob_seed(run->engine, blob, row);
  memset(seed, 0, isn_engine_blob_count(run->engine, blob) * sizeof *seed);
  for (int k = 0; k < target->n_neurons; k++)
    seed[target->neurons[k]] = worker->units[k];
}

/* One backward pass: a kind of gradient for the rows that want it and whose neurons are in this
 * blob (the spread's gradient needs no blob). */
static isn_status_t backward(worker_t *worker, isn_gradient_t gradient, int blob)
{
  const run_t *run = worker->run;
  int n = 0;
  for (int row = 0; row < worker->n_rows; row++) {
    const row_t *r = &worker->rows[row];
    if (!isn_block_wants(r->chain->block, r->sample, gradient) ||
        (blob >= 0 && run->targets.blob[r->chain->target] != blob))
      continue;
    put_seeds(worker, row, blob, gradient);
    worker->index[n++] = row;
  }
  if (n == 0)
    return ISN_OK;
  worker->passes += n;
  isn_rows_t rows = {n, worker->index};
  ISN_TRY(isn_engine_backward(run->engine, blob, gradient != ISN_GRADIENT_ACTIVATION, rows));
  for (int i = 0; i < n; i++) {
    const row_t *r = &worker->rows[worker->index[i]];
    isn_block_learn(r->chain->block, r->sample, gradient,
                    isn_engine_code_gradient(run->engine, worker->index[i]));
  }
  return ISN_OK;
}

/* Step the chains of the batch; hand over the blocks that are finished. */
static isn_status_t finish_step(worker_t *worker)
{
  run_t *run = worker->run;
  for (int i = 0; i < worker->n_chains;) {
    chain_t *chain = worker->chains[i];
    if (chain->in_batch)
      isn_block_step(chain->block);
    if (isn_block_active(chain->block, worker->active) == 0) {
      ISN_TRY(worker->plan->deliver(run, chain));
      ISN_TRY(chain_advance(chain));
    }
    if (chain->finished) {
      chain_close(chain);
      worker->chains[i] = worker->chains[--worker->n_chains];
    } else {
      i++;
    }
  }
  return isn_board_add(run->board, BOARD_PASSES, worker->passes);
}

static isn_status_t step(worker_t *worker)
{
  ISN_TRY(forward(worker));
  ISN_TRY(decide(worker));
  for (int b = 0; b < worker->run->targets.n_blobs; b++)
    ISN_TRY(backward(worker, ISN_GRADIENT_ACTIVATION, b));
  ISN_TRY(backward(worker, ISN_GRADIENT_SPREAD, -1));
  for (int b = 0; b < worker->run->targets.n_blobs; b++)
    ISN_TRY(backward(worker, ISN_GRADIENT_LAGRANGIAN, b));
  return finish_step(worker);
}

isn_status_t worker_run(run_t *run, const phase_plan_t *plan)
{
  worker_t worker;
  isn_status_t status;
  ISN_TRY_GOTO(open_worker(&worker, run, plan), done);
  for (;;) {
    ISN_TRY_GOTO(worker_check_stop(run), done);
    ISN_TRY_GOTO(take_work(&worker), done);
    if (worker.n_chains == 0)
      break;
    ISN_TRY_GOTO(step(&worker), done);
    ISN_TRY_GOTO(plan->between_steps(run), done);
  }
done:
  close_worker(&worker);
  return status;
}
