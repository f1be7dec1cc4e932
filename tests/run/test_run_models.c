/** @file test_run_models.c
 *  Reading a run's models: rank 0 reads, all ranks have the same; what does not fit is refused on
 *  all ranks in the same words.
 */
#include "fashion_options.h"
#include "harness.h"
#include "invset/models.h"

static isn_comm_t *comm;

static double sum_weights(const isn_net_spec_t *spec)
{
  double sum = 0.0;
  for (int l = 0; l < spec->n_layers; l++)
    for (int w = 0; w < spec->layers[l].n_weights; w++)
      for (size_t i = 0; i < spec->layers[l].weights[w].count; i++)
        sum += (double)(i % 7 + 1) * (double)spec->layers[l].weights[w].data[i];
  return sum;
}

/* A number is the same on all ranks if its largest value and its smallest are. */
static void check_equal(double value)
{
  double both[2] = {value, -value};
  TEST_OK(isn_comm_max(comm, both, 2));
  TEST_CHECK_MSG(both[0] == -both[1], "%g to %g", -both[1], both[0]);
}

static int test_fashion(void)
{
  isn_run_options_t options = fashion_options();
  isn_models_t models;
  TEST_REQUIRE(isn_models_load(comm, &options, &models));
  TEST_CHECK(models.code_size == 64 && models.encoding_size == 64);
  TEST_CHECK(models.picture.c == 1 && models.picture.h == 28 && models.picture.w == 28);
  TEST_CHECK(models.crop_h == 2 && models.crop_w == 2 && models.format.mean[0] == 73.0F);
  TEST_CHECK(!strcmp(models.encoder_blob, "code"));
  TEST_CHECK(sum_weights(models.classifier) != 0.0 && sum_weights(models.encoder) != 0.0);
  check_equal(sum_weights(models.classifier));
  check_equal(sum_weights(models.generator));
  check_equal(sum_weights(models.encoder));
  TEST_CHECK(models.n_files == (isn_comm_rank(comm) == 0 ? 6 : 0));
  if (models.n_files == 6) {
    TEST_CHECK(!strcmp(models.files[3].role, "generator weights"));
    TEST_CHECK(!strcmp(models.files[4].path, FASHION "encoder.prototxt"));
    for (int i = 0; i < 6; i++)
      TEST_CHECK(strlen(models.files[i].sha256) == ISN_SHA256_TEXT - 1);
  }
  isn_models_clear(&models);
  isn_models_clear(&models); /* safe on zeros */
  return 0;
}

static int test_encodings(void)
{
  static char fc6[] = "fc6", absent[] = "absent";
  isn_run_options_t options = fashion_options();
  isn_models_t models;
  options.models.encoder_shared = ISN_ENCODER_CLASSIFIER;
  options.models.encoder_blob = fc6;
  TEST_REQUIRE(isn_models_load(comm, &options, &models));
  TEST_CHECK(!models.encoder && models.encoding_size == 256);
  isn_models_clear(&models);
  options.models.encoder_blob = absent;
  TEST_ERROR(isn_models_load(comm, &options, &models), ISN_ERR_INPUT, "no blob 'absent'");
  options = fashion_options();
  options.models.encoder_blob = NULL; /* the last one */
  TEST_REQUIRE(isn_models_load(comm, &options, &models));
  TEST_CHECK(!strcmp(models.encoder_blob, "code") && models.encoding_size == 64);
  isn_models_clear(&models);
  return 0;
}

/* Nets without weights need no file of them: the bundled picture as its own code and encoding. */
static int test_no_weights(void)
{
  static char g_net[] = ISN_SOURCE_DIR "/models/pixels/generator.prototxt",
              e_net[] = ISN_SOURCE_DIR "/models/pixels/encoder.prototxt";
  isn_run_options_t options = fashion_options();
  isn_models_t models;
  options.models.generator = (isn_model_files_t){.net = g_net};
  options.models.encoder = (isn_model_files_t){.net = e_net};
  TEST_REQUIRE(isn_models_load(comm, &options, &models));
  TEST_CHECK(models.code_size == 784 && models.encoding_size == 784);
  TEST_CHECK(models.n_files == (isn_comm_rank(comm) == 0 ? 4 : 0));
  if (models.n_files == 4) {
    TEST_CHECK(!strcmp(models.files[2].role, "generator net"));
    TEST_CHECK(!strcmp(models.files[3].role, "encoder net"));
  }
  isn_models_clear(&models);
  return 0;
}

static void refuse(const isn_run_options_t *options, const char *words)
{
  isn_models_t models;
  double sum = 0.0;
  TEST_ERROR(isn_models_load(comm, options, &models), ISN_ERR_INPUT, words);
  for (const char *c = isn_error_message(); *c; c++)
    sum = 1.01 * sum + (double)*c;
  check_equal(sum);
  TEST_CHECK(!models.classifier && !models.generator && !models.encoder && models.n_files == 0);
}

static void test_refusals(void)
{
  static char absent[] = "absent.caffemodel.h5";
  static double three[3] = {104.0, 117.0, 123.0};
  isn_run_options_t options = fashion_options();
  options.models.generator.weights = absent;
  refuse(&options, "absent.caffemodel.h5");
  options = fashion_options();
  options.models.generator.weights = NULL;
  refuse(&options,
         FASHION "generator.prototxt: layer 'defc7' needs weights, and no file of them is "
                 "named: want models.generator.weights");
  options = fashion_options();
  options.models.classifier.weights = options.models.encoder.weights;
  refuse(&options, "conv1");
  options = fashion_options();
  options.models.generator = options.models.encoder; /* makes numbers, no picture */
  refuse(&options, "the generator " FASHION "encoder.prototxt makes pictures of 64 x 1 x 1");
  options = fashion_options();
  options.models.encoder = options.models.generator;
  options.models.encoder_blob = NULL;
  refuse(&options, "takes 64 x 1 x 1, but the classifier");
  options = fashion_options();
  options.models.mean = (isn_numbers_or_file_t){{3, three}, NULL};
  refuse(&options, "models.classifier.mean: found 3 numbers");
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  test_fashion();
  test_encodings();
  test_no_weights();
  test_refusals();
  isn_comm_close(comm);
  TEST_END();
}
