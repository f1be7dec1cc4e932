/** @file contact_sheet.c
 *  Layout of a contact sheet.  Every label and picture has a gap above and to its left; one more
 * gap closes the sheet on the right and below.
 */
#include "contact_sheet.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "text_line.h"

enum { LABEL_HEIGHT = ISN_SHEET_GAP + ISN_TEXT_LINE_HEIGHT };

static int legible_zoom(int h, int w)
{
  int longer = h > w ? h : w;
  return longer >= ISN_SHEET_LEGIBLE ? 1 : (ISN_SHEET_LEGIBLE + longer - 1) / longer;
}

isn_status_t isn_sheet_plan(int channels, int picture_h, int picture_w, int columns, int rows,
                            int n_bands, int zoom, isn_sheet_t *sheet)
{
  if (zoom == 0)
    zoom = legible_zoom(picture_h, picture_w);
  int64_t cell_h = (int64_t)picture_h * zoom + ISN_SHEET_GAP;
  int64_t cell_w = (int64_t)picture_w * zoom + ISN_SHEET_GAP;
  int64_t n_rows = (int64_t)rows * n_bands;
  int64_t height_left = INT_MAX - ISN_SHEET_GAP - (int64_t)n_bands * LABEL_HEIGHT;
  if (cell_w > (INT_MAX - ISN_SHEET_GAP) / columns || cell_h > height_left / n_rows)
    ISN_FAIL(ISN_ERR_INPUT,
             "a sheet of %lld rows and %d columns of %d x %d pixels, enlarged %d times, is larger "
             "than a PNG may be; name fewer targets or take a smaller zoom",
             (long long)n_rows, columns, picture_w, picture_h, zoom);
  int width = (int)(cell_w * columns) + ISN_SHEET_GAP;
  if (width < ISN_SHEET_LEAST_WIDTH)
    width = ISN_SHEET_LEAST_WIDTH;
  int label_width = width - 2 * ISN_SHEET_GAP;
  *sheet = (isn_sheet_t){
      .channels = channels,
      .picture_h = picture_h,
      .picture_w = picture_w,
      .zoom = zoom,
      .columns = columns,
      .rows = rows,
      .n_bands = n_bands,
      .width = width,
      .height = (int)(cell_h * n_rows) + n_bands * LABEL_HEIGHT + ISN_SHEET_GAP,
      .label_width = label_width < ISN_TEXT_LINE_MAX_WIDTH ? label_width : ISN_TEXT_LINE_MAX_WIDTH,
      .band_height = (int)(cell_h * rows) + LABEL_HEIGHT,
      .bottom = ISN_SHEET_GAP};
  return ISN_OK;
}

size_t isn_sheet_band_bytes(const isn_sheet_t *sheet)
{
  return (size_t)sheet->band_height * (size_t)sheet->width * (size_t)sheet->channels;
}

void isn_sheet_clear(const isn_sheet_t *sheet, unsigned char *band)
{
  memset(band, ISN_SHEET_BACKGROUND, isn_sheet_band_bytes(sheet));
}

void isn_sheet_label(const isn_sheet_t *sheet, const unsigned char *coverage, unsigned char *band)
{
  size_t channels = (size_t)sheet->channels, stride = (size_t)sheet->width * channels;
  size_t n = (size_t)sheet->label_width;
  for (size_t y = 0; y < ISN_TEXT_LINE_HEIGHT; y++) {
    unsigned char *row = band + (ISN_SHEET_GAP + y) * stride + ISN_SHEET_GAP * channels;
    for (size_t i = 0; i < n * channels; i++)
      row[i] = (unsigned char)(ISN_SHEET_BACKGROUND - coverage[y * n + i / channels]);
  }
}

/* Enlarge one row of a picture, and repeat it. */
static void put_row(const isn_sheet_t *sheet, const unsigned char *row, unsigned char *at)
{
  size_t channels = (size_t)sheet->channels, stride = (size_t)sheet->width * channels;
  size_t zoom = (size_t)sheet->zoom, row_pixels = (size_t)sheet->picture_w * zoom;
  for (size_t x = 0; x < row_pixels; x++)
    memcpy(at + x * channels, row + x / zoom * channels, channels);
  for (size_t y = 1; y < zoom; y++)
    memcpy(at + y * stride, at, row_pixels * channels);
}

void isn_sheet_put(const isn_sheet_t *sheet, const unsigned char *picture, int place,
                   unsigned char *band)
{
  assert(place >= 0 && place < sheet->rows * sheet->columns);
  size_t channels = (size_t)sheet->channels, zoom = (size_t)sheet->zoom;
  size_t cell_h = (size_t)sheet->picture_h * zoom + ISN_SHEET_GAP;
  size_t cell_w = (size_t)sheet->picture_w * zoom + ISN_SHEET_GAP;
  size_t top = LABEL_HEIGHT + (size_t)(place / sheet->columns) * cell_h + ISN_SHEET_GAP;
  size_t left = (size_t)(place % sheet->columns) * cell_w + ISN_SHEET_GAP;
  for (size_t y = 0; y < (size_t)sheet->picture_h; y++) {
    size_t offset = ((top + y * zoom) * (size_t)sheet->width + left) * channels;
    put_row(sheet, picture + y * (size_t)sheet->picture_w * channels, band + offset);
  }
}
