/** @file png_file.c
 *  PNG pictures through libpng, row by row, published by a rename.
 *  libpng reports errors by longjmp out of its calls; each call is made in a function that holds
 *  nothing across it, so the jump is over before any of our code goes on.
 */
#include "png_file.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/memory.h"

enum { SIGNATURE_BYTES = 8, REASON_BYTES = 128 };

struct isn_png {
  char *path, *part_path;
  FILE *file;
  png_structp png;
  png_infop info;
  size_t row_bytes;
  int rows_left;
  char reason[REASON_BYTES]; /* libpng's words for its last error */
};

static void keep_reason(png_structp png, png_const_charp text)
{
  isn_png_t *self = png_get_error_ptr(png);
  snprintf(self->reason, sizeof self->reason, "%s", text);
  png_longjmp(png, 1);
}

/* A warning of libpng (say, of its own limits) changes nothing in the file. */
static void ignore_warning(png_structp png, png_const_charp text)
{
  (void)png;
  (void)text;
}

static bool has_png_signature(const char *path)
{
  unsigned char bytes[SIGNATURE_BYTES];
  FILE *file = fopen(path, "rb");
  if (!file)
    return false;
  size_t n = fread(bytes, 1, sizeof bytes, file);
  fclose(file); /* opened for reading: no data can be lost */
  return n == sizeof bytes && png_sig_cmp(bytes, 0, sizeof bytes) == 0;
}

isn_status_t isn_png_check_path(const char *path)
{
  struct stat info;
  if (lstat(path, &info) != 0) {
    if (errno == ENOENT)
      return ISN_OK;
    ISN_FAIL(ISN_ERR_INPUT, "cannot write the picture '%s': %s", path, strerror(errno));
  }
  if (!S_ISREG(info.st_mode) || !has_png_signature(path))
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' exists and is no PNG file, so it is not overwritten; give another name", path);
  return ISN_OK;
}

static isn_status_t open_part(isn_png_t *self, const char *path)
{
  size_t n_bytes = strlen(path) + sizeof ".part";
  ISN_TRY(isn_alloc_string(&self->path, path));
  ISN_TRY(isn_alloc(&self->part_path, n_bytes, "a file name"));
  snprintf(self->part_path, n_bytes, "%s.part", path);
  self->file = fopen(self->part_path, "wb");
  if (!self->file)
    ISN_FAIL(ISN_ERR_INPUT, "cannot create the picture '%s': %s", path, strerror(errno));
  return ISN_OK;
}

static isn_status_t write_header(isn_png_t *self, int width, int height, int channels)
{
  int colour = channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY;
  if (setjmp(png_jmpbuf(self->png)))
    ISN_FAIL(ISN_ERR_IO, "cannot write the picture '%s' of %d x %d pixels: %s", self->path, width,
             height, self->reason);
  png_init_io(self->png, self->file);
  png_set_IHDR(self->png, self->info, (png_uint_32)width, (png_uint_32)height, 8, colour,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(self->png, self->info);
  return ISN_OK;
}

isn_status_t isn_png_begin(const char *path, int width, int height, int channels, isn_png_t **out)
{
  isn_status_t status = ISN_OK;
  isn_png_t *self = NULL;
  if (channels != 1 && channels != 3)
    ISN_FAIL(ISN_ERR_ARG, "a picture has 1 or 3 channels, got %d", channels);
  ISN_TRY(isn_png_check_path(path));
  ISN_TRY(isn_alloc(&self, 1, "a PNG writer"));
  ISN_TRY_GOTO(open_part(self, path), failed);
  self->row_bytes = (size_t)width * (size_t)channels;
  self->rows_left = height;
  self->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, self, keep_reason, ignore_warning);
  if (self->png)
    self->info = png_create_info_struct(self->png);
  if (!self->info)
    ISN_FAIL_GOTO(ISN_ERR_MEMORY, failed, "libpng could not start the picture '%s'", path);
  ISN_TRY_GOTO(write_header(self, width, height, channels), failed);
  *out = self;
  return ISN_OK;
failed:
  isn_png_discard(self);
  return status;
}

isn_status_t isn_png_write_rows(isn_png_t *self, const unsigned char *pixels, int n_rows)
{
  if (n_rows > self->rows_left)
    ISN_FAIL(ISN_ERR_ARG, "the picture '%s' has %d rows left, got %d", self->path, self->rows_left,
             n_rows);
  self->rows_left -= n_rows;
  if (setjmp(png_jmpbuf(self->png)))
    ISN_FAIL(ISN_ERR_IO, "cannot write the picture '%s': %s", self->path, self->reason);
  /* No local variable changes between setjmp and a jump but this one, and it is not used there. */
  for (int row = 0; row < n_rows; row++)
    png_write_row(self->png, pixels + (size_t)row * self->row_bytes);
  return ISN_OK;
}

static isn_status_t write_end(isn_png_t *self)
{
  if (setjmp(png_jmpbuf(self->png)))
    ISN_FAIL(ISN_ERR_IO, "cannot finish the picture '%s': %s", self->path, self->reason);
  png_write_end(self->png, self->info);
  return ISN_OK;
}

static void release(isn_png_t *self)
{
  png_destroy_write_struct(&self->png, &self->info);
  free(self->path);
  free(self->part_path);
  free(self);
}

isn_status_t isn_png_finish(isn_png_t *self)
{
  isn_status_t status = ISN_OK;
  if (self->rows_left > 0) /* libpng itself would end a picture too soon without a word */
    ISN_FAIL_GOTO(ISN_ERR_ARG, failed, "the picture '%s' is ended %d rows too soon", self->path,
                  self->rows_left);
  ISN_TRY_GOTO(write_end(self), failed);
  int closed = fclose(self->file);
  self->file = NULL;
  if (closed != 0)
    ISN_FAIL_GOTO(ISN_ERR_IO, failed, "cannot finish the picture '%s': %s", self->path,
                  strerror(errno));
  if (rename(self->part_path, self->path) != 0)
    ISN_FAIL_GOTO(ISN_ERR_IO, failed, "cannot rename '%s' to '%s': %s", self->part_path, self->path,
                  strerror(errno));
  release(self);
  return ISN_OK;
failed:
  isn_png_discard(self);
  return status;
}

void isn_png_discard(isn_png_t *self)
{
  if (!self)
    return;
  /* What is written here is thrown away, so only the space it takes matters. */
  if (self->file)
    (void)fclose(self->file);
  if (self->part_path)
    (void)unlink(self->part_path);
  release(self);
}
