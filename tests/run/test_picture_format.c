/** @file test_picture_format.c
 *  Stored pictures and network values: both ways without a bit lost, for each kind of mean, order
 * of channels and scale; and an engine whose mean is a file.
 */
#include <stdlib.h>

#include "caffe/mean_files.h"
#include "fashion_engine.h"
#include "harness.h"
#include "invset/picture.h"

enum { H = 5, W = 7, PLANE = H * W, SIDE = 28, PIXELS = SIDE * SIDE };

/* The Picture layer's own words for a value that came from a whole grey level. */
static float layer_value(const isn_picture_format_t *format, int c, int p, int grey)
{
  float mean = format->per_pixel ? format->mean[c * PLANE + p] : format->mean[c];
  return ((float)grey - mean) * format->scale;
}

static void test_format(int channels, const isn_picture_format_t *format)
{
  const isn_shape_t shape = {3, channels, H, W};
  unsigned char image[3 * PLANE], back[3 * PLANE];
  float values[3 * PLANE], mean_off[3 * PLANE];
  for (int i = 0; i < channels * PLANE; i++)
    image[i] = (unsigned char)(i < 2 ? 255 * i : (i * 89) % 256);
  isn_picture_load(shape, format, image, values);
  for (int c = 0; c < channels; c++)
    for (int p = 0; p < PLANE; p++) {
      int place = format->rgb ? c : channels - 1 - c; /* stored: red, green, blue */
      float wanted = layer_value(format, c, p, image[p * channels + place]);
      TEST_CHECK_MSG(values[c * PLANE + p] == wanted, "channel %d, pixel %d: %g, wanted %g", c, p,
                     (double)values[c * PLANE + p], (double)wanted);
    }
  isn_picture_store(shape, format, values, back);
  TEST_CHECK(memcmp(image, back, (size_t)(channels * PLANE)) == 0);
  for (int i = 0; i < channels * PLANE; i++) /* beyond what 8 bits hold */
    mean_off[i] = values[i] + (values[i] > 0.0f ? 300.0f : -300.0f) * format->scale;
  isn_picture_store(shape, format, mean_off, back);
  for (int i = 0; i < channels * PLANE; i++)
    TEST_CHECK(back[i] == 0 || back[i] == 255);
}

static void test_formats(void)
{
  float channel_means[3] = {104.007f, 116.669f, 122.679f}, pixel_means[3 * PLANE];
  for (int i = 0; i < 3 * PLANE; i++)
    pixel_means[i] = 90.0f + 0.37f * (float)i;
  const float scales[] = {1.0f, 0.00390625f, 1.0f / 255.0f, 0.017f};
  for (int per_pixel = 0; per_pixel < 2; per_pixel++)
    for (int rgb = 0; rgb < 2; rgb++)
      for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        isn_picture_format_t format = {per_pixel ? pixel_means : channel_means, per_pixel != 0,
                                       rgb != 0, scales[s]};
        test_format(3, &format);
        test_format(1, &format);
      }
}

/* Activations of an engine with these settings of the classifier. */
static int activations(isn_backend_t *backend, const char *classifier, float fc8[10],
                       unsigned char *image)
{
  isn_engine_t *engine;
  TEST_REQUIRE(fashion_engine_open(backend, classifier, FASHION_OWN_ENCODER, 1, ISN_PRECISION_FP32,
                                   &engine));
  fashion_engine_fill(engine, 1);
  TEST_REQUIRE(isn_engine_forward(engine, 1));
  memcpy(fc8, isn_engine_blob(engine, 0, 0), 10 * sizeof *fc8);
  TEST_REQUIRE(isn_engine_picture(engine, 0, image));
  isn_engine_close(engine);
  return 0;
}

/* A mean file that says 73 everywhere is as good as the number, and one that does not is not. */
static int test_mean_file(void)
{
  static const char path[] = "test_picture_format.npy",
                    setting[] = "mean = \"test_picture_format.npy\";";
  static const char dict[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28, 28), }";
  float mean[PIXELS], by_number[10], by_file[10];
  unsigned char image[PIXELS], other[PIXELS];
  isn_backend_t *backend;
  isn_models_t models;
  TEST_REQUIRE(isn_backend_open("cpu", &backend));
  for (int i = 0; i < PIXELS; i++)
    mean[i] = 73.0f;
  TEST_CHECK(mean_write_npy(path, dict, mean, sizeof mean) == 0);
  if (activations(backend, "mean = 73.0;", by_number, image) ||
      activations(backend, setting, by_file, other))
    return 1;
  TEST_CHECK(memcmp(by_number, by_file, sizeof by_file) == 0);
  TEST_CHECK(memcmp(image, other, sizeof image) == 0);
  mean[SIDE * 10 + 10] = 200.0f; /* one pixel: f and the stored picture see it, in its place */
  TEST_CHECK(mean_write_npy(path, dict, mean, sizeof mean) == 0);
  if (activations(backend, setting, by_file, other))
    return 1;
  for (int i = 0; i < PIXELS; i++)
    TEST_CHECK(i == SIDE * 10 + 10 ? other[i] > image[i] : other[i] == image[i]);
  TEST_CHECK(mean_write_npy(path, dict, mean, sizeof mean / 2) == 0);
  TEST_ERROR(fashion_models_load(setting, FASHION_OWN_ENCODER, &models), ISN_ERR_INPUT, path);
  remove(path);
  isn_backend_close(backend);
  return 0;
}

int main(void)
{
  test_formats();
  if (test_mean_file())
    return 1;
  TEST_END();
}
