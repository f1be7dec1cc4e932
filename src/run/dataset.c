/* The pictures of a data set as a run file; see dataset.h.  The order of things stands in
 * isn_run_dataset(); everything above it is one of its steps. */
#include "invset/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "output.h"
#include "report.h"
#include "scan.h"
#include "scan_report.h"
#include "setup.h"
#include "stop.h"
#include "worker.h"

static const char IMAGES[] = "dataset.images", METHOD[] = "dataset";

typedef struct {
  run_t run;
  isn_run_options_t options; /* the caller's, but for the name of the output */
  isn_picture_set_t *set;
  isn_picture_nets_t *nets;
  scanner_t scanner;
  scan_t scan;
  char *settings; /* of the layout, owned */
  isn_run_path_state_t state;
} job_t;

bool isn_run_is_dataset(const isn_run_layout_t *layout)
{
  return strcmp(layout->method, METHOD) == 0;
}

/* --- before the pictures are looked at --- */

static isn_status_t check_options(const isn_run_options_t *options)
{
  if (options->dataset.images.n == 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s is missing, want an IDX file, a folder of PNG and JPEG files, or a list of "
             "such",
             options->path, IMAGES);
  if (options->run.slice[1] > 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: run.slice is for sampling; a data set is looked through once for all targets: "
             "leave it out",
             options->path);
  return ISN_OK;
}

static isn_status_t check_windows(const run_t *run)
{
  for (int t = 0; t < run->targets.n; t++)
    if (isn_targets_is_relative(&run->targets, t))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: target %d '%s' has a window relative to its reach, which only sampling finds: "
               "give it a `window` or a `table` (the windows are in the sample run's file)",
               run->options->path, t, run->targets.targets[t].label);
  return ISN_OK;
}

/* Every rank opens the set for itself; all must see the same.  Collective. */
static isn_status_t open_set(job_t *job)
{
  const isn_strings_t *images = &job->options.dataset.images;
  char digest[ISN_SHA256_TEXT] = "";
  isn_comm_t *comm = job->run.comm;
  ISN_TRY(
      isn_comm_agree(comm, isn_picture_set_open(IMAGES, images->n,
                                                (const char *const *)images->values, &job->set)));
  memcpy(digest, isn_picture_set_digest(job->set), sizeof digest);
  ISN_TRY(isn_comm_broadcast(comm, digest, sizeof digest));
  isn_status_t status = ISN_OK;
  if (strcmp(digest, isn_picture_set_digest(job->set)) != 0)
    status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__,
                           "%s: '%s' ... has other files on %s than on rank 0's host; want one "
                           "data set for all ranks",
                           IMAGES, images->values[0], isn_comm_host(comm));
  return isn_comm_agree(comm, status);
}

/* The settings that pictures depend on: those of the data set and, of the run's, all but how it
 * samples.  Sorted, as these are. */
static isn_status_t make_settings(job_t *job)
{
  const char *line = job->options.settings;
  const size_t bytes = strlen(line) + 256;
  ISN_TRY(isn_alloc(&job->settings, bytes, "text of the settings"));
  size_t n = (size_t)snprintf(job->settings, bytes, "%s = sha256 %s\ndataset.most = %d\n", IMAGES,
                              isn_picture_set_digest(job->set), job->options.dataset.most);
  while (*line) {
    const size_t length = strcspn(line, "\n") + 1;
    if (strncmp(line, "sampling.", strlen("sampling.")) != 0) {
      memcpy(job->settings + n, line, length);
      n += length;
    }
    line += length;
  }
  job->settings[n] = '\0';
  return ISN_OK;
}

static void set_slots(job_t *job, int n_slots)
{
  job->run.layout.n_slots = n_slots;
  job->run.layout.block_size = n_slots < SCAN_BATCH ? n_slots : SCAN_BATCH;
}

static isn_status_t set_layout(job_t *job)
{
  ISN_TRY(make_settings(job));
  job->run.layout.settings = job->settings;
  job->run.layout.method = (char *)METHOD;
  return ISN_OK;
}

/* How many slots a file has is known only when the pictures were looked at; a file that is there
 * says so itself.  Rank 0; local. */
static void take_slots_of_file(job_t *job)
{
  isn_run_reader_t *reader = NULL;
  set_slots(job, 1);
  /* One that cannot be read is for isn_run_file_inspect() to refuse, with its reasons. */
  if (access(job->options.output.file, F_OK) != 0 ||
      isn_run_reader_open(job->options.output.file, &reader) != ISN_OK)
    return;
  set_slots(job, isn_run_reader_layout(reader)->n_slots);
  isn_run_reader_close(reader);
}

