/** @file test_config_keys.c
 *  The table of keys: each key's bounds and type are enforced, its default passes its own bounds,
 *  and the description has them all.
 */
#include <stdlib.h>

#include "config/config_files.h"
#include "config/keys.h"
#include "harness.h"
#include "invset/config.h"

/* What `--set` calls the key. */
static void full_path(const isn_key_table_t *table, const isn_key_t *key, char out[128])
{
  snprintf(out, 128, "%s%s", table == &isn_target_keys ? "targets[0]." : "", key->path);
}

/* The good config without its window, and without its neurons: the keys that say them in another
 * way stand in their place. */
static const char no_window[] = "test_config_keys_no_window.cfg";
static const char no_neurons[] = "test_config_keys_no_neurons.cfg";
static const char *base = GOOD_CONFIG; /* the one that the tests of a key begin with */

static int write_bases(void)
{
  static const char text[] =
      "models: { classifier: { weights = \"c.h5\"; mean = [73.0]; };\n"
      "          generator: { weights = \"g.h5\"; }; encoder: { weights = \"e.h5\"; }; };\n"
      "targets: ( { %s; } );\n"
      "sampling: { code_min = -2.5; code_max = 2.5; };\n"
      "output: { file = \"out/x.h5\"; };\n";
  char made[2][sizeof text + 64];
  snprintf(made[0], sizeof made[0], text, "neurons = [\"sneaker\"]");
  snprintf(made[1], sizeof made[1], text, "window = [20.0, 30.0]");
  return write_text(no_window, made[0]) || write_text(no_neurons, made[1]);
}

static void choose_base(const char *path)
{
  const char *const windows[] = {"targets[0].window", "targets[0].reach",       "targets[0].below",
                                 "targets[0].above",  "targets[0].probability", "targets[0].table"};
  const char *const neurons[] = {"targets[0].neurons", "targets[0].index", "targets[0].sweep"};
  base = GOOD_CONFIG;
  for (int i = 0; i < 6; i++)
    if (strcmp(path, windows[i]) == 0)
      base = no_window;
  for (int i = 0; i < 3; i++)
    if (strcmp(path, neurons[i]) == 0)
      base = no_neurons;
}

/* Read the base with the key set to a value that must be refused. */
static void expect_refused(const char *path, const char *value)
{
  char override[256];
  isn_run_options_t *config = NULL;
  snprintf(override, sizeof override, "%s=%s", path, value);
  const char *const overrides[] = {override};
  isn_status_t status = isn_config_read(base, 1, overrides, &config);
  TEST_CHECK_MSG(status == ISN_ERR_INPUT, "%s: %s", override, isn_status_text(status));
  if (status == ISN_OK) {
    isn_config_destroy(config);
    return;
  }
  const char *message = isn_error_message();
  char place[300], key[160];
  snprintf(place, sizeof place, "--set %s: ", override);
  snprintf(key, sizeof key, " %s: found ", path);
  TEST_CHECK_MSG(strncmp(message, place, strlen(place)) == 0, "%s", message);
  TEST_CHECK_MSG(strstr(message, key) && strstr(message, ", want "), "%s", message);
}

static int is_whole_pair(const isn_key_t *key)
{
  return key->type == ISN_KEY_SLICE || key->type == ISN_KEY_POSITION;
}

static int is_whole(const isn_key_t *key)
{
  return key->type == ISN_KEY_INT || key->type == ISN_KEY_INT64 || key->type == ISN_KEY_INDICES ||
         key->type == ISN_KEY_INT_OR_AUTO || key->type == ISN_KEY_SWEEP || is_whole_pair(key);
}

static int is_number(const isn_key_t *key)
{
  return is_whole(key) || key->type == ISN_KEY_FLOAT || key->type == ISN_KEY_NUMBERS_OR_FILE ||
         key->type == ISN_KEY_RANGE;
}

static void test_bounds(const char *path, const isn_key_t *key)
{
  /* Half the lowest lies outside for the small positive minima, which -1 would not tell from 0. */
  char low[64], high[64];
  const double below = key->minimum > 0 && !is_whole(key) ? key->minimum / 2 : key->minimum - 1;
  snprintf(low, sizeof low, is_whole(key) ? "%.0f" : "%.12f", below);
  snprintf(high, sizeof high, is_whole(key) ? "%.0f" : "%.6f", key->maximum + 1);
  char value[2][160];
  const char *format[2] = {"%s", "%s"};
  if (key->type == ISN_KEY_RANGE) {
    format[0] = "[%s, 0.0]";
    format[1] = "[0.0, %s]";
  } else if (is_whole_pair(key)) {
    format[0] = "[%s, 1]";
    format[1] = "[1, %s]";
  }
  snprintf(value[0], sizeof value[0], format[0], low);
  snprintf(value[1], sizeof value[1], format[1], high);
  expect_refused(path, value[0]);
  expect_refused(path, value[1]);
}

