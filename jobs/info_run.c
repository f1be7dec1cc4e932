/** @file info_run.c
 *  Shows a run file: what it is about, how far it is, and each target's result.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accepted.h"
#include "info.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "run_text.h"

typedef struct {
  isn_run_reader_t *reader;
  const isn_run_layout_t *layout; /* borrowed from reader */
  unsigned char *states;          /* (T, B) */
  isn_run_summary_t *summaries;   /* (T); n_accepted and status also during a run */
  bool complete;
  double pool_steps; /* NaN before the end */
} run_t;

/* Before the end there are no summaries, so accepted samples are counted from the blocks. */
static isn_status_t read_run(const char *path, run_t *run)
{
  ISN_TRY(isn_run_reader_open(path, &run->reader));
  run->layout = isn_run_reader_layout(run->reader);
  size_t n_targets = (size_t)run->layout->n_targets;
  ISN_TRY(isn_alloc(&run->states, n_targets * (size_t)isn_run_n_blocks(run->layout),
                    "states of blocks"));
  ISN_TRY(isn_alloc(&run->summaries, n_targets, "summaries of targets"));
  ISN_TRY(isn_run_reader_summaries(run->reader, &run->complete, run->summaries, &run->pool_steps));
  ISN_TRY(isn_run_reader_states(run->reader, run->states));
  for (int t = 0; !run->complete && t < run->layout->n_targets; t++)
    ISN_TRY(isn_accepted_count(run->reader, run->states, t, &run->summaries[t].n_accepted));
  return ISN_OK;
}

static void close_run(run_t *run)
{
  isn_run_reader_close(run->reader);
  free(run->states);
  free(run->summaries);
}

/* Blocks without a record; lost: those of targets that were filled.  Targets out of reach are left
 * early, so theirs may be missing. */
static size_t count_missing(const run_t *run, size_t *lost)
{
  size_t n_blocks = (size_t)isn_run_n_blocks(run->layout), n = 0;
  *lost = 0;
  for (size_t i = 0; i < n_blocks * (size_t)run->layout->n_targets; i++)
    if (run->states[i] == ISN_BLOCK_EMPTY) {
      n++;
      *lost += run->complete && run->summaries[i / n_blocks].status == ISN_TARGET_FULL;
    }
  return n;
}

static void print_head(const run_t *run, const char *path)
{
  const isn_run_layout_t *layout = run->layout;
  size_t n_states = (size_t)layout->n_targets * (size_t)isn_run_n_blocks(layout), lost;
  size_t n_done = n_states - count_missing(run, &lost);
  printf("run file %s, made by invset %s (revision %s)\n", path, layout->program_version,
         layout->git_revision);
  printf("%s: %zu of %zu blocks finished\n", run->complete ? "complete" : "not complete", n_done,
         n_states);
  if (lost > 0)
    isn_log_warning("%s is complete, but the records of %zu blocks are missing or damaged", path,
                    lost);
  printf("%d targets, %d samples each, in blocks of %d\n", layout->n_targets, layout->n_slots,
         layout->block_size);
  printf("code of %d numbers, ", layout->code_size);
  if (layout->with_encodings)
    printf("encoding of %d, ", layout->encoding_size);
  else
    printf("encodings not stored, ");
  printf("%s picture of %d x %d pixels\n", layout->channels == 3 ? "RGB" : "grey", layout->width,
         layout->height);
}

static void print_models(const isn_run_layout_t *layout)
{
  printf("\nmodels:\n");
  for (int i = 0; i < layout->n_models; i++)
    printf("  %-18s  sha256 %s  %s\n", layout->models[i].role, layout->models[i].sha256,
           layout->models[i].path);
}

/* "-" for what is not known yet, or does not exist without accepted samples. */
static const char *number_or_dash(double value, const char *format, char out[32])
{
  if (isfinite(value))
    snprintf(out, 32, format, value);
  else
    snprintf(out, 32, "-");
  return out;
}

/* Costs and means are known at the end of a run only. */
static void print_target(const run_t *run, int t, int width)
{
  const isn_run_summary_t *summary = &run->summaries[t];
  char text[ISN_RUN_TEXT_BYTES], accepted[32], mean[32], deviation[32], steps[32];
  double per_sample = run->complete ? summary->steps / summary->n_accepted : (double)NAN;
  double mean_f = run->complete ? summary->activation_mean : (double)NAN;
  double std_f = run->complete ? summary->activation_std : (double)NAN;
  isn_run_text_target(&run->layout->targets[t], text);
  snprintf(accepted, sizeof accepted, "%d / %d", summary->n_accepted, run->layout->n_slots);
  printf("%-*s  %15s  %12s  %9s  %9s  %s", width, text, accepted,
         number_or_dash(per_sample, "%.1f", steps), number_or_dash(mean_f, "%.4g", mean),
         number_or_dash(std_f, "%.3g", deviation), isn_run_text_status(summary->status));
  if (summary->status == ISN_TARGET_PARTLY || summary->status == ISN_TARGET_NOT_REACHED)
    printf(" (nearest activation %.4g)", summary->best_activation);
  printf("\n");
}

static void print_targets(const run_t *run)
{
  int width = (int)strlen("target");
  char text[ISN_RUN_TEXT_BYTES];
  for (int t = 0; t < run->layout->n_targets; t++) {
    isn_run_text_target(&run->layout->targets[t], text);
    width = (int)strlen(text) > width ? (int)strlen(text) : width;
  }
  printf("\n%-*s  %15s  %12s  %9s  %9s  status\n", width, "target", "accepted", "steps/sample",
         "mean f", "std f");
  for (int t = 0; t < run->layout->n_targets; t++)
    print_target(run, t, width);
}

static void print_totals(const run_t *run)
{
  long long n_accepted = 0;
  double steps = run->pool_steps;
  for (int t = 0; t < run->layout->n_targets; t++) {
    n_accepted += run->summaries[t].n_accepted;
    steps += run->summaries[t].steps;
  }
  printf("\ntotal: %lld of %lld samples accepted", n_accepted,
         (long long)run->layout->n_targets * run->layout->n_slots);
  if (run->complete)
    printf("; %.0f sample-steps, %.0f of them for the pool of starts", steps, run->pool_steps);
  if (run->complete && n_accepted > 0)
    printf("; %.1f per accepted sample", steps / (double)n_accepted);
  printf("\n");
}

isn_status_t isn_info_run(const char *path, bool with_config)
{
  isn_status_t status = ISN_OK;
  run_t run = {0};
  ISN_TRY_GOTO(read_run(path, &run), done);
  print_head(&run, path);
  print_models(run.layout);
  print_targets(&run);
  print_totals(&run);
  if (with_config)
    printf("\nconfig:\n%s\n", run.layout->config_text);
done:
  close_run(&run);
  return status;
}