/* Collective. */
static isn_status_t look_at_output(job_t *job, bool restart)
{
  run_t *run = &job->run;
  isn_status_t status = ISN_OK;
  if (is_root(run)) {
    if (restart)
      status = output_set_aside(run);
    if (status == ISN_OK) {
      take_slots_of_file(job);
      status = isn_run_file_inspect(run->options->output.file, &run->layout, &job->state);
    }
  }
  ISN_TRY(isn_comm_agree(run->comm, status));
  ISN_TRY(isn_comm_broadcast(run->comm, &run->layout.n_slots, sizeof run->layout.n_slots));
  set_slots(job, run->layout.n_slots);
  return isn_comm_broadcast(run->comm, &job->state, sizeof job->state);
}

static isn_status_t open_nets(job_t *job)
{
  run_t *run = &job->run;
  const char **blobs = NULL;
  ISN_TRY(isn_alloc(&blobs, run->targets.n_blobs, "blob names"));
  for (int b = 0; b < run->targets.n_blobs; b++)
    blobs[b] = run->targets.blobs[b];
  isn_status_t status = isn_picture_nets_open(run->backend, &run->models, run->targets.n_blobs,
                                              blobs, SCAN_BATCH, &job->nets);
  free(blobs);
  return status;
}

/* --- when they have been looked at --- */

/* Collective. */
static isn_status_t open_file(job_t *job)
{
  run_t *run = &job->run;
  const char *path = run->options->output.file;
  int n_slots = 1;
  isn_status_t status = ISN_OK;
  for (int t = 0; t < job->scan.n_targets; t++)
    n_slots = job->scan.targets[t].n > n_slots ? job->scan.targets[t].n : n_slots;
  if (job->state == ISN_RUN_PATH_PARTIAL && n_slots != run->layout.n_slots)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the pictures have changed since '%s' was begun: it has room for %d of a target, "
             "now there are %d; begin anew with --restart",
             IMAGES, path, run->layout.n_slots, n_slots);
  set_slots(job, n_slots);
  if (is_root(run) && job->state == ISN_RUN_PATH_FREE)
    status = isn_run_file_create(path, &run->layout);
  ISN_TRY(isn_comm_agree(run->comm, status));
  ISN_TRY(isn_run_file_open(run->comm, path, &run->layout, &run->file));
  return output_share_states(run);
}

/* What a slot holds beside its picture, also if there is none. */
static void blank_slot(const isn_run_layout_t *layout, int i, isn_run_block_t *block)
{
  for (int d = 0; d < layout->code_size; d++)
    block->code[(size_t)i * (size_t)layout->code_size + (size_t)d] = NAN;
  for (int e = 0; e < layout->encoding_size; e++)
    block->encoding[(size_t)i * (size_t)layout->encoding_size + (size_t)e] = NAN;
  for (int k = 0; k < layout->max_neurons; k++)
    block->activation[i * layout->max_neurons + k] = NAN;
  block->status[i] = ISN_SAMPLE_EMPTY;
  block->steps[i] = NAN;
  block->chain[i] = block->chain_block[i] = block->restarts[i] = -1;
}

/* No sample-step was spent: neither a generator nor a gradient. */
static isn_status_t fill_slot(const job_t *job, int t, int64_t number, int i,
                              isn_run_block_t *block)
{
  const isn_run_layout_t *layout = &job->run.layout;
  const size_t size = (size_t)layout->encoding_size;
  float *activation = block->activation + i * layout->max_neurons;
  if (scan_activation(&job->scanner, t, i, activation) > 0.0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: picture %" PRId64 " was in the window of target %d and is not any more: the "
             "pictures must not change meanwhile",
             IMAGES, number, t);
  memcpy(block->encoding + (size_t)i * size, isn_picture_nets_encoding(job->nets, i),
         size * sizeof *block->encoding);
  block->status[i] = ISN_SAMPLE_ACCEPTED;
  block->steps[i] = 0.0F;
  block->chain_block[i] = block->restarts[i] = 0;
  return ISN_OK;
}

static isn_status_t fill_block(const job_t *job, int t, int b, isn_run_block_t *block)
{
  const isn_run_layout_t *layout = &job->run.layout;
  const found_t *found = &job->scan.targets[t];
  const size_t n_bytes = isn_shape_count(job->run.models.picture);
  const int first = b * layout->block_size;
  const int n = found->n - first < block->n ? found->n - first : block->n;
  for (int i = 0; i < block->n; i++)
    blank_slot(layout, i, block);
  for (int i = 0; i < n; i++)
    ISN_TRY(isn_picture_set_read(job->set, found->numbers[first + i], &job->scanner.size,
                                 block->image + (size_t)i * n_bytes));
  ISN_TRY(isn_picture_nets_run(job->nets, n, block->image, true));
  for (int i = 0; i < n; i++)
    ISN_TRY(fill_slot(job, t, found->numbers[first + i], i, block));
  return ISN_OK;
}

static isn_status_t write_block(const job_t *job, int t, int b)
{
  const isn_run_layout_t *layout = &job->run.layout;
  isn_run_block_t block = {0};
  const double began = run_clock();
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, b), &block));
  isn_status_t status = fill_block(job, t, b, &block);
  if (status == ISN_OK)
    status = isn_run_file_write_block(job->run.file, t, b, &block, run_clock() - began);
  isn_run_block_free(&block);
  return status;
}

