/** @file override.c
 *  `--set path=value`: a value parsed on its own, then put into the tree where the path says.
 *  Knows which keys take a string, so that those need no quotes; whether key and value are right is
 *  checked later, with those of the file.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "config/tree.h"
#include "invset/memory.h"

static isn_status_t fail_memory(const char *override)
{
  ISN_FAIL(ISN_ERR_MEMORY, "--set %s: no memory", override);
}

static isn_status_t copy_setting(config_setting_t *to, const config_setting_t *from,
                                 const char *override)
{
  int copied = CONFIG_TRUE;
  switch (config_setting_type(from)) {
  case CONFIG_TYPE_INT:
    copied = config_setting_set_int(to, config_setting_get_int(from));
    break;
  case CONFIG_TYPE_INT64:
    copied = config_setting_set_int64(to, config_setting_get_int64(from));
    break;
  case CONFIG_TYPE_FLOAT:
    copied = config_setting_set_float(to, config_setting_get_float(from));
    break;
  case CONFIG_TYPE_BOOL:
    copied = config_setting_set_bool(to, config_setting_get_bool(from));
    break;
  case CONFIG_TYPE_STRING:
    copied = config_setting_set_string(to, config_setting_get_string(from));
    break;
  default:
    for (int i = 0; i < config_setting_length(from); i++) {
      const config_setting_t *element = config_setting_get_elem(from, (unsigned)i);
      config_setting_t *added =
          config_setting_add(to, config_setting_name(element), config_setting_type(element));
      if (!added)
        return fail_memory(override);
      ISN_TRY(copy_setting(added, element, override));
    }
  }
  return copied == CONFIG_TRUE ? ISN_OK : fail_memory(override);
}

/* Step down from a list or array by "[index]"; moves *path behind it. */
static isn_status_t enter_element(config_setting_t **setting, char **path, const char *override)
{
  char *end;
  long index = strtol(*path + 1, &end, 10);
  if (!isdigit((unsigned char)(*path)[1]) || *end != ']')
    ISN_FAIL(ISN_ERR_INPUT, "--set %s: want a number between the brackets, as in targets[0]",
             override);
  if (!isn_tree_is_sequence(*setting))
    ISN_FAIL(ISN_ERR_INPUT, "--set %s: '%s' is not a list", override, isn_tree_path(*setting).text);
  int length = config_setting_length(*setting);
  if (index >= length)
    ISN_FAIL(ISN_ERR_INPUT, "--set %s: there is no element %ld: '%s' has %d, counted from 0",
             override, index, isn_tree_path(*setting).text, length);
  *setting = config_setting_get_elem(*setting, (unsigned)index);
  *path = end + 1;
  return ISN_OK;
}

/* Step down from a group by a name, which ends at the zero that the caller put there. */
static isn_status_t enter_member(config_setting_t **setting, const char *name, const char *override)
{
  config_setting_t *member = config_setting_get_member(*setting, name);
  if (!member) {
    member = config_setting_add(*setting, name, CONFIG_TYPE_GROUP);
    if (!member)
      ISN_FAIL(ISN_ERR_INPUT, "--set %s: '%s' cannot be the name of a key", override, name);
    isn_tree_mark(member, override);
  }
  *setting = member;
  return ISN_OK;
}

/* Find the group that the path ends in, making groups on the way.
 * @param[in,out] path is cut into its parts; @param[out] last the key's own name, a part of path */
static isn_status_t find_group(config_setting_t *root, char *path, const char *override,
                               config_setting_t **group, const char **last)
{
  config_setting_t *setting = root;
  for (;;) {
    if (!config_setting_is_group(setting))
      ISN_FAIL(ISN_ERR_INPUT, "--set %s: '%s' is %s, not a group of keys", override,
               isn_tree_path(setting).text, isn_tree_found(setting).text);
    const char *name = path;
    path += strcspn(path, ".[");
    const char separator = *path;
    if (path == name)
      ISN_FAIL(ISN_ERR_INPUT, "--set %s: the path lacks a name; want as sampling.seed=7", override);
    if (separator == '\0') {
      *group = setting;
      *last = name;
      return ISN_OK;
    }
    *path = '\0';
    ISN_TRY(enter_member(&setting, name, override));
    *path = separator;
    while (*path == '[')
      ISN_TRY(enter_element(&setting, &path, override));
    if (*path != '.')
      ISN_FAIL(ISN_ERR_INPUT, "--set %s: the path must end with a key, as targets[0].window",
               override);
    path++;
  }
}

