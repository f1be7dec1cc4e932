/* Looks up the neurons of one group of targets and their windows.  Knows no other group. */
#include "run/target_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "invset/target_words.h"
#include "run/target_sweep.h"
#include "run/target_table.h"

void isn_target_group_clear(isn_target_group_t *group)
{
  free(group->taken);
  free(group->neurons);
  free(group->windows);
  for (int c = 0; c < group->n_conditions; c++)
    isn_target_group_clear(&group->conditions[c]);
  free(group->conditions);
  *group = (isn_target_group_t){0};
}

static int units_of_channel(const isn_target_group_t *group)
{
  return group->shape.h * group->shape.w;
}

const char *isn_target_group_word(const isn_target_group_t *group)
{
  return group->options->position.kind == ISN_POSITION_NONE ? "unit" : "channel";
}

isn_status_t isn_target_group_check(const isn_target_group_t *group, int neuron)
{
  if (neuron < 0 || neuron >= group->n_choices)
    ISN_FAIL(ISN_ERR_INPUT, "index %d: blob '%s' has %ss 0 to %d", neuron, group->options->blob,
             isn_target_group_word(group), group->n_choices - 1);
  return ISN_OK;
}

isn_status_t isn_target_group_find(const isn_target_group_t *group, const char *name, int *neuron)
{
  if (!group->labels)
    ISN_FAIL(ISN_ERR_INPUT,
             "neuron \"%s\" is a name, but models.classifier.labels names no file: give it, or use "
             "index",
             name);
  if (!group->named)
    ISN_FAIL(ISN_ERR_INPUT,
             "neuron \"%s\" is a name, but %s has %d lines and blob '%s' has %d %ss: use index",
             name, group->labels_path, isn_labels_count(group->labels), group->options->blob,
             group->n_choices, isn_target_group_word(group));
  return isn_labels_find(group->labels, name, neuron);
}

isn_status_t isn_target_group_add(isn_target_group_t *group, int neuron, const char *where)
{
  if (group->taken[neuron])
    ISN_FAIL(ISN_ERR_INPUT, "%s %d stands twice in one %s", isn_target_group_word(group), neuron,
             where);
  group->taken[neuron] = true;
  group->neurons[group->n++] = neuron;
  return ISN_OK;
}

/* A probability is that of one of several units. */
static isn_status_t check_probability(const isn_target_group_t *group)
{
  if (group->options->position.kind == ISN_POSITION_MAX)
    ISN_FAIL(ISN_ERR_INPUT,
             "probability: found position = \"max\", want one unit of the softmax: position = "
             "[row, column]");
  if (isn_shape_count(group->shape) < 2)
    ISN_FAIL(ISN_ERR_INPUT, "probability: blob '%s' has one unit, want a blob of several",
             group->options->blob);
  return ISN_OK;
}

/* What the group's numbers count, and whether the labels name them. */
static isn_status_t look_at_blob(const isn_models_t *models, isn_target_group_t *group)
{
  const isn_target_options_t *from = group->options;
  if (strlen(from->blob) >= ISN_RUN_LABEL_BYTES)
    ISN_FAIL(ISN_ERR_INPUT, "blob name '%s' is longer than %d bytes", from->blob,
             ISN_RUN_LABEL_BYTES - 1);
  ISN_TRY(isn_net_spec_blob_shape(models->classifier, from->blob, &group->shape));
  const isn_shape_t shape = group->shape;
  if (from->position.kind == ISN_POSITION_AT &&
      (from->position.y < 0 || from->position.y >= shape.h || from->position.x < 0 ||
       from->position.x >= shape.w))
    ISN_FAIL(ISN_ERR_INPUT,
             "position [%d, %d] is outside blob '%s' of %d x %d x %d (channels, rows, columns), "
             "want [0, 0] to [%d, %d], or \"max\"",
             from->position.y, from->position.x, from->blob, shape.c, shape.h, shape.w, shape.h - 1,
             shape.w - 1);
  if (from->window_kind == ISN_WINDOW_PROBABILITY)
    ISN_TRY(check_probability(group));
  group->n_choices =
      from->position.kind == ISN_POSITION_NONE ? (int)isn_shape_count(shape) : shape.c;
  group->named = group->labels && isn_labels_count(group->labels) == group->n_choices;
  return ISN_OK;
}

