/* The targets of a run: rank 0 looks the groups up and cuts the slice, then all ranks are told.
 * Knows no sampling. */
#include "invset/targets.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/labels.h"
#include "invset/memory.h"
#include "invset/random.h"
#include "run/target_group.h"

/* One target as it travels. */
typedef struct {
  char label[ISN_RUN_LABEL_BYTES];
  int blob, n_neurons;
  double shares[2];
} packed_target_t;

/* One neuron of a target as it travels. */
typedef struct {
  int neuron, units;
  float window[2];
} packed_neuron_t;

/* What all ranks must know before they can make room for the rest. */
typedef struct {
  int n, first, n_whole, max_neurons, n_blobs, any_relative;
  size_t n_neurons; /* of all targets */
} counts_t;

void isn_targets_clear(isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    free(targets->targets[t].neurons);
    free(targets->targets[t].units);
    free(targets->targets[t].windows);
    free(targets->windows[t]);
  }
  free(targets->targets);
  free(targets->windows);
  free(targets->shares);
  free(targets->blob);
  free(targets->blobs);
  *targets = (isn_targets_t){0};
}

/* Make room for n targets of some of n_blobs blobs. */
static isn_status_t alloc_targets(isn_targets_t *targets, int n, int n_blobs)
{
  ISN_TRY(isn_alloc(&targets->targets, n, "targets"));
  ISN_TRY(isn_alloc(&targets->windows, n, "targets"));
  ISN_TRY(isn_alloc(&targets->shares, n, "targets"));
  ISN_TRY(isn_alloc(&targets->blob, n, "targets"));
  ISN_TRY(isn_alloc(&targets->blobs, n_blobs, "blobs of targets"));
  targets->n = n;
  return ISN_OK;
}

/* Index of a blob, which is added to the list if it is new. */
static int find_blob(isn_targets_t *targets, const char *blob)
{
  int b = 0;
  while (b < targets->n_blobs && strcmp(targets->blobs[b], blob) != 0)
    b++;
  if (b == targets->n_blobs)
    snprintf(targets->blobs[targets->n_blobs++], ISN_RUN_LABEL_BYTES, "%s", blob);
  return b;
}

static isn_status_t resolve_groups(const isn_run_options_t *options, const isn_models_t *models,
                                   const isn_labels_t *labels, isn_target_group_t *groups)
{
  for (int g = 0; g < options->n_target_groups; g++) {
    const isn_target_options_t *from = &options->target_groups[g];
    isn_status_t status = isn_target_group_resolve(options, labels, models, from, &groups[g]);
    if (status != ISN_OK) {
      isn_error_prefix("%s:%d: targets[%d]", options->path, from->line, g);
      return status;
    }
  }
  return ISN_OK;
}

/* Targets [*begin, *end) of the whole run are those of the slice. */
static isn_status_t cut_slice(const isn_run_options_t *options, int n_whole, int *begin, int *end)
{
  const int64_t i = options->run.slice[0], n = options->run.slice[1];
  *begin = 0;
  *end = n_whole;
  if (n == 0)
    return ISN_OK;
  *begin = (int)((i - 1) * n_whole / n);
  *end = (int)(i * n_whole / n);
  if (*begin == *end)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: run.slice: found [%d, %d], which has none of the run's %d targets, want [i, n] "
             "with n at most %d",
             options->path, (int)i, (int)n, n_whole, n_whole);
  return ISN_OK;
}

/* What is the same for all slices: number of targets, most neurons, blobs. */
static isn_status_t sum_groups(const isn_run_options_t *options, const isn_target_group_t *groups,
                               isn_targets_t *targets)
{
  int64_t n_whole = 0;
  for (int g = 0; g < options->n_target_groups; g++)
    n_whole += isn_target_group_count(&groups[g]);
  if (n_whole > ISN_RANDOM_TARGETS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: targets: found %lld, want %d at most: shorten a sweep",
             options->path, (long long)n_whole, ISN_RANDOM_TARGETS);
  int begin, end;
  targets->n_whole = (int)n_whole;
  ISN_TRY(cut_slice(options, targets->n_whole, &begin, &end));
  targets->first = begin;
  ISN_TRY(alloc_targets(targets, end - begin, options->n_target_groups));
  for (int g = 0; g < options->n_target_groups; g++) {
    const int n_neurons = isn_target_group_neurons(&groups[g]);
    if (n_neurons > targets->max_neurons)
      targets->max_neurons = n_neurons;
    targets->any_relative |= groups[g].options->window_kind == ISN_WINDOW_REACH;
    (void)find_blob(targets, groups[g].options->blob);
  }
  return ISN_OK;
}

