/** @file test_config_read.c
 *  Good configs: every value lands in its field, every default holds, the shipped files parse.
 */
#include "config/config_files.h"
#include "harness.h"
#include "invset/config.h"
#include "invset/labels.h"

static void test_defaults(const isn_run_options_t *config)
{
  TEST_CHECK(config->models.labels == NULL);
  TEST_CHECK(config->models.encoder_shared == ISN_ENCODER_OWN);
  TEST_CHECK(config->models.encoder_blob == NULL);
  TEST_CHECK(strcmp(config->target_groups[0].blob, "fc8") == 0);
  TEST_CHECK(config->sampling.samples == 100);
  TEST_CHECK(config->sampling.block == 10);
  TEST_CHECK(config->sampling.chains == 3);
  TEST_CHECK(config->sampling.chain_length == 10);
  TEST_CHECK(config->sampling.seed == 1);
  TEST_CHECK(config->sampling.start_mean == 0.0);
  TEST_CHECK(config->sampling.start_deviation == 1.0);
  TEST_CHECK(config->sampling.rule == ISN_RULE_NEWTON);
  TEST_CHECK(config->sampling.step == 0.45);
  TEST_CHECK(config->sampling.newton_cap == 0.2);
  TEST_CHECK(config->sampling.aim == 0.05);
  TEST_CHECK(config->sampling.kick == 0.4);
  TEST_CHECK(config->sampling.max_steps == 40);
  TEST_CHECK(config->sampling.starts == 0);
  TEST_CHECK(config->sampling.start_share == 0.1);
  TEST_CHECK(config->sampling.patience == 3);
  TEST_CHECK(config->sampling.max_starts == 30);
  TEST_CHECK(config->sampling.refresh == 0);
  TEST_CHECK(config->sampling.probe_starts == 4);
  TEST_CHECK(config->sampling.probe_steps == 24);
  TEST_CHECK(config->sampling.probe_step == 0.2);
  TEST_CHECK(strcmp(config->run.backend, "auto") == 0);
  TEST_CHECK(config->run.batch == 0);
  TEST_CHECK(config->run.slice[0] == 0 && config->run.slice[1] == 0);
  TEST_CHECK(config->output.encodings);
}

static void test_required(const isn_run_options_t *config)
{
  TEST_CHECK(strcmp(config->path, GOOD_CONFIG) == 0);
  TEST_CHECK(strcmp(config->models.classifier.net, "c.prototxt") == 0);
  TEST_CHECK(strcmp(config->models.classifier.weights, "c.h5") == 0);
  TEST_CHECK(config->models.mean.numbers.n == 1 && config->models.mean.numbers.values[0] == 73.0);
  TEST_CHECK(strcmp(config->models.generator.net, "g.prototxt") == 0);
  TEST_CHECK(strcmp(config->models.generator.weights, "g.h5") == 0);
  TEST_CHECK(strcmp(config->models.encoder.net, "e.prototxt") == 0);
  TEST_CHECK(strcmp(config->models.encoder.weights, "e.h5") == 0);
  TEST_CHECK(config->n_target_groups == 1 && config->target_groups[0].n_neurons == 1);
  TEST_CHECK(strcmp(config->target_groups[0].neurons[0].name, "sneaker") == 0);
  TEST_CHECK(config->target_groups[0].window[0] == 20.0 &&
             config->target_groups[0].window[1] == 30.0);
  TEST_CHECK(config->target_groups[0].line == 7);
  TEST_CHECK(config->target_groups[0].window_kind == ISN_WINDOW_FIXED);
  TEST_CHECK(config->target_groups[0].position.kind == ISN_POSITION_NONE);
  TEST_CHECK(config->target_groups[0].n_sweep == 0 && !config->target_groups[0].table);
  TEST_CHECK(config->sampling.code_min.numbers.n == 1 && !config->sampling.code_min.file);
  TEST_CHECK(config->sampling.code_min.numbers.values[0] == -2.5);
  TEST_CHECK(config->sampling.code_max.numbers.values[0] == 2.5);
  TEST_CHECK(strcmp(config->output.file, "out/x.h5") == 0);
}