static isn_status_t add_listed(isn_target_group_t *group)
{
  for (int k = 0; k < group->options->n_neurons; k++) {
    const isn_neuron_name_t *from = &group->options->neurons[k];
    int neuron = from->index;
    if (from->name)
      ISN_TRY(isn_target_group_find(group, from->name, &neuron));
    else
      ISN_TRY(isn_target_group_check(group, neuron));
    ISN_TRY(isn_target_group_add(group, neuron, "target"));
  }
  return ISN_OK;
}

static isn_status_t set_table_windows(isn_target_group_t *group, const isn_target_table_t *table)
{
  if (group->n == 0)
    for (int row = 0; row < table->n; row++)
      ISN_TRY(isn_target_group_add(group, table->rows[row].neuron, "table"));
  ISN_TRY(isn_alloc(&group->windows, group->n, "windows of targets"));
  for (int k = 0; k < group->n; k++) {
    int row = table->row_of[group->neurons[k]];
    char name[ISN_RUN_LABEL_BYTES] = "";
    if (row < 0 && group->named)
      isn_labels_name(group->labels, group->neurons[k], name, sizeof name);
    if (row < 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s: found no row of %s %d%s%s%s, want one for each neuron",
               group->options->table, isn_target_group_word(group), group->neurons[k],
               name[0] ? " (\"" : "", name, name[0] ? "\")" : "");
    memcpy(group->windows[k], table->rows[row].window, sizeof group->windows[k]);
  }
  return ISN_OK;
}

/* The window that a group without a table says; a side without limit is infinite. */
static void said_window(const isn_target_options_t *from, double window[2])
{
  window[0] = (double)-INFINITY;
  window[1] = (double)INFINITY;
  switch (from->window_kind) {
  case ISN_WINDOW_FIXED:
    memcpy(window, from->window, sizeof from->window);
    break;
  case ISN_WINDOW_PROBABILITY:
    memcpy(window, from->probability, sizeof from->probability);
    break;
  case ISN_WINDOW_BELOW:
    window[1] = from->below;
    break;
  case ISN_WINDOW_ABOVE:
    window[0] = from->above;
    break;
  case ISN_WINDOW_REACH:
  case ISN_WINDOW_TABLE:
    window[0] = window[1] = (double)NAN;
    break;
  }
}

static isn_status_t set_windows(isn_target_group_t *group)
{
  const isn_target_options_t *from = group->options;
  if (from->window_kind == ISN_WINDOW_TABLE) {
    isn_target_table_t table;
    isn_status_t status = isn_target_table_read(group, &table);
    if (status == ISN_OK)
      status = set_table_windows(group, &table);
    isn_target_table_clear(&table);
    return status;
  }
  double window[2];
  said_window(from, window);
  if ((float)window[0] >= (float)window[1])
    ISN_FAIL(ISN_ERR_INPUT, "the window [%.9g, %.9g] is empty in single precision", window[0],
             window[1]);
  ISN_TRY(isn_alloc(&group->windows, group->n, "windows of targets"));
  for (int k = 0; k < group->n; k++)
    for (int side = 0; side < 2; side++)
      group->windows[k][side] = (float)window[side];
  return ISN_OK;
}

isn_status_t isn_target_group_resolve(const isn_run_options_t *options, const isn_labels_t *labels,
                                      const isn_models_t *models, const isn_target_options_t *from,
                                      isn_target_group_t *group)
{
  *group = (isn_target_group_t){
      .options = from, .labels = labels, .labels_path = options->models.labels};
  ISN_TRY(look_at_blob(models, group));
  ISN_TRY(isn_alloc(&group->taken, group->n_choices, "neurons of targets"));
  ISN_TRY(isn_alloc(&group->neurons, group->n_choices, "neurons of targets"));
  ISN_TRY(add_listed(group));
  ISN_TRY(isn_target_sweep_expand(group));
  return set_windows(group);
}

int isn_target_group_count(const isn_target_group_t *group)
{
  return group->options->n_neurons > 0 ? 1 : group->n;
}

/* Neurons of a target that are the group's own. */
static int own_neurons(const isn_target_group_t *group)
{
  return group->options->n_neurons > 0 ? group->n : 1;
}

int isn_target_group_neurons(const isn_target_group_t *group)
{
  int n = own_neurons(group);
  for (int c = 0; c < group->n_conditions; c++)
    n += group->conditions[c].n;
  return n;
}

