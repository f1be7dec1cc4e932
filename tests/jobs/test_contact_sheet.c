/** @file test_contact_sheet.c
 *  Layout of a contact sheet, pixel by pixel, without any file.
 */
#include <stdlib.h>

#include "contact_sheet.h"
#include "harness.h"
#include "text_line.h"

enum { LABEL_HEIGHT = ISN_SHEET_GAP + ISN_TEXT_LINE_HEIGHT };

static void test_zoom(void)
{
  static const struct {
    int h, w, zoom;
  } cases[] = {{28, 28, 2}, {56, 20, 1}, {55, 55, 2}, {227, 227, 1}, {1, 1, 56}, {10, 27, 3}};
  isn_sheet_t sheet;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    TEST_OK(isn_sheet_plan(1, cases[i].h, cases[i].w, 3, 1, 2, 0, &sheet));
    TEST_CHECK_MSG(sheet.zoom == cases[i].zoom, "%d x %d: zoom %d, wanted %d", cases[i].h,
                   cases[i].w, sheet.zoom, cases[i].zoom);
  }
  TEST_OK(isn_sheet_plan(1, 28, 28, 3, 1, 2, 5, &sheet));
  TEST_CHECK(sheet.zoom == 5);
}

static void test_size(void)
{
  isn_sheet_t sheet;
  TEST_OK(isn_sheet_plan(3, 28, 20, 7, 2, 5, 3, &sheet));
  TEST_CHECK(sheet.width == 7 * (60 + ISN_SHEET_GAP) + ISN_SHEET_GAP);
  TEST_CHECK(sheet.height == 10 * (84 + ISN_SHEET_GAP) + 5 * LABEL_HEIGHT + ISN_SHEET_GAP);
  TEST_CHECK(sheet.label_width == sheet.width - 2 * ISN_SHEET_GAP);
  TEST_CHECK(sheet.height == 5 * sheet.band_height + sheet.bottom);
  TEST_CHECK(isn_sheet_band_bytes(&sheet) == (size_t)sheet.band_height * (size_t)sheet.width * 3u);
  /* Narrow sheets have room for a label, wide ones no endless one. */
  TEST_OK(isn_sheet_plan(1, 28, 28, 1, 1, 1, 1, &sheet));
  TEST_CHECK(sheet.width == ISN_SHEET_LEAST_WIDTH);
  TEST_OK(isn_sheet_plan(1, 28, 28, 1000, 1, 1, 4, &sheet));
  TEST_CHECK(sheet.label_width == ISN_TEXT_LINE_MAX_WIDTH);
  /* 2^31 and more: refused, not wrapped around. */
  TEST_ERROR(isn_sheet_plan(3, 40000, 10, 1, 1, 60000, 1, &sheet), ISN_ERR_INPUT, "larger than");
  TEST_ERROR(isn_sheet_plan(3, 10, 40000, 60000, 1, 1, 1, &sheet), ISN_ERR_INPUT, "larger than");
}

/* A label like no other, and no text. */
static int coverage_at(int y, int x)
{
  return (y * 7 + x * 3) % 256;
}

/* What the sheet must show at a place: computed backwards from the pixel, unlike isn_sheet_put. */
static int wanted_pixel(const isn_sheet_t *sheet, int n_pictures, int y, int x, int channel)
{
  int cell_h = sheet->picture_h * sheet->zoom + ISN_SHEET_GAP;
  int cell_w = sheet->picture_w * sheet->zoom + ISN_SHEET_GAP;
  int label_y = y - ISN_SHEET_GAP, label_x = x - ISN_SHEET_GAP;
  if (label_y >= 0 && label_y < ISN_TEXT_LINE_HEIGHT && label_x >= 0 &&
      label_x < sheet->label_width)
    return ISN_SHEET_BACKGROUND - coverage_at(label_y, label_x);
  y -= LABEL_HEIGHT;
  int in_y = y % cell_h - ISN_SHEET_GAP, in_x = x % cell_w - ISN_SHEET_GAP;
  int place = y / cell_h * sheet->columns + x / cell_w;
  if (y < 0 || in_y < 0 || in_x < 0 || x / cell_w >= sheet->columns || place >= n_pictures)
    return ISN_SHEET_BACKGROUND;
  int at = (in_y / sheet->zoom * sheet->picture_w + in_x / sheet->zoom) * sheet->channels + channel;
  return place * 40 + at;
}

static void test_pixels(int channels, int zoom)
{
  enum { H = 2, W = 3, COLUMNS = 2, ROWS = 2, N = 3 };
  isn_sheet_t sheet;
  TEST_OK(isn_sheet_plan(channels, H, W, COLUMNS, ROWS, 1, zoom, &sheet));
  unsigned char picture[H * W * 3], *band = malloc(isn_sheet_band_bytes(&sheet));
  unsigned char *label = malloc((size_t)sheet.label_width * ISN_TEXT_LINE_HEIGHT);
  if (!band || !label)
    exit(1);
  for (int i = 0; i < sheet.label_width * ISN_TEXT_LINE_HEIGHT; i++)
    label[i] = (unsigned char)coverage_at(i / sheet.label_width, i % sheet.label_width);
  memset(band, 7, isn_sheet_band_bytes(&sheet));
  isn_sheet_clear(&sheet, band);
  isn_sheet_label(&sheet, label, band);
  for (int place = 0; place < N; place++) {
    for (int i = 0; i < H * W * channels; i++)
      picture[i] = (unsigned char)(place * 40 + i);
    isn_sheet_put(&sheet, picture, place, band);
  }
  int n_wrong = 0;
  for (int y = 0; y < sheet.band_height; y++)
    for (int x = 0; x < sheet.width; x++)
      for (int c = 0; c < channels; c++)
        n_wrong += band[(y * sheet.width + x) * channels + c] != wanted_pixel(&sheet, N, y, x, c);
  TEST_CHECK_MSG(n_wrong == 0, "%d channels, zoom %d: %d wrong pixels", channels, zoom, n_wrong);
  free(band);
  free(label);
}

int main(void)
{
  test_zoom();
  test_size();
  test_pixels(1, 1);
  test_pixels(1, 3);
  test_pixels(3, 1);
  test_pixels(3, 2);
  TEST_END();
}
