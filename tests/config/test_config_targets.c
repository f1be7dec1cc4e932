/** @file test_config_targets.c
 *  Groups of targets: sweeps and how they are taken apart, positions, the kinds of windows, their
 *  conditions; and
 * what of them stands in the canonical settings.  Slices of the list, too.
 */
#include <math.h>
#include <stdlib.h>

#include "config/config_files.h"
#include "harness.h"
#include "invset/config.h"

static const char table_path[] = "test_config_targets.csv";

/* The good config with other groups of targets. */
static isn_status_t read_groups(const char *groups, isn_run_options_t **config)
{
  char override[1024];
  snprintf(override, sizeof override, "targets=( %s )", groups);
  const char *const overrides[] = {override};
  return isn_config_read(GOOD_CONFIG, 1, overrides, config);
}

/* Read a sweep, as it stands in a file, and compare its items, joined by "|". */
static void expect_sweep(const char *sweep, const char *wanted)
{
  char group[512], joined[512] = "";
  isn_run_options_t *config = NULL;
  snprintf(group, sizeof group, "{ sweep = %s; window = [1, 2]; }", sweep);
  TEST_OK(read_groups(group, &config));
  if (!config)
    return;
  const isn_target_options_t *target = &config->target_groups[0];
  TEST_CHECK(target->n_neurons == 0 && !target->neurons && target->n_sweep > 0);
  for (int i = 0; i < target->n_sweep; i++)
    snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i > 0 ? "|" : "",
             target->sweep[i]);
  TEST_CHECK_MSG(strcmp(joined, wanted) == 0, "%s: got %s, wanted %s", sweep, joined, wanted);
  isn_config_destroy(config);
}

static void test_sweeps(void)
{
  expect_sweep("\"all\"", "all");
  expect_sweep("\" all \"", "all");
  expect_sweep("7", "7");
  expect_sweep("\"7\"", "7");
  expect_sweep("\"0-99\"", "0-99");
  expect_sweep("\"0-9, 250, 300-320\"", "0-9|250|300-320");
  expect_sweep("\" 007 - 012,3 \"", "7-12|3");
  expect_sweep("[3, 1, 2]", "3|1|2");
  expect_sweep("(\"bag\", 3, \"7-9\", \"0,1\")", "bag|3|7-9|0|1");
  expect_sweep("0x10", "16");
  expect_sweep("1000000", "1000000");
  /* Commas cut only where there are nothing but numbers. */
  expect_sweep("\"great white shark, white shark\"", "great white shark, white shark");
  expect_sweep("\"1, shark\"", "1, shark");
  expect_sweep("\"1,,2\"", "1,,2");
  expect_sweep("\"T-shirt/top\"", "T-shirt/top");
  expect_sweep("\"n02509815\"", "n02509815");
  expect_sweep("\"3-\"", "3-");
  expect_sweep("\"-3\"", "-3");
  expect_sweep("\"1-2-3\"", "1-2-3");
}

/* On the command line a sweep, a position and a table need no quotes. */
static int test_overrides(void)
{
  static const char path[] = "test_config_targets.cfg";
  static const char *const overrides[] = {"targets[0].sweep=0-9, 250",
                                          "targets[0].position=max",
                                          "targets[0].table=test_config_targets.csv",
                                          "targets[1].sweep=great white shark, white shark",
                                          "targets[1].position=[2,5]",
                                          "targets[1].reach=[0, 1]",
                                          "run.batch=auto",
                                          "targets[2].sweep=[5]",
                                          "targets[2].window=[1, 2]",
                                          "run.slice=[1,3]"};
  static const char text[] =
      "models: { classifier: { weights = \"c.h5\"; mean = [73.0]; };\n"
      "          generator: { weights = \"g.h5\"; }; encoder: { weights = \"e.h5\"; }; };\n"
      "targets: ( { }, { }, { } );\n"
      "sampling: { code_min = -2.5; code_max = 2.5; };\n"
      "run: { batch = 5; }; output: { file = \"out/x.h5\"; };\n";
  isn_run_options_t *config;
  TEST_CHECK(write_text(path, text) == 0);
  TEST_REQUIRE(isn_config_read(path, sizeof overrides / sizeof *overrides, overrides, &config));
  const isn_target_options_t *targets = config->target_groups;
  TEST_CHECK(targets[0].n_sweep == 2 && strcmp(targets[0].sweep[1], "250") == 0);
  TEST_CHECK(targets[0].position.kind == ISN_POSITION_MAX);
  TEST_CHECK(targets[0].window_kind == ISN_WINDOW_TABLE);
  TEST_CHECK(strcmp(targets[0].table, table_path) == 0);
  TEST_CHECK(targets[1].n_sweep == 1);
  TEST_CHECK(strcmp(targets[1].sweep[0], "great white shark, white shark") == 0);
  TEST_CHECK(targets[1].position.kind == ISN_POSITION_AT);
  TEST_CHECK(targets[1].position.y == 2 && targets[1].position.x == 5);
  TEST_CHECK(targets[1].window_kind == ISN_WINDOW_REACH && !targets[1].table);
  TEST_CHECK(targets[1].reach[0] == 0.0 && targets[1].reach[1] == 1.0);
  TEST_CHECK(targets[2].window_kind == ISN_WINDOW_FIXED);
  TEST_CHECK(targets[2].position.kind == ISN_POSITION_NONE);
  TEST_CHECK(config->run.batch == 0);
  TEST_CHECK(config->run.slice[0] == 1 && config->run.slice[1] == 3);
  isn_config_destroy(config);
  remove(path);
  return 0;
}

