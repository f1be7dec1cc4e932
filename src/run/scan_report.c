/* The results of a look through a data set in numbers and words; see scan_report.h. */
#include "scan_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "invset/target_words.h"
#include "report.h"

/* Of more targets than these, only those without a picture are listed. */
enum { MANY_TARGETS = 40, NAME_BYTES = 2 * ISN_RUN_LABEL_BYTES + 32 };

static void report_target(const run_t *run, int t, const found_t *found, bool many)
{
  const isn_run_target_t *target = &run->targets.targets[t];
  char name[NAME_BYTES], line[NAME_BYTES + 200], fields[160];
  report_target_name(run, t, name, sizeof name);
  snprintf(line, sizeof line, "%-36s %8lld pictures %s", name, (long long)found->n_inside,
           target->n_neurons > 1 ? "in all windows" : isn_target_in_window_words(target, 0).text);
  if (found->n_inside == 0)
    isn_log_info("%s; the nearest has %.4g", line, found->activation);
  else if (found->n_inside > found->n)
    isn_log_info("%s, of which the first %d are stored", line, found->n);
  else if (!many)
    isn_log_info("%s", line);
  else
    isn_log_verbose("%s", line);
  snprintf(fields, sizeof fields,
           "\"target\": %d, \"unit\": %d, \"pictures\": %lld, \"stored\": %d", t,
           target->neurons[0], (long long)found->n_inside, found->n);
  isn_log_event("target", fields);
}

/* A neuron, and whether one of its windows has a picture. */
typedef struct {
  const char *blob; /* borrowed */
  int first, units;
  bool found;
} neuron_t;

static int by_neuron(const void *a, const void *b)
{
  const neuron_t *x = a, *y = b;
  const int blobs = strcmp(x->blob, y->blob);
  if (blobs != 0)
    return blobs;
  return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                              : (x->units > y->units) - (x->units < y->units);
}

/* Neurons of all targets, each once, and how many of them have no picture in any window. */
static isn_status_t count_neurons(const run_t *run, const scan_t *scan, int *n, int *n_empty)
{
  const isn_targets_t *targets = &run->targets;
  neuron_t *all = NULL;
  int n_all = 0;
  ISN_TRY(isn_alloc(&all, (size_t)targets->n * (size_t)targets->max_neurons, "list of neurons"));
  for (int t = 0; t < targets->n; t++)
    for (int k = 0; k < targets->targets[t].n_neurons; k++)
      all[n_all++] = (neuron_t){targets->targets[t].blobs[k], targets->targets[t].neurons[k],
                                targets->targets[t].units[k], scan->targets[t].n_inside > 0};
  qsort(all, (size_t)n_all, sizeof *all, by_neuron);
  *n = *n_empty = 0;
  for (int i = 0; i < n_all; (*n)++) {
    bool found = false;
    int first = i;
    for (; i < n_all && by_neuron(&all[first], &all[i]) == 0; i++)
      found = found || all[i].found;
    *n_empty += !found;
  }
  free(all);
  return ISN_OK;
}

isn_status_t scan_report(const run_t *run, const scan_t *scan)
{
  int n_neurons, n_empty_neurons, n_empty = 0;
  char damaged[64] = "", fields[240];
  ISN_TRY(count_neurons(run, scan, &n_neurons, &n_empty_neurons));
  for (int t = 0; t < scan->n_targets; t++) {
    report_target(run, t, &scan->targets[t], scan->n_targets > MANY_TARGETS);
    n_empty += scan->targets[t].n_inside == 0;
  }
  if (scan->n_damaged > 0) {
    isn_log_warning("%lld of %lld pictures are damaged and were left out",
                    (long long)scan->n_damaged, (long long)scan->n_pictures);
    snprintf(damaged, sizeof damaged, ", %lld damaged", (long long)scan->n_damaged);
  }
  isn_log_info("%s: %lld pictures%s; windows without any: %d of %d; neurons without any: %d of %d",
               run->options->output.file, (long long)scan->n_pictures, damaged, n_empty,
               scan->n_targets, n_empty_neurons, n_neurons);
  snprintf(fields, sizeof fields,
           "\"pictures\": %lld, \"damaged\": %lld, \"windows\": %d, \"empty_windows\": %d, "
           "\"neurons\": %d, \"empty_neurons\": %d",
           (long long)scan->n_pictures, (long long)scan->n_damaged, scan->n_targets, n_empty,
           n_neurons, n_empty_neurons);
  isn_log_event("dataset", fields);
  return ISN_OK;
}