/* This rank's blocks: they are dealt out in turn.  Blocks that hold no picture are not written. */
static isn_status_t write_blocks(const job_t *job)
{
  const run_t *run = &job->run;
  const int size = isn_comm_size(run->comm), rank = isn_comm_rank(run->comm);
  int64_t turn = 0;
  for (int t = 0; t < run->targets.n; t++)
    for (int b = 0; b * run->layout.block_size < job->scan.targets[t].n; b++) {
      if (*block_state(run, t, b) != ISN_BLOCK_EMPTY || turn++ % size != rank)
        continue;
      ISN_TRY(worker_check_stop(run));
      ISN_TRY(write_block(job, t, b));
    }
  return ISN_OK;
}

/* Summaries and the mark that the file is complete, when all blocks are on disk.  Collective. */
static isn_status_t complete_file(job_t *job)
{
  run_t *run = &job->run;
  isn_run_summary_t *summaries = NULL;
  float *nearest = NULL;
  size_t n = (size_t)run->targets.n;
  ISN_TRY(isn_comm_agree(run->comm, isn_run_file_sync(run->file)));
  isn_status_t status = ISN_OK;
  if (is_root(run)) {
    status = isn_alloc(&summaries, n, "summaries");
    if (status == ISN_OK)
      status = isn_alloc(&nearest, n * (size_t)run->layout.max_neurons, "nearest pictures");
    if (status == ISN_OK)
      status = report_summarise(run, summaries, nearest);
    for (int t = 0; status == ISN_OK && t < run->targets.n; t++)
      if (summaries[t].n_accepted == 0)
        summaries[t].best_activation = job->scan.targets[t].activation;
    if (status == ISN_OK)
      status = isn_run_file_write_summaries(run->file, summaries, 0.0);
    if (status == ISN_OK)
      status = scan_report(run, &job->scan);
    free(summaries);
    free(nearest);
  }
  return isn_comm_agree(run->comm, status);
}

/* --- the whole --- */

/* All that can be said before pictures are looked at.  Collective. */
static isn_status_t prepare(job_t *job, bool restart)
{
  run_t *run = &job->run;
  ISN_TRY(check_options(&job->options));
  ISN_TRY(setup_run(run));
  ISN_TRY(check_windows(run));
  ISN_TRY(open_set(job));
  ISN_TRY(isn_comm_agree(run->comm, set_layout(job)));
  return look_at_output(job, restart);
}

/* Collective. */
static isn_status_t work(job_t *job)
{
  run_t *run = &job->run;
  ISN_TRY(isn_comm_agree(run->comm, open_nets(job)));
  ISN_TRY(isn_board_create(run->comm, N_BOARD, BOARD_STOP, &run->board));
  job->scanner.run = run;
  job->scanner.set = job->set;
  job->scanner.size = isn_models_picture_size(&run->models);
  job->scanner.nets = job->nets;
  isn_log_info("%lld pictures, %d targets, %d ranks, backend %s",
               (long long)isn_picture_set_count(job->set), run->targets.n, isn_comm_size(run->comm),
               isn_backend_name(run->backend));
  ISN_TRY(scan_pictures(&job->scanner, &job->scan));
  ISN_TRY(open_file(job));
  ISN_TRY(worker_agree(run, write_blocks(job)));
  return complete_file(job);
}

/* Collective: the file and the board are. */
static isn_status_t close_job(job_t *job)
{
  run_t *run = &job->run;
  isn_status_t status = isn_run_file_close(run->file);
  isn_status_t board = isn_board_destroy(run->board);
  if (is_root(run) && job->options.output.file)
    isn_run_file_unlock(job->options.output.file);
  scan_clear(&job->scan);
  isn_picture_nets_close(job->nets);
  isn_picture_set_close(job->set);
  free(run->states);
  setup_clear(run);
  free(job->settings);
  return status != ISN_OK ? status : board;
}

isn_status_t isn_run_dataset(isn_comm_t *comm, const isn_run_options_t *options, bool restart)
{
  job_t job = {.options = *options};
  job.run = (run_t){.comm = comm, .options = &job.options};
  char *file = NULL;
  isn_status_t status, closed;
  ISN_TRY(isn_comm_agree(comm, isn_file_name_insert(options->output.file, ".dataset", &file)));
  job.options.output.file = file;
  ISN_TRY_GOTO(isn_comm_agree(comm, stop_watch_begin()), done);
  ISN_TRY_GOTO(prepare(&job, restart), done);
  if (job.state == ISN_RUN_PATH_FINISHED)
    isn_log_info("%s is complete already: nothing to do (--restart makes it anew and keeps the old "
                 "file)",
                 file);
  else
    status = work(&job);
done:
  closed = close_job(&job);
  stop_watch_end();
  status = status != ISN_OK ? status : isn_comm_agree(comm, closed);
  free(file);
  return status;
}