/* A group has lines of what it says, and no others. */
static int test_settings(void)
{
  static const char wanted[] = "targets[0].blob = \"fc8\"\n"
                               "targets[0].reach = [0.5, 0.8]\n"
                               "targets[0].sweep = [\"all\"]\n"
                               "targets[1].blob = \"conv2\"\n"
                               "targets[1].index = [3]\n"
                               "targets[1].position = [0, 6]\n"
                               "targets[1].window = [1, 2]\n"
                               "targets[2].blob = \"conv2\"\n"
                               "targets[2].position = \"max\"\n"
                               "targets[2].sweep = [\"0-9\", \"bag\"]\n"
                               "targets[2].table = sha256 ";
  static const char groups[] =
      "{ sweep = \"all\"; reach = [0.5, 0.8]; }, "
      "{ index = 3; blob = \"conv2\"; position = [0, 6]; window = [1, 2]; }, "
      "{ sweep = (\"0-9\", \"bag\"); blob = \"conv2\"; position = \"max\"; table = \"%s\"; }";
  char text[sizeof groups + 64];
  isn_run_options_t *one, *two, *other;
  snprintf(text, sizeof text, groups, table_path);
  TEST_REQUIRE(read_groups(text, &one));
  const char *lines = strstr(one->settings, "targets[0]");
  TEST_CHECK_MSG(lines && strncmp(lines, wanted, strlen(wanted)) == 0, "%s", one->settings);
  /* A table counts by what is in it, not by its name. */
  snprintf(text, sizeof text, groups, "test_config_targets_2.csv");
  TEST_CHECK(write_text("test_config_targets_2.csv", "bag,1,2\n") == 0);
  TEST_REQUIRE(read_groups(text, &two));
  TEST_CHECK(strcmp(one->settings, two->settings) == 0);
  TEST_CHECK(write_text("test_config_targets_2.csv", "bag,1,3\n") == 0);
  TEST_REQUIRE(read_groups(text, &other));
  TEST_CHECK(strcmp(one->settings, other->settings) != 0);
  remove("test_config_targets_2.csv");
  isn_config_destroy(one);
  isn_config_destroy(two);
  isn_config_destroy(other);
  return 0;
}

