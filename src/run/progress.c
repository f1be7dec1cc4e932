/* Progress lines of a run; see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "invset/log.h"

/* Seconds between lines: the terminal's is drawn over, a log's stays. */
static const double TERMINAL_SECONDS = 0.2, LOG_SECONDS = 60.0;

double run_clock(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(run_t *run)
{
  progress_t *progress = &run->progress;
  *progress = (progress_t){.n_blocks = (int64_t)run->targets.n * isn_run_n_blocks(&run->layout)};
  for (int64_t i = 0; i < progress->n_blocks; i++)
    progress->n_settled += run->states[i] != ISN_BLOCK_EMPTY;
  progress->began = progress->last_line = run_clock();
}

void progress_skip_blocks(run_t *run, int n)
{
  run->progress.n_settled += n;
}

void duration_text(double seconds, char *out, size_t bytes)
{
  int s = (int)fmin(fmax(seconds, 0.0), 1e9);
  if (s >= 3600)
    snprintf(out, bytes, "%d h %02d min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(out, bytes, "%d min %02d s", s / 60, s % 60);
  else
    snprintf(out, bytes, "%d s", s);
}

/* "[#####...............] ": which part of the blocks is settled. */
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

/* What a line says. */
typedef struct {
  int64_t blocks, accepted; /* blocks settled; samples accepted in this attempt */
  double rate;              /* sample-steps/s since the line before */
  double left;              /* seconds, or NaN before the first blocks */
  dispatch_counts_t targets;
} figures_t;

/* The first blocks of a run come late, after pool, probes and seeds, so the time left goes by the
 * rate of blocks since then. */
static void estimate(progress_t *progress, double now, const int64_t *counters, figures_t *figures)
{
  int64_t made = counters[BOARD_BLOCKS];
  figures->blocks = progress->n_settled + made;
  figures->accepted = counters[BOARD_ACCEPTED];
  figures->rate =
      0.5 * (double)(counters[BOARD_PASSES] - progress->last_passes) / (now - progress->last_line);
  figures->left = NAN;
  if (made > 0 && progress->first_blocks == 0) {
    progress->first_blocks = made;
    progress->first_time = now;
  } else if (made > progress->first_blocks) {
    figures->left = (double)(progress->n_blocks - figures->blocks) * (now - progress->first_time) /
                    (double)(made - progress->first_blocks);
  }
  progress->last_passes = counters[BOARD_PASSES];
  progress->last_line = now;
}

static void log_figures(const progress_t *progress, const figures_t *f)
{
  const dispatch_counts_t *targets = &f->targets;
  char fields[400];
  int n =
      snprintf(fields, sizeof fields,
               "\"blocks\": %lld, \"of\": %lld, \"accepted\": %lld, "
               "\"sample_steps_per_second\": %.1f, \"targets_full\": %d, "
               "\"targets_partly\": %d, \"targets_not_reached\": %d, \"targets_left\": %d",
               (long long)f->blocks, (long long)progress->n_blocks, (long long)f->accepted, f->rate,
               targets->n_full, targets->n_partly, targets->n_not_reached, targets->n_under_way);
  if (isfinite(f->left))
    snprintf(fields + n, sizeof fields - (size_t)n, ", \"seconds_left\": %.0f", f->left);
  isn_log_event("progress", fields);
}

isn_status_t progress_show(run_t *run)
{
  progress_t *progress = &run->progress;
  double now = run_clock();
  if (now - progress->last_line < (isn_log_is_terminal() ? TERMINAL_SECONDS : LOG_SECONDS))
    return ISN_OK;
  int64_t counters[N_BOARD];
  figures_t f;
  char left[40] = "?";
  ISN_TRY(isn_board_read(run->board, counters));
  estimate(progress, now, counters, &f);
  dispatch_counts(run, &f.targets);
  if (isfinite(f.left))
    duration_text(f.left, left, sizeof left);
  int n_ended = run->targets.n - f.targets.n_under_way;
  if (isn_log_is_terminal()) {
    char bar[32];
    bar_text((double)f.blocks / (double)progress->n_blocks, bar);
    isn_log_status_line("%s %lld/%lld blocks, %d/%d targets, %lld accepted, %.0f steps/s, %s left",
                        bar, (long long)f.blocks, (long long)progress->n_blocks, n_ended,
                        run->targets.n, (long long)f.accepted, f.rate, left);
  } else {
    isn_log_info("%lld of %lld blocks, %d of %d targets ended (%d %s), %lld samples "
                 "accepted, %.0f sample-steps/s, about %s left",
                 (long long)f.blocks, (long long)progress->n_blocks, n_ended, run->targets.n,
                 f.targets.n_not_reached,
                 run_walks(run) ? "with no sample in the window" : "not reached",
                 (long long)f.accepted, f.rate, left);
  }
  log_figures(progress, &f);
  return ISN_OK;
}
