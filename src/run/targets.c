/* Looks up the neurons of a run's targets on rank 0 and tells all ranks.  Knows no sampling. */
#include "invset/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/labels.h"
#include "invset/memory.h"

void isn_targets_clear(isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    free(targets->targets[t].neurons);
    free(targets->targets[t].windows);
    if (targets->windows)
      free(targets->windows[t]);
  }
  free(targets->targets);
  free(targets->windows);
  free(targets->blob);
  free(targets->blobs);
  *targets = (isn_targets_t){0};
}

/* Units of a blob, and whether the labels name them. */
static isn_status_t blob_units(const isn_models_t *models, const isn_labels_t *labels,
                               const char *blob, int *n_units, bool *named)
{
  isn_shape_t shape;
  ISN_TRY(isn_net_spec_blob_shape(models->classifier, blob, &shape));
  *n_units = (int)isn_shape_count(shape);
  *named = labels && isn_labels_count(labels) == *n_units;
  return ISN_OK;
}

static isn_status_t find_neuron(const isn_run_options_t *options, const isn_labels_t *labels,
                                bool named, int n_units, const char *blob,
                                const isn_neuron_name_t *neuron, int *unit)
{
  if (!neuron->name) {
    *unit = neuron->index;
    if (*unit < 0 || *unit >= n_units)
      ISN_FAIL(ISN_ERR_INPUT, "index %d: blob '%s' has units 0 to %d", *unit, blob, n_units - 1);
    return ISN_OK;
  }
  if (!options->models.labels)
    ISN_FAIL(ISN_ERR_INPUT,
             "neuron \"%s\" is a name, but models.classifier.labels names no file: give it, or use "
             "index",
             neuron->name);
  if (!named)
    ISN_FAIL(ISN_ERR_INPUT,
             "neuron \"%s\" is a name, but %s has %d lines and blob '%s' has %d units: use index",
             neuron->name, options->models.labels, isn_labels_count(labels), blob, n_units);
  return isn_labels_find(labels, neuron->name, unit);
}

/* Append a unit's name to a target's label: "pullover + coat", "fc7[12]". */
static void append_label(isn_run_target_t *target, const isn_labels_t *labels, bool named, int unit)
{
  char name[ISN_RUN_LABEL_BYTES], *label = target->label;
  size_t used = strlen(label);
  if (named)
    isn_labels_name(labels, unit, name, sizeof name);
  else
    snprintf(name, sizeof name, "%.40s[%d]", target->blob, unit);
  snprintf(label + used, ISN_RUN_LABEL_BYTES - used, "%s%s", used > 0 ? " + " : "", name);
}

static isn_status_t resolve_target(const isn_run_options_t *options, const isn_labels_t *labels,
                                   const isn_models_t *models, const isn_target_options_t *from,
                                   isn_run_target_t *to)
{
  int n_units;
  bool named;
  if (strlen(from->blob) >= sizeof to->blob)
    ISN_FAIL(ISN_ERR_INPUT, "blob name '%s' is longer than %d bytes", from->blob,
             ISN_RUN_LABEL_BYTES - 1);
  ISN_TRY(blob_units(models, labels, from->blob, &n_units, &named));
  snprintf(to->blob, sizeof to->blob, "%s", from->blob);
  ISN_TRY(isn_alloc(&to->neurons, from->n_neurons, "neurons of a target"));
  ISN_TRY(isn_alloc(&to->windows, from->n_neurons, "windows of a target"));
  for (int k = 0; k < from->n_neurons; k++) {
    ISN_TRY(find_neuron(options, labels, named, n_units, from->blob, &from->neurons[k],
                        &to->neurons[k]));
    for (int j = 0; j < k; j++)
      if (to->neurons[j] == to->neurons[k])
        ISN_FAIL(ISN_ERR_INPUT, "unit %d stands twice in one target", to->neurons[k]);
    to->windows[k][0] = (float)from->window[0];
    to->windows[k][1] = (float)from->window[1];
    append_label(to, labels, named, to->neurons[k]);
    to->n_neurons++;
  }
  return ISN_OK;
}

