/** @file test_caffenet_configs.c
 *  The paper's experiments as they stand in config/caffenet-*.cfg, as far as they can be looked at
 *  without the published weights: settings, neurons, bounds, nets, mean, and what is said when the
 *  weights are missing.
 */
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "invset/caffe.h"
#include "invset/config.h"
#include "invset/files.h"
#include "invset/models.h"
#include "invset/targets.h"

enum { CODE = 4096, MAX_TEXT = 1 << 20 };

static const struct {
  const char *path;
  double window[2];
  int n_neurons, neurons[2]; /* from 0; the paper counts from 1 */
} experiments[] = {{"config/caffenet-toilet-paper.cfg", {40, 50}, 1, {999, 0}},
                   {"config/caffenet-volcano.cfg", {50, 60}, 1, {980, 0}},
                   {"config/caffenet-cardoon.cfg", {40, 50}, 1, {946, 0}},
                   {"config/caffenet-monastery-toilet-seat.cfg", {40, 50}, 2, {663, 861}}};
enum { N_EXPERIMENTS = sizeof experiments / sizeof *experiments };

static isn_status_t read_net(const char *path, isn_net_spec_t **out)
{
  char *text;
  ISN_TRY(isn_file_read_text(path, "net", MAX_TEXT, &text));
  isn_status_t status = isn_caffe_parse_net(text, path, out);
  free(text);
  return status;
}

static void check_settings(int e, const isn_run_options_t *options)
{
  static float low[CODE], high[CODE];
  TEST_CHECK(options->sampling.samples == 500 && options->sampling.block == 10);
  TEST_CHECK(options->models.encoder_shared == ISN_ENCODER_CLASSIFIER);
  TEST_CHECK(strcmp(options->models.encoder_blob, "fc6") == 0);
  TEST_CHECK(options->n_target_groups == (experiments[e].n_neurons == 1 ? 1 : 3));
  for (int g = 0; g < options->n_target_groups; g++)
    for (int side = 0; side < 2; side++)
      TEST_CHECK(options->target_groups[g].window[side] == experiments[e].window[side]);
  TEST_OK(isn_code_bounds_expand(&options->sampling.code_min, "code_min", CODE, low));
  TEST_OK(isn_code_bounds_expand(&options->sampling.code_max, "code_max", CODE, high));
  for (int k = 0; k < CODE; k++)
    TEST_CHECK(low[k] == 0.0f && high[k] > 0.0f && high[k] < 100.0f);
}

static int check_models(int e, const isn_run_options_t *options)
{
  static float mean[3 * 227 * 227];
  isn_models_t models = {0};
  isn_targets_t targets;
  isn_shape_t shape;
  TEST_REQUIRE(read_net(options->models.classifier.net, &models.classifier));
  TEST_REQUIRE(read_net(options->models.generator.net, &models.generator));
  TEST_CHECK(isn_net_spec_n_parameters(models.classifier) == 60965224);
  TEST_CHECK(isn_shape_count(models.generator->input_shape) == CODE);
  TEST_REQUIRE(isn_net_spec_blob_shape(models.generator, "deconv0", &shape));
  TEST_CHECK(shape.c == 3 && shape.h == 256 && shape.w == 256);
  TEST_REQUIRE(isn_net_spec_blob_shape(models.classifier, "fc6", &shape));
  TEST_CHECK(isn_shape_count(shape) == CODE);
  TEST_OK(isn_caffe_read_mean(options->models.mean.file, models.classifier->input_shape, mean));
  TEST_REQUIRE(isn_targets_resolve(NULL, options, &models, &targets));
  const isn_run_target_t *last = &targets.targets[targets.n - 1]; /* the others are its neurons */
  TEST_CHECK(last->n_neurons == experiments[e].n_neurons);
  for (int k = 0; k < last->n_neurons; k++)
    TEST_CHECK_MSG(last->neurons[k] == experiments[e].neurons[k], "%s: neuron %d",
                   experiments[e].path, last->neurons[k]);
  isn_targets_clear(&targets);
  isn_models_clear(&models);
  return 0;
}

/* Both weights are looked for before anything is read. */
static int check_missing(int e)
{
  static const char *const missing[] = {
      "models.classifier.weights=models/caffenet/not-there.caffemodel",
      "models.generator.weights=models/caffenet/not-there.caffemodel"};
  static const char *const present[] = {
      "models.generator.weights=models/fashion/generator.caffemodel.h5",
      "models.classifier.weights=models/fashion/classifier.caffemodel.h5"};
  static const char *const words[] = {"weights of the classifier: there is no file",
                                      "weights of the generator: there is no file"};
  for (int i = 0; i < 2; i++) {
    const char *const overrides[] = {missing[i], present[i]};
    isn_run_options_t *options;
    isn_models_t models;
    TEST_REQUIRE(isn_config_read(experiments[e].path, 2, overrides, &options));
    TEST_ERROR(isn_models_load(NULL, options, &models), ISN_ERR_INPUT, words[i]);
    TEST_CHECK(strstr(isn_error_message(), "models/caffenet/not-there.caffemodel"));
    TEST_CHECK(strstr(isn_error_message(), "models/caffenet/README.md says where it comes from"));
    isn_config_destroy(options);
  }
  return 0;
}

/* The sweep of all classes, and the paper's numbers in it. */
static int check_sweep(void)
{
  isn_run_options_t *options;
  isn_models_t models = {0};
  isn_targets_t targets;
  TEST_REQUIRE(isn_config_read("config/caffenet-fc8-sweep.cfg", 0, NULL, &options));
  TEST_REQUIRE(read_net(options->models.classifier.net, &models.classifier));
  TEST_REQUIRE(isn_targets_resolve(NULL, options, &models, &targets));
  TEST_CHECK(targets.n == 1000 && targets.n_blobs == 1 && targets.any_relative);
  for (int t = 0; t < targets.n; t++)
    TEST_CHECK(targets.targets[t].n_neurons == 1 && targets.targets[t].neurons[0] == t);
  TEST_CHECK(!strcmp(targets.targets[999].label, "toilet tissue"));
  TEST_CHECK(!strcmp(targets.targets[980].label, "volcano"));
  isn_targets_clear(&targets);
  isn_models_clear(&models);
  isn_config_destroy(options);
  return 0;
}

int main(void)
{
  TEST_CHECK(chdir(ISN_SOURCE_DIR) == 0); /* a config's paths are relative to it */
  for (int e = 0; e < N_EXPERIMENTS; e++) {
    isn_run_options_t *options;
    TEST_REQUIRE(isn_config_read(experiments[e].path, 0, NULL, &options));
    check_settings(e, options);
    if (check_models(e, options) || check_missing(e))
      return 1;
    isn_config_destroy(options);
  }
  TEST_CHECK(check_sweep() == 0);
  TEST_END();
}
