/* A whole run, from options to finished file; see run.h.  The order of things stands in
 * isn_run_sample(); everything below it is one of its steps. */
#include "invset/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "pool.h"
#include "progress.h"
#include "report.h"
#include "stop.h"
#include "worker.h"

/* Settings in typical lengths of a random code become lengths. */
static void set_problem(run_t *run)
{
  const isn_run_options_t *options = run->options;
  double length = options->sampling.start_deviation * sqrt((double)run->models.code_size);
  run->problem = (isn_problem_t){
      .code_size = run->models.code_size,
      .encoding_size = run->models.encoding_size,
      .code_min = run->code_min,
      .code_max = run->code_max,
      .rule = options->sampling.rule == ISN_RULE_CLASSIC ? ISN_STEP_CLASSIC : ISN_STEP_NEWTON,
      .step = options->sampling.step * length,
      .aim = options->sampling.aim,
      .newton_cap = options->sampling.newton_cap * length,
      .kick = options->sampling.kick * length,
      .patience = options->sampling.patience,
      .max_steps = options->sampling.max_steps,
      .max_starts = options->sampling.max_starts,
      .classic_step = options->sampling.classic_step * length,
      .classic_rho = options->sampling.classic_rho,
      .ascent_step = options->sampling.probe_step * length};
}

static isn_status_t read_bounds(run_t *run)
{
  const isn_run_options_t *options = run->options;
  int size = run->models.code_size;
  ISN_TRY(isn_alloc(&run->code_min, size, "bounds"));
  ISN_TRY(isn_alloc(&run->code_max, size, "bounds"));
  ISN_TRY(isn_code_bounds_expand(&options->sampling.code_min, "sampling.code_min", size,
                                 run->code_min));
  ISN_TRY(isn_code_bounds_expand(&options->sampling.code_max, "sampling.code_max", size,
                                 run->code_max));
  for (int k = 0; k < size; k++)
    if (!(run->code_min[k] < run->code_max[k]))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: code coordinate %d has bounds [%g, %g]; want code_min < code_max",
               options->path, k, (double)run->code_min[k], (double)run->code_max[k]);
  return ISN_OK;
}

/* What the file will hold.  Hashes and paths of the models are rank 0's alone. */
static isn_status_t set_layout(run_t *run)
{
  const isn_run_options_t *options = run->options;
  isn_run_layout_t *layout = &run->layout;
  *layout = (isn_run_layout_t){.n_targets = run->targets.n,
                               .n_slots = options->sampling.samples,
                               .block_size = options->sampling.block,
                               .code_size = run->models.code_size,
                               .encoding_size = run->models.encoding_size,
                               .with_encodings = options->output.encodings,
                               .channels = run->models.picture.c,
                               .height = run->models.picture.h,
                               .width = run->models.picture.w,
                               .max_neurons = run->targets.max_neurons,
                               .probe_starts =
                                   run->targets.any_relative ? options->sampling.probe_starts : 0,
                               .targets = run->targets.targets,
                               .n_models = run->models.n_files,
                               .config_text = options->text,
                               .settings = options->settings,
                               .program_version = (char *)ISN_VERSION,
                               .git_revision = (char *)ISN_GIT_REVISION};
  memcpy(layout->models, run->models.files, sizeof layout->models);
  return ISN_OK;
}

/* Look at the output, and create the file if there is none.  Collective. */
static isn_status_t prepare_file(run_t *run, bool restart, isn_run_path_state_t *state)
{
  const char *path = run->options->output.file;
  isn_status_t status = ISN_OK;
  *state = ISN_RUN_PATH_FREE;
  if (is_root(run)) {
    char *moved_to = NULL;
    if (restart)
      status = isn_run_file_set_aside(path, &moved_to);
    if (moved_to)
      isn_log_info("%s was there already and is %s now", path, moved_to);
    free(moved_to);
    if (status == ISN_OK)
      status = isn_run_file_inspect(path, &run->layout, state);
    if (status == ISN_OK && *state == ISN_RUN_PATH_FREE)
      status = isn_run_file_create(path, &run->layout);
  }
  ISN_TRY(isn_comm_agree(run->comm, status));
  return isn_comm_broadcast(run->comm, state, sizeof *state);
}

/* States of all blocks, as rank 0 finds them in the file.  Collective. */
static isn_status_t share_states(run_t *run)
{
  size_t n = (size_t)run->targets.n * (size_t)isn_run_n_blocks(&run->layout);
  isn_status_t status = isn_alloc(&run->states, n, "states of blocks");
  if (status == ISN_OK && is_root(run))
    status = isn_run_file_states(run->file, run->states);
  ISN_TRY(isn_comm_agree(run->comm, status));
  return isn_comm_broadcast(run->comm, run->states, n);
}