/* Whether the text is the string itself, without quotes. */
static bool is_bare_string(const isn_key_t *key, const char *value)
{
  return key &&
         (key->type == ISN_KEY_STRING || key->type == ISN_KEY_FILE || key->type == ISN_KEY_CODES ||
          key->type == ISN_KEY_WORD) &&
         value[0] != '"';
}

/* Whether a text that does not parse may be a string without quotes. */
static bool may_be_string(const isn_key_t *key, const char *value)
{
  if (!key || strchr("\"[({", value[0]))
    return false;
  switch (key->type) {
  case ISN_KEY_NUMBERS_OR_FILE:
  case ISN_KEY_PATHS:
  case ISN_KEY_NAMES:
  case ISN_KEY_SWEEP:
  case ISN_KEY_POSITION:
  case ISN_KEY_INT_OR_AUTO:
    return true;
  default:
    return false;
  }
}

/* Parse "value = TEXT;" into a tree with that one member. */
static isn_status_t parse_value(const char *value, const char *override, config_t *tree)
{
  isn_status_t status;
  char *text = NULL;
  const size_t bytes = strlen(value) + sizeof "value = ;";
  ISN_TRY(isn_alloc(&text, bytes, "an override"));
  snprintf(text, bytes, "value = %s;", value);
  status = isn_tree_parse(text, "value", tree);
  free(text);
  if (status == ISN_OK && config_setting_length(config_root_setting(tree)) != 1)
    status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "it holds more than one setting");
  if (status != ISN_OK)
    isn_error_prefix("--set %s", override);
  return status;
}

/* Replace or add the member of a group. */
static isn_status_t set_member(config_setting_t *group, const char *name, const isn_key_t *key,
                               const char *value, const char *override)
{
  isn_status_t status = ISN_OK;
  config_setting_t *added = NULL;
  config_t tree;
  config_init(&tree);
  bool bare = is_bare_string(key, value);
  if (!bare) {
    status = parse_value(value, override, &tree);
    bare = status == ISN_ERR_INPUT && may_be_string(key, value);
    if (!bare && status != ISN_OK)
      goto done;
  }

  if (config_setting_get_member(group, name))
    (void)config_setting_remove(group, name); /* it is there, so this cannot fail */
  const config_setting_t *parsed =
      bare ? NULL : config_setting_get_elem(config_root_setting(&tree), 0);
  added = config_setting_add(group, name, bare ? CONFIG_TYPE_STRING : config_setting_type(parsed));
  if (!added)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "--set %s: '%s' cannot be the name of a key", override,
                  name);
  isn_tree_mark(added, override);
  if (!bare)
    status = copy_setting(added, parsed, override);
  else
    status = config_setting_set_string(added, value) ? ISN_OK : fail_memory(override);
done:
  config_destroy(&tree);
  return status;
}

/* Cut white space from both ends. */
static char *trim(char *text)
{
  while (isspace((unsigned char)*text))
    text++;
  size_t n = strlen(text);
  while (n > 0 && isspace((unsigned char)text[n - 1]))
    n--;
  text[n] = '\0';
  return text;
}

isn_status_t isn_tree_override(config_t *tree, const char *override)
{
  isn_status_t status;
  char *text = NULL;
  config_setting_t *group = NULL;
  const char *name = NULL;
  /* The text goes into the stored config as a comment. */
  if (strpbrk(override, "\r\n"))
    ISN_FAIL(ISN_ERR_INPUT, "--set %s: want one line", override);
  ISN_TRY(isn_alloc_string(&text, override));
  char *equals = strchr(text, '=');
  if (!equals || *trim(equals + 1) == '\0')
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "--set %s: want path=value, as sampling.seed=7", override);
  *equals = '\0';
  char *path = trim(text), *value = trim(equals + 1);
  const isn_key_t *key = isn_key_find_anywhere(path);
  ISN_TRY_GOTO(find_group(config_root_setting(tree), path, override, &group, &name), done);
  status = set_member(group, name, key, value, override);
done:
  free(text);
  return status;
}
