/** @file test_fold.c
 *  Folding BatchNorm, Scale and Bias into the layer before them: what is folded, what must not be,
 *  and that results stay the same.
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "random_net.h"

enum { N = 3, N_BLOBS = 4 };

#define CONV(name, bottom, top, fields)                                                            \
  "layer { name: '" name "' type: 'Convolution' bottom: '" bottom "' top: '" top "'\n"             \
  "  convolution_param { kernel_size: 3 pad: 1 " fields " } }\n"
#define NORM(name, bottom, top)                                                                    \
  "layer { name: '" name "' type: 'BatchNorm' bottom: '" bottom "' top: '" top "' }\n"
#define SCALE(name, bottom, top, fields)                                                           \
  "layer { name: '" name "' type: 'Scale' bottom: '" bottom "' top: '" top "'\n"                   \
  "  scale_param { " fields " } }\n"
#define RELU(name, blob)                                                                           \
  "layer { name: '" name "' type: 'ReLU' bottom: '" blob "' top: '" blob "' }\n"

/** conv1: in place, without bias.  up: groups, names of their own.  conv2: read twice, so that
 *  only what follows `both` folds.  rows: its outputs are not the channels.  fc: transposed. */
static const char text[] = "input: 'x' input_shape { dim: 1 dim: 3 dim: 6 dim: 5 }\n"  /**/
    CONV("conv1", "x", "c1", "num_output: 4 bias_term: false") NORM("bn1", "c1", "c1") /**/
    SCALE("sc1", "c1", "c1", "bias_term: true") RELU("relu1", "c1")                    /**/
    "layer { name: 'up' type: 'Deconvolution' bottom: 'c1' top: 'up'\n"
    "  convolution_param { num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 2 } }\n" /**/
    NORM("bn2", "up", "up_n") SCALE("sc2", "up_n", "up_s", "") RELU("relu2", "up_s")     /**/
    CONV("conv2", "up_s", "c2", "num_output: 2") NORM("bn3", "c2", "n3")                 /**/
    "layer { name: 'sum' type: 'Eltwise' bottom: 'c2' bottom: 'n3' top: 'sum' }\n"
    "layer { name: 'rows' type: 'InnerProduct' bottom: 'sum' top: 'rows'\n"
    "  inner_product_param { num_output: 7 axis: 3 } }\n" NORM("bn4", "rows", "n4") /**/
    "layer { name: 'fc' type: 'InnerProduct' bottom: 'n4' top: 'fc'\n"
    "  inner_product_param { num_output: 5 transpose: true } }\n" NORM("bn5", "fc", "fc") /**/
    "layer { name: 'b5' type: 'Bias' bottom: 'fc' top: 'out' }\n";

static const char *const blobs[N_BLOBS] = {"c1", "up_s", "sum", "out"};

static bool has_layer(const isn_net_spec_t *spec, const char *name)
{
  for (int i = 0; i < spec->n_layers; i++)
    if (strcmp(spec->layers[i].name, name) == 0)
      return true;
  return false;
}

static void compare(const char *what, float *folded, float *plain, size_t count)
{
  double difference;
  TEST_NORM_DIFFERENCE(folded, plain, count, difference);
  printf("  %-10s %.2e\n", what, difference);
  TEST_CHECK_MSG(difference < 5e-6, "%s: %.2e", what, difference);
  free(folded);
  free(plain);
}

static int check_results(isn_backend_t *backend, const isn_net_spec_t *plain,
                         const isn_net_spec_t *folded)
{
  float *values[2][N_BLOBS], *gradients[2];
  isn_shape_t shape;
  TEST_REQUIRE(random_run(backend, plain, N_BLOBS, blobs, N, values[0], &gradients[0]));
  TEST_REQUIRE(random_run(backend, folded, N_BLOBS, blobs, N, values[1], &gradients[1]));
  for (int b = 0; b < N_BLOBS; b++) {
    TEST_REQUIRE(isn_net_spec_blob_shape(plain, blobs[b], &shape));
    compare(blobs[b], values[1][b], values[0][b], N * isn_shape_count(shape));
  }
  compare("gradient", gradients[1], gradients[0], N * isn_shape_count(plain->input_shape));
  return 0;
}

static int check_folding(isn_backend_t *backend)
{
  static const char *const gone[] = {"bn1", "sc1", "bn2", "sc2", "bn5", "b5"};
  isn_net_spec_t *plain, *folded;
  int n_folded = -1;
  TEST_REQUIRE(random_net(text, &plain));
  TEST_REQUIRE(random_net(text, &folded));
  TEST_REQUIRE(isn_net_spec_fold(folded, 0, NULL, &n_folded));
  TEST_CHECK_MSG(n_folded == 6 && folded->n_layers == plain->n_layers - 6, "%d", n_folded);
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
    TEST_CHECK_MSG(!has_layer(folded, gone[i]), "%s", gone[i]);
  TEST_CHECK(has_layer(folded, "bn3") && has_layer(folded, "bn4"));
  TEST_CHECK(folded->layers[0].params.conv.has_bias && folded->layers[0].n_weights == 2);
  TEST_CHECK(strcmp(isn_net_spec_output(folded), "out") == 0);
  int failed = check_results(backend, plain, folded);
  TEST_OK(isn_net_spec_fold(folded, 0, NULL, &n_folded));
  TEST_CHECK(n_folded == 0);
  isn_net_spec_destroy(plain);
  isn_net_spec_destroy(folded);
  return failed;
}

/** Blobs that are wanted stay; in place there is nothing to keep before the last. */
static int check_keeping(void)
{
  static const char *const keep[] = {"up", "up_n", "c1"};
  isn_net_spec_t *spec;
  isn_shape_t shape;
  int n_folded = -1;
  TEST_REQUIRE(random_net(text, &spec));
  TEST_REQUIRE(isn_net_spec_fold(spec, 3, keep, &n_folded));
  TEST_CHECK_MSG(n_folded == 4, "%d", n_folded);
  TEST_OK(isn_net_spec_blob_shape(spec, "up", &shape));
  TEST_OK(isn_net_spec_blob_shape(spec, "up_n", &shape));
  isn_net_spec_destroy(spec);
  TEST_REQUIRE(isn_caffe_parse_net(text, "text", &spec));
  TEST_ERROR(isn_net_spec_fold(spec, 0, NULL, NULL), ISN_ERR_ARG, "its weights are not loaded");
  isn_net_spec_destroy(spec);
  return 0;
}

/** The net's output stays its last layer's top. */
static int check_output(void)
{
  static const char last[] = "input: 'x' input_shape { dim: 1 dim: 3 dim: 6 dim: 5 }\n" /**/
      CONV("conv1", "x", "c1", "num_output: 4") RELU("r", "x") NORM("bn1", "c1", "n1");
  isn_net_spec_t *spec;
  int n_folded = -1;
  TEST_REQUIRE(random_net(last, &spec));
  TEST_REQUIRE(isn_net_spec_fold(spec, 0, NULL, &n_folded));
  TEST_CHECK(n_folded == 0 && strcmp(isn_net_spec_output(spec), "n1") == 0);
  isn_net_spec_destroy(spec);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  if (check_folding(backend) || check_keeping() || check_output())
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
