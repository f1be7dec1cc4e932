/** @file picture_file.c
 *  One PNG or JPEG file.  GdkPixbuf decodes it; its bytes are looked at beforehand, since the
 *  decoder takes many formats, and a JPEG that is cut short.
 */
#include "pictures/picture_file.h"

#include <stdlib.h>
#include <string.h>

#include "pictures/fit.h"
#include "pictures/jpeg_end.h"

enum { MAX_FILE_BYTES = 1 << 30 };

static const unsigned char PNG_BEGIN[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool isn_picture_file_is(const unsigned char *bytes, size_t n)
{
  return isn_jpeg_is(bytes, n) ||
         (n >= sizeof PNG_BEGIN && memcmp(bytes, PNG_BEGIN, sizeof PNG_BEGIN) == 0);
}

/* Not with a GdkPixbufLoader: that takes a PNG file that is cut short for a whole one.
 * @param[out] picture g_object_unref() */
static isn_status_t decode(const char *path, const char *what, GdkPixbuf **picture)
{
  GError *error = NULL;
  GdkPixbuf *found = gdk_pixbuf_new_from_file(path, &error);
  if (!found) {
    isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "%s: '%s' cannot be read as a picture: %s",
                  what, path, error->message);
    g_error_free(error);
    return ISN_ERR_INPUT;
  }
  *picture = gdk_pixbuf_apply_embedded_orientation(found);
  g_object_unref(found);
  return ISN_OK;
}

isn_status_t isn_picture_file_read(const char *path, const char *what,
                                   const isn_picture_size_t *size, unsigned char *image)
{
  unsigned char *bytes = NULL;
  size_t n;
  GdkPixbuf *picture = NULL;
  isn_status_t status;
  ISN_TRY(isn_file_read_bytes(path, what, MAX_FILE_BYTES, &bytes, &n));
  if (!isn_picture_file_is(bytes, n))
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: '%s' is neither a PNG nor a JPEG file", what, path);
  if (isn_jpeg_is(bytes, n) && !isn_jpeg_is_whole(bytes, n))
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: '%s' is a JPEG file that is cut short", what, path);
  ISN_TRY_GOTO(decode(path, what, &picture), done);
  status = isn_fit_picture(picture, size, image);
  g_object_unref(picture);
done:
  free(bytes);
  return status;
}
