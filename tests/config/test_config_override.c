/** @file test_config_override.c
 *  `--set path=value`: what it may say, that it wins over the file, and what its errors say.
 */
#include "config/config_files.h"
#include "harness.h"
#include "invset/config.h"

static isn_status_t read_with(const char *override, isn_run_options_t **config)
{
  const char *const overrides[] = {override};
  return isn_config_read(GOOD_CONFIG, 1, overrides, config);
}

static void expect_error(const char *override, const char *text)
{
  isn_run_options_t *config = NULL;
  char begin[256];
  TEST_ERROR(read_with(override, &config), ISN_ERR_INPUT, text);
  snprintf(begin, sizeof begin, "--set %s: ", override);
  TEST_CHECK_MSG(strncmp(isn_error_message(), begin, strlen(begin)) == 0, "%s",
                 isn_error_message());
}

/* Values of all kinds, for keys and groups that the file has and has not. */
static int test_values(void)
{
  const char *const overrides[] = {
      "run.batch=7",
      "run.backend=cpu",
      "output.file=out/other file.h5",
      "sampling.seed = 12345678901 ",
      "sampling.seed=42",
      "sampling.step=2",
      "sampling.rule=classic",
      "sampling.code_min=[-1.0, -2.0]",
      "sampling.code_max=" GOOD_CONFIG,
      "output.encodings=false",
      "models.classifier.labels=\"a \\\"b\\\".txt\"",
      "targets[0].window=[25, 35]",
      "targets[0].blob=fc7",
      "targets[0].neurons=T-shirt/top",
  };
  enum { N = sizeof overrides / sizeof overrides[0] };
  isn_run_options_t *config;
  TEST_REQUIRE(isn_config_read(GOOD_CONFIG, N, overrides, &config));
  TEST_CHECK(config->run.batch == 7);
  TEST_CHECK(strcmp(config->run.backend, "cpu") == 0);
  TEST_CHECK(strcmp(config->output.file, "out/other file.h5") == 0);
  TEST_CHECK(config->sampling.seed == 42); /* the last one wins */
  TEST_CHECK(config->sampling.step == 2.0);
  TEST_CHECK(config->sampling.rule == ISN_RULE_CLASSIC);
  TEST_CHECK(config->sampling.code_min.numbers.n == 2);
  TEST_CHECK(config->sampling.code_max.numbers.n == 0);
  TEST_CHECK(config->sampling.code_max.file &&
             strcmp(config->sampling.code_max.file, GOOD_CONFIG) == 0);
  TEST_CHECK(!config->output.encodings);
  TEST_CHECK(strcmp(config->models.labels, "a \"b\".txt") == 0);
  TEST_CHECK(config->target_groups[0].window[0] == 25.0 &&
             config->target_groups[0].window[1] == 35.0);
  TEST_CHECK(strcmp(config->target_groups[0].blob, "fc7") == 0);
  TEST_CHECK(strcmp(config->target_groups[0].neurons[0].name, "T-shirt/top") == 0);
  TEST_CHECK(config->sampling.samples == 100); /* the rest is as it was */
  TEST_CHECK(strstr(config->text, "#! --set run.batch=7\n#! --set run.backend=cpu\n"));
  isn_config_destroy(config);
  return 0;
}

/* Whole lists and groups. */
static int test_wholes(void)
{
  isn_run_options_t *config;
  TEST_REQUIRE(read_with("targets=( { index = 3; window = [1, 2]; }, "
                         "{ neurons = [\"a\", \"b\"]; window = [3.0, 4.5]; } )",
                         &config));
  TEST_CHECK(config->n_target_groups == 2 && config->target_groups[0].neurons[0].index == 3);
  TEST_CHECK(config->target_groups[1].n_neurons == 2 && config->target_groups[1].window[1] == 4.5);
  isn_config_destroy(config);
  TEST_REQUIRE(read_with("models.encoder={ shared = \"classifier\"; blob = \"fc6\"; }", &config));
  TEST_CHECK(config->models.encoder_shared == ISN_ENCODER_CLASSIFIER &&
             !config->models.encoder.net);
  isn_config_destroy(config);
  return 0;
}

/* The stored text is a config itself, overrides and all: as a file, and as text. */
static int test_stored_text(void)
{
  static const char stored[] = "test_config_override_stored.cfg";
  isn_run_options_t *config, *again;
  TEST_REQUIRE(read_with("sampling.seed=9", &config));
  TEST_CHECK(write_text(stored, config->text) == 0);
  TEST_REQUIRE(isn_config_read(stored, 0, NULL, &again));
  TEST_CHECK(again->sampling.seed == 9 && config->sampling.seed == 9);
  isn_config_destroy(again);
  TEST_REQUIRE(isn_config_parse(config->text, "run.h5", &again));
  TEST_CHECK(again->sampling.seed == 9 && strcmp(again->settings, config->settings) == 0);
  isn_config_destroy(config);
  isn_config_destroy(again);
  remove(stored);
  return 0;
}

static void test_errors(void)
{
  expect_error("sampling.stepp=1", "sampling.stepp: no such key; did you mean 'sampling.step'?");
  expect_error("seed=1", "seed: no such key; did you mean 'sampling.seed'?");
  expect_error("sampling.step=fast", "value:1: syntax error");
  expect_error("sampling.step=[1.0", "value:1: syntax error");
  expect_error("sampling.step=1.0; seed = 3", "it holds more than one setting");
  expect_error("sampling.step=-1", "found a whole number -1, want a number from 0");
  expect_error("sampling.seed=99999999999999999999", "does not fit in 64 bits");
  expect_error("output.file=\"x", "value:1: the string \"x; has no closing quote");
  expect_error("sampling.seed", "want path=value");
  expect_error("sampling.seed=", "want path=value");
  expect_error("=3", "the path lacks a name");
  expect_error(".seed=3", "the path lacks a name");
  expect_error("sampling.=3", "the path lacks a name");
  expect_error("sampling.seed.x=3", "sampling.seed: found a group { ... }, want a whole number");
  expect_error("output.file.x=3", "'output.file' is a string \"out/x.h5\", not a group");
  expect_error("sam pling.seed=3", "cannot be the name of a key");
  expect_error("sampling.se ed=3", "cannot be the name of a key");
  expect_error("targets[1].window=[1, 2]", "there is no element 1: 'targets' has 1");
  expect_error("targets[x].window=[1, 2]", "want a number between the brackets");
  expect_error("targets[-1].window=[1, 2]", "want a number between the brackets");
  expect_error("targets[0]={ index = 3; }", "the path must end with a key");
  expect_error("targets[0].window=[30, 20]", "the low end 30 is not below the high end 20");
  expect_error("targets[0].index=7", "found neurons and index, want one of them");
  expect_error("targets[0].windw=[1, 2]", "did you mean 'targets[0].window'?");
  expect_error("sampling[0].seed=3", "'sampling' is not a list");
  expect_error("targets=3", "found a whole number 3, want a list of groups");
  expect_error("sampling.block=200", "found 200, want at most sampling.samples, which is 100");
  expect_error("sampling.code_min=nowhere.txt", "there is no file 'nowhere.txt'");
  expect_error("sampling.seed=1\nsampling.step=2", "want one line");
}

int main(void)
{
  TEST_CHECK(test_values() == 0);
  TEST_CHECK(test_wholes() == 0);
  TEST_CHECK(test_stored_text() == 0);
  test_errors();
  TEST_END();
}
