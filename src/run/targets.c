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
  int n_neurons;
} packed_target_t;

/* One neuron of a target as it travels. */
typedef struct {
  int blob, neuron, units, quantity;
  float window[2];
  double shares[2];
} packed_neuron_t;

/* What all ranks must know before they can make room for the rest. */
typedef struct {
  int n, first, n_whole, max_neurons, n_blobs, any_relative;
  size_t n_neurons; /* of all targets */
} counts_t;

void isn_targets_clear(isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    isn_run_target_free(&targets->targets[t]);
    free(targets->windows[t]);
    free(targets->shares[t]);
    free(targets->blob[t]);
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

/* Make room for what is kept of a target's neurons beside the recorded. */
static isn_status_t alloc_neurons(isn_targets_t *targets, int t)
{
  const int n = targets->targets[t].n_neurons;
  ISN_TRY(isn_alloc(&targets->windows[t], n, "windows of a target"));
  ISN_TRY(isn_alloc(&targets->shares[t], n, "windows of a target"));
  return isn_alloc(&targets->blob[t], n, "blobs of a target");
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

static isn_status_t resolve_conditions(const isn_run_options_t *options, const isn_models_t *models,
                                       const isn_labels_t *labels, int g, isn_target_group_t *group)
{
  const isn_target_options_t *from = &options->target_groups[g];
  ISN_TRY(isn_alloc(&group->conditions, from->n_conditions, "conditions of targets"));
  group->n_conditions = from->n_conditions;
  for (int c = 0; c < from->n_conditions; c++) {
    isn_status_t status = isn_target_group_resolve(options, labels, models, &from->conditions[c],
                                                   &group->conditions[c]);
    if (status != ISN_OK) {
      isn_error_prefix("%s:%d: targets[%d].and[%d]", options->path, from->conditions[c].line, g, c);
      return status;
    }
  }
  return ISN_OK;
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
    ISN_TRY(resolve_conditions(options, models, labels, g, &groups[g]));
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

/* Blobs of a group and its conditions, and whether one of their windows is relative. */
static void note_group(isn_targets_t *targets, const isn_target_group_t *group)
{
  targets->any_relative |= group->options->window_kind == ISN_WINDOW_REACH;
  (void)find_blob(targets, group->options->blob);
  for (int c = 0; c < group->n_conditions; c++)
    note_group(targets, &group->conditions[c]);
}

/* What is the same for all slices: number of targets, most neurons, blobs. */
static isn_status_t sum_groups(const isn_run_options_t *options, const isn_target_group_t *groups,
                               isn_targets_t *targets)
{
  int64_t n_whole = 0;
  int most_blobs = options->n_target_groups;
  for (int g = 0; g < options->n_target_groups; g++) {
    n_whole += isn_target_group_count(&groups[g]);
    most_blobs += groups[g].n_conditions;
  }
  if (n_whole > ISN_RANDOM_TARGETS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: targets: found %lld, want %d at most: shorten a sweep",
             options->path, (long long)n_whole, ISN_RANDOM_TARGETS);
  int begin, end;
  targets->n_whole = (int)n_whole;
  ISN_TRY(cut_slice(options, targets->n_whole, &begin, &end));
  targets->first = begin;
  ISN_TRY(alloc_targets(targets, end - begin, most_blobs));
  for (int g = 0; g < options->n_target_groups; g++) {
    const int n_neurons = isn_target_group_neurons(&groups[g]);
    if (n_neurons > targets->max_neurons)
      targets->max_neurons = n_neurons;
    note_group(targets, &groups[g]);
  }
  return ISN_OK;
}

static void set_doubles(isn_targets_t *targets, int t)
{
  for (int k = 0; k < targets->targets[t].n_neurons; k++)
    isn_target_window(&targets->targets[t], k, targets->windows[t][k]);
}

/* What is kept of the neurons of target t, which is number i of its group. */
static isn_status_t fill_neurons(const isn_target_group_t *group, int i, isn_targets_t *targets,
                                 int t)
{
  ISN_TRY(alloc_neurons(targets, t));
  for (int k = 0; k < targets->targets[t].n_neurons; k++) {
    int which;
    const isn_target_options_t *from = isn_target_group_of(group, i, k, &which)->options;
    const bool relative = from->window_kind == ISN_WINDOW_REACH;
    targets->blob[t][k] = find_blob(targets, from->blob);
    for (int side = 0; side < 2; side++)
      targets->shares[t][k][side] = relative ? from->reach[side] : (double)NAN;
  }
  set_doubles(targets, t);
  return ISN_OK;
}

/* Target i of a group; one that is not of the slice is only checked.  @param[in] t its number in
 * the slice */
static isn_status_t fill_target(const isn_target_group_t *group, int i, isn_targets_t *targets,
                                int t)
{
  if (t >= 0 && t < targets->n) {
    ISN_TRY(isn_target_group_fill(group, i, &targets->targets[t]));
    return fill_neurons(group, i, targets, t);
  }
  isn_run_target_t other = {0};
  isn_status_t status = isn_target_group_fill(group, i, &other);
  isn_run_target_free(&other);
  return status;
}

static isn_status_t fill_targets(const isn_run_options_t *options, const isn_target_group_t *groups,
                                 isn_targets_t *targets)
{
  int t = -targets->first;
  for (int g = 0; g < options->n_target_groups; g++) {
    for (int i = 0; i < isn_target_group_count(&groups[g]); i++, t++) {
      isn_status_t status = fill_target(&groups[g], i, targets, t);
      if (status != ISN_OK) {
        isn_error_prefix("%s:%d: targets[%d]", options->path, groups[g].options->line, g);
        return status;
      }
    }
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
  status = fill_targets(options, groups, targets);
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
    packed[t].n_neurons = from->n_neurons;
    for (int k = 0; k < from->n_neurons; k++, neurons++) {
      neurons->blob = targets->blob[t][k];
      neurons->neuron = from->neurons[k];
      neurons->units = from->units[k];
      neurons->quantity = from->quantities[k];
      memcpy(neurons->window, from->windows[k], sizeof neurons->window);
      memcpy(neurons->shares, targets->shares[t][k], sizeof neurons->shares);
    }
  }
}

static isn_status_t unpack(const packed_target_t *packed, const packed_neuron_t *neurons,
                           isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    isn_run_target_t *to = &targets->targets[t];
    memcpy(to->label, packed[t].label, sizeof to->label);
    ISN_TRY(isn_run_target_alloc(packed[t].n_neurons, to));
    ISN_TRY(alloc_neurons(targets, t));
    for (int k = 0; k < to->n_neurons; k++, neurons++) {
      memcpy(to->blobs[k], targets->blobs[neurons->blob], sizeof to->blobs[k]);
      to->neurons[k] = neurons->neuron;
      to->units[k] = neurons->units;
      to->quantities[k] = (unsigned char)neurons->quantity;
      memcpy(to->windows[k], neurons->window, sizeof neurons->window);
      memcpy(targets->shares[t][k], neurons->shares, sizeof neurons->shares);
      targets->blob[t][k] = neurons->blob;
    }
    set_doubles(targets, t);
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
  if (!reader)
    status = unpack(packed, neurons, targets);
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

bool isn_targets_neuron_is_relative(const isn_targets_t *targets, int target, int k)
{
  return !isnan(targets->shares[target][k][0]);
}

bool isn_targets_is_relative(const isn_targets_t *targets, int target)
{
  for (int k = 0; k < targets->targets[target].n_neurons; k++)
    if (isn_targets_neuron_is_relative(targets, target, k))
      return true;
  return false;
}

void isn_targets_set_reach(isn_targets_t *targets, int target, const float *reach)
{
  isn_run_target_t *to = &targets->targets[target];
  bool reached = true;
  assert(isn_targets_is_relative(targets, target));
  for (int k = 0; k < to->n_neurons; k++)
    if (isn_targets_neuron_is_relative(targets, target, k))
      reached = reached && isfinite(reach[k]) && reach[k] > 0.0F;
  for (int k = 0; k < to->n_neurons; k++)
    for (int side = 0; side < 2 && isn_targets_neuron_is_relative(targets, target, k); side++)
      to->windows[k][side] =
          reached ? (float)(targets->shares[target][k][side] * (double)reach[k]) : NAN;
  set_doubles(targets, target);
}

bool isn_targets_has_window(const isn_targets_t *targets, int target)
{
  for (int k = 0; k < targets->targets[target].n_neurons; k++)
    if (isnan(targets->windows[target][k][0]))
      return false;
  return true;
}
