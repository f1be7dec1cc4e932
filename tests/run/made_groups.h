/** @file made_groups.h
 *  Groups of targets made by hand, and looked up in the bundled models: for tests of targets.
 *  Group g stands in line 10 + g of "test.cfg".
 */
#ifndef INVSET_TESTS_MADE_GROUPS_H
#define INVSET_TESTS_MADE_GROUPS_H

#include "fashion_options.h"
#include "harness.h"
#include "invset/targets.h"

enum { MADE_GROUPS = 4, MADE_NEURONS = 16, MADE_TEXT = 96 };

/* A group with its place for what the options point to. */
typedef struct {
  isn_neuron_name_t neurons[MADE_NEURONS];
  char *sweep[MADE_NEURONS];
  char names[MADE_NEURONS][MADE_TEXT], items[MADE_NEURONS][MADE_TEXT], blob[MADE_TEXT],
      table[MADE_TEXT];
} made_group_t;

static struct {
  isn_comm_t *comm;
  isn_models_t models;
  isn_run_options_t options;
  isn_target_options_t list[MADE_GROUPS];
  made_group_t made[MADE_GROUPS];
} groups;

static inline isn_status_t groups_open(int *argc, char ***argv)
{
  groups.options = fashion_options();
  ISN_TRY(isn_comm_open(argc, argv, &groups.comm));
  return isn_models_load(groups.comm, &groups.options, &groups.models);
}

static inline void groups_close(void)
{
  isn_models_clear(&groups.models);
  isn_comm_close(groups.comm);
}

/* Make group g without neurons. */
static inline isn_target_options_t *group_window(int g, const char *blob, double low, double high)
{
  made_group_t *made = &groups.made[g];
  snprintf(made->blob, sizeof made->blob, "%s", blob);
  groups.list[g] = (isn_target_options_t){.neurons = made->neurons,
                                          .sweep = made->sweep,
                                          .blob = made->blob,
                                          .window_kind = ISN_WINDOW_FIXED,
                                          .window = {low, high},
                                          .line = 10 + g};
  return &groups.list[g];
}

static inline isn_target_options_t *group_reach(int g, const char *blob, double low, double high)
{
  isn_target_options_t *group = group_window(g, blob, 0.0, 0.0);
  group->window_kind = ISN_WINDOW_REACH;
  group->reach[0] = low;
  group->reach[1] = high;
  return group;
}

static inline isn_target_options_t *group_table(int g, const char *blob, const char *path)
{
  isn_target_options_t *group = group_window(g, blob, 0.0, 0.0);
  group->window_kind = ISN_WINDOW_TABLE;
  group->table = groups.made[g].table;
  snprintf(group->table, MADE_TEXT, "%s", path);
  return group;
}

static inline void group_add_name(int g, const char *name)
{
  int k = groups.list[g].n_neurons++;
  snprintf(groups.made[g].names[k], MADE_TEXT, "%s", name);
  groups.made[g].neurons[k] = (isn_neuron_name_t){groups.made[g].names[k], 0};
}

static inline void group_add_index(int g, int index)
{
  groups.made[g].neurons[groups.list[g].n_neurons++] = (isn_neuron_name_t){NULL, index};
}

static inline void group_add_sweep(int g, const char *item)
{
  int i = groups.list[g].n_sweep++;
  snprintf(groups.made[g].items[i], MADE_TEXT, "%s", item);
  groups.made[g].sweep[i] = groups.made[g].items[i];
}

static inline void group_at(int g, int y, int x)
{
  groups.list[g].position = (isn_position_t){ISN_POSITION_AT, y, x};
}

static inline void group_max(int g)
{
  groups.list[g].position = (isn_position_t){ISN_POSITION_MAX, 0, 0};
}

/* Look up the first n groups. */
static inline isn_status_t groups_resolve(int n, isn_targets_t *targets)
{
  groups.options.n_target_groups = n;
  groups.options.target_groups = groups.list;
  return isn_targets_resolve(groups.comm, &groups.options, &groups.models, targets);
}

/* The first group must be refused with these words, on all ranks, naming itself and its line. */
static inline void groups_refuse(const char *words)
{
  isn_targets_t targets;
  TEST_ERROR(groups_resolve(1, &targets), ISN_ERR_INPUT, words);
  TEST_CHECK_MSG(strstr(isn_error_message(), "test.cfg:10: targets[0]: ") != NULL, "%s",
                 isn_error_message());
  TEST_CHECK(targets.n == 0 && !targets.targets);
}

/* A target of one neuron: its label, first unit and number of units. */
static inline void check_target(const isn_targets_t *targets, int t, const char *label, int unit,
                                int units)
{
  const isn_run_target_t *target = &targets->targets[t];
  TEST_CHECK_MSG(target->n_neurons == 1 && target->neurons[0] == unit && target->units[0] == units,
                 "target %d: unit %d of %d", t, target->neurons[0], target->units[0]);
  TEST_CHECK_MSG(strcmp(target->label, label) == 0, "target %d: %s", t, target->label);
}

#endif
