/** @file test_engine_gradient.c
 *  Gradients with respect to codes, against finite differences of the classifier and encoder
 * written out here in double: at the rounded picture, passed straight through the rounding, zero
 * where a grey level was cut, back through the mask of a kept picture, if there is one, and the
 * generator, which is linear.
 */
#include "harness.h"
#include "invset/engine.h"
#include "invset/memory.h"
#include "tiny_models.h"

enum { BATCH = 5, CONV = 5, PLANE = TINY_IN * TINY_IN };
enum { FC8, HIDDEN, N_BLOBS };
static const char *const blobs[N_BLOBS] = {"fc8", "hidden"};
static const double EPSILON = 1e-3;

static isn_backend_t *backend;

/* What is put on the blobs of a row: its scalar is the sum of seed times value. */
typedef struct {
  int blob; /* FC8, HIDDEN or -1 */
  bool with_encoding;
  float on_blob[TINY_HIDDEN], on_encoding[TINY_HIDDEN];
} seeds_t;

static const float *weights(const isn_net_spec_t *spec, int layer, int which)
{
  return spec->layers[layer].weights[which].data;
}

static void inner_product(const isn_net_spec_t *spec, int layer, int n_in, int n_out,
                          const double *in, double *out)
{
  for (int o = 0; o < n_out; o++) {
    out[o] = (double)weights(spec, layer, 1)[o];
    for (int i = 0; i < n_in; i++)
      out[o] += (double)weights(spec, layer, 0)[o * n_in + i] * in[i];
  }
}

static double leaky(double x, double slope)
{
  return x > 0.0 ? x : slope * x;
}

/* Layer 0 of the classifier: 3 x 3 with a border of 1, and its ReLU. */
static double conv_at(const isn_net_spec_t *spec, const double *pixels, int o, int y, int x)
{
  double sum = (double)weights(spec, 0, 1)[o];
  for (int c = 0; c < TINY_C; c++)
    for (int ky = 0; ky < 3; ky++)
      for (int kx = 0; kx < 3; kx++) {
        int iy = y + ky - 1, ix = x + kx - 1;
        if (iy >= 0 && iy < TINY_IN && ix >= 0 && ix < TINY_IN)
          sum += (double)weights(spec, 0, 0)[((o * TINY_C + c) * 3 + ky) * 3 + kx] *
                 pixels[c * PLANE + iy * TINY_IN + ix];
      }
  return leaky(sum, 0.3F);
}

/* The scalar of a picture. */
static double evaluate(const isn_models_t *models, const seeds_t *seeds, const double *pixels)
{
  double conv[CONV * PLANE], hidden[TINY_HIDDEN], fc8[TINY_FC8], code[TINY_ENCODING], sum = 0.0;
  for (int i = 0; i < CONV * PLANE; i++)
    conv[i] = conv_at(models->classifier, pixels, i / PLANE, i % PLANE / TINY_IN, i % TINY_IN);
  inner_product(models->classifier, 2, CONV * PLANE, TINY_HIDDEN, conv, hidden);
  for (int i = 0; i < TINY_HIDDEN; i++)
    hidden[i] = leaky(hidden[i], 0.1F);
  inner_product(models->classifier, 4, TINY_HIDDEN, TINY_FC8, hidden, fc8);
  if (models->encoder)
    inner_product(models->encoder, 0, TINY_PIXELS, TINY_ENCODING, pixels, code);
  const double *on_blob = seeds->blob == FC8 ? fc8 : hidden;
  for (int i = 0; seeds->blob >= 0 && i < (seeds->blob == FC8 ? TINY_FC8 : TINY_HIDDEN); i++)
    sum += (double)seeds->on_blob[i] * on_blob[i];
  for (int i = 0; seeds->with_encoding && i < models->encoding_size; i++)
    sum += (double)seeds->on_encoding[i] * (models->encoder ? code[i] : hidden[i]);
  return sum;
}