/* Conditions: the example of the manual, each kind of window, `--set` of one, and their lines. */
static int test_conditions(void)
{
  static const char groups[] =
      "{ neurons = [\"pullover\"]; window = [8.0, 14.0]; and = ( "
      "{ neurons = [\"coat\", \"dress\"]; window = [8.0, 15.0]; }, "
      "{ neurons = [\"bag\"]; below = 0.0; }, { index = 3; blob = \"fc7\"; above = 0.5; }, "
      "{ index = 4; probability = [0.0, 0.5]; }, { index = 5; reach = [0.1, 0.2]; } ); }, "
      "{ sweep = \"all\"; above = 7; }";
  static const char wanted[] = "targets[0].and[0].blob = \"fc8\"\n"
                               "targets[0].and[0].neurons = [\"coat\", \"dress\"]\n"
                               "targets[0].and[0].window = [8, 15]\n"
                               "targets[0].and[1].below = 1.5\n"
                               "targets[0].and[1].blob = \"fc8\"\n"
                               "targets[0].and[1].neurons = [\"bag\"]\n"
                               "targets[0].and[2].above = 0.5\n"
                               "targets[0].and[2].blob = \"fc7\"\n"
                               "targets[0].and[2].index = [3]\n"
                               "targets[0].and[3].blob = \"fc8\"\n"
                               "targets[0].and[3].index = [4]\n"
                               "targets[0].and[3].probability = [0, 0.5]\n"
                               "targets[0].and[4].blob = \"fc8\"\n"
                               "targets[0].and[4].index = [5]\n"
                               "targets[0].and[4].reach = [0.1, 0.2]\n"
                               "targets[0].blob = \"fc8\"\n"
                               "targets[0].neurons = [\"pullover\"]\n"
                               "targets[0].window = [8, 14]\n"
                               "targets[1].above = 7\n"
                               "targets[1].blob = \"fc8\"\n";
  static const isn_window_kind_t kinds[] = {ISN_WINDOW_FIXED, ISN_WINDOW_BELOW, ISN_WINDOW_ABOVE,
                                            ISN_WINDOW_PROBABILITY, ISN_WINDOW_REACH};
  char override[1024];
  isn_run_options_t *config;
  snprintf(override, sizeof override, "targets=( %s )", groups);
  const char *const overrides[] = {override, "targets[0].and[1].below=1.5"};
  TEST_REQUIRE(isn_config_read(GOOD_CONFIG, 2, overrides, &config));
  const isn_target_options_t *group = config->target_groups;
  TEST_CHECK(group[0].n_conditions == 5 && group[1].n_conditions == 0);
  for (int c = 0; c < 5; c++) {
    const isn_target_options_t *condition = &group[0].conditions[c];
    TEST_CHECK(condition->window_kind == kinds[c] && condition->n_conditions == 0);
    TEST_CHECK(isnan(condition->below) == (c != 1) && isnan(condition->above) == (c != 2));
    TEST_CHECK(!strcmp(condition->blob, c == 2 ? "fc7" : "fc8"));
  }
  TEST_CHECK(group[0].conditions[0].n_neurons == 2 && group[0].conditions[1].below == 1.5);
  TEST_CHECK(group[0].conditions[3].probability[1] == 0.5);
  TEST_CHECK(group[1].window_kind == ISN_WINDOW_ABOVE && group[1].above == 7.0);
  const char *lines = strstr(config->settings, "targets[0]");
  TEST_CHECK_MSG(lines && strncmp(lines, wanted, strlen(wanted)) == 0, "%s", config->settings);
  isn_config_destroy(config);
  return 0;
}

/* The second group's condition must be refused with these words, behind the place. */
static void refuse_condition(const char *conditions, const char *words)
{
  static const char path[] = "test_config_conditions.cfg";
  char text[1024];
  isn_run_options_t *config;
  snprintf(text, sizeof text,
           "models: { classifier: { weights = \"c.h5\"; mean = [73.0]; };\n"
           "          generator: { weights = \"g.h5\"; }; encoder: { weights = \"e.h5\"; }; };\n"
           "sampling: { code_min = -2.5; code_max = 2.5; }; output: { file = \"out/x.h5\"; };\n"
           "targets: ( { index = 1; window = [1, 2]; },\n"
           "           { index = 2; window = [1, 2];\n"
           "             and = %s; } );\n",
           conditions);
  TEST_CHECK(write_text(path, text) == 0);
  TEST_ERROR(isn_config_read(path, 0, NULL, &config), ISN_ERR_INPUT, words);
  TEST_CHECK_MSG(strstr(isn_error_message(), "test_config_conditions.cfg:6: targets[1].and"), "%s",
                 isn_error_message());
  remove(path);
}

static void test_bad_conditions(void)
{
  refuse_condition("{ index = 3; below = 1; }",
                   "and: found a group { ... }, want a list of groups");
  refuse_condition("( )", "and: found a list of length 0, want a list of groups");
  refuse_condition("( 3 )", "and[0]: found a whole number 3, want a group { ... }");
  refuse_condition("( { below = 1.0; } )",
                   "and[0]: which neurons is missing, want neurons = [\"sneaker\"] or index = 7");
  refuse_condition("( { index = 3; } )", "and[0].window is missing, want window = [20.0, 30.0]");
  refuse_condition(
      "( { index = 3; below = 1.0; }, { index = 3; window = [0, 1]; reach = [0, 1]; } )",
      "and[1]: found window and reach, want one of them");
  refuse_condition("( { index = 3; probability = [0.5, 0.4]; } )",
                   "and[0].probability: the low end 0.5 is not below the high end 0.4");
  refuse_condition(
      "( { index = 3; probability = [0.5, 1.5]; } )",
      "and[0].probability: found a number 1.5, want [low, high], two numbers from 0 to 1");
  refuse_condition("( { index = 3; below = \"1\"; } )",
                   "and[0].below: found a string \"1\", want a number from -1000000 to 1000000");
  refuse_condition("( { index = 3; belov = 1.0; } )",
                   "and[0].belov: no such key; did you mean 'targets[1].and[0].below'?");
  refuse_condition("( { sweep = \"all\"; below = 1.0; } )", "and[0].sweep: no such key");
  refuse_condition("( { index = 3; below = 1.0; and = ( ); } )", "and[0].and: no such key");
}

