/** @file targets.c
 *  Reads the list of targets, group by group, through the table of a target's keys.
 */
#include "config/targets.h"

#include <math.h>
#include <stdlib.h>

#include "config/value.h"
#include "invset/files.h"
#include "invset/memory.h"
#include "invset/random.h"

static isn_status_t fail_list(const config_setting_t *root, const char *found)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: targets: found %s, want a list of groups: "
           "( { neurons = [\"sneaker\"]; window = [20.0, 30.0]; } )",
           isn_tree_place_of(root, "targets").text, found);
}

/* The keys of a group among these that are given.  @param[in] names (n)  @return how many
 * @param[out] given the first two of them */
static int count_given(const config_setting_t *group, const char *const *names, int n,
                       const config_setting_t *given[2])
{
  int found = 0;
  for (int i = 0; i < n; i++) {
    const config_setting_t *member = config_setting_get_member(group, names[i]);
    if (member && found < 2)
      given[found] = member;
    found += member != NULL;
  }
  return found;
}

static isn_status_t fail_both(const config_setting_t *group, const config_setting_t *given[2])
{
  ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found %s and %s, want one of them",
           isn_tree_place(given[1]).text, isn_tree_path(group).text, config_setting_name(given[0]),
           config_setting_name(given[1]));
}

/* The ways to say a window: `table` is none of a condition's keys. */
static const struct {
  const char *name;
  isn_window_kind_t kind;
} ways[] = {{"window", ISN_WINDOW_FIXED},
            {"reach", ISN_WINDOW_REACH},
            {"below", ISN_WINDOW_BELOW},
            {"above", ISN_WINDOW_ABOVE},
            {"probability", ISN_WINDOW_PROBABILITY},
            {"table", ISN_WINDOW_TABLE}};
enum { N_WAYS = sizeof ways / sizeof ways[0] };

/* One of the ways to say which neurons; only a table may say it itself. */
static isn_status_t check_neurons(const config_setting_t *group, const isn_key_table_t *table)
{
  static const char *const names[] = {"neurons", "index", "sweep"};
  const config_setting_t *given[2];
  int n = count_given(group, names, 3, given);
  if (n > 1)
    return fail_both(group, given);
  if (n == 0 && !config_setting_get_member(group, "table"))
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s: which neurons is missing, want neurons = [\"sneaker\"]%s",
             isn_tree_place(group).text, isn_tree_path(group).text,
             isn_key_find(table, "table") ? ", index = 7, sweep = \"all\" or a table"
                                          : " or index = 7");
  return ISN_OK;
}

/* One of the ways to say which window. */
static isn_status_t check_window(const config_setting_t *group, const isn_key_table_t *table,
                                 isn_window_kind_t *kind)
{
  const char *names[N_WAYS];
  const config_setting_t *given[2];
  for (int i = 0; i < N_WAYS; i++)
    names[i] = ways[i].name;
  int n = count_given(group, names, N_WAYS, given);
  if (n > 1)
    return fail_both(group, given);
  if (n == 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s.window is missing, want window = [20.0, 30.0] (activations), reach = [0.5, "
             "0.8] (shares of the largest one), below = 2.0, above = 5.0%s probability = [0.5, "
             "0.9]%s",
             isn_tree_place(group).text, isn_tree_path(group).text,
             isn_key_find(table, "table") ? "," : " or",
             isn_key_find(table, "table") ? " or table = \"windows.csv\"" : "");
  for (int i = 0; i < N_WAYS; i++)
    if (config_setting_get_member(group, names[i]))
      *kind = ways[i].kind;
  return ISN_OK;
}

static isn_status_t check_ascending(const config_setting_t *group, const char *name,
                                    const double range[2])
{
  if (range[0] >= range[1])
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s.%s: the low end %.9g is not below the high end %.9g, want [low, high]",
             isn_tree_place_of(group, name).text, isn_tree_path(group).text, name, range[0],
             range[1]);
  return ISN_OK;
}