/* Row of the generator's last layer that makes a pixel of the crop. */
static int generator_row(int pixel)
{
  int c = pixel / PLANE, y = pixel % PLANE / TINY_IN, x = pixel % TINY_IN;
  return (c * TINY_OUT_H + y + TINY_CROP_H) * TINY_OUT_W + x + TINY_CROP_W;
}

/* How much of the generator's picture is left in a pixel. */
static double factor(const isn_models_t *models, int pixel)
{
  return models->keep.factor ? (double)models->keep.factor[pixel] : 1.0;
}

static double mixed(const isn_models_t *models, int pixel, double free)
{
  return models->keep.factor ? factor(models, pixel) * free + (double)models->keep.offset[pixel]
                             : free;
}

/* @return pixels that were cut */
static int expect(const isn_models_t *models, const seeds_t *seeds, const float *code,
                  double *gradient)
{
  const float *w = weights(models->generator, 0, 0), *b = weights(models->generator, 0, 1);
  double pixels[TINY_PIXELS], grey[TINY_PIXELS];
  int n_cut = 0;
  memset(gradient, 0, TINY_CODE * sizeof *gradient);
  for (int p = 0; p < TINY_PIXELS; p++) {
    double mean = (double)TINY_MEAN[p / PLANE];
    grey[p] = (double)b[generator_row(p)] + mean;
    for (int k = 0; k < TINY_CODE; k++)
      grey[p] += (double)w[generator_row(p) * TINY_CODE + k] * (double)code[k];
    pixels[p] = rint(mixed(models, p, fmin(fmax(grey[p], 0.0), 255.0) - mean) + mean) - mean;
  }
  for (int p = 0; p < TINY_PIXELS; p++) {
    double at = pixels[p];
    if (grey[p] < 0.0 || grey[p] > 255.0) {
      n_cut++;
      continue;
    }
    pixels[p] = at + EPSILON;
    double above = evaluate(models, seeds, pixels);
    pixels[p] = at - EPSILON;
    double slope = (above - evaluate(models, seeds, pixels)) / (2.0 * EPSILON);
    pixels[p] = at;
    for (int k = 0; k < TINY_CODE; k++)
      gradient[k] += factor(models, p) * slope * (double)w[generator_row(p) * TINY_CODE + k];
  }
  return n_cut;
}

/* Fill the seeds of a row: of the engine and of the expectation. */
static void put_seeds(isn_engine_t *engine, int row, seeds_t *seeds, size_t encoding_size)
{
  tiny_noise(seeds->on_blob, TINY_HIDDEN, 500U + (unsigned)row, 1.0);
  tiny_noise(seeds->on_encoding, TINY_HIDDEN, 600U + (unsigned)row, 1.0);
  for (int b = 0; b < N_BLOBS; b++)
    memcpy(isn_engine_blob_seed(engine, b, row), seeds->on_blob,
           isn_engine_blob_count(engine, b) * sizeof(float));
  memcpy(isn_engine_encoding_seed(engine, row), seeds->on_encoding, encoding_size * sizeof(float));
}

