/* A whole run, from options to finished file; see run.h.  The order of things stands in
 * isn_run_sample(); everything below it is one of its steps. */
#include "invset/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "phases.h"
#include "pool.h"
#include "progress.h"
#include "stop.h"
#include "worker.h"

static bool is_root(const run_t *run)
{
  return isn_comm_rank(run->comm) == 0;
}

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
      .classic_rho = options->sampling.classic_rho};
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
  isn_run_reader_t *reader = NULL;
  isn_status_t status = isn_alloc(&run->states, n, "states of blocks");
  if (status == ISN_OK && is_root(run))
    status = isn_run_reader_open(run->options->output.file, &reader);
  if (status == ISN_OK && is_root(run))
    status = isn_run_reader_states(reader, run->states);
  isn_run_reader_close(reader);
  ISN_TRY(isn_comm_agree(run->comm, status));
  return isn_comm_broadcast(run->comm, run->states, n);
}

static isn_status_t alloc_seeds(run_t *run)
{
  ISN_TRY(isn_alloc(&run->seeds, run->targets.n, "seeds"));
  for (int t = 0; t < run->targets.n; t++)
    ISN_TRY(isn_moments_alloc(run->models.encoding_size, &run->seeds[t]));
  return ISN_OK;
}

static isn_status_t open_backend(run_t *run)
{
  isn_status_t status = isn_backend_open(run->options->run.backend, &run->backend);
  if (status != ISN_OK)
    isn_error_prefix("%s: run.backend", run->options->path);
  return isn_comm_agree(run->comm, status);
}

/* Nets of this rank.  Local. */
static isn_status_t open_engine(run_t *run)
{
  const isn_run_options_t *options = run->options;
  const char **blobs = NULL;
  int batch =
      options->run.batch > options->sampling.block ? options->run.batch : options->sampling.block;
  ISN_TRY(isn_alloc(&blobs, run->targets.n_blobs, "blob names"));
  for (int b = 0; b < run->targets.n_blobs; b++)
    blobs[b] = run->targets.blobs[b];
  isn_status_t status =
      isn_engine_open(run->backend, &run->models, run->targets.n_blobs, blobs, batch, &run->engine);
  free(blobs);
  return status;
}

/* Everything that the phases need, on all ranks.  Collective. */
static isn_status_t open_run(run_t *run)
{
  isn_status_t status = open_engine(run);
  if (status == ISN_OK)
    status = alloc_seeds(run);
  ISN_TRY(isn_comm_agree(run->comm, status));
  isn_log_verbose("backend %s: %s", isn_backend_name(run->backend),
                  isn_backend_description(run->backend));
  ISN_TRY(share_states(run));
  if (is_root(run))
    progress_begin(run);
  ISN_TRY(isn_board_create(run->comm, N_BOARD, BOARD_STOP, &run->board));
  return isn_run_file_open(run->comm, run->options->output.file, &run->layout, &run->file);
}

static isn_status_t open_reader(run_t *run)
{
  return isn_comm_agree(run->comm, isn_run_reader_open(run->options->output.file, &run->reader));
}

/* Pool, seeds, chains.  Collective. */
static isn_status_t sample_all(run_t *run)
{
  isn_log_info("%d targets, %d samples each in blocks of %d, %d ranks, batch %d, backend %s",
               run->targets.n, run->layout.n_slots, run->layout.block_size,
               isn_comm_size(run->comm), isn_engine_batch(run->engine),
               isn_backend_name(run->backend));
  ISN_TRY(pool_create(run, &run->pool));
  ISN_TRY(phase_seeds(run));
  ISN_TRY(open_reader(run));
  ISN_TRY(phase_broadcast_seeds(run));
  return phase_chains(run);
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
      status = progress_summarise(run, summaries);
    if (status == ISN_OK)
      status = isn_run_file_write_summaries(run->file, summaries, pool_steps);
    if (status == ISN_OK) {
      progress_report(run, summaries, pool_steps);
      status = judge_summaries(run, summaries);
    }
    free(summaries);
  }
  return isn_comm_agree(run->comm, status);
}

/* Collective: the file and the board are. */
static isn_status_t close_run(run_t *run)
{
  isn_run_reader_close(run->reader);
  isn_status_t status = isn_run_file_close(run->file);
  isn_status_t board = isn_board_destroy(run->board);
  status = status != ISN_OK ? status : board;
  if (is_root(run))
    isn_run_file_unlock(run->options->output.file);
  pool_destroy(run->pool);
  isn_engine_close(run->engine);
  isn_backend_close(run->backend);
  for (int t = 0; t < run->targets.n && run->seeds; t++)
    isn_moments_free(&run->seeds[t]);
  free(run->seeds);
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
