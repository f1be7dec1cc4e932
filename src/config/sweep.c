/** @file sweep.c
 *  Takes a sweep apart into items.  A string is cut at its commas only if all of its parts are
 *  numbers or ranges, since names of classes hold commas: "great white shark, white shark".
 *  Which neurons the items are is for the run to say.
 */
#include "config/sweep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "invset/memory.h"

enum { NUMBER_BYTES = 32 };

/* Copy a part of a text without the white space around it. */
static isn_status_t copy_trimmed(const char *text, size_t n, char **out)
{
  while (n > 0 && isspace((unsigned char)text[0])) {
    text++;
    n--;
  }
  while (n > 0 && isspace((unsigned char)text[n - 1]))
    n--;
  ISN_TRY(isn_alloc(out, n + 1, "an item of a sweep"));
  memcpy(*out, text, n);
  return ISN_OK;
}

/* Whether all parts between commas are numbers or ranges. */
static isn_status_t is_numeric(const char *text, bool *numeric)
{
  *numeric = true;
  for (const char *part = text; *numeric;) {
    char *item = NULL;
    int first, last;
    size_t n = strcspn(part, ",");
    ISN_TRY(copy_trimmed(part, n, &item));
    *numeric = isn_sweep_numbers(item, &first, &last);
    free(item);
    if (part[n] == '\0')
      break;
    part += n + 1;
  }
  return ISN_OK;
}

/* Append an item as it is spelt canonically: "07" is "7", "1 - 3" is "1-3". */
static isn_status_t append(const config_setting_t *setting, const isn_key_t *key, const char *text,
                           size_t n, isn_target_options_t *target)
{
  char **item = &target->sweep[target->n_sweep], number[NUMBER_BYTES];
  int first, last;
  ISN_TRY(copy_trimmed(text, n, item));
  target->n_sweep++;
  if ((*item)[0] == '\0')
    return isn_value_fail(setting, key);
  if (!isn_sweep_numbers(*item, &first, &last))
    return ISN_OK;
  if (first > last)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s: found the range \"%s\", want the lower end first, as \"%d-%d\"",
             isn_tree_place(setting).text, isn_tree_path(setting).text, *item, last, first);
  if (first < (int)key->minimum || last > (int)key->maximum)
    return isn_value_fail(setting, key);
  if (strchr(*item, '-'))
    snprintf(number, sizeof number, "%d-%d", first, last);
  else
    snprintf(number, sizeof number, "%d", first);
  free(*item);
  *item = NULL;
  return isn_alloc_string(item, number);
}

static isn_status_t append_string(const config_setting_t *setting, const isn_key_t *key,
                                  isn_target_options_t *target)
{
  const char *text = config_setting_get_string(setting);
  bool numeric;
  ISN_TRY(is_numeric(text, &numeric));
  if (!numeric)
    return append(setting, key, text, strlen(text), target);
  for (;;) {
    size_t n = strcspn(text, ",");
    ISN_TRY(append(setting, key, text, n, target));
    if (text[n] == '\0')
      return ISN_OK;
    text += n + 1;
  }
}

static isn_status_t append_element(const config_setting_t *setting, const isn_key_t *key,
                                   isn_target_options_t *target)
{
  char number[NUMBER_BYTES];
  long long whole;
  switch (config_setting_type(setting)) {
  case CONFIG_TYPE_STRING:
    return append_string(setting, key, target);
  case CONFIG_TYPE_INT:
  case CONFIG_TYPE_INT64:
    whole = config_setting_get_int64(setting);
    if (whole < (long long)key->minimum || whole > (long long)key->maximum)
      return isn_value_fail(setting, key);
    snprintf(number, sizeof number, "%lld", whole);
    return append(setting, key, number, strlen(number), target);
  default:
    return isn_value_fail(setting, key);
  }
}

/* The most items that a setting can be taken apart into. */
static size_t most_items(const config_setting_t *setting)
{
  size_t n = 0;
  for (int i = 0; i < isn_tree_count(setting); i++) {
    const config_setting_t *element = isn_tree_element(setting, i);
    n++;
    if (config_setting_type(element) == CONFIG_TYPE_STRING)
      for (const char *c = config_setting_get_string(element); *c; c++)
        n += *c == ',';
  }
  return n;
}

isn_status_t isn_sweep_read(const config_setting_t *setting, const isn_key_t *key,
                            isn_target_options_t *target)
{
  if (isn_tree_count(setting) == 0)
    return isn_value_fail(setting, key);
  ISN_TRY(isn_alloc(&target->sweep, most_items(setting), "items of a sweep"));
  for (int i = 0; i < isn_tree_count(setting); i++)
    ISN_TRY(append_element(isn_tree_element(setting, i), key, target));
  return ISN_OK;
}
