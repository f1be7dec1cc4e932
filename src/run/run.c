/* A whole run, from options to finished file; see run.h.  The order of things stands in
 * isn_run_sample(); everything below it is one of its steps. */
#include "invset/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "output.h"
#include "pool.h"
#include "progress.h"
#include "report.h"
#include "setup.h"
#include "stop.h"
#include "worker.h"

/* Everything that the work needs, on all ranks.  Collective. */
static isn_status_t open_run(run_t *run)
{
  ISN_TRY(setup_engine(run));
  isn_log_verbose("backend %s: %s", isn_backend_name(run->backend),
                  isn_backend_description(run->backend));
  if (isn_backend_advice(run->backend)[0])
    isn_log_warning("%s", isn_backend_advice(run->backend));
  ISN_TRY(isn_board_create(run->comm, N_BOARD, BOARD_STOP, &run->board));
  ISN_TRY(isn_run_file_open(run->comm, run->options->output.file, &run->layout, &run->file));
  ISN_TRY(output_share_states(run));
  isn_status_t status = ISN_OK;
  if (is_root(run)) {
    progress_begin(run);
    status = dispatch_open(run);
  }
  return isn_comm_agree(run->comm, status);
}

/* The pool, then all targets.  Collective. */
static isn_status_t sample_all(run_t *run)
{
  isn_log_info("%d targets, %d samples each in blocks of %d, %d ranks, batch %d, backend %s",
               run->targets.n, run->layout.n_slots, run->layout.block_size,
               isn_comm_size(run->comm), isn_engine_batch(run->engine),
               isn_backend_name(run->backend));
  ISN_TRY(pool_create(run, &run->pool));
  double began = run_clock();
  ISN_TRY(worker_run(run));
  return report_balance(run, run_clock() - began);
}

/* A run that accepted nothing at all has failed, and says so each time it is asked for.  A slice
 * has not: others may have, and its file is wanted in any case.  Nor has a method whose samples
 * need not be in the window. */
static isn_status_t judge_summaries(const run_t *run, const isn_run_summary_t *summaries)
{
  if (run->options->run.slice[1] > 0 || run_walks(run))
    return ISN_OK;
  for (int t = 0; t < run->targets.n; t++)
    if (summaries[t].n_accepted > 0)
      return ISN_OK;
  ISN_FAIL(ISN_ERR_NONE_ACCEPTED,
           "no sample was accepted: no target's window was reached; %s holds the best attempts",
           run->options->output.file);
}

/* The file was complete before.  Collective. */
static isn_status_t report_finished(const run_t *run)
{
  isn_run_reader_t *reader = NULL;
  isn_run_summary_t *summaries = NULL;
  bool complete;
  double pool_steps;
  isn_status_t status = ISN_OK;
  isn_log_info(
      "%s is complete already: nothing to do (--restart samples anew and keeps the old file)",
      run->options->output.file);
  if (is_root(run)) {
    ISN_TRY_GOTO(isn_alloc(&summaries, run->targets.n, "summaries"), agree);
    ISN_TRY_GOTO(isn_run_reader_open(run->options->output.file, &reader), agree);
    ISN_TRY_GOTO(isn_run_reader_summaries(reader, &complete, summaries, &pool_steps), agree);
    status = judge_summaries(run, summaries);
  }
agree:
  isn_run_reader_close(reader);
  free(summaries);
  return isn_comm_agree(run->comm, status);
}

/* Summaries and the mark that the file is complete, when all blocks are on disk.  Collective. */
static isn_status_t complete_file(run_t *run)
{
  isn_run_summary_t *summaries = NULL;
  float *nearest = NULL;
  double pool_steps = 0.5 * pool_size(run->pool);
  ISN_TRY(isn_comm_agree(run->comm, isn_run_file_sync(run->file)));
  isn_status_t status = ISN_OK;
  if (is_root(run)) {
    status = isn_alloc(&summaries, run->targets.n, "summaries");
    if (status == ISN_OK)
      status = isn_alloc(&nearest, (size_t)run->targets.n * (size_t)run->layout.max_neurons,
                         "nearest attempts");
    if (status == ISN_OK)
      status = report_summarise(run, summaries, nearest);
    if (status == ISN_OK)
      status = isn_run_file_write_summaries(run->file, summaries, pool_steps);
    if (status == ISN_OK) {
      report_run(run, summaries, nearest, pool_steps, dispatch_probe_steps(run));
      status = judge_summaries(run, summaries);
    }
    free(summaries);
    free(nearest);
  }
  return isn_comm_agree(run->comm, status);
}

/* Collective: the file and the board are. */
static isn_status_t close_run(run_t *run)
{
  isn_status_t status = isn_run_file_close(run->file);
  isn_status_t board = isn_board_destroy(run->board);
  status = status != ISN_OK ? status : board;
  if (is_root(run))
    isn_run_file_unlock(run->options->output.file);
  pool_destroy(run->pool);
  free(run->states);
  setup_clear(run);
  return status;
}

isn_status_t isn_run_sample(isn_comm_t *comm, const isn_run_options_t *options, bool restart)
{
  run_t run = {.comm = comm, .options = options};
  isn_run_path_state_t state;
  isn_status_t status, closed;
  ISN_TRY(isn_comm_agree(comm, stop_watch_begin()));
  ISN_TRY_GOTO(setup_run(&run), done);
  ISN_TRY_GOTO(output_prepare(&run, restart, &state), done);
  if (state == ISN_RUN_PATH_FINISHED) {
    status = report_finished(&run);
    goto done;
  }
  if (state == ISN_RUN_PATH_PARTIAL)
    isn_log_info("%s: going on from an earlier attempt", options->output.file);
  ISN_TRY_GOTO(open_run(&run), done);
  ISN_TRY_GOTO(sample_all(&run), done);
  status = complete_file(&run);
done:
  closed = close_run(&run);
  stop_watch_end();
  return status != ISN_OK ? status : isn_comm_agree(comm, closed);
}
