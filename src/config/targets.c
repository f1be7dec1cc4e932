/** @file targets.c
 *  Reads the list of targets, group by group, through the table of a target's keys.
 */
#include "config/targets.h"

#include <stdlib.h>

#include "config/value.h"
#include "invset/memory.h"
#include "invset/random.h"

static isn_status_t fail_list(const config_setting_t *root, const char *found)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: targets: found %s, want a list of groups: "
           "( { neurons = [\"sneaker\"]; window = [20.0, 30.0]; } )",
           isn_tree_place_of(root, "targets").text, found);
}

/* Whether both or neither of the two ways to say which neurons. */
static isn_status_t check_neurons(const config_setting_t *group)
{
  const config_setting_t *by_name = config_setting_get_member(group, "neurons");
  const config_setting_t *by_index = config_setting_get_member(group, "index");
  if (by_name && by_index)
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found neurons and index, want one of them",
             isn_tree_place(by_index).text, isn_tree_path(group).text);
  if (!by_name && !by_index)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s: which neurons is missing, want neurons = [\"sneaker\"] or index = 7",
             isn_tree_place(group).text, isn_tree_path(group).text);
  return ISN_OK;
}

static isn_status_t read_target(config_setting_t *group, isn_target_options_t *target)
{
  target->line = (int)config_setting_source_line(group);
  ISN_TRY(check_neurons(group));
  for (int i = 0; i < isn_target_keys.n; i++)
    ISN_TRY(isn_value_read(group, &isn_target_keys.keys[i], target));
  if (target->window[0] >= target->window[1])
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s.window: the low end %.9g is not below the high end %.9g, want [low, high]",
             isn_tree_place_of(group, "window").text, isn_tree_path(group).text, target->window[0],
             target->window[1]);
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
  ISN_TRY(isn_alloc(&config->targets, n, "targets of the config"));
  config->n_targets = n;
  for (int i = 0; i < n; i++)
    ISN_TRY(read_target(config_setting_get_elem(list, (unsigned)i), &config->targets[i]));
  return ISN_OK;
}

void isn_targets_free(isn_run_options_t *config)
{
  for (int t = 0; t < config->n_targets; t++) {
    isn_target_options_t *target = &config->targets[t];
    for (int i = 0; i < target->n_neurons; i++)
      free(target->neurons[i].name);
    free(target->neurons);
    for (int i = 0; i < isn_target_keys.n; i++)
      isn_value_free(&isn_target_keys.keys[i], target);
  }
  free(config->targets);
}