static int is_string(const isn_key_t *key)
{
  return key->type == ISN_KEY_STRING || key->type == ISN_KEY_WORD || key->type == ISN_KEY_FILE ||
         key->type == ISN_KEY_CODES;
}

static void test_types(const char *path, const isn_key_t *key)
{
  expect_refused(path, is_string(key) ? "\"\"" : "{ a = 1; }");
  if (!is_string(key) && key->type != ISN_KEY_BOOL)
    expect_refused(path, "true");
  if (is_whole(key))
    expect_refused(path, "1.0");
  if (is_whole_pair(key)) {
    expect_refused(path, "1");
    expect_refused(path, "[1, 2, 3]");
    expect_refused(path, "[1.0, 2.0]");
  }
  if (is_number(key) && key->type != ISN_KEY_NUMBERS_OR_FILE && key->type != ISN_KEY_SWEEP)
    expect_refused(path, "\"1\"");
  if (key->type == ISN_KEY_BOOL || key->type == ISN_KEY_NAMES)
    expect_refused(path, "1");
  if (key->type == ISN_KEY_WORD)
    expect_refused(path, "neither");
}

/* The default, given as an override, is accepted. */
static void test_preset(const char *path, const isn_key_t *key)
{
  char override[256];
  isn_run_options_t *config = NULL;
  if (!key->preset || strcmp(key->preset, ISN_KEY_OPTIONAL) == 0)
    return;
  snprintf(override, sizeof override, "%s=%s", path, key->preset);
  const char *const overrides[] = {override};
  TEST_OK(isn_config_read(base, 1, overrides, &config));
  isn_config_destroy(config);
}

static void test_table(const isn_key_table_t *table, const char *description)
{
  for (int i = 0; i < table->n; i++) {
    const isn_key_t *key = &table->keys[i];
    char path[128], line[160];
    full_path(table, key, path);
    TEST_CHECK(isn_key_find_anywhere(path) == key);
    choose_base(path);
    if (is_number(key))
      test_bounds(path, key);
    test_types(path, key);
    test_preset(path, key);
    snprintf(line, sizeof line, "%s%s\n", table == &isn_target_keys ? "targets[i]." : "  ",
             key->path);
    TEST_CHECK_MSG(strstr(description, line), "%s is not described", key->path);
    TEST_CHECK_MSG(strstr(description, key->meaning), "%s has no meaning", key->path);
  }
}

int main(void)
{
  char *description = NULL;
  TEST_REQUIRE(isn_config_describe(&description));
  TEST_CHECK(isn_file_keys.n >= 27 && isn_target_keys.n == 12);
  TEST_CHECK(isn_condition_keys.n == 9 && isn_condition_keys.keys == isn_target_keys.keys);
  TEST_CHECK(isn_key_find(&isn_condition_keys, "probability") != NULL);
  for (const char *const *name = (const char *const[]){"sweep", "table", "and", NULL}; *name;
       name++)
    TEST_CHECK(!isn_key_find(&isn_condition_keys, *name) && isn_key_find(&isn_target_keys, *name));
  TEST_CHECK(strstr(description,
                    "targets[i].and are some of these: neurons, index, blob, position, "
                    "window, reach, below, above, probability.\n"));
  TEST_CHECK(isn_key_find_anywhere("targets[2].and[1].below") ==
             isn_key_find(&isn_condition_keys, "below"));
  TEST_CHECK(!isn_key_find_anywhere("targets[2].and[1].sweep"));
  TEST_CHECK(write_bases() == 0);
  test_table(&isn_file_keys, description);
  test_table(&isn_target_keys, description);
  TEST_CHECK(isn_key_find(&isn_file_keys, "sampling") == NULL);
  TEST_CHECK(isn_key_find_anywhere("targets[0]") == NULL);
  TEST_CHECK(isn_key_is_group(&isn_file_keys, "models.encoder"));
  TEST_CHECK(!isn_key_is_group(&isn_file_keys, "models.enc"));
  TEST_CHECK(isn_key_word_index("newton|classic", "classic") == 1);
  TEST_CHECK(isn_key_word_index("newton|classic", "class") == -1);
  TEST_CHECK(strcmp(isn_key_word("newton|classic", 1).text, "classic") == 0);
  free(description);
  remove(no_window);
  remove(no_neurons);
  TEST_END();
}
