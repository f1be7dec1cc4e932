/** @file info_run.c
 *  Shows a run file: what it is about, how far it is, and each target's result.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "invset/target_words.h"
#include "invset/targets.h"
#include "run_text.h"
#include "samples.h"

typedef struct {
  isn_run_reader_t *reader;
  const isn_run_layout_t *layout; /* borrowed from reader */
  unsigned char *states;          /* (T, B) */
  isn_run_summary_t *summaries;   /* (T); n_accepted and status also during a run */
  bool complete;
  double pool_steps;  /* NaN before the end */
  bool *probed;       /* (T) whether the reach is known; NULL without a probe, like reaches */
  float *reaches;     /* (T, M) largest activation that an ascent reached, NaN if none was finite */
  double probe_steps; /* of the reaches that are known */
  float *nearest;     /* (T, M) what the slot nearest to all windows holds; of targets that were not
                         filled, when the run is complete; NaN if there is none */
} run_t;

enum { TARGET_MOST_WIDTH = 64, REACH_MOST_WIDTH = 24 }; /* longer texts shift their own row only */
static const char OUT_OF_REACH[] = "out of reach", NOT_PROBED[] = "reach not known yet";

static isn_status_t read_reach(run_t *run, int t)
{
  const int n = run->layout->targets[t].n_neurons, r = run->layout->probe_starts;
  float *best = run->reaches + (size_t)t * (size_t)run->layout->max_neurons;
  isn_run_reach_t reach;
  ISN_TRY(isn_run_reach_alloc(run->layout, n, &reach));
  isn_status_t status = isn_run_reader_reach(run->reader, t, &reach, &run->probed[t]);
  if (status == ISN_OK && run->probed[t]) {
    run->probe_steps += (double)reach.steps;
    for (int k = 0; k < n; k++) {
      best[k] = NAN;
      for (int i = 0; i < r; i++)
        best[k] = fmaxf(best[k], reach.activation[k * r + i]);
    }
  }
  isn_run_reach_free(&reach);
  return status;
}

static isn_status_t read_reaches(run_t *run)
{
  const size_t n_targets = (size_t)run->layout->n_targets;
  if (run->layout->probe_starts == 0)
    return ISN_OK;
  ISN_TRY(isn_alloc(&run->probed, n_targets, "list of known reaches"));
  ISN_TRY(isn_alloc(&run->reaches, n_targets * (size_t)run->layout->max_neurons, "reaches"));
  for (int t = 0; t < run->layout->n_targets; t++)
    ISN_TRY(read_reach(run, t));
  return ISN_OK;
}

/* Whether a target has less than was sought, and how near it came is worth a word. */
static bool is_missed(const run_t *run, int t)
{
  const isn_target_status_t status = run->summaries[t].status;
  return status == ISN_TARGET_NOT_REACHED ||
         (status == ISN_TARGET_PARTLY && !isn_run_keeps_outside(run->layout));
}

static float *nearest_of(const run_t *run, int t)
{
  return run->nearest + (size_t)t * (size_t)run->layout->max_neurons;
}

/* How near to all windows at once the targets came that were not filled. */
static isn_status_t read_nearest(run_t *run)
{
  const size_t n = (size_t)run->layout->n_slots, m = (size_t)run->layout->max_neurons;
  unsigned char *status_of = NULL;
  float *activation = NULL, *steps = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&run->nearest, (size_t)run->layout->n_targets * m, "nearest attempts"),
               done);
  ISN_TRY_GOTO(isn_alloc(&status_of, n, "status of samples"), done);
  ISN_TRY_GOTO(isn_alloc(&activation, n * m, "activations"), done);
  ISN_TRY_GOTO(isn_alloc(&steps, n, "steps of samples"), done);
  for (int t = 0; t < run->layout->n_targets; t++) {
    if (!is_missed(run, t))
      continue;
    ISN_TRY_GOTO(isn_run_reader_samples(run->reader, t, status_of, activation, steps), done);
    int slot = isn_target_nearest(&run->layout->targets[t], (int)n, status_of, activation, (int)m);
    for (size_t k = 0; k < m; k++)
      nearest_of(run, t)[k] = slot >= 0 ? activation[(size_t)slot * m + k] : NAN;
  }
done:
  free(status_of);
  free(activation);
  free(steps);
  return status;
}

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
    ISN_TRY(isn_samples_count_accepted(run->reader, run->states, t, &run->summaries[t].n_accepted));
  ISN_TRY(read_nearest(run));
  return read_reaches(run);
}

