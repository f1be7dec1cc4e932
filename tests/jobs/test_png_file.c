/** @file test_png_file.c
 *  Pictures written and read back through libpng's other interface; what may not be overwritten.
 */
#include <png.h>
#include <sys/stat.h>

#include "base/scratch.h"
#include "harness.h"
#include "png_file.h"

enum { W = 5, H = 4 };

static void fill(unsigned char *pixels, size_t n, int first)
{
  for (size_t i = 0; i < n; i++)
    pixels[i] = (unsigned char)((int)i * 4 + first);
}

/* In two parts, as a sheet is written. */
static isn_status_t write_picture(const char *path, int channels, const unsigned char *pixels)
{
  isn_png_t *png;
  isn_status_t status = ISN_OK;
  ISN_TRY(isn_png_begin(path, W, H, channels, &png));
  ISN_TRY_GOTO(isn_png_write_rows(png, pixels, 1), failed);
  ISN_TRY_GOTO(isn_png_write_rows(png, pixels + W * channels, H - 1), failed);
  return isn_png_finish(png);
failed:
  isn_png_discard(png);
  return status;
}

static void check_picture(const char *path, int channels, const unsigned char *wanted)
{
  unsigned char found[W * H * 3] = {0};
  png_image image = {.version = PNG_IMAGE_VERSION};
  TEST_CHECK(png_image_begin_read_from_file(&image, path));
  TEST_CHECK(image.width == W && image.height == H);
  TEST_CHECK(image.format == (channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY));
  TEST_CHECK(png_image_finish_read(&image, NULL, found, 0, NULL));
  TEST_CHECK(memcmp(found, wanted, (size_t)(W * H * channels)) == 0);
}

static void test_pixels(scratch_t *scratch)
{
  unsigned char pixels[W * H * 3];
  char path[128];
  snprintf(path, sizeof path, "%s", scratch_path(scratch, "a.png"));
  fill(pixels, sizeof pixels, 1);
  TEST_OK(write_picture(path, 1, pixels));
  check_picture(path, 1, pixels);
  fill(pixels, sizeof pixels, 9); /* an older PNG is replaced */
  TEST_OK(write_picture(path, 3, pixels));
  check_picture(path, 3, pixels);
}

static void test_refused(scratch_t *scratch)
{
  isn_png_t *png;
  struct stat info;
  char path[128];
  snprintf(path, sizeof path, "%s", scratch_write(scratch, "b.txt", "no picture", 10));
  TEST_ERROR(isn_png_begin(path, W, H, 1, &png), ISN_ERR_INPUT, "is no PNG file");
  TEST_CHECK(stat(path, &info) == 0 && info.st_size == 10);
  TEST_ERROR(isn_png_check_path(scratch->folder), ISN_ERR_INPUT, "is no PNG file");
  TEST_ERROR(isn_png_begin("/no/such/folder/a.png", W, H, 1, &png), ISN_ERR_INPUT,
             "/no/such/folder/a.png");
  TEST_ERROR(isn_png_begin("/dev/full", W, H, 1, &png), ISN_ERR_INPUT, "/dev/full");
}

/* Given up, wrongly sized or ended too soon: neither the picture nor its part is left. */
static void test_unfinished(scratch_t *scratch)
{
  unsigned char pixels[W * H] = {0};
  char path[128];
  isn_png_t *png = NULL;
  snprintf(path, sizeof path, "%s", scratch_path(scratch, "c.png"));
  TEST_OK(isn_png_begin(path, W, H, 1, &png));
  TEST_OK(isn_png_write_rows(png, pixels, 2));
  isn_png_discard(png);
  TEST_OK(isn_png_begin(path, W, H, 1, &png));
  TEST_OK(isn_png_write_rows(png, pixels, 2));
  TEST_ERROR(isn_png_finish(png), ISN_ERR_ARG, "2 rows too soon");
  TEST_OK(isn_png_begin(path, W, H, 1, &png));
  TEST_ERROR(isn_png_write_rows(png, pixels, H + 1), ISN_ERR_ARG, "has 4 rows left, got 5");
  isn_png_discard(png);
  TEST_ERROR(isn_png_begin(path, 2000000, H, 1, &png), ISN_ERR_IO, "2000000 x 4 pixels");
  TEST_CHECK(access(path, F_OK) != 0);
  TEST_CHECK(access(scratch_path(scratch, "c.png.part"), F_OK) != 0);
  isn_png_discard(NULL);
}

int main(void)
{
  static const char *const files[] = {"a.png", "b.txt", NULL};
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  test_pixels(&scratch);
  test_refused(&scratch);
  test_unfinished(&scratch);
  scratch_close(&scratch, files);
  TEST_END();
}