const isn_target_group_t *isn_target_group_of(const isn_target_group_t *group, int i, int k,
                                              int *which)
{
  const int n = own_neurons(group);
  if (k < n) {
    *which = i + k; /* one of the two is always 0: a target of many neurons is alone in its group */
    return group;
  }
  const isn_target_group_t *condition = group->conditions;
  for (k -= n; k >= condition->n; condition++)
    k -= condition->n;
  *which = k;
  return condition;
}

/* First unit of a neuron; the largest of n_units of them counts. */
static int first_unit(const isn_target_group_t *group, int neuron, int *n_units)
{
  const isn_position_t *position = &group->options->position;
  const int per_channel = units_of_channel(group);
  *n_units = position->kind == ISN_POSITION_MAX ? per_channel : 1;
  if (position->kind == ISN_POSITION_NONE)
    return neuron;
  int first = neuron * per_channel;
  return position->kind == ISN_POSITION_MAX ? first
                                            : first + position->y * group->shape.w + position->x;
}

/* Name of a neuron: "sneaker", "fc7[12]", "conv2[3,1,2]" (channel, row, column), "conv2[3,max]". */
static void neuron_name(const isn_target_group_t *group, int neuron, char *out, size_t bytes)
{
  const int per_channel = units_of_channel(group), width = group->shape.w;
  int n_units, unit = first_unit(group, neuron, &n_units);
  const char *blob = group->options->blob;
  if (per_channel == 1 && group->named)
    isn_labels_name(group->labels, neuron, out, bytes);
  else if (per_channel == 1)
    snprintf(out, bytes, "%.40s[%d]", blob, unit);
  else if (n_units > 1)
    snprintf(out, bytes, "%.40s[%d,max]", blob, neuron);
  else
    snprintf(out, bytes, "%.40s[%d,%d,%d]", blob, unit / per_channel, unit % per_channel / width,
             unit % width);
}

/* Append to a target's label as much of a text as fits. */
static void append_text(char label[ISN_RUN_LABEL_BYTES], const char *text)
{
  const size_t used = strlen(label);
  memcpy(label + used, text, strnlen(text, ISN_RUN_LABEL_BYTES - 1 - used)); /* zeros behind it */
}

static isn_quantity_t quantity(const isn_target_group_t *group)
{
  return group->options->window_kind == ISN_WINDOW_PROBABILITY ? ISN_QUANTITY_PROBABILITY
                                                               : ISN_QUANTITY_ACTIVATION;
}

static isn_status_t check_once(const isn_run_target_t *target, int k)
{
  for (int other = 0; other < k; other++)
    if (strcmp(target->blobs[other], target->blobs[k]) == 0 &&
        target->neurons[other] == target->neurons[k] && target->units[other] == target->units[k] &&
        target->quantities[other] == target->quantities[k])
      ISN_FAIL(ISN_ERR_INPUT, "target '%s': found two windows for the %s of %s, want one",
               target->label,
               target->quantities[k] == ISN_QUANTITY_PROBABILITY ? "probability" : "activation",
               isn_target_unit_words(target, k).text);
  return ISN_OK;
}

isn_status_t isn_target_group_fill(const isn_target_group_t *group, int i, isn_run_target_t *target)
{
  const int n = isn_target_group_neurons(group);
  ISN_TRY(isn_run_target_alloc(n, target));
  for (int k = 0; k < n; k++) {
    int which;
    char name[2 * ISN_RUN_LABEL_BYTES];
    const isn_target_group_t *of = isn_target_group_of(group, i, k, &which);
    snprintf(target->blobs[k], sizeof target->blobs[k], "%s", of->options->blob);
    target->neurons[k] = first_unit(of, of->neurons[which], &target->units[k]);
    target->quantities[k] = (unsigned char)quantity(of);
    memcpy(target->windows[k], of->windows[which], sizeof target->windows[k]);
    if (k > 0)
      append_text(target->label, of->options->window_kind == ISN_WINDOW_BELOW ? " - " : " + ");
    neuron_name(of, of->neurons[which], name, sizeof name);
    append_text(target->label, name);
  }
  for (int k = 0; k < n; k++)
    ISN_TRY(check_once(target, k));
  return ISN_OK;
}
