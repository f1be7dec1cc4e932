/** @file value.c
 *  Types and bounds of values.  The getters of libconfig convert in silence, so the type of a
 *  setting is looked at first: a whole number passes for a float, and nothing else for anything.
 *  Knows no particular key.
 */
#include "config/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/sweep.h"
#include "config/targets.h"
#include "invset/memory.h"

isn_status_t isn_value_fail(const config_setting_t *setting, const isn_key_t *key)
{
  const config_setting_t *named = setting;
  /* Of an element that is out of bounds the key is named, and the element shown. */
  while (!config_setting_name(named) && config_setting_parent(named))
    named = config_setting_parent(named);
  ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found %s, want %s", isn_tree_place(setting).text,
           isn_tree_path(named).text, isn_tree_found(setting).text, isn_key_wanted(key).text);
}

static bool is_whole(const config_setting_t *setting)
{
  return config_setting_type(setting) == CONFIG_TYPE_INT ||
         config_setting_type(setting) == CONFIG_TYPE_INT64;
}

static isn_status_t read_whole(const config_setting_t *setting, const isn_key_t *key,
                               int64_t *value)
{
  if (!is_whole(setting))
    return isn_value_fail(setting, key);
  long long number = config_setting_get_int64(setting);
  if (number < (long long)key->minimum || number > (long long)key->maximum)
    return isn_value_fail(setting, key);
  *value = number;
  return ISN_OK;
}

static isn_status_t read_number(const config_setting_t *setting, const isn_key_t *key,
                                double *value)
{
  double number;
  if (is_whole(setting))
    number = (double)config_setting_get_int64(setting);
  else if (config_setting_type(setting) == CONFIG_TYPE_FLOAT)
    number = config_setting_get_float(setting);
  else
    return isn_value_fail(setting, key);
  if (!isfinite(number) || number < key->minimum || number > key->maximum)
    return isn_value_fail(setting, key);
  *value = number;
  return ISN_OK;
}

static isn_status_t read_string(const config_setting_t *setting, const isn_key_t *key, char **value)
{
  if (config_setting_type(setting) != CONFIG_TYPE_STRING)
    return isn_value_fail(setting, key);
  const char *text = config_setting_get_string(setting);
  if (text[0] == '\0')
    return isn_value_fail(setting, key);
  return isn_alloc_string(value, text);
}

static isn_status_t read_strings(const config_setting_t *setting, const isn_key_t *key,
                                 isn_strings_t *strings)
{
  int n = isn_tree_count(setting);
  if (n == 0)
    return isn_value_fail(setting, key);
  ISN_TRY(isn_alloc(&strings->values, n, key->path));
  strings->n = n;
  for (int i = 0; i < n; i++)
    ISN_TRY(read_string(isn_tree_element(setting, i), key, &strings->values[i]));
  return ISN_OK;
}

static isn_status_t read_numbers(const config_setting_t *setting, const isn_key_t *key,
                                 isn_numbers_t *numbers)
{
  int n = isn_tree_count(setting);
  if (n == 0)
    return isn_value_fail(setting, key);
  /* The field is the caller's from here on, also if an element is refused. */
  ISN_TRY(isn_alloc(&numbers->values, n, key->path));
  numbers->n = n;
  for (int i = 0; i < n; i++)
    ISN_TRY(read_number(isn_tree_element(setting, i), key, &numbers->values[i]));
  return ISN_OK;
}

/* Whether it is an array or list of two. */
static bool is_pair(const config_setting_t *setting)
{
  return isn_tree_is_sequence(setting) && config_setting_length(setting) == 2;
}

static isn_status_t read_range(const config_setting_t *setting, const isn_key_t *key,
                               double range[2])
{
  if (!is_pair(setting))
    return isn_value_fail(setting, key);
  ISN_TRY(read_number(isn_tree_element(setting, 0), key, &range[0]));
  return read_number(isn_tree_element(setting, 1), key, &range[1]);
}

static isn_status_t read_whole_pair(const config_setting_t *setting, const isn_key_t *key,
                                    int pair[2])
{
  if (!is_pair(setting))
    return isn_value_fail(setting, key);
  for (int i = 0; i < 2; i++) {
    int64_t whole = 0;
    ISN_TRY(read_whole(isn_tree_element(setting, i), key, &whole));
    pair[i] = (int)whole;
  }
  return ISN_OK;
}

static isn_status_t read_slice(const config_setting_t *setting, const isn_key_t *key, int slice[2])
{
  ISN_TRY(read_whole_pair(setting, key, slice));
  if (slice[0] > slice[1])
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found [%d, %d], want %s", isn_tree_place(setting).text,
             isn_tree_path(setting).text, slice[0], slice[1], isn_key_wanted(key).text);
  return ISN_OK;
}

static bool is_text(const config_setting_t *setting, const char *text)
{
  return config_setting_type(setting) == CONFIG_TYPE_STRING &&
         strcmp(config_setting_get_string(setting), text) == 0;
}

static isn_status_t read_position(const config_setting_t *setting, const isn_key_t *key,
                                  isn_position_t *position)
{
  int pair[2] = {0, 0};
  if (is_text(setting, "max")) {
    *position = (isn_position_t){ISN_POSITION_MAX, 0, 0};
    return ISN_OK;
  }
  ISN_TRY(read_whole_pair(setting, key, pair));
  *position = (isn_position_t){ISN_POSITION_AT, pair[0], pair[1]};
  return ISN_OK;
}

