/** @file test_picture_files.c
 *  Pictures of all kinds of sources: what comes out of a picture with known pixels, of its own size
 *  and scaled; how a set counts; and what is refused of damaged files.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/scratch.h"
#include "harness.h"
#include "invset/picture_files.h"

enum { SIDE = 8, N_BYTES = SIDE * SIDE };

static const isn_picture_size_t grey = {1, SIDE, SIDE, SIDE, SIDE};
static const isn_picture_size_t colour = {3, SIDE, SIDE, SIDE, SIDE};
static scratch_t scratch;

/* A picture whose red rises with x and whose green rises with y; blue is 100. */
static GdkPixbuf *make_picture(int height, int width, int step, bool alpha)
{
  GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, width, height);
  unsigned char *rows = gdk_pixbuf_get_pixels(picture);
  const int stride = gdk_pixbuf_get_rowstride(picture);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      unsigned char *pixel = rows + y * stride + x * (alpha ? 4 : 3);
      pixel[0] = (unsigned char)(x * step);
      pixel[1] = (unsigned char)(y * step);
      pixel[2] = 100;
      if (alpha)
        pixel[3] = x < width / 2 ? 255 : 0;
    }
  return picture;
}

/* Write it, and cut the file to a share of its bytes. */
static const char *save(GdkPixbuf *picture, const char *name, const char *format, double share)
{
  const char *path = scratch_path(&scratch, name);
  GError *error = NULL;
  struct stat info;
  if (!gdk_pixbuf_save(picture, path, format, &error, NULL) || stat(path, &info) != 0 ||
      truncate(path, (off_t)((double)info.st_size * share)) != 0) {
    fprintf(stderr, "cannot make %s\n", path);
    exit(1);
  }
  g_object_unref(picture);
  return path;
}

static void test_own_size(void)
{
  unsigned char image[3 * N_BYTES];
  const char *path = save(make_picture(SIDE, SIDE, 20, false), "a.png", "png", 1.0);
  TEST_OK(isn_picture_file_read(path, "x", &colour, image));
  TEST_CHECK(image[0] == 0 && image[1] == 0 && image[2] == 100);
  TEST_CHECK(image[3 * (2 * SIDE + 5)] == 100 && image[3 * (2 * SIDE + 5) + 1] == 40);
  TEST_OK(isn_picture_file_read(path, "x", &grey, image));
  TEST_CHECK(image[2 * SIDE + 5] == (299 * 100 + 587 * 40 + 114 * 100 + 500) / 1000);
  path = save(make_picture(SIDE, SIDE, 20, true), "a.png", "png", 1.0);
  TEST_OK(isn_picture_file_read(path, "x", &colour, image));
  TEST_CHECK(image[3 * 3] == 60 && image[3 * 5] == 255 && image[3 * 5 + 2] == 255);
}

/* Twice as large and wider: it shrinks to half, and the middle columns are left. */
static void test_scaled(void)
{
  unsigned char image[3 * N_BYTES];
  const char *path = save(make_picture(2 * SIDE, 2 * SIDE + 8, 10, false), "b.png", "png", 1.0);
  TEST_OK(isn_picture_file_read(path, "x", &colour, image));
  for (int x = 0; x < SIDE; x++) {
    const int red = image[3 * x], wanted = (2 * (x + 2)) * 10 + 5; /* mean of two columns */
    TEST_CHECK_MSG(abs(red - wanted) <= 1, "column %d: %d, wanted %d", x, red, wanted);
  }
  TEST_CHECK(abs(image[3 * SIDE * 3 + 1] - 65) <= 1);
}

/* As from 256 to 227: what covers the larger size is cut, not scaled down further. */
static void test_cut(void)
{
  const isn_picture_size_t size = {1, SIDE, SIDE, SIDE + 4, SIDE + 4};
  unsigned char image[N_BYTES], whole[3 * (SIDE + 4) * (SIDE + 4)];
  const isn_picture_size_t all = {1, SIDE + 4, SIDE + 4, SIDE + 4, SIDE + 4};
  const char *path = save(make_picture(SIDE + 4, SIDE + 4, 15, false), "c.png", "png", 1.0);
  TEST_OK(isn_picture_file_read(path, "x", &all, whole));
  TEST_OK(isn_picture_file_read(path, "x", &size, image));
  for (int y = 0; y < SIDE; y++)
    TEST_CHECK(memcmp(image + y * SIDE, whole + (y + 2) * (SIDE + 4) + 2, SIDE) == 0);
}