/* A forgotten file is better found now than after the models were read. */
static isn_status_t check_table(const config_setting_t *group, const char *path)
{
  isn_status_t status = isn_file_check(path, "table of windows");
  if (status != ISN_OK)
    isn_error_prefix("%s: %s.table", isn_tree_place_of(group, "table").text,
                     isn_tree_path(group).text);
  return status;
}

/* A group of targets, or one of its conditions.  @param[in] table its keys */
static isn_status_t read_group(config_setting_t *group, const isn_key_table_t *table,
                               isn_target_options_t *target)
{
  target->line = (int)config_setting_source_line(group);
  target->below = target->above = NAN;
  ISN_TRY(check_neurons(group, table));
  ISN_TRY(check_window(group, table, &target->window_kind));
  for (int i = 0; i < table->n; i++)
    ISN_TRY(isn_value_read(group, &table->keys[i], target));
  switch (target->window_kind) {
  case ISN_WINDOW_FIXED:
    return check_ascending(group, "window", target->window);
  case ISN_WINDOW_REACH:
    return check_ascending(group, "reach", target->reach);
  case ISN_WINDOW_PROBABILITY:
    return check_ascending(group, "probability", target->probability);
  case ISN_WINDOW_TABLE:
    return check_table(group, target->table);
  case ISN_WINDOW_BELOW:
  case ISN_WINDOW_ABOVE:
    break;
  }
  return ISN_OK;
}

isn_status_t isn_conditions_read(const config_setting_t *setting, const isn_key_t *key,
                                 isn_target_options_t *target)
{
  if (!config_setting_is_list(setting) || config_setting_length(setting) == 0)
    return isn_value_fail(setting, key);
  const int n = config_setting_length(setting);
  ISN_TRY(isn_alloc(&target->conditions, n, "conditions of a target"));
  target->n_conditions = n;
  for (int i = 0; i < n; i++)
    ISN_TRY(read_group(config_setting_get_elem(setting, (unsigned)i), &isn_condition_keys,
                       &target->conditions[i]));
  return ISN_OK;
}

isn_status_t isn_targets_read(config_setting_t *root, isn_run_options_t *config)
{
  config_setting_t *list = config_setting_get_member(root, "targets");
  if (!list)
    return fail_list(root, "nothing");
  if (!config_setting_is_list(list))
    return fail_list(root, isn_tree_found(list).text);
  int n = config_setting_length(list);
  if (n == 0)
    return fail_list(root, "an empty list");
  if (n > ISN_RANDOM_TARGETS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: targets: found %d, want %d at most", isn_tree_place(list).text, n,
             ISN_RANDOM_TARGETS);
  ISN_TRY(isn_alloc(&config->target_groups, n, "targets of the config"));
  config->n_target_groups = n;
  for (int i = 0; i < n; i++)
    ISN_TRY(read_group(config_setting_get_elem(list, (unsigned)i), &isn_target_keys,
                       &config->target_groups[i]));
  return ISN_OK;
}

/* Of a condition the keys that only groups have are zeros. */
static void free_group(isn_target_options_t *target)
{
  for (int i = 0; i < target->n_neurons; i++)
    free(target->neurons[i].name);
  free(target->neurons);
  for (int i = 0; i < target->n_sweep; i++)
    free(target->sweep[i]);
  free(target->sweep);
  for (int i = 0; i < isn_target_keys.n; i++)
    isn_value_free(&isn_target_keys.keys[i], target);
}

void isn_targets_free(isn_run_options_t *config)
{
  for (int t = 0; t < config->n_target_groups; t++) {
    isn_target_options_t *target = &config->target_groups[t];
    for (int c = 0; c < target->n_conditions; c++)
      free_group(&target->conditions[c]);
    free(target->conditions);
    free_group(target);
  }
  free(config->target_groups);
}