/* All rows against the expectation, then some rows: the same bits. */
static int check_seeds(isn_engine_t *engine, const isn_models_t *models, seeds_t seeds,
                       float (*codes)[TINY_CODE])
{
  static const int all[BATCH] = {0, 1, 2, 3, 4}, some[2] = {1, 3};
  double wanted[BATCH][TINY_CODE], difference;
  float found[BATCH][TINY_CODE];
  int n_cut = 0;
  for (int i = 0; i < BATCH; i++) {
    put_seeds(engine, i, &seeds, (size_t)models->encoding_size);
    n_cut += expect(models, &seeds, codes[i], wanted[i]);
  }
  TEST_CHECK(n_cut > BATCH && n_cut < BATCH * TINY_PIXELS / 2);
  TEST_REQUIRE(isn_engine_backward(engine, seeds.blob >= 0 ? 1 : 0, &seeds.blob,
                                   seeds.with_encoding, (isn_rows_t){BATCH, all}));
  for (int i = 0; i < BATCH; i++) {
    memcpy(found[i], isn_engine_code_gradient(engine, i), sizeof found[i]);
    TEST_NORM_DIFFERENCE(found[i], wanted[i], TINY_CODE, difference);
    TEST_CHECK_MSG(difference < 1e-5, "blob %d, encoding %d, row %d: %g", seeds.blob,
                   seeds.with_encoding, i, difference);
  }
  for (int i = 0; i < BATCH; i++)
    put_seeds(engine, i, &seeds, (size_t)models->encoding_size);
  for (int i = 0; i < 2; i++)
    memset(isn_engine_blob_seed(engine, FC8, 2 * i), 0x7f, TINY_FC8 * sizeof(float));
  TEST_REQUIRE(isn_engine_backward(engine, seeds.blob >= 0 ? 1 : 0, &seeds.blob,
                                   seeds.with_encoding, (isn_rows_t){2, some}));
  for (int i = 0; i < 2; i++)
    TEST_CHECK(!memcmp(isn_engine_code_gradient(engine, some[i]), found[some[i]], sizeof found[0]));
  return 0;
}

/* Keep a third of the pixels of a grey picture of level 90, mix another third with it. */
static int add_keep(isn_models_t *models)
{
  TEST_REQUIRE(isn_alloc(&models->keep.factor, TINY_PIXELS, "mask"));
  TEST_REQUIRE(isn_alloc(&models->keep.offset, TINY_PIXELS, "kept picture"));
  for (int p = 0; p < TINY_PIXELS; p++) {
    const float m = (float)(p % 3) / 2.0F;
    models->keep.factor[p] = 1.0F - m;
    models->keep.offset[p] = m * (90.0F - TINY_MEAN[p / PLANE]);
  }
  return 0;
}

/* Every third pixel of the stored picture is the kept one's. */
static void check_kept(isn_engine_t *engine)
{
  unsigned char image[TINY_PIXELS];
  for (int row = 0; row < BATCH; row++) {
    TEST_OK(isn_engine_picture(engine, row, image));
    for (int p = 0; p < TINY_PIXELS; p++) /* planes B, G, R become interleaved R, G, B */
      TEST_CHECK(p % 3 != 2 || image[p % PLANE * TINY_C + TINY_C - 1 - p / PLANE] == 90);
  }
}

static int test_gradients(bool shared, bool keep)
{
  static const seeds_t kinds[] = {
      {FC8, false, {0}, {0}},   {HIDDEN, false, {0}, {0}}, {-1, true, {0}, {0}},
      {FC8, true, {0}, {0}},    /* with a shared encoder both meet in one pass, */
      {HIDDEN, true, {0}, {0}}, /* and here on one blob */
  };
  isn_models_t models, given;
  isn_engine_t *engine = NULL;
  float codes[BATCH][TINY_CODE];
  tiny_noise(codes[0], BATCH * TINY_CODE, 1, 1.0);
  TEST_REQUIRE(tiny_models(shared, &models));
  TEST_REQUIRE(tiny_models(shared, &given));
  if (keep)
    TEST_CHECK(add_keep(&models) == 0 && add_keep(&given) == 0);
  TEST_REQUIRE(isn_engine_open(backend, &given, N_BLOBS, blobs, isn_batch_exactly(BATCH),
                               ISN_PRECISION_FP32, &engine));
  memcpy(isn_engine_codes(engine), codes, sizeof codes);
  TEST_REQUIRE(isn_engine_forward(engine, BATCH));
  if (keep)
    check_kept(engine);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    check_seeds(engine, &models, kinds[i], codes);
  isn_engine_close(engine);
  isn_models_clear(&given);
  isn_models_clear(&models);
  return 0;
}

int main(void)
{
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  for (int keep = 0; keep < 2; keep++) {
    test_gradients(false, keep);
    test_gradients(true, keep);
  }
  isn_backend_close(backend);
  TEST_END();
}
