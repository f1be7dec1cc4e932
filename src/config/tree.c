/** @file tree.c
 *  Parsing, and what messages say about a setting.
 *
 *  The hook of a setting tells where it is from: that of the root is the name of the file, that of
 *  any other setting is the override which it came with.
 */
#include "config/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/source.h"

enum { NUMBER_BYTES = 40 };

/* What to do about a message of libconfig's parser. */
static const char *parse_advice(const char *message)
{
  if (strstr(message, "duplicate"))
    return "the key stands twice in its group; keep one";
  if (strstr(message, "mismatched"))
    return "give all numbers of an array a decimal point, or none";
  return "look for a missing ';', '=', quote or bracket here or just before";
}

isn_status_t isn_tree_parse(const char *text, const char *origin, config_t *tree)
{
  char *prepared = NULL;
  ISN_TRY(isn_source_prepare(text, origin, &prepared));
  int parsed = config_read_string(tree, prepared);
  free(prepared);
  if (parsed != CONFIG_TRUE) {
    const char *message = config_error_text(tree) ? config_error_text(tree) : "syntax error";
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: %s; %s", origin, config_error_line(tree), message,
             parse_advice(message));
  }
  /* The hook is only ever read again, as a const char *. */
  config_setting_set_hook(config_root_setting(tree), (void *)origin);
  return ISN_OK;
}

void isn_tree_mark(config_setting_t *setting, const char *override)
{
  config_setting_set_hook(setting, (void *) override);
}

isn_words_t isn_tree_place(const config_setting_t *setting)
{
  isn_words_t out;
  const config_setting_t *marked = setting;
  while (!config_setting_get_hook(marked) && config_setting_parent(marked))
    marked = config_setting_parent(marked);
  const char *origin = config_setting_get_hook(marked);
  if (config_setting_parent(marked))
    snprintf(out.text, sizeof out.text, "--set %s", origin);
  else if (marked == setting)
    snprintf(out.text, sizeof out.text, "%s", origin);
  else
    snprintf(out.text, sizeof out.text, "%s:%u", origin, config_setting_source_line(setting));
  return out;
}

isn_words_t isn_tree_place_of(const config_setting_t *root, const char *path)
{
  const config_setting_t *nearest = root;
  while (*path && config_setting_is_group(nearest)) {
    char name[64];
    size_t n = strcspn(path, ".");
    snprintf(name, sizeof name, "%.*s", (int)n, path);
    const config_setting_t *member = config_setting_get_member(nearest, name);
    if (!member)
      break;
    nearest = member;
    path += path[n] ? n + 1 : n;
  }
  return isn_tree_place(nearest);
}

isn_words_t isn_tree_path(const config_setting_t *setting)
{
  isn_words_t out = {""};
  const config_setting_t *parent = config_setting_parent(setting);
  if (!parent)
    return out;
  isn_words_t before = isn_tree_path(parent);
  if (config_setting_name(setting))
    snprintf(out.text, sizeof out.text, "%.300s%s%.150s", before.text, before.text[0] ? "." : "",
             config_setting_name(setting));
  else
    snprintf(out.text, sizeof out.text, "%.300s[%d]", before.text, config_setting_index(setting));
  return out;
}

/* Floats keep a decimal point, so that nobody wonders why 100.0 is not taken for 100. */
static void number_text(double number, char out[NUMBER_BYTES])
{
  int n = snprintf(out, NUMBER_BYTES, "%.9g", number);
  if (out[strspn(out, "-0123456789")] == '\0')
    snprintf(out + n, (size_t)(NUMBER_BYTES - n), ".0");
}

isn_words_t isn_tree_found(const config_setting_t *setting)
{
  isn_words_t out = {""};
  const size_t bytes = sizeof out.text;
  char number[NUMBER_BYTES];
  switch (config_setting_type(setting)) {
  case CONFIG_TYPE_INT:
  case CONFIG_TYPE_INT64:
    snprintf(out.text, bytes, "a whole number %lld", config_setting_get_int64(setting));
    break;
  case CONFIG_TYPE_FLOAT:
    number_text(config_setting_get_float(setting), number);
    snprintf(out.text, bytes, "a number %s", number);
    break;
  case CONFIG_TYPE_STRING:
    snprintf(out.text, bytes, "a string \"%.200s\"", config_setting_get_string(setting));
    break;
  case CONFIG_TYPE_BOOL:
    snprintf(out.text, bytes, "%s", config_setting_get_bool(setting) ? "true" : "false");
    break;
  case CONFIG_TYPE_GROUP:
    snprintf(out.text, bytes, "a group { ... }");
    break;
  default:
    snprintf(out.text, bytes, "%s of length %d",
             config_setting_is_list(setting) ? "a list" : "an array",
             config_setting_length(setting));
    break;
  }
  return out;
}

bool isn_tree_is_sequence(const config_setting_t *setting)
{
  return config_setting_is_array(setting) || config_setting_is_list(setting);
}

int isn_tree_count(const config_setting_t *setting)
{
  return isn_tree_is_sequence(setting) ? config_setting_length(setting) : 1;
}

const config_setting_t *isn_tree_element(const config_setting_t *setting, int i)
{
  return isn_tree_is_sequence(setting) ? config_setting_get_elem(setting, (unsigned)i) : setting;
}
