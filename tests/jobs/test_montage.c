/** @file test_montage.c
 *  `invset montage` on small run files: which samples it shows, where, and pixel by pixel.
 */
#include <png.h>

#include "base/scratch.h"
#include "contact_sheet.h"
#include "program.h"
#include "small_run.h"
#include "text_line.h"

enum { GREY, COLOUR, PROBED, OUTSIDE, N_RUNS, MAX_BYTES = 1 << 20 };

static program_t program;
static unsigned char sheet[MAX_BYTES];
static char runs[N_RUNS][128], out[128];

static bool read_sheet(int *width, int *height, bool colour)
{
  png_image image = {.version = PNG_IMAGE_VERSION};
  bool read = png_image_begin_read_from_file(&image, out) && PNG_IMAGE_SIZE(image) <= MAX_BYTES &&
              image.format == (colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) &&
              png_image_finish_read(&image, NULL, sheet, 0, NULL);
  *width = (int)image.width;
  *height = (int)image.height;
  png_image_free(&image);
  TEST_CHECK_MSG(read, "'%s' could not be read: %s", out, image.message);
  return read;
}

/* What a sheet must show. */
typedef struct {
  int channels, zoom, n_bands, n_rows /* of a band */, n_columns;
  const char *const *labels; /* (n_bands) */
  const int *targets;        /* (n_bands) */
  const int *slots;          /* (n_bands * n_rows * n_columns), -1: none */
} wanted_t;

/* Grey level of the label of a band. */
static int label_pixel(const wanted_t *wanted, int band, int label_width, int y, int x)
{
  static unsigned char coverage[MAX_BYTES];
  static const char *drawn;
  const char *label = wanted->labels[band];
  if (label != drawn)
    TEST_OK(isn_text_line_draw(label, label_width, coverage));
  drawn = label;
  return ISN_SHEET_BACKGROUND - coverage[y * label_width + x];
}

/* Every pixel is looked at. */
static void check_sheet(const wanted_t *w)
{
  int width, height, n_wrong = 0, n_ink = 0;
  int cell_h = SMALL_H * w->zoom + ISN_SHEET_GAP, cell_w = SMALL_W * w->zoom + ISN_SHEET_GAP;
  int label_h = ISN_SHEET_GAP + ISN_TEXT_LINE_HEIGHT, band_h = label_h + w->n_rows * cell_h;
  if (!read_sheet(&width, &height, w->channels == 3))
    return;
  int pictures_w = w->n_columns * cell_w + ISN_SHEET_GAP;
  TEST_CHECK(width == (pictures_w > ISN_SHEET_LEAST_WIDTH ? pictures_w : ISN_SHEET_LEAST_WIDTH));
  TEST_CHECK(height == w->n_bands * band_h + ISN_SHEET_GAP);
  for (int y = 0; y < height; y++) {
    int band = y / band_h, label_y = y % band_h - ISN_SHEET_GAP;
    int picture_y = y % band_h - label_h, in_y = picture_y % cell_h - ISN_SHEET_GAP;
    for (int x = 0; x < width * w->channels; x++) {
      int column = x / w->channels / cell_w, wanted = ISN_SHEET_BACKGROUND;
      int in_x = x / w->channels % cell_w - ISN_SHEET_GAP;
      int label_x = x / w->channels - ISN_SHEET_GAP, label_w = width - 2 * ISN_SHEET_GAP;
      int slot = band < w->n_bands && picture_y >= 0 && column < w->n_columns
                     ? w->slots[(band * w->n_rows + picture_y / cell_h) * w->n_columns + column]
                     : -1;
      if (band < w->n_bands && label_y < ISN_TEXT_LINE_HEIGHT) {
        if (label_y >= 0 && label_x >= 0 && label_x < label_w)
          wanted = label_pixel(w, band, label_w, label_y, label_x);
        n_ink += wanted < ISN_SHEET_BACKGROUND / 2;
      } else if (in_y >= 0 && in_x >= 0 && slot >= 0) {
        wanted = small_run_pixel(w->targets[band], slot, in_y / w->zoom, in_x / w->zoom,
                                 x % w->channels);
      }
      n_wrong += sheet[y * width * w->channels + x] != wanted;
    }
  }
  TEST_CHECK_MSG(n_wrong == 0, "%d wrong pixels of %d x %d", n_wrong, width, height);
  TEST_CHECK_MSG(n_ink > 100 * w->n_bands, "labels of %d dark pixels", n_ink);
}

static void test_grey(void)
{
  static const int targets[] = {0, 1, 2};
  static const int slots[] = {4, 0, 3, 1, 3, -1, -1, -1, -1};
  static const char *const labels[] = {
      "sneaker, fc8[7] in [20, 30]: 3 of 5 accepted samples",
      "bag, fc8[8] in [20, 30]: 2 of 2 accepted samples",
      "dress + sandal, fc8[3] in [20, 30] and fc8[5] in [1.5, 2.5]: 0 of 0 accepted samples"};
  static const wanted_t wanted = {1, 10, 3, 1, 3, labels, targets, slots};
  program_run(&program, "montage --columns 3 '%s' '%s'", runs[GREY], out);
  for (int i = 0; i < wanted.n_bands; i++)
    PROGRAM_CHECK(&program, 0, labels[i]);
  PROGRAM_CHECK(&program, 0, "row 3: dress");
  PROGRAM_CHECK(&program, 0, "warning: row 3 is empty");
  check_sheet(&wanted); /* 6 x 10 is the first width of 56 or more */
}