static void test_damaged_pictures(void)
{
  unsigned char image[3 * N_BYTES];
  TEST_ERROR(isn_picture_file_read("no.png", "x", &grey, image), ISN_ERR_INPUT, "no.png");
  const char *path = save(make_picture(64, 64, 3, false), "d.png", "png", 0.7);
  TEST_ERROR(isn_picture_file_read(path, "x.y", &grey, image), ISN_ERR_INPUT, "x.y: '");
  TEST_ERROR(isn_picture_file_read(path, "x", &grey, image), ISN_ERR_INPUT, "d.png");
  path = save(make_picture(64, 64, 3, false), "e.jpg", "jpeg", 1.0);
  TEST_OK(isn_picture_file_read(path, "x", &grey, image));
  path = save(make_picture(64, 64, 3, false), "e.jpg", "jpeg", 0.9);
  TEST_ERROR(isn_picture_file_read(path, "x", &grey, image), ISN_ERR_INPUT, "cut short");
  path = scratch_write(&scratch, "f.png", "GIF89a", 6);
  TEST_ERROR(isn_picture_file_read(path, "x", &grey, image), ISN_ERR_INPUT, "neither a PNG nor");
}

enum { HEAD = 16, N_IDX = 3 };

/* Three pictures: all pixels of picture i are 10 i but the first, which is 200 + i. */
static void make_idx(unsigned char bytes[HEAD + N_IDX * N_BYTES])
{
  const unsigned char head[HEAD] = {0, 0, 8, 3, 0, 0, 0, N_IDX, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
  memcpy(bytes, head, HEAD);
  for (int i = 0; i < N_IDX; i++) {
    memset(bytes + HEAD + i * N_BYTES, 10 * i, N_BYTES);
    bytes[HEAD + i * N_BYTES] = (unsigned char)(200 + i);
  }
}

static const char *write_gzip(const char *name, const unsigned char *bytes, size_t n, double share)
{
  const char *path = scratch_path(&scratch, name);
  struct stat info;
  gzFile file = gzopen(path, "wb");
  if (!file || gzwrite(file, bytes, (unsigned)n) != (int)n || gzclose(file) != Z_OK ||
      stat(path, &info) != 0 || truncate(path, (off_t)((double)info.st_size * share)) != 0)
    exit(1);
  return path;
}

static isn_status_t open_one(const char *path, isn_picture_set_t **set)
{
  return isn_picture_set_open("x", 1, &path, set);
}

static void refused(const char *path, const char *words)
{
  isn_picture_set_t *set = NULL;
  TEST_ERROR(open_one(path, &set), ISN_ERR_INPUT, words);
}

static void test_idx(void)
{
  unsigned char bytes[HEAD + N_IDX * N_BYTES], image[3 * N_BYTES];
  isn_picture_set_t *set = NULL;
  make_idx(bytes);
  const char *paths[2] = {scratch_write(&scratch, "a.idx", bytes, sizeof bytes), NULL};
  for (int i = 0; i < 2; i++) {
    TEST_OK(open_one(paths[0], &set));
    TEST_CHECK(isn_picture_set_count(set) == N_IDX && !isn_picture_set_is_listed(set, 0));
    TEST_OK(isn_picture_set_read(set, 2, &grey, image));
    TEST_CHECK(memcmp(image, bytes + HEAD + 2 * N_BYTES, N_BYTES) == 0);
    TEST_OK(isn_picture_set_read(set, 1, &colour, image));
    TEST_CHECK(image[0] == 201 && image[2] == 201 && image[3] == 10);
    isn_picture_set_close(set);
    paths[0] = write_gzip("a.gz", bytes, sizeof bytes, 1.0);
  }
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes - 1), "cut short");
  refused(scratch_write(&scratch, "b.idx", bytes, 10), "ends before its shape");
  refused(write_gzip("b.gz", bytes, sizeof bytes, 0.8), "damaged or cut short");
  bytes[7]--;
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes), "has more bytes");
  bytes[7] = 0;
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes), "axis 0");
  memset(bytes + 4, 0x7F, 12);
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes), "claims more pixels");
  bytes[3] = 2;
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes), "with 2 axes");
  bytes[2] = 13;
  refused(scratch_write(&scratch, "b.idx", bytes, sizeof bytes), "type 0x0d");
  refused(scratch_write(&scratch, "b.idx", "hello", 5), "neither an IDX file");
  refused(scratch_path(&scratch, "none"), "there is no file");
}

