/** @file test_picture.c
 *  Stored pictures and network values: each gives back the other, channels are turned round, and
 *  what the Picture layer makes is what is stored.
 */
#include "harness.h"
#include "invset/picture.h"

enum { H = 3, W = 5, PLANE = H * W };

/* All 256 grey levels there and back, for means with and without fractions. */
static void test_round_trip(void)
{
  static float means[] = {0.0F, 73.0F, 104.00699F, 127.5F, 0.1F, 254.99F};
  const isn_shape_t line = {3, 1, 1, 256};
  for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
    unsigned char image[256], back[256];
    float values[256];
    for (int i = 0; i < 256; i++)
      image[i] = (unsigned char)i;
    const isn_picture_format_t format = {&means[m], false, false, 1.0F};
    isn_picture_load(line, &format, image, values);
    TEST_CHECK(values[0] == -means[m] && values[255] == 255.0F - means[m]);
    isn_picture_store(line, &format, values, back);
    TEST_CHECK_MSG(memcmp(image, back, sizeof image) == 0, "mean %g", (double)means[m]);
  }
}

/* The net has planes blue, green, red; the picture has red, green, blue in each pixel. */
static void test_colour(void)
{
  const isn_shape_t shape = {3, 3, H, W};
  float mean[3] = {104.00699F, 116.66877F, 122.67892F};
  const isn_picture_format_t format = {mean, false, false, 1.0F};
  unsigned char image[PLANE * 3], back[PLANE * 3];
  float values[3 * PLANE];
  for (int i = 0; i < PLANE * 3; i++)
    image[i] = (unsigned char)(5 * i + 7);
  isn_picture_load(shape, &format, image, values);
  for (int c = 0; c < 3; c++)
    for (int p = 0; p < PLANE; p++)
      TEST_CHECK(values[c * PLANE + p] == (float)image[3 * p + (2 - c)] - mean[c]);
  isn_picture_store(shape, &format, values, back);
  TEST_CHECK(memcmp(image, back, sizeof image) == 0);
}

/* Values that are no whole grey levels are rounded, those beyond the range cut. */
static void test_cut(void)
{
  const isn_shape_t shape = {3, 1, 1, 6};
  float mean = 100.0F;
  const isn_picture_format_t format = {&mean, false, false, 1.0F};
  const float values[6] = {-200.0F, -100.4F, -99.4F, 0.4F, 155.4F, 1e9F};
  const unsigned char wanted[6] = {0, 0, 1, 100, 255, 255};
  unsigned char image[6];
  isn_picture_store(shape, &format, values, image);
  TEST_CHECK(memcmp(image, wanted, sizeof wanted) == 0);
}

int main(void)
{
  test_round_trip();
  test_colour();
  test_cut();
  TEST_END();
}