/* All that the least config leaves out, and the other forms of what it has. */
static int test_full(void)
{
  static const char text[] =
      "models: {\n"
      "  classifier: { net = \"c\"; weights = \"w\"; mean = [104.0, 116.5, 123.0];\n"
      "                labels = \"l.txt\"; };\n"
      "  generator: { net = \"g\"; weights = \"w\"; };\n"
      "  encoder: { shared = \"classifier\"; blob = \"fc6\"; };\n"
      "};\n"
      "targets: (\n"
      "  { neurons = (\"a\", \"b\"); blob = \"fc7\"; window = (-1, 2.5); },\n"
      "  { index = [7, 9]; window = [1, 2]; },\n"
      "  { index = 0; window = [1, 2]; },\n"
      "  { neurons = \"c\"; window = [1, 2]; }\n"
      ");\n"
      "sampling: { samples = 12L; block = 12; seed = 12345678901; refresh = 3; rule = \"classic\"; "
      "step = 1;\n"
      "            code_min = [0, 0, 0]; code_max = [1.0, 2.0, 3.0]; start_mean = -1e-1; };\n"
      "run: { backend = \"cpu\"; batch = 0x10; };\n"
      "output: { file = \"f\"; encodings = false; }  # no line end";
  isn_run_options_t *config;
  TEST_CHECK(write_text("test_config_full.cfg", text) == 0);
  TEST_REQUIRE(isn_config_read("test_config_full.cfg", 0, NULL, &config));
  TEST_CHECK(config->models.mean.numbers.n == 3 && config->models.mean.numbers.values[1] == 116.5);
  TEST_CHECK(strcmp(config->models.labels, "l.txt") == 0);
  TEST_CHECK(config->models.encoder_shared == ISN_ENCODER_CLASSIFIER);
  TEST_CHECK(!config->models.encoder.net && strcmp(config->models.encoder_blob, "fc6") == 0);
  TEST_CHECK(config->n_target_groups == 4);
  TEST_CHECK(config->target_groups[0].n_neurons == 2 && config->target_groups[0].line == 8);
  TEST_CHECK(strcmp(config->target_groups[0].neurons[1].name, "b") == 0);
  TEST_CHECK(config->target_groups[0].window[0] == -1.0 &&
             config->target_groups[0].window[1] == 2.5);
  TEST_CHECK(strcmp(config->target_groups[0].blob, "fc7") == 0);
  TEST_CHECK(config->target_groups[1].n_neurons == 2 &&
             config->target_groups[1].neurons[1].index == 9);
  TEST_CHECK(config->target_groups[1].neurons[1].name == NULL);
  TEST_CHECK(config->target_groups[2].n_neurons == 1 &&
             config->target_groups[2].neurons[0].index == 0);
  TEST_CHECK(strcmp(config->target_groups[3].neurons[0].name, "c") == 0);
  TEST_CHECK(config->sampling.samples == 12);
  TEST_CHECK(config->sampling.seed == 12345678901 && config->sampling.refresh == 3);
  TEST_CHECK(config->sampling.rule == ISN_RULE_CLASSIC);
  TEST_CHECK(config->sampling.step == 1.0 && config->sampling.start_mean == -0.1);
  TEST_CHECK(config->sampling.code_max.numbers.n == 3);
  TEST_CHECK(config->sampling.code_max.numbers.values[2] == 3.0);
  TEST_CHECK(strcmp(config->run.backend, "cpu") == 0 && config->run.batch == 16);
  TEST_CHECK(!config->output.encodings);
  TEST_CHECK(strcmp(config->text, text) == 0);
  isn_config_destroy(config);
  remove("test_config_full.cfg");
  return 0;
}

/* The shipped manual says of each key what its default is, so the two may not drift apart. */
static int test_shipped(void)
{
  isn_run_options_t *manual, *all, *least;
  TEST_REQUIRE(isn_config_read(ISN_SOURCE_DIR "/config/fashion-sneaker.cfg", 0, NULL, &manual));
  TEST_REQUIRE(isn_config_read(ISN_SOURCE_DIR "/config/fashion-all.cfg", 0, NULL, &all));
  const char *const same[] = {"models.encoder.blob=code", "sampling.start_deviation=1.2"};
  TEST_REQUIRE(isn_config_read(GOOD_CONFIG, 2, same, &least));
  TEST_CHECK_MSG(strcmp(manual->settings, least->settings) == 0, "%s\n%s", manual->settings,
                 least->settings);
  TEST_CHECK(strcmp(manual->run.backend, least->run.backend) == 0);
  TEST_CHECK(manual->run.batch == least->run.batch);
  TEST_CHECK(strcmp(manual->output.file, "out/fashion-sneaker.h5") == 0);

  TEST_CHECK(all->n_target_groups == 10 && all->sampling.samples == 100);
  TEST_CHECK(strcmp(all->target_groups[9].neurons[0].name, "ankle boot") == 0);
  TEST_CHECK(all->target_groups[5].window[0] == 36.0 && all->target_groups[5].window[1] == 69.0);
  TEST_CHECK(strcmp(all->output.file, "out/fashion-all.h5") == 0);
  isn_config_destroy(manual);
  isn_config_destroy(all);
  isn_config_destroy(least);
  return 0;
}

/* Every name in the shipped configs is in the shipped labels, in the order of the net's units. */
static int test_shipped_labels(void)
{
  isn_run_options_t *all;
  isn_labels_t *labels;
  TEST_REQUIRE(isn_config_read(ISN_SOURCE_DIR "/config/fashion-all.cfg", 0, NULL, &all));
  TEST_REQUIRE(isn_labels_read(ISN_SOURCE_DIR "/models/fashion/labels.txt", &labels));
  TEST_CHECK(isn_labels_count(labels) == 10);
  for (int t = 0; t < all->n_target_groups; t++) {
    int unit = -1;
    TEST_OK(isn_labels_find(labels, all->target_groups[t].neurons[0].name, &unit));
    TEST_CHECK(unit == t);
  }
  isn_labels_destroy(labels);
  isn_config_destroy(all);
  return 0;
}

int main(void)
{
  isn_run_options_t *config;
  TEST_REQUIRE(isn_config_read(GOOD_CONFIG, 0, NULL, &config));
  test_required(config);
  test_defaults(config);
  isn_config_destroy(config);
  isn_config_destroy(NULL);
  TEST_CHECK(test_full() == 0);
  TEST_CHECK(test_shipped() == 0);
  TEST_CHECK(test_shipped_labels() == 0);
  TEST_ERROR(isn_config_read("no/such.cfg", 0, NULL, &config), ISN_ERR_INPUT, "no/such.cfg");
  TEST_ERROR(isn_config_read(CONFIG_TESTS, 0, NULL, &config), ISN_ERR_INPUT, CONFIG_TESTS);
  TEST_END();
}