static isn_status_t fill_targets(const isn_run_options_t *options, const isn_target_group_t *groups,
                                 isn_targets_t *targets)
{
  int before = 0; /* targets of the groups before */
  for (int g = 0; g < options->n_target_groups; g++) {
    const isn_target_options_t *from = groups[g].options;
    const bool relative = from->window_kind == ISN_WINDOW_REACH;
    for (int i = 0; i < isn_target_group_count(&groups[g]); i++) {
      int t = before + i - targets->first;
      if (t < 0 || t >= targets->n)
        continue;
      ISN_TRY(isn_target_group_fill(&groups[g], i, &targets->targets[t]));
      targets->blob[t] = find_blob(targets, from->blob);
      for (int side = 0; side < 2; side++)
        targets->shares[t][side] = relative ? from->reach[side] : (double)NAN;
    }
    before += isn_target_group_count(&groups[g]);
  }
  return ISN_OK;
}

static void set_doubles(isn_targets_t *targets, int t)
{
  const isn_run_target_t *target = &targets->targets[t];
  for (int k = 0; k < target->n_neurons; k++)
    for (int side = 0; side < 2; side++)
      targets->windows[t][k][side] = (double)target->windows[k][side];
}

/* The windows in double. */
static isn_status_t add_doubles(isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    ISN_TRY(isn_alloc(&targets->windows[t], targets->targets[t].n_neurons, "windows of a target"));
    set_doubles(targets, t);
  }
  return ISN_OK;
}

/* Rank 0's part: everything that needs files. */
static isn_status_t resolve_all(const isn_run_options_t *options, const isn_models_t *models,
                                isn_targets_t *targets)
{
  isn_status_t status;
  isn_labels_t *labels = NULL;
  isn_target_group_t *groups = NULL;
  if (options->models.labels)
    ISN_TRY(isn_labels_read(options->models.labels, &labels));
  ISN_TRY_GOTO(isn_alloc(&groups, options->n_target_groups, "groups of targets"), done);
  ISN_TRY_GOTO(resolve_groups(options, models, labels, groups), done);
  ISN_TRY_GOTO(sum_groups(options, groups, targets), done);
  ISN_TRY_GOTO(fill_targets(options, groups, targets), done);
  status = add_doubles(targets);
done:
  for (int g = 0; groups && g < options->n_target_groups; g++)
    isn_target_group_clear(&groups[g]);
  free(groups);
  isn_labels_destroy(labels);
  return status;
}

static void pack(const isn_targets_t *targets, packed_target_t *packed, packed_neuron_t *neurons)
{
  for (int t = 0; t < targets->n; t++) {
    const isn_run_target_t *from = &targets->targets[t];
    memcpy(packed[t].label, from->label, sizeof packed[t].label);
    memcpy(packed[t].shares, targets->shares[t], sizeof packed[t].shares);
    packed[t].blob = targets->blob[t];
    packed[t].n_neurons = from->n_neurons;
    for (int k = 0; k < from->n_neurons; k++, neurons++) {
      neurons->neuron = from->neurons[k];
      neurons->units = from->units[k];
      memcpy(neurons->window, from->windows[k], sizeof neurons->window);
    }
  }
}

static isn_status_t unpack(const packed_target_t *packed, const packed_neuron_t *neurons,
                           isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    isn_run_target_t *to = &targets->targets[t];
    memcpy(to->label, packed[t].label, sizeof to->label);
    memcpy(to->blob, targets->blobs[packed[t].blob], sizeof to->blob);
    memcpy(targets->shares[t], packed[t].shares, sizeof packed[t].shares);
    targets->blob[t] = packed[t].blob;
    to->n_neurons = packed[t].n_neurons;
    ISN_TRY(isn_alloc(&to->neurons, to->n_neurons, "neurons of a target"));
    ISN_TRY(isn_alloc(&to->units, to->n_neurons, "neurons of a target"));
    ISN_TRY(isn_alloc(&to->windows, to->n_neurons, "windows of a target"));
    for (int k = 0; k < to->n_neurons; k++, neurons++) {
      to->neurons[k] = neurons->neuron;
      to->units[k] = neurons->units;
      memcpy(to->windows[k], neurons->window, sizeof neurons->window);
    }
  }
  return ISN_OK;
}