/* Name of the run file of a slice, and that all other settings are those of the whole run. */
static void expect_slice(const char *file, const char *slice, const char *wanted)
{
  char set_file[128], set_slice[64];
  const char *const overrides[] = {set_file, set_slice};
  isn_run_options_t *part = NULL, *whole = NULL;
  snprintf(set_file, sizeof set_file, "output.file=%s", file);
  snprintf(set_slice, sizeof set_slice, "run.slice=%s", slice);
  TEST_OK(isn_config_read(GOOD_CONFIG, 2, overrides, &part));
  TEST_OK(isn_config_read(GOOD_CONFIG, 1, overrides, &whole));
  if (part && whole) {
    char line[80];
    TEST_CHECK_MSG(strcmp(part->output.file, wanted) == 0, "%s", part->output.file);
    TEST_CHECK(strcmp(whole->output.file, file) == 0 && !strstr(whole->settings, "run."));
    snprintf(line, sizeof line, "run.slice = %s\n", slice);
    char *found = strstr(part->settings, line);
    TEST_CHECK_MSG(found != NULL, "%s", part->settings);
    if (found) /* cut it out */
      memmove(found, found + strlen(line), strlen(found + strlen(line)) + 1);
    TEST_CHECK(strcmp(part->settings, whole->settings) == 0);
  }
  isn_config_destroy(part);
  isn_config_destroy(whole);
}

static void test_slices(void)
{
  expect_slice("out/x.h5", "[2, 8]", "out/x.slice-2-of-8.h5");
  expect_slice("out/x.h5.h5", "[1, 1]", "out/x.h5.slice-1-of-1.h5");
  expect_slice("out.h5/x", "[1000000, 1000000]", "out.h5/x.slice-1000000-of-1000000");
  expect_slice("x.h5.old", "[3, 4]", "x.h5.old.slice-3-of-4");
  expect_slice(".h5", "[3, 4]", ".h5.slice-3-of-4");
}

static int test_shipped(void)
{
  isn_run_options_t *fashion, *caffenet;
  TEST_REQUIRE(isn_config_read(ISN_SOURCE_DIR "/config/fashion-sweep.cfg", 0, NULL, &fashion));
  TEST_CHECK(fashion->n_target_groups == 2 && fashion->sampling.samples == 20);
  TEST_CHECK(fashion->sampling.block == 10 && fashion->run.batch == 0);
  for (int g = 0; g < fashion->n_target_groups; g++) {
    const isn_target_options_t *group = &fashion->target_groups[g];
    TEST_CHECK(strcmp(group->blob, g == 0 ? "fc8" : "fc7") == 0);
    TEST_CHECK(group->n_sweep == 1 && strcmp(group->sweep[0], "all") == 0);
    TEST_CHECK(group->window_kind == ISN_WINDOW_REACH);
    TEST_CHECK(group->reach[0] == 0.5 && group->reach[1] == 0.8);
  }
  isn_config_destroy(fashion);
  /* Its bounds are in a file beside the models. */
  const char *const overrides[] = {
      "sampling.code_max=" ISN_SOURCE_DIR "/models/caffenet/act_range_fc6_3x.txt",
      "models.classifier.mean=" ISN_SOURCE_DIR "/models/caffenet/imagenet_mean.binaryproto"};
  TEST_REQUIRE(
      isn_config_read(ISN_SOURCE_DIR "/config/caffenet-fc8-sweep.cfg", 2, overrides, &caffenet));
  TEST_CHECK(caffenet->n_target_groups == 1 && caffenet->sampling.samples == 100);
  TEST_CHECK(strcmp(caffenet->target_groups[0].sweep[0], "all") == 0);
  TEST_CHECK(caffenet->target_groups[0].window_kind == ISN_WINDOW_REACH);
  TEST_CHECK(caffenet->run.batch == 0);
  isn_config_destroy(caffenet);
  return 0;
}

int main(void)
{
  TEST_CHECK(write_text(table_path, "bag,1,2\n") == 0);
  test_sweeps();
  TEST_CHECK(test_overrides() == 0);
  TEST_CHECK(test_settings() == 0);
  TEST_CHECK(test_conditions() == 0);
  test_bad_conditions();
  test_slices();
  TEST_CHECK(test_shipped() == 0);
  remove(table_path);
  TEST_END();
}
