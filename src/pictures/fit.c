/** @file fit.c
 *  Size and colours of pictures.  Knows no files.
 */
#include "pictures/fit.h"

#include <math.h>

/* Luma of ITU-R BT.601 in whole thousandths, so that equal channels keep their value. */
static int grey_of(const unsigned char *rgb)
{
  return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
}

/* Convert a picture that has the wanted size. */
static void convert(const GdkPixbuf *picture, const isn_picture_size_t *size, unsigned char *image)
{
  const unsigned char *rows = gdk_pixbuf_read_pixels(picture);
  const int stride = gdk_pixbuf_get_rowstride(picture), n = gdk_pixbuf_get_n_channels(picture);
  for (int y = 0; y < size->height; y++)
    for (int x = 0; x < size->width; x++) {
      const unsigned char *pixel = rows + (size_t)y * (size_t)stride + (size_t)x * (size_t)n;
      const int alpha = n == 4 ? pixel[3] : 255;
      unsigned char rgb[3];
      for (int c = 0; c < 3; c++) /* on white */
        rgb[c] = (unsigned char)((pixel[c] * alpha + 255 * (255 - alpha) + 127) / 255);
      if (size->channels == 1)
        *image++ = (unsigned char)grey_of(rgb);
      for (int c = 0; size->channels == 3 && c < 3; c++)
        *image++ = rgb[c];
    }
}

/* Where the wanted part begins in an axis of a scaled picture. */
static int offset(double scaled, int cover, int wanted)
{
  return ((int)lround(scaled) - cover) / 2 + (cover - wanted) / 2;
}

isn_status_t isn_fit_picture(const GdkPixbuf *picture, const isn_picture_size_t *size,
                             unsigned char *image)
{
  const int height = gdk_pixbuf_get_height(picture), width = gdk_pixbuf_get_width(picture);
  if (height == size->height && width == size->width) {
    convert(picture, size, image);
    return ISN_OK;
  }
  const double factor =
      fmax((double)size->cover_height / height, (double)size->cover_width / width);
  const int top = offset(height * factor, size->cover_height, size->height);
  const int left = offset(width * factor, size->cover_width, size->width);
  GdkPixbuf *part = gdk_pixbuf_new(GDK_COLORSPACE_RGB, gdk_pixbuf_get_has_alpha(picture), 8,
                                   size->width, size->height);
  if (!part)
    ISN_FAIL(ISN_ERR_MEMORY, "a picture of %d x %d pixels: no memory", size->width, size->height);
  /* Bilinear where it grows, the mean of the area of each pixel where it shrinks. */
  gdk_pixbuf_scale(picture, part, 0, 0, size->width, size->height, -left, -top, factor, factor,
                   factor == 1.0 ? GDK_INTERP_NEAREST : GDK_INTERP_BILINEAR);
  convert(part, size, image);
  g_object_unref(part);
  return ISN_OK;
}