/* Rank 0 counts; the others make room.  Collective. */
static isn_status_t broadcast_counts(isn_comm_t *comm, isn_targets_t *targets, counts_t *counts)
{
  *counts = (counts_t){.n = targets->n,
                       .first = targets->first,
                       .n_whole = targets->n_whole,
                       .max_neurons = targets->max_neurons,
                       .n_blobs = targets->n_blobs,
                       .any_relative = targets->any_relative};
  for (int t = 0; t < targets->n; t++)
    counts->n_neurons += (size_t)targets->targets[t].n_neurons;
  ISN_TRY(isn_comm_broadcast(comm, counts, sizeof *counts));
  if (isn_comm_rank(comm) == 0)
    return ISN_OK;
  targets->first = counts->first;
  targets->n_whole = counts->n_whole;
  targets->max_neurons = counts->max_neurons;
  targets->n_blobs = counts->n_blobs;
  targets->any_relative = counts->any_relative;
  return alloc_targets(targets, counts->n, counts->n_blobs);
}

/* A few messages for all targets together.  Collective. */
static isn_status_t broadcast_targets(isn_comm_t *comm, isn_targets_t *targets)
{
  counts_t counts;
  packed_target_t *packed = NULL;
  packed_neuron_t *neurons = NULL;
  const bool reader = isn_comm_rank(comm) == 0;
  isn_status_t status = broadcast_counts(comm, targets, &counts);
  if (status == ISN_OK)
    status = isn_alloc(&packed, counts.n, "targets to broadcast");
  if (status == ISN_OK)
    status = isn_alloc(&neurons, counts.n_neurons, "targets to broadcast");
  ISN_TRY_GOTO(isn_comm_agree(comm, status), done);
  if (reader)
    pack(targets, packed, neurons);
  ISN_TRY_GOTO(
      isn_comm_broadcast(comm, targets->blobs, (size_t)counts.n_blobs * sizeof *targets->blobs),
      done);
  ISN_TRY_GOTO(isn_comm_broadcast(comm, packed, (size_t)counts.n * sizeof *packed), done);
  ISN_TRY_GOTO(isn_comm_broadcast(comm, neurons, counts.n_neurons * sizeof *neurons), done);
  if (!reader) {
    status = unpack(packed, neurons, targets);
    if (status == ISN_OK)
      status = add_doubles(targets);
  }
  status = isn_comm_agree(comm, status);
done:
  free(packed);
  free(neurons);
  return status;
}

isn_status_t isn_targets_resolve(isn_comm_t *comm, const isn_run_options_t *options,
                                 const isn_models_t *models, isn_targets_t *targets)
{
  isn_status_t status = ISN_OK;
  *targets = (isn_targets_t){0};
  if (!comm || isn_comm_rank(comm) == 0)
    status = resolve_all(options, models, targets);
  if (comm)
    status = isn_comm_agree(comm, status);
  if (status == ISN_OK && comm)
    status = broadcast_targets(comm, targets);
  if (status != ISN_OK)
    isn_targets_clear(targets);
  return status;
}

void isn_targets_set_reach(isn_targets_t *targets, int target, const float *reach)
{
  isn_run_target_t *to = &targets->targets[target];
  const double *shares = targets->shares[target];
  bool reached = true;
  assert(!isnan(shares[0])); /* the window is relative */
  for (int k = 0; k < to->n_neurons; k++)
    reached = reached && isfinite(reach[k]) && reach[k] > 0.0F;
  for (int k = 0; k < to->n_neurons; k++)
    for (int side = 0; side < 2; side++)
      to->windows[k][side] = reached ? (float)(shares[side] * (double)reach[k]) : NAN;
  set_doubles(targets, target);
}

bool isn_targets_has_window(const isn_targets_t *targets, int target)
{
  /* All windows of a target are known, or none is. */
  return !isnan(targets->windows[target][0][0]);
}

float isn_target_activation(const isn_run_target_t *target, int k, const float *blob, int *unit)
{
  int best = target->neurons[k];
  const int end = best + target->units[k];
  for (int u = best + 1; u < end; u++)
    if (blob[u] > blob[best])
      best = u;
  if (unit)
    *unit = best;
  return blob[best];
}
