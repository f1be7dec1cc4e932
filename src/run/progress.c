/* Progress lines and the summary of a run; see progress.h. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "invset/log.h"
#include "invset/memory.h"

/* Seconds between lines: the terminal's is drawn over, a log's stays. */
static const double TERMINAL_SECONDS = 0.2, LOG_SECONDS = 30.0;

double run_clock(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(run_t *run)
{
  run->progress.n_blocks = (int64_t)run->targets.n * isn_run_n_blocks(&run->layout);
  run->progress.n_blocks_before = 0;
  for (int64_t i = 0; i < run->progress.n_blocks; i++)
    run->progress.n_blocks_before += run->states[i] != ISN_BLOCK_EMPTY;
  run->progress.began = run->progress.last_line = run_clock();
}

/* "1 h 05 min", "3 min 20 s", "12 s". */
static void duration_text(double seconds, char *out, size_t bytes)
{
  int s = (int)fmin(fmax(seconds, 0.0), 1e9);
  if (s >= 3600)
    snprintf(out, bytes, "%d h %02d min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(out, bytes, "%d min %02d s", s / 60, s % 60);
  else
    snprintf(out, bytes, "%d s", s);
}

/* "[#####...............] ": which part of the blocks is finished. */
static void bar_text(double share, char out[32])
{
  enum { WIDTH = 20 };
  int filled = (int)(share * WIDTH);
  memset(out, 0, 32);
  out[0] = '[';
  for (int i = 0; i < WIDTH; i++)
    out[1 + i] = i < filled ? '#' : '.';
  out[1 + WIDTH] = ']';
}

isn_status_t progress_show(run_t *run)
{
  progress_t *progress = &run->progress;
  double now = run_clock(), elapsed = now - progress->began;
  if (now - progress->last_line < (isn_log_is_terminal() ? TERMINAL_SECONDS : LOG_SECONDS))
    return ISN_OK;
  progress->last_line = now;
  int64_t counters[N_BOARD];
  ISN_TRY(isn_board_read(run->board, counters));
  int64_t done = progress->n_blocks_before + counters[BOARD_BLOCKS];
  double rate = 0.5 * (double)counters[BOARD_PASSES] / elapsed;
  char line[240], left[40] = "?", fields[200];
  if (counters[BOARD_BLOCKS] > 0)
    duration_text((double)(progress->n_blocks - done) * elapsed / (double)counters[BOARD_BLOCKS],
                  left, sizeof left);
  snprintf(line, sizeof line,
           "%lld of %lld blocks, %lld samples accepted, %.0f sample-steps/s, about %s left",
           (long long)done, (long long)progress->n_blocks, (long long)counters[BOARD_ACCEPTED],
           rate, left);
  if (isn_log_is_terminal()) {
    char bar[32];
    bar_text((double)done / (double)progress->n_blocks, bar);
    isn_log_status_line("%s %lld/%lld blocks, %lld accepted, %.0f steps/s, %s left", bar,
                        (long long)done, (long long)progress->n_blocks,
                        (long long)counters[BOARD_ACCEPTED], rate, left);
  } else
    isn_log_info("%s", line);
  snprintf(fields, sizeof fields,
           "\"blocks\": %lld, \"of\": %lld, \"accepted\": %lld, \"sample_steps_per_second\": %.1f",
           (long long)done, (long long)progress->n_blocks, (long long)counters[BOARD_ACCEPTED],
           rate);
  isn_log_event("progress", fields);
  return ISN_OK;
}

/* One target's summary from its slots. @param[in] activation (S, M) */
static void summarise(const run_t *run, int target, const unsigned char *status,
                      const float *activation, const float *steps, isn_run_summary_t *summary)
{
  int n_slots = run->layout.n_slots, m = run->layout.max_neurons;
  double sum = 0.0, squares = 0.0, best_gap = INFINITY;
  *summary =
      (isn_run_summary_t){.activation_mean = NAN, .activation_std = NAN, .best_activation = NAN};
  for (int s = 0; s < n_slots; s++) {
    if (status[s] == ISN_SAMPLE_EMPTY)
      continue;
    double f = (double)activation[(size_t)s * (size_t)m];
    double gap = isn_window_gap(run->targets.targets[target].n_neurons,
                                (const double(*)[2])run->targets.windows[target],
                                activation + (size_t)s * (size_t)m);
    summary->steps += (double)steps[s];
    if (gap < best_gap) {
      best_gap = gap;
      summary->best_activation = f;
    }
    if (status[s] != ISN_SAMPLE_ACCEPTED)
      continue;
    summary->n_accepted++;
    sum += f;
    squares += f * f;
  }
  if (summary->n_accepted > 0) {
    summary->activation_mean = sum / summary->n_accepted;
    double mean = summary->activation_mean;
    summary->activation_std = sqrt(fmax(0.0, squares / summary->n_accepted - mean * mean));
  }
  summary->status = summary->n_accepted == n_slots ? ISN_TARGET_FULL
                    : summary->n_accepted > 0      ? ISN_TARGET_PARTLY
                                                   : ISN_TARGET_NOT_REACHED;
}

isn_status_t progress_summarise(const run_t *run, isn_run_summary_t *summaries)
{
  size_t n = (size_t)run->layout.n_slots;
  unsigned char *status_of = NULL;
  float *activation = NULL, *steps = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&status_of, n, "status of samples"), done);
  ISN_TRY_GOTO(isn_alloc(&activation, n * (size_t)run->layout.max_neurons, "activations"), done);
  ISN_TRY_GOTO(isn_alloc(&steps, n, "steps of samples"), done);
  for (int t = 0; t < run->targets.n; t++) {
    ISN_TRY_GOTO(isn_run_reader_samples(run->reader, t, status_of, activation, steps), done);
    summarise(run, t, status_of, activation, steps, &summaries[t]);
  }
done:
  free(status_of);
  free(activation);
  free(steps);
  return status;
}