static void test_colour_by_codes(void)
{
  static const int targets[] = {0};
  static const int slots[] = {2, 0, 4, 1, 3, -1};
  static const char *const labels[] = {"sneaker, fc8[7] in [20, 30]: 5 of 5 accepted samples"};
  static const wanted_t wanted = {3, 2, 1, 2, 3, labels, targets, slots};
  program_run(&program, "montage --columns 3 --rows 2 --zoom 2 --target SNEAKER '%s' '%s'",
              runs[COLOUR], out);
  PROGRAM_CHECK(&program, 0, "rows 1-2: sneaker");
  PROGRAM_CHECK(&program, 0, "has no encodings: the samples are chosen by their codes");
  check_sheet(&wanted);
}

/* The dress has no window and no block at all. */
static void test_no_window(void)
{
  static const int targets[] = {0, 1, 2}, slots[] = {4, 0, 1, 3, -1, -1};
  static const char *const labels[] = {
      "sneaker, fc8[7] in [20, 30]: 2 of 5 accepted samples",
      "bag, max of fc8[8..16] in [20, 30]: 2 of 2 accepted samples",
      "dress + sandal with a strap around the heel, fc8[3] (no window) and fc8[5] (no window): 0 "
      "of 0 accepted samples"};
  static const wanted_t wanted = {1, 1, 3, 1, 2, labels, targets, slots};
  program_run(&program, "montage --columns 2 --zoom 1 '%s' '%s'", runs[PROBED], out);
  PROGRAM_CHECK(&program, 0, "row 2: bag, max of fc8[8..16] in [20, 30]: 2 of 2");
  PROGRAM_CHECK(&program, 0, "fc8[3] (no window) and fc8[5] (no window): 0 of 0");
  PROGRAM_CHECK(&program, 0, "warning: row 3 is empty");
  check_sheet(&wanted);
}

/* Of a method that keeps samples outside of the window they are shown, too. */
static void test_outside(void)
{
  static const int targets[] = {0, 1, 2}, slots[] = {4, 0, 3, 2, 3, 0, 4, 0, 3};
  static const char *const labels[] = {
      "sneaker, fc8[7] in [20, 30]: 3 of 5 samples, 5 of the 5 in the window",
      "bag, fc8[8] in [20, 30]: 3 of 4 samples, 2 of the 4 in the window",
      "dress + sandal, fc8[3] in [20, 30] and fc8[5] in [1.5, 2.5]: 3 of 5 samples, 0 of the 5 in "
      "the window"};
  static const wanted_t wanted = {1, 10, 3, 1, 3, labels, targets, slots};
  program_run(&program, "montage --columns 3 '%s' '%s'", runs[OUTSIDE], out);
  for (int i = 0; i < wanted.n_bands; i++)
    PROGRAM_CHECK(&program, 0, labels[i]);
  TEST_CHECK(!strstr(program.output, "warning: "));
  check_sheet(&wanted);
}

static void test_targets(void)
{
  static const int targets[] = {0, 1}, slots[] = {4, 1};
  static const char *const labels[] = {"sneaker, fc8[7] in [20, 30]: 1 of 5 accepted samples",
                                       "bag, fc8[8] in [20, 30]: 1 of 2 accepted samples"};
  static const wanted_t wanted = {1, 1, 2, 1, 1, labels, targets, slots};
  program_run(&program, "montage --columns 1 --target 8 --target sneaker --zoom 1 '%s' '%s'",
              runs[GREY], out);
  check_sheet(&wanted);
  program_run(&program, "montage --target volcano '%s' '%s'", runs[GREY], out);
  PROGRAM_CHECK(&program, 2, "--target 'volcano': the run has no such target");
  program_run(&program, "montage --target 2 '%s' '%s'", runs[GREY], out);
  PROGRAM_CHECK(&program, 2, "--target '2': the run has no such target");
  check_sheet(&wanted); /* what was there is untouched */
}

static void test_refused(scratch_t *scratch)
{
  char text[128], fresh[128];
  snprintf(text, sizeof text, "%s", scratch_write(scratch, "text.png", "no PNG", 6));
  program_run(&program, "montage '%s' '%s'", runs[GREY], text);
  PROGRAM_CHECK(&program, 2, "is no PNG file, so it is not overwritten");
  program_run(&program, "montage '%s' '%s'", text, out);
  PROGRAM_CHECK(&program, 2, text);
  snprintf(fresh, sizeof fresh, "%s", scratch_path(scratch, "fresh.png"));
  program_run(&program, "montage --target 3 '%s' '%s'", runs[GREY], fresh);
  PROGRAM_CHECK(&program, 1, "there is nothing to show");
  TEST_CHECK(access(fresh, F_OK) != 0);
  TEST_CHECK(access(scratch_path(scratch, "fresh.png.part"), F_OK) != 0);
}

int main(void)
{
  static const char *const files[] = {"grey.h5", "colour.h5", "probed.h5", "outside.h5",
                                      "out.png", "text.png",  NULL};
  static const small_run_t kinds[N_RUNS] = {{1, true, true, false, false},
                                            {3, false, false, false, false},
                                            {1, true, true, true, false},
                                            {1, true, true, false, true}};
  const char *const paths[N_RUNS] = {runs[GREY], runs[COLOUR], runs[PROBED], runs[OUTSIDE]};
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  for (int i = 0; i < N_RUNS; i++)
    snprintf(runs[i], sizeof runs[i], "%s", scratch_path(&scratch, files[i]));
  snprintf(out, sizeof out, "%s", scratch_path(&scratch, "out.png"));
  TEST_REQUIRE(small_run_make(N_RUNS, paths, kinds));
  test_grey();
  test_colour_by_codes();
  test_no_window();
  test_outside();
  test_targets();
  test_refused(&scratch);
  scratch_close(&scratch, files);
  TEST_END();
}