static void close_run(run_t *run)
{
  isn_run_reader_close(run->reader);
  free(run->states);
  free(run->summaries);
  free(run->probed);
  free(run->reaches);
  free(run->nearest);
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
  printf("run file %s, made by invset %s (revision %s), method %s\n", path, layout->program_version,
         layout->git_revision, layout->method);
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

/* Of the columns that are as wide as what is in them. */
typedef struct {
  int target, reach;
} widths_t;

static int wider(int width, const char *text, int most)
{
  const int length = strlen(text) < (size_t)most ? (int)strlen(text) : most;
  return length > width ? length : width;
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

/* How a target ended or where it is.  One without a window waits for its reach, or has a reach that
 * no window can be a share of. */
static const char *outcome(const run_t *run, int t)
{
  const isn_run_target_t *target = &run->layout->targets[t];
  const bool probed = run->probed && run->probed[t];
  const float *reaches =
      probed ? run->reaches + (size_t)t * (size_t)run->layout->max_neurons : NULL;
  bool no_window = false, reached = probed;
  for (int k = 0; k < target->n_neurons; k++) {
    const bool none = isnan(target->windows[k][0]) || isnan(target->windows[k][1]);
    no_window = no_window || none;
    reached = reached && (!none || reaches[k] > 0.0f);
  }
  if (no_window && (run->complete || (probed && !reached)))
    return OUT_OF_REACH;
  if (no_window && !probed)
    return NOT_PROBED;
  return isn_run_text_status(run->summaries[t].status, isn_run_keeps_outside(run->layout));
}

/* "31.2 and 4.5", one number for each neuron. */
static void reach_text(const run_t *run, int t, char out[ISN_RUN_TEXT_BYTES])
{
  const float *reaches = run->reaches + (size_t)t * (size_t)run->layout->max_neurons;
  size_t used = 0;
  snprintf(out, ISN_RUN_TEXT_BYTES, "-");
  for (int k = 0; run->probed[t] && k < run->layout->targets[t].n_neurons; k++) {
    char number[32];
    if (used < ISN_RUN_TEXT_BYTES)
      used += (size_t)snprintf(out + used, ISN_RUN_TEXT_BYTES - used, "%s%s", k ? " and " : "",
                               number_or_dash((double)reaches[k], "%.4g", number));
  }
}

static void print_nearest(const run_t *run, int t)
{
  const isn_run_target_t *target = &run->layout->targets[t];
  char attempt[ISN_RUN_TEXT_BYTES];
  if (target->n_neurons == 1) {
    printf(" (nearest %s %.4g)",
           target->quantities[0] == ISN_QUANTITY_PROBABILITY ? "probability" : "activation",
           run->summaries[t].best_activation);
    return;
  }
  isn_target_attempt_words(target, nearest_of(run, t), attempt, sizeof attempt);
  printf(" (nearest %s: %s)", isn_run_keeps_outside(run->layout) ? "sample" : "attempt", attempt);
}

/* Costs and means are known at the end of a run only. */
static void print_target(const run_t *run, int t, const widths_t *widths)
{
  const isn_run_summary_t *summary = &run->summaries[t];
  char text[ISN_RUN_TEXT_BYTES], accepted[32], mean[32], deviation[32], steps[32];
  const char *how = outcome(run, t);
  double per_sample = run->complete ? summary->steps / summary->n_accepted : (double)NAN;
  double mean_f = run->complete ? summary->activation_mean : (double)NAN;
  double std_f = run->complete ? summary->activation_std : (double)NAN;
  isn_run_text_target(&run->layout->targets[t], text);
  snprintf(accepted, sizeof accepted, "%d / %d", summary->n_accepted, run->layout->n_slots);
  printf("%-*s  %15s  %12s  %9s  %9s  ", widths->target, text, accepted,
         number_or_dash(per_sample, "%.1f", steps), number_or_dash(mean_f, "%.4g", mean),
         number_or_dash(std_f, "%.3g", deviation));
  if (run->probed) {
    reach_text(run, t, text);
    printf("%*s  ", widths->reach, text);
  }
  printf("%s", how);
  if (how != OUT_OF_REACH && is_missed(run, t))
    print_nearest(run, t);
  printf("\n");
}

static void print_targets(const run_t *run)
{
  widths_t widths = {(int)strlen("target"), (int)strlen("reach")};
  char text[ISN_RUN_TEXT_BYTES];
  for (int t = 0; t < run->layout->n_targets; t++) {
    isn_run_text_target(&run->layout->targets[t], text);
    widths.target = wider(widths.target, text, TARGET_MOST_WIDTH);
    if (run->probed) {
      reach_text(run, t, text);
      widths.reach = wider(widths.reach, text, REACH_MOST_WIDTH);
    }
  }
  printf("\n%-*s  %15s  %12s  %9s  %9s  ", widths.target, "target", "accepted", "steps/sample",
         "mean f", "std f");
  if (run->probed)
    printf("%*s  ", widths.reach, "reach");
  printf("status\n");
  for (int t = 0; t < run->layout->n_targets; t++)
    print_target(run, t, &widths);
}

/* Of many targets nobody counts the rows. */
static void print_outcomes(const run_t *run)
{
  const bool keeps = isn_run_keeps_outside(run->layout);
  const char *const all[] = {isn_run_text_status(ISN_TARGET_FULL, keeps),
                             isn_run_text_status(ISN_TARGET_PARTLY, keeps),
                             isn_run_text_status(ISN_TARGET_NOT_REACHED, keeps),
                             OUT_OF_REACH,
                             isn_run_text_status(ISN_TARGET_UNFINISHED, keeps),
                             NOT_PROBED};
  const char *word = "\ntargets: ";
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    int n = 0;
    for (int t = 0; t < run->layout->n_targets; t++)
      n += strcmp(outcome(run, t), all[i]) == 0;
    if (n > 0) {
      printf("%s%d %s", word, n, all[i]);
      word = ", ";
    }
  }
  printf("\n");
}

static void print_totals(const run_t *run)
{
  long long n_accepted = 0;
  double steps = run->pool_steps + run->probe_steps;
  for (int t = 0; t < run->layout->n_targets; t++) {
    n_accepted += run->summaries[t].n_accepted;
    steps += run->summaries[t].steps;
  }
  printf("total: %lld of %lld samples accepted", n_accepted,
         (long long)run->layout->n_targets * run->layout->n_slots);
  if (run->complete)
    printf("; %.0f sample-steps, %.0f of them for the pool of starts", steps, run->pool_steps);
  if (run->complete && run->probed)
    printf(" and %.0f for the reaches", run->probe_steps);
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
  print_outcomes(&run);
  print_totals(&run);
  if (with_config)
    printf("\nconfig:\n%s\n", run.layout->config_text);
done:
  close_run(&run);
  return status;
}