/* Pictures z.png, then those of a folder (b/A.PNG, b/c/q.jpg, then u.png), then an IDX file. */
static void test_set(void)
{
  unsigned char bytes[HEAD + N_IDX * N_BYTES], image[N_BYTES];
  char paths[3][160], digest[ISN_SHA256_TEXT];
  const char *sources[3] = {paths[0], paths[1], paths[2]};
  isn_picture_set_t *set = NULL;
  make_idx(bytes);
  snprintf(paths[1], sizeof paths[1], "%s", scratch_path(&scratch, "set"));
  TEST_CHECK(mkdir(paths[1], 0777) == 0);
  refused(paths[1], "has no files *.png");
  TEST_CHECK(mkdir(scratch_path(&scratch, "set/b"), 0777) == 0 &&
             mkdir(scratch_path(&scratch, "set/b/c"), 0777) == 0);
  (void)save(make_picture(SIDE, SIDE, 1, false), "set/u.png", "png", 1.0);
  (void)save(make_picture(SIDE, SIDE, 2, false), "set/b/A.PNG", "png", 1.0);
  (void)save(make_picture(SIDE, SIDE, 3, false), "set/b/c/q.jpg", "jpeg", 0.8);
  (void)scratch_write(&scratch, "set/b/readme.txt", "text", 4);
  (void)scratch_write(&scratch, "set/.hidden.png", "text", 4);
  snprintf(paths[0], sizeof paths[0], "%s",
           save(make_picture(SIDE, SIDE, 9, false), "z.png", "png", 1.0));
  snprintf(paths[2], sizeof paths[2], "%s", scratch_write(&scratch, "c.idx", bytes, sizeof bytes));
  TEST_OK(isn_picture_set_open("x", 3, sources, &set));
  TEST_CHECK(isn_picture_set_count(set) == 7);
  const int steps[4] = {9, 2, -1, 1};
  for (int i = 0; i < 4; i++) {
    TEST_CHECK(isn_picture_set_is_listed(set, i) == (i > 0));
    if (steps[i] < 0) {
      TEST_ERROR(isn_picture_set_read(set, i, &grey, image), ISN_ERR_INPUT, "set/b/c/q.jpg");
      continue;
    }
    TEST_OK(isn_picture_set_read(set, i, &grey, image));
    TEST_CHECK(image[7] == (299 * 7 * steps[i] + 11400 + 500) / 1000);
  }
  TEST_OK(isn_picture_set_read(set, 6, &grey, image));
  TEST_CHECK(image[0] == 202);
  memcpy(digest, isn_picture_set_digest(set), sizeof digest);
  isn_picture_set_close(set);
  TEST_CHECK(strlen(digest) == 64);
  (void)scratch_write(&scratch, "set/v.png", "text", 4);
  TEST_OK(isn_picture_set_open("x", 3, sources, &set));
  TEST_CHECK(strcmp(digest, isn_picture_set_digest(set)) != 0);
  isn_picture_set_close(set);
}

int main(void)
{
  static const char *const files[] = {"a.png",
                                      "b.png",
                                      "c.png",
                                      "d.png",
                                      "e.jpg",
                                      "f.png",
                                      "a.idx",
                                      "a.gz",
                                      "b.idx",
                                      "b.gz",
                                      "set/u.png",
                                      "set/b/A.PNG",
                                      "set/v.png",
                                      "set/b/c/q.jpg",
                                      "set/b/readme.txt",
                                      "set/.hidden.png",
                                      "z.png",
                                      "c.idx",
                                      NULL};
  static const char *const folders[] = {"set/b/c", "set/b", "set"};
  if (!scratch_open(&scratch))
    return 1;
  test_own_size();
  test_scaled();
  test_cut();
  test_damaged_pictures();
  test_idx();
  test_set();
  for (int i = 0; files[i]; i++)
    unlink(scratch_path(&scratch, files[i]));
  for (int i = 0; i < 3; i++)
    rmdir(scratch_path(&scratch, folders[i]));
  scratch_close(&scratch, files + sizeof files / sizeof files[0] - 1);
  TEST_END();
}
