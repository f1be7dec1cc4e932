/** @file idx.c
 *  The format of an IDX file: two zero bytes, the type (8: bytes), the number of axes, the length
 *  of each axis as 4 bytes, most significant first, then the elements, the last axis fastest.
 */
#include "pictures/idx.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "invset/memory.h"
#include "pictures/fit.h"

enum { TYPE_BYTES = 8, MAX_AXES = 4, PIECE_BYTES = 1 << 26, BUFFER_BYTES = 1 << 17 };

bool isn_idx_is(const unsigned char *bytes, size_t n)
{
  const bool gzip = n >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
  return gzip || (n >= 4 && bytes[0] == 0 && bytes[1] == 0);
}

/* A file that is being read; zlib reads a plain one as it is. */
typedef struct {
  gzFile file;
  const char *path, *what; /* borrowed, for messages */
} source_t;

/* Read so many bytes.  @param[out] n_read fewer at the end of the file */
static isn_status_t take(const source_t *source, unsigned char *bytes, size_t n, size_t *n_read)
{
  *n_read = 0;
  while (*n_read < n) {
    const size_t left = n - *n_read;
    const int got = gzread(source->file, bytes + *n_read,
                           (unsigned)(left < PIECE_BYTES ? left : (size_t)PIECE_BYTES));
    int code = Z_OK;
    const char *words = gzerror(source->file, &code);
    /* A stream that ends too early is no error of gzread's, but it notes it. */
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is damaged or cut short: %s", source->what, source->path,
               words);
    if (got == 0)
      return ISN_OK;
    *n_read += (size_t)got;
  }
  return ISN_OK;
}

static isn_status_t read_axes(const source_t *source, int *n_axes, int dims[MAX_AXES])
{
  unsigned char head[4 + 4 * MAX_AXES];
  size_t n;
  ISN_TRY(take(source, head, 4, &n));
  if (n < 4 || head[0] != 0 || head[1] != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: '%s' is no IDX file, which begins with two zeros, the type and the number of "
             "axes",
             source->what, source->path);
  if (head[2] != TYPE_BYTES)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is an IDX file of type 0x%02x, wanted 0x08 (bytes)",
             source->what, source->path, head[2]);
  *n_axes = head[3];
  if (*n_axes != 3 && *n_axes != 4)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: '%s' is an IDX file with %d axes, wanted pictures: N, rows, columns, or N, rows, "
             "columns, 3",
             source->what, source->path, *n_axes);
  ISN_TRY(take(source, head + 4, 4 * (size_t)*n_axes, &n));
  if (n < 4 * (size_t)*n_axes)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' ends before its shape does", source->what, source->path);
  for (int a = 0; a < *n_axes; a++) {
    const unsigned char *b = head + 4 + 4 * a;
    const uint32_t length =
        (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
    if (length < 1 || length > INT_MAX)
      ISN_FAIL(ISN_ERR_INPUT, "%s: axis %d of '%s' has length %lu, wanted 1 or more", source->what,
               a, source->path, (unsigned long)length);
    dims[a] = (int)length;
  }
  if (*n_axes == 4 && dims[3] != 3)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the pictures of '%s' have %d channels, wanted 3 (RGB)",
             source->what, source->path, dims[3]);
  return ISN_OK;
}

/* Read the elements.  Memory is taken as they come, not as a damaged head may say. */
static isn_status_t read_pixels(const source_t *source, size_t n_bytes, isn_idx_t *idx)
{
  size_t n_read = 0, room = 0;
  unsigned char byte;
  while (n_read < n_bytes) {
    size_t n;
    room = room == 0 ? PIECE_BYTES : 2 * room;
    room = room < n_bytes ? room : n_bytes;
    unsigned char *grown = realloc(idx->pixels, room);
    if (!grown)
      ISN_FAIL(ISN_ERR_MEMORY, "pictures of '%s': no memory for %zu bytes", source->path, room);
    idx->pixels = grown;
    ISN_TRY(take(source, grown + n_read, room - n_read, &n));
    n_read += n;
    if (n_read < room)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: '%s' is cut short: its head says %lld pictures of %d x %d, %zu bytes, but "
               "%zu are there",
               source->what, source->path, (long long)idx->n, idx->height, idx->width, n_bytes,
               n_read);
  }
  ISN_TRY(take(source, &byte, 1, &n_read));
  if (n_read > 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' has more bytes than the %lld pictures that its head says",
             source->what, source->path, (long long)idx->n);
  return ISN_OK;
}

static isn_status_t read_all(const source_t *source, isn_idx_t *idx)
{
  int n_axes, dims[MAX_AXES] = {0};
  ISN_TRY(read_axes(source, &n_axes, dims));
  *idx = (isn_idx_t){dims[0], dims[1], dims[2], n_axes == 4 ? 3 : 1, NULL};
  const size_t row = (size_t)idx->width * (size_t)idx->channels;
  if (row > SIZE_MAX / (size_t)idx->height / (size_t)idx->n)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' claims more pixels than memory can hold", source->what,
             source->path);
  return read_pixels(source, (size_t)idx->n * (size_t)idx->height * row, idx);
}

isn_status_t isn_idx_read(const char *path, const char *what, isn_idx_t *idx)
{
  *idx = (isn_idx_t){0};
  ISN_TRY(isn_file_check(path, what));
  source_t source = {gzopen(path, "rb"), path, what};
  if (!source.file)
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot read '%s'", what, path);
  (void)gzbuffer(source.file, BUFFER_BYTES); /* of use for speed only */
  isn_status_t status = read_all(&source, idx);
  gzclose(source.file); /* opened for reading: no data can be lost */
  if (status != ISN_OK)
    isn_idx_clear(idx);
  return status;
}

void isn_idx_clear(isn_idx_t *idx)
{
  free(idx->pixels);
  *idx = (isn_idx_t){0};
}

/* Through a GdkPixbuf, which is always in colour. */
static isn_status_t convert(const isn_idx_t *idx, const unsigned char *pixels,
                            const isn_picture_size_t *size, unsigned char *image)
{
  GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, idx->width, idx->height);
  if (!picture)
    ISN_FAIL(ISN_ERR_MEMORY, "a picture of %d x %d pixels: no memory", idx->width, idx->height);
  unsigned char *rows = gdk_pixbuf_get_pixels(picture);
  const int stride = gdk_pixbuf_get_rowstride(picture);
  for (int y = 0; y < idx->height; y++)
    for (int x = 0; x < idx->width; x++)
      for (int c = 0; c < 3; c++) {
        const size_t pixel = (size_t)y * (size_t)idx->width + (size_t)x;
        rows[(size_t)y * (size_t)stride + 3 * (size_t)x + (size_t)c] =
            pixels[pixel * (size_t)idx->channels + (size_t)(idx->channels == 3 ? c : 0)];
      }
  isn_status_t status = isn_fit_picture(picture, size, image);
  g_object_unref(picture);
  return status;
}

isn_status_t isn_idx_picture(const isn_idx_t *idx, int64_t number, const isn_picture_size_t *size,
                             unsigned char *image)
{
  const size_t n = (size_t)idx->height * (size_t)idx->width * (size_t)idx->channels;
  const unsigned char *pixels = idx->pixels + (size_t)number * n;
  if (idx->height != size->height || idx->width != size->width || idx->channels != size->channels)
    return convert(idx, pixels, size, image);
  memcpy(image, pixels, n);
  return ISN_OK;
}
