/* The results of a run in numbers and words; see report.h. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatch.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "invset/target_words.h"
#include "pool.h"
#include "progress.h"

/* Of more targets than these, only the remarkable ones are listed. */
enum { MANY_TARGETS = 40 };

/* Note the slot nearest to all windows.  @param[in] activation (S, M)  @param[out] nearest (M) */
static void note_nearest(const run_t *run, int target, const unsigned char *status,
                         const float *activation, float *nearest)
{
  int m = run->layout.max_neurons;
  int slot =
      isn_target_nearest(&run->targets.targets[target], run->layout.n_slots, status, activation, m);
  for (int k = 0; k < m; k++)
    nearest[k] = slot >= 0 ? activation[(size_t)slot * (size_t)m + (size_t)k] : NAN;
}

/* One target's summary from its slots. @param[in] activation (S, M)  @param[in] nearest (M) */
static void summarise(const run_t *run, int target, const unsigned char *status,
                      const float *activation, const float *steps, const float *nearest,
                      isn_run_summary_t *summary)
{
  int n_slots = run->layout.n_slots, m = run->layout.max_neurons;
  double sum = 0.0, squares = 0.0;
  *summary = (isn_run_summary_t){
      .activation_mean = NAN, .activation_std = NAN, .best_activation = (double)nearest[0]};
  for (int s = 0; s < n_slots; s++) {
    if (status[s] == ISN_SAMPLE_EMPTY)
      continue;
    double f = (double)activation[(size_t)s * (size_t)m];
    summary->steps += (double)steps[s];
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
  if (!isfinite(summary->best_activation))
    summary->best_activation = dispatch_reach(run, target, 0);
  summary->status = summary->n_accepted == n_slots ? ISN_TARGET_FULL
                    : summary->n_accepted > 0      ? ISN_TARGET_PARTLY
                                                   : ISN_TARGET_NOT_REACHED;
}

isn_status_t report_summarise(const run_t *run, isn_run_summary_t *summaries, float *nearest)
{
  size_t n = (size_t)run->layout.n_slots, m = (size_t)run->layout.max_neurons;
  unsigned char *status_of = NULL;
  float *activation = NULL, *steps = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&status_of, n, "status of samples"), done);
  ISN_TRY_GOTO(isn_alloc(&activation, n * m, "activations"), done);
  ISN_TRY_GOTO(isn_alloc(&steps, n, "steps of samples"), done);
  for (int t = 0; t < run->targets.n; t++) {
    ISN_TRY_GOTO(isn_run_file_samples(run->file, t, status_of, activation, steps), done);
    float *of_target = nearest + (size_t)t * m;
    note_nearest(run, t, status_of, activation, of_target);
    summarise(run, t, status_of, activation, steps, of_target, &summaries[t]);
  }
done:
  free(status_of);
  free(activation);
  free(steps);
  return status;
}

void report_target_name(const run_t *run, int t, char *out, size_t bytes)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  if (target->n_neurons > 1)
    snprintf(out, bytes, "%s", target->label);
  else
    snprintf(out, bytes, "%s (%s)", target->label, isn_target_unit_words(target, 0).text);
}

static const char *quantity_word(const isn_run_target_t *target)
{
  return target->quantities[0] == ISN_QUANTITY_PROBABILITY ? "probability" : "activation";
}

/* A target without windows: one of its reaches is not above 0. */
static void report_out_of_reach(const run_t *run, int t, const char *name)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  char of[ISN_TARGET_WORDS_BYTES + 8] = "";
  int k = 0;
  while (k + 1 < target->n_neurons &&
         (!isn_targets_neuron_is_relative(&run->targets, t, k) || dispatch_reach(run, t, k) > 0.0))
    k++;
  if (target->n_neurons > 1)
    snprintf(of, sizeof of, " of %s", isn_target_neuron_words(target, k).text);
  isn_log_warning("%s: out of reach: no activation%s above 0 for %d random codes and %d ascents "
                  "(largest %.4g)",
                  name, of, pool_size(run->pool), run->layout.probe_starts,
                  dispatch_reach(run, t, k) + 0.0); /* not -0 */
}

/* @param[in] nearest (M) */
static void report_missed(const run_t *run, int t, const isn_run_summary_t *summary,
                          const float *nearest)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  char name[ISN_RUN_LABEL_BYTES + ISN_TARGET_WORDS_BYTES + 8], attempt[512];
  report_target_name(run, t, name, sizeof name);
  isn_target_attempt_words(target, nearest, attempt, sizeof attempt);
  if (!isn_targets_has_window(&run->targets, t))
    report_out_of_reach(run, t, name);
  else if (run_walks(run))
    isn_log_info("%s: none of %d samples in the window; nearest: %s in %.0f sample-steps", name,
                 run->layout.n_slots, attempt, summary->steps);
  else if (target->n_neurons == 1)
    isn_log_warning("%s: window %s not reached; best %s found %.4g in %.0f sample-steps", name,
                    isn_target_window_words(target, 0).text, quantity_word(target),
                    summary->best_activation, summary->steps);
  else
    isn_log_warning("%s: not reached; nearest attempt: %s in %.0f sample-steps", name, attempt,
                    summary->steps);
}