static isn_status_t open_backend(run_t *run)
{
  isn_status_t status = isn_backend_open(run->options->run.backend, &run->backend);
  if (status != ISN_OK)
    isn_error_prefix("%s: run.backend", run->options->path);
  return isn_comm_agree(run->comm, status);
}

/* Share of the memory that is free now which the ranks of a node take for their batches. */
static const double BATCH_MEMORY = 0.5;

/* As the config says, or as the free memory allows; at least a block, or the ascents of a probe. */
static isn_status_t limit_batch(const run_t *run, isn_batch_limits_t *limits)
{
  int least = run->layout.block_size > run->layout.probe_starts ? run->layout.block_size
                                                                : run->layout.probe_starts;
  int wanted = run->options->run.batch, full = isn_backend_full_batch(run->backend);
  size_t bytes;
  if (wanted > 0) {
    *limits = isn_batch_exactly(wanted > least ? wanted : least);
    return ISN_OK;
  }
  ISN_TRY(isn_backend_memory(run->backend, &bytes));
  bytes = (size_t)(BATCH_MEMORY * (double)bytes / isn_comm_local_size(run->comm));
  *limits = (isn_batch_limits_t){least, full > least ? full : least, bytes, 0};
  return ISN_OK;
}

/* Nets of this rank.  Collective: all ranks look at the free memory before one takes some. */
static isn_status_t open_engine(run_t *run)
{
  isn_batch_limits_t limits;
  const char **blobs = NULL;
  isn_status_t status = limit_batch(run, &limits);
  if (status == ISN_OK)
    status = isn_alloc(&blobs, run->targets.n_blobs, "blob names");
  status = isn_comm_agree(run->comm, status);
  for (int b = 0; b < run->targets.n_blobs && status == ISN_OK; b++)
    blobs[b] = run->targets.blobs[b];
  if (status == ISN_OK)
    status = isn_engine_open(run->backend, &run->models, run->targets.n_blobs, blobs, limits,
                             &run->engine);
  free(blobs);
  return isn_comm_agree(run->comm, status);
}

/* Everything that the work needs, on all ranks.  Collective. */
static isn_status_t open_run(run_t *run)
{
  ISN_TRY(open_engine(run));
  isn_log_verbose("backend %s: %s", isn_backend_name(run->backend),
                  isn_backend_description(run->backend));
  if (isn_backend_advice(run->backend)[0])
    isn_log_warning("%s", isn_backend_advice(run->backend));
  ISN_TRY(isn_board_create(run->comm, N_BOARD, BOARD_STOP, &run->board));
  ISN_TRY(isn_run_file_open(run->comm, run->options->output.file, &run->layout, &run->file));
  ISN_TRY(share_states(run));
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

/* A run that accepted nothing at all has failed, and says so each time it is asked for. */
static isn_status_t judge_summaries(const run_t *run, const isn_run_summary_t *summaries)
{
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
  double pool_steps = 0.5 * pool_size(run->pool);
  ISN_TRY(isn_comm_agree(run->comm, isn_run_file_sync(run->file)));
  isn_status_t status = ISN_OK;
  if (is_root(run)) {
    status = isn_alloc(&summaries, run->targets.n, "summaries");
    if (status == ISN_OK)
      status = report_summarise(run, summaries);
    if (status == ISN_OK)
      status = isn_run_file_write_summaries(run->file, summaries, pool_steps);
    if (status == ISN_OK) {
      report_run(run, summaries, pool_steps, dispatch_probe_steps(run));
      status = judge_summaries(run, summaries);
    }
    free(summaries);
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
  isn_engine_close(run->engine);
  isn_backend_close(run->backend);
  dispatch_close(run);
  free(run->states);
  free(run->code_min);
  free(run->code_max);
  isn_targets_clear(&run->targets);
  isn_models_clear(&run->models);
  return status;
}

/* Backend, models, targets, bounds, layout: all that can be said before the file is looked at, so
 * that a run that cannot begin leaves none.  Collective. */
static isn_status_t plan_run(run_t *run)
{
  ISN_TRY(open_backend(run));
  ISN_TRY(isn_models_load(run->comm, run->options, &run->models));
  ISN_TRY(isn_targets_resolve(run->comm, run->options, &run->models, &run->targets));
  ISN_TRY(isn_comm_agree(run->comm, read_bounds(run)));
  set_problem(run);
  return set_layout(run);
}

isn_status_t isn_run_sample(isn_comm_t *comm, const isn_run_options_t *options, bool restart)
{
  run_t run = {.comm = comm, .options = options};
  isn_run_path_state_t state;
  isn_status_t status, closed;
  ISN_TRY(isn_comm_agree(comm, stop_watch_begin()));
  ISN_TRY_GOTO(plan_run(&run), done);
  ISN_TRY_GOTO(prepare_file(&run, restart, &state), done);
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