/* Rank 0's part: everything that needs the labels file. */
static isn_status_t resolve_all(const isn_run_options_t *options, const isn_models_t *models,
                                isn_targets_t *targets)
{
  isn_labels_t *labels = NULL;
  if (options->models.labels)
    ISN_TRY(isn_labels_read(options->models.labels, &labels));
  isn_status_t status = ISN_OK;
  for (int t = 0; t < options->n_targets && status == ISN_OK; t++) {
    const isn_target_options_t *from = &options->targets[t];
    status = resolve_target(options, labels, models, from, &targets->targets[t]);
    if (status != ISN_OK)
      isn_error_prefix("%s:%d: targets[%d]", options->path, from->line, t);
  }
  isn_labels_destroy(labels);
  return status;
}

/* The fixed-size part of every target, then its neurons and windows. */
static isn_status_t broadcast_targets(isn_comm_t *comm, isn_targets_t *targets)
{
  bool reader = isn_comm_rank(comm) == 0;
  for (int t = 0; t < targets->n; t++) {
    isn_run_target_t *target = &targets->targets[t];
    ISN_TRY(isn_comm_broadcast(comm, target->label, sizeof target->label));
    ISN_TRY(isn_comm_broadcast(comm, target->blob, sizeof target->blob));
    ISN_TRY(isn_comm_broadcast(comm, &target->n_neurons, sizeof target->n_neurons));
    size_t n = (size_t)target->n_neurons;
    if (!reader) {
      ISN_TRY(isn_alloc(&target->neurons, n, "neurons of a target"));
      ISN_TRY(isn_alloc(&target->windows, n, "windows of a target"));
    }
    ISN_TRY(isn_comm_broadcast(comm, target->neurons, n * sizeof *target->neurons));
    ISN_TRY(isn_comm_broadcast(comm, target->windows, n * sizeof *target->windows));
  }
  return ISN_OK;
}

/* What follows from the targets: windows in double, the list of distinct blobs. */
static isn_status_t index_targets(isn_targets_t *targets)
{
  for (int t = 0; t < targets->n; t++) {
    const isn_run_target_t *target = &targets->targets[t];
    ISN_TRY(isn_alloc(&targets->windows[t], target->n_neurons, "windows of a target"));
    for (int k = 0; k < target->n_neurons; k++)
      for (int side = 0; side < 2; side++)
        targets->windows[t][k][side] = (double)target->windows[k][side];
    if (target->n_neurons > targets->max_neurons)
      targets->max_neurons = target->n_neurons;
    int b = 0;
    while (b < targets->n_blobs && strcmp(targets->blobs[b], target->blob) != 0)
      b++;
    if (b == targets->n_blobs)
      memcpy(targets->blobs[targets->n_blobs++], target->blob, sizeof target->blob);
    targets->blob[t] = b;
  }
  return ISN_OK;
}

isn_status_t isn_targets_resolve(isn_comm_t *comm, const isn_run_options_t *options,
                                 const isn_models_t *models, isn_targets_t *targets)
{
  isn_status_t status = ISN_OK;
  *targets = (isn_targets_t){0};
  ISN_TRY_GOTO(isn_alloc(&targets->targets, options->n_targets, "targets"), fail);
  ISN_TRY_GOTO(isn_alloc(&targets->windows, options->n_targets, "targets"), fail);
  ISN_TRY_GOTO(isn_alloc(&targets->blob, options->n_targets, "targets"), fail);
  ISN_TRY_GOTO(isn_alloc(&targets->blobs, options->n_targets, "targets"), fail);
  targets->n = options->n_targets;
  if (!comm || isn_comm_rank(comm) == 0)
    status = resolve_all(options, models, targets);
  if (comm)
    status = isn_comm_agree(comm, status);
  if (status == ISN_OK && comm)
    status = broadcast_targets(comm, targets);
  if (status == ISN_OK)
    status = index_targets(targets);
  if (status == ISN_OK)
    return ISN_OK;
fail:
  isn_targets_clear(targets);
  return status;
}