static void report_reached(const run_t *run, int t, const isn_run_summary_t *summary)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  char name[ISN_RUN_LABEL_BYTES + ISN_TARGET_WORDS_BYTES + 8], line[640],
      where[ISN_TARGET_WORDS_BYTES + 8], of[ISN_TARGET_WORDS_BYTES + 8] = "";
  report_target_name(run, t, name, sizeof name);
  snprintf(where, sizeof where, "%s", isn_target_in_window_words(target, 0).text);
  if (target->n_neurons > 1) {
    snprintf(where, sizeof where, "in all %d windows", target->n_neurons);
    snprintf(of, sizeof of, " of %s", isn_target_neuron_words(target, 0).text);
  }
  snprintf(line, sizeof line, "%-36s %6d of %d %s, %s%s %.4g +- %.3g, %.2f sample-steps per %s",
           name, summary->n_accepted, run->layout.n_slots, where, quantity_word(target), of,
           summary->activation_mean, summary->activation_std, summary->steps / summary->n_accepted,
           run_walks(run) ? "accepted sample" : "sample");
  if (run->targets.n <= MANY_TARGETS || summary->status != ISN_TARGET_FULL)
    isn_log_info("%s", line);
  else
    isn_log_verbose("%s", line);
}

/* One line for each target; of many, those that were not filled. */
static void report_targets(const run_t *run, const isn_run_summary_t *summaries,
                           const float *nearest)
{
  int n_missed = 0;
  for (int t = 0; t < run->targets.n; t++) {
    bool missed = summaries[t].status == ISN_TARGET_NOT_REACHED;
    if (missed && ++n_missed <= MANY_TARGETS)
      report_missed(run, t, &summaries[t], nearest + (size_t)t * (size_t)run->layout.max_neurons);
    else if (!missed)
      report_reached(run, t, &summaries[t]);
  }
  if (n_missed > MANY_TARGETS)
    isn_log_warning("%d more targets %s; `invset info %s` lists them all", n_missed - MANY_TARGETS,
                    run_walks(run) ? "have no sample in the window" : "were not reached",
                    run->options->output.file);
}

isn_status_t report_balance(const run_t *run, double seconds)
{
  int size = isn_comm_size(run->comm), least = 0;
  double *busy = NULL, sum = 0.0;
  int64_t *counts = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&busy, size, "seconds of the ranks"), agree);
  ISN_TRY_GOTO(isn_alloc(&counts, size, "counts"), agree);
  for (int rank = 0; rank < size; rank++)
    counts[rank] = sizeof *busy;
agree:
  status = isn_comm_agree(run->comm, status);
  if (status == ISN_OK)
    status = isn_comm_all_gather(run->comm, &run->busy, counts, busy);
  for (int rank = 0; rank < size && status == ISN_OK; rank++) {
    sum += busy[rank];
    least = busy[rank] < busy[least] ? rank : least;
  }
  if (status == ISN_OK) {
    char fields[160];
    double mean = 100.0 * sum / size / seconds, lowest = 100.0 * busy[least] / seconds;
    isn_log_info("ranks were busy %.1f %% of the time, the least (rank %d) %.1f %%", mean, least,
                 lowest);
    snprintf(fields, sizeof fields,
             "\"busy_percent\": %.2f, \"least_busy_percent\": %.2f, \"least_busy_rank\": %d", mean,
             lowest, least);
    isn_log_event("balance", fields);
  }
  free(busy);
  free(counts);
  return status;
}

void report_run(const run_t *run, const isn_run_summary_t *summaries, const float *nearest,
                double pool_steps, double probe_steps)
{
  double steps = pool_steps + probe_steps;
  int64_t accepted = 0, slots = (int64_t)run->targets.n * run->layout.n_slots;
  int counts[4] = {0};
  report_targets(run, summaries, nearest);
  for (int t = 0; t < run->targets.n; t++) {
    steps += summaries[t].steps;
    accepted += summaries[t].n_accepted;
    counts[summaries[t].status]++;
  }
  char elapsed[40], per_sample[120] = "";
  duration_text(run_clock() - run->progress.began, elapsed, sizeof elapsed);
  if (accepted > 0)
    snprintf(per_sample, sizeof per_sample,
             " (%.2f sample-steps per %ssample, the pool of starts%s "
             "counted)",
             steps / (double)accepted, run_walks(run) ? "accepted " : "",
             probe_steps > 0.0 ? " and the probes" : "");
  const char *form =
      run_walks(run)
          ? "%s: %lld of %lld samples are in the window, made in %s%s; targets: %d with all in it, "
            "%d with some, %d with none"
          : "%s: %lld of %lld samples accepted in %s%s; targets: %d full, %d partly, %d not "
            "reached";
  isn_log_info(form, run->options->output.file, (long long)accepted, (long long)slots, elapsed,
               per_sample, counts[ISN_TARGET_FULL], counts[ISN_TARGET_PARTLY],
               counts[ISN_TARGET_NOT_REACHED]);
}