static isn_status_t read_word(const config_setting_t *setting, const isn_key_t *key, void *field)
{
  if (config_setting_type(setting) != CONFIG_TYPE_STRING)
    return isn_value_fail(setting, key);
  int index = isn_key_word_index(key->words, config_setting_get_string(setting));
  if (index < 0)
    return isn_value_fail(setting, key);
  _Static_assert(sizeof(isn_rule_t) == sizeof(int), "enums are stored as int");
  memcpy(field, &index, sizeof index);
  return ISN_OK;
}

static isn_status_t read_neurons(const config_setting_t *setting, const isn_key_t *key,
                                 isn_target_options_t *target)
{
  int n = isn_tree_count(setting);
  if (n == 0)
    return isn_value_fail(setting, key);
  ISN_TRY(isn_alloc(&target->neurons, n, key->path));
  target->n_neurons = n;
  for (int i = 0; i < n; i++) {
    isn_neuron_name_t *neuron = &target->neurons[i];
    int64_t index = -1;
    if (key->type == ISN_KEY_NAMES)
      ISN_TRY(read_string(isn_tree_element(setting, i), key, &neuron->name));
    else
      ISN_TRY(read_whole(isn_tree_element(setting, i), key, &index));
    neuron->index = (int)index;
  }
  return ISN_OK;
}

static isn_status_t read_present(const config_setting_t *setting, const isn_key_t *key,
                                 void *object)
{
  void *field = isn_value_field(key, object);
  int64_t whole = 0;
  switch (key->type) {
  case ISN_KEY_INT:
    ISN_TRY(read_whole(setting, key, &whole));
    *(int *)field = (int)whole;
    return ISN_OK;
  case ISN_KEY_INT_OR_AUTO:
    if (!is_text(setting, "auto"))
      ISN_TRY(read_whole(setting, key, &whole));
    *(int *)field = (int)whole;
    return ISN_OK;
  case ISN_KEY_INT64:
    return read_whole(setting, key, field);
  case ISN_KEY_FLOAT:
    return read_number(setting, key, field);
  case ISN_KEY_BOOL:
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
      return isn_value_fail(setting, key);
    *(bool *)field = config_setting_get_bool(setting) != CONFIG_FALSE;
    return ISN_OK;
  case ISN_KEY_STRING:
  case ISN_KEY_FILE:
  case ISN_KEY_CODES:
    return read_string(setting, key, field);
  case ISN_KEY_PATHS:
    return read_strings(setting, key, field);
  case ISN_KEY_WORD:
    return read_word(setting, key, field);
  case ISN_KEY_NUMBERS:
    return read_numbers(setting, key, field);
  case ISN_KEY_NUMBERS_OR_FILE:
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
      return read_string(setting, key, &((isn_numbers_or_file_t *)field)->file);
    return read_numbers(setting, key, &((isn_numbers_or_file_t *)field)->numbers);
  case ISN_KEY_RANGE:
    return read_range(setting, key, field);
  case ISN_KEY_SLICE:
    return read_slice(setting, key, field);
  case ISN_KEY_POSITION:
    return read_position(setting, key, field);
  case ISN_KEY_NAMES:
  case ISN_KEY_INDICES:
    return read_neurons(setting, key, object);
  case ISN_KEY_SWEEP:
    return isn_sweep_read(setting, key, object);
  case ISN_KEY_CONDITIONS:
    return isn_conditions_read(setting, key, object);
  }
  ISN_FAIL(ISN_ERR_ARG, "%s: a type of key without a reader", key->path);
}

/* Read the key's default as if it stood in a file. */
static isn_status_t read_preset(const isn_key_t *key, void *object)
{
  isn_status_t status;
  char text[128];
  config_t tree;
  config_init(&tree);
  snprintf(text, sizeof text, "preset = %s;", key->preset);
  ISN_TRY_GOTO(isn_tree_parse(text, key->path, &tree), done);
  status = read_present(config_setting_get_elem(config_root_setting(&tree), 0), key, object);
done:
  config_destroy(&tree);
  return status;
}

/* Path of a key in the file: that of its group, then its own. */
static isn_words_t full_path(const config_setting_t *group, const isn_key_t *key)
{
  isn_words_t before = isn_tree_path(group), out;
  snprintf(out.text, sizeof out.text, "%.300s%s%.200s", before.text, before.text[0] ? "." : "",
           key->path);
  return out;
}

isn_status_t isn_value_read(config_setting_t *group, const isn_key_t *key, void *object)
{
  const config_setting_t *setting = config_setting_lookup(group, key->path);
  if (setting)
    return read_present(setting, key, object);
  if (!key->preset)
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s is missing, want %s: %s",
             isn_tree_place_of(group, key->path).text, full_path(group, key).text,
             isn_key_wanted(key).text, key->meaning);
  if (strcmp(key->preset, ISN_KEY_OPTIONAL) == 0)
    return ISN_OK;
  return read_preset(key, object);
}

void isn_value_free(const isn_key_t *key, void *object)
{
  void *field = isn_value_field(key, object);
  switch (key->type) {
  case ISN_KEY_STRING:
  case ISN_KEY_FILE:
  case ISN_KEY_CODES:
    free(*(char **)field);
    break;
  case ISN_KEY_PATHS:
    for (int i = 0; i < ((isn_strings_t *)field)->n; i++)
      free(((isn_strings_t *)field)->values[i]);
    free(((isn_strings_t *)field)->values);
    break;
  case ISN_KEY_NUMBERS:
    free(((isn_numbers_t *)field)->values);
    break;
  case ISN_KEY_NUMBERS_OR_FILE:
    free(((isn_numbers_or_file_t *)field)->numbers.values);
    free(((isn_numbers_or_file_t *)field)->file);
    break;
  default:
    break;
  }
}
