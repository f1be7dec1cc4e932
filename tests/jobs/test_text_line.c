/** @file test_text_line.c
 *  Text as pixels: there is ink where it must be, whatever the text.
 */
#include <stdbool.h>
#include <string.h>

#include "harness.h"
#include "text_line.h"

enum { WIDTH = 200, N = WIDTH * ISN_TEXT_LINE_HEIGHT };

/* Draws a text; the number of pixels with ink, and the first column right of all of them. */
static int ink_of(const char *text, unsigned char *pixels, int *end)
{
  int n_ink = 0;
  memset(pixels, 99, N);
  TEST_OK(isn_text_line_draw(text, WIDTH, pixels));
  *end = 0;
  for (int i = 0; i < N; i++) {
    if (pixels[i] < 128)
      continue;
    n_ink++;
    if (i % WIDTH >= *end)
      *end = i % WIDTH + 1;
  }
  return n_ink;
}

static bool differ(const char *a, const char *b)
{
  static unsigned char pixels_a[N], pixels_b[N];
  int end;
  TEST_CHECK(ink_of(a, pixels_a, &end) > 0 && ink_of(b, pixels_b, &end) > 0);
  return memcmp(pixels_a, pixels_b, N) != 0;
}

static void test_width(void)
{
  unsigned char pixels[N];
  int short_end, long_end, end;
  TEST_CHECK(ink_of("", pixels, &end) == 0);
  TEST_CHECK(ink_of("bag", pixels, &short_end) > 30);
  TEST_CHECK(ink_of("bag and more", pixels, &long_end) > 100);
  TEST_CHECK_MSG(10 < short_end && short_end + 30 < long_end && long_end < 150, "%d, %d", short_end,
                 long_end);
}

static void test_too_long(void)
{
  unsigned char pixels[N];
  char text[400];
  int end;
  memset(text, 'm', sizeof text);
  text[sizeof text - 1] = 0;
  ink_of(text, pixels, &end);
  TEST_CHECK_MSG(end > WIDTH - 20, "ends at %d", end);
  TEST_CHECK(differ(text, "mmmmmmmmmmmmmmm")); /* the ellipsis */
}

static void test_utf8(void)
{
  TEST_CHECK(differ("Schn\u00fcrsenkel", "Schnursenkel"));
  TEST_CHECK(differ("caf\u00e9", "caf\u00e8"));
  TEST_CHECK(differ("cut \xc3", "cut ")); /* half a letter is drawn as one that is missing */
}

static void test_refused(void)
{
  unsigned char pixel;
  TEST_ERROR(isn_text_line_draw("x", 0, &pixel), ISN_ERR_ARG, "0 pixels, wanted 1 to");
  TEST_ERROR(isn_text_line_draw("x", ISN_TEXT_LINE_MAX_WIDTH + 1, &pixel), ISN_ERR_ARG, "wanted 1");
}

int main(void)
{
  test_width();
  test_too_long();
  test_utf8();
  test_refused();
  TEST_END();
}