static void report_target(const run_t *run, int t, const isn_run_summary_t *summary)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  double per_sample = summary->n_accepted > 0 ? summary->steps / summary->n_accepted : NAN;
  char name[2 * ISN_RUN_LABEL_BYTES + 32];
  snprintf(name, sizeof name, "%s (%s[%d]%s)", target->label, target->blob, target->neurons[0],
           target->n_neurons > 1 ? ", ..." : "");
  if (summary->status == ISN_TARGET_NOT_REACHED)
    isn_log_warning(
        "%s: window [%g, %g] not reached; best activation found%s %.4g in %.0f sample-steps", name,
        (double)target->windows[0][0], (double)target->windows[0][1],
        target->n_neurons > 1 ? " (of the first neuron, in the attempt nearest to all)" : "",
        summary->best_activation, summary->steps);
  else
    isn_log_info(
        "%-36s %6d of %d in [%g, %g], activation %.4g +- %.3g, %.2f sample-steps per sample", name,
        summary->n_accepted, run->layout.n_slots, (double)target->windows[0][0],
        (double)target->windows[0][1], summary->activation_mean, summary->activation_std,
        per_sample);
}

void progress_report(const run_t *run, const isn_run_summary_t *summaries, double pool_steps)
{
  double steps = pool_steps;
  int64_t accepted = 0, slots = (int64_t)run->targets.n * run->layout.n_slots;
  int counts[4] = {0};
  for (int t = 0; t < run->targets.n; t++) {
    report_target(run, t, &summaries[t]);
    steps += summaries[t].steps;
    accepted += summaries[t].n_accepted;
    counts[summaries[t].status]++;
  }
  char elapsed[40], per_sample[80] = "";
  duration_text(run_clock() - run->progress.began, elapsed, sizeof elapsed);
  if (accepted > 0)
    snprintf(per_sample, sizeof per_sample,
             " (%.2f sample-steps per sample, the pool of starts counted)",
             steps / (double)accepted);
  isn_log_info(
      "%s: %lld of %lld samples accepted in %s%s; targets: %d full, %d partly, %d not reached",
      run->options->output.file, (long long)accepted, (long long)slots, elapsed, per_sample,
      counts[ISN_TARGET_FULL], counts[ISN_TARGET_PARTLY], counts[ISN_TARGET_NOT_REACHED]);
}
