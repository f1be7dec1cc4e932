/** @file test_engine.c
 *  The chain from codes to activations and encodings, against its nets run one by one with crop,
 *  rounding and channel order done here by hand.
 */
#include "harness.h"
#include "invset/engine.h"
#include "invset/picture.h"
#include "tiny_models.h"

enum { BATCH = 5 };
static const char *const blobs[] = {"fc8", "hidden"};
enum { FC8, HIDDEN, N_BLOBS };

static isn_backend_t *backend;

/* The classifier, and the encoder if it is a net of its own, run on pictures. */
typedef struct {
  float fc8[BATCH][TINY_FC8], hidden[BATCH][TINY_HIDDEN], code[BATCH][TINY_ENCODING];
  float pixels[BATCH][TINY_PIXELS];
} expected_t;

static isn_status_t run_net(const isn_net_spec_t *spec, const char *blob, const float *input,
                            float *output)
{
  isn_net_t *net = NULL;
  ISN_TRY(isn_net_create(backend, spec, 1, &blob, BATCH, false, &net));
  isn_tensor_t in = isn_net_input(net), out = isn_net_blob(net, 0);
  isn_status_t status =
      isn_backend_upload(backend, in.data, input, BATCH * isn_shape_count(in.shape));
  if (status == ISN_OK)
    status = isn_net_forward(net, BATCH);
  if (status == ISN_OK)
    status = isn_backend_download(backend, output, out.data, BATCH * isn_shape_count(out.shape));
  isn_net_destroy(net);
  return status;
}

/* Centre crop, clip to grey levels, round. */
static void make_valid(const float *raw, float *pixels)
{
  for (int c = 0; c < TINY_C; c++)
    for (int y = 0; y < TINY_IN; y++)
      for (int x = 0; x < TINY_IN; x++) {
        float value =
            raw[(c * TINY_OUT_H + y + TINY_CROP_H) * TINY_OUT_W + x + TINY_CROP_W] + TINY_MEAN[c];
        value = rintf(fminf(fmaxf(value, 0.0F), 255.0F));
        pixels[(c * TINY_IN + y) * TINY_IN + x] = value - TINY_MEAN[c];
      }
}

static isn_status_t expect(const isn_models_t *models, const float *codes, expected_t *expected)
{
  float raw[BATCH][TINY_C * TINY_OUT_H * TINY_OUT_W];
  ISN_TRY(run_net(models->generator, "picture", codes, raw[0]));
  for (int i = 0; i < BATCH; i++)
    make_valid(raw[i], expected->pixels[i]);
  ISN_TRY(run_net(models->classifier, "fc8", expected->pixels[0], expected->fc8[0]));
  ISN_TRY(run_net(models->classifier, "hidden", expected->pixels[0], expected->hidden[0]));
  if (models->encoder)
    ISN_TRY(run_net(models->encoder, "code", expected->pixels[0], expected->code[0]));
  return ISN_OK;
}

static void check_picture(isn_engine_t *engine, int row, const float *pixels)
{
  unsigned char image[TINY_PIXELS];
  float values[TINY_PIXELS];
  float mean[TINY_C];
  const isn_shape_t shape = {3, TINY_C, TINY_IN, TINY_IN};
  const isn_picture_format_t format = {mean, false, false, 1.0F};
  memcpy(mean, TINY_MEAN, sizeof mean);
  TEST_OK(isn_engine_picture(engine, row, image));
  isn_picture_load(shape, &format, image, values);
  TEST_CHECK(memcmp(values, pixels, sizeof values) == 0);
}

static void check_row(isn_engine_t *engine, int row, bool shared, const expected_t *expected, int i)
{
  const float *encoding = isn_engine_encoding(engine, row);
  TEST_CHECK(!memcmp(isn_engine_blob(engine, FC8, row), expected->fc8[i], sizeof expected->fc8[i]));
  TEST_CHECK(!memcmp(isn_engine_blob(engine, HIDDEN, row), expected->hidden[i],
                     sizeof expected->hidden[i]));
  if (shared)
    TEST_CHECK(!memcmp(encoding, expected->hidden[i], sizeof expected->hidden[i]));
  else
    TEST_CHECK(!memcmp(encoding, expected->code[i], sizeof expected->code[i]));
  check_picture(engine, row, expected->pixels[i]);
}

static int test_forward(bool shared, int n_blobs)
{
  isn_models_t models;
  isn_engine_t *engine = NULL;
  expected_t expected;
  float codes[BATCH][TINY_CODE];
  tiny_noise(codes[0], BATCH * TINY_CODE, 1, 2.0);
  TEST_REQUIRE(tiny_models(shared, &models));
  TEST_REQUIRE(expect(&models, codes[0], &expected));
  TEST_REQUIRE(isn_engine_open(backend, &models, n_blobs, blobs, isn_batch_exactly(BATCH),
                               ISN_PRECISION_FP32, &engine));
  TEST_CHECK(isn_engine_blob_count(engine, FC8) == TINY_FC8 && isn_engine_batch(engine) == BATCH);
  isn_models_clear(&models); /* the engine has what it needs */
  if (n_blobs == N_BLOBS) {
    memcpy(isn_engine_codes(engine), codes, sizeof codes);
    TEST_REQUIRE(isn_engine_forward(engine, BATCH));
    for (int i = 0; i < BATCH; i++)
      check_row(engine, i, shared, &expected, i);
    /* Fewer rows in another order: the same bits. */
    for (int i = 0; i < 3; i++)
      memcpy(isn_engine_codes(engine) + i * TINY_CODE, codes[4 - i], sizeof codes[0]);
    TEST_REQUIRE(isn_engine_forward(engine, 3));
    for (int i = 0; i < 3; i++)
      check_row(engine, i, shared, &expected, 4 - i);
  } else { /* the encoding is no blob of a target */
    memcpy(isn_engine_codes(engine), codes, sizeof codes);
    TEST_REQUIRE(isn_engine_forward(engine, BATCH));
    TEST_CHECK(
        !memcmp(isn_engine_encoding(engine, 2), expected.hidden[2], sizeof expected.hidden[2]));
  }
  isn_engine_close(engine);
  return 0;
}

static int test_refusals(void)
{
  static const char *const absent[] = {"fc9"};
  isn_models_t models;
  isn_engine_t *engine = NULL;
  TEST_REQUIRE(tiny_models(false, &models));
  TEST_ERROR(isn_engine_open(backend, &models, 1, absent, isn_batch_exactly(BATCH),
                             ISN_PRECISION_FP32, &engine),
             ISN_ERR_INPUT, "fc9");
  isn_models_clear(&models);
  TEST_REQUIRE(tiny_models(false, &models));
  models.classifier->layers[0].weights[1].data[2] = INFINITY;
  TEST_REQUIRE(isn_engine_open(backend, &models, 1, blobs, isn_batch_exactly(BATCH),
                               ISN_PRECISION_FP32, &engine));
  TEST_ERROR(isn_engine_forward(engine, 2), ISN_ERR_NUMERIC, "not finite");
  isn_engine_close(engine);
  isn_models_clear(&models);
  return 0;
}

int main(void)
{
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  test_forward(false, N_BLOBS);
  test_forward(true, N_BLOBS);
  test_forward(true, 1);
  test_refusals();
  isn_backend_close(backend);
  TEST_END();
}
