/** @file text_line.c
 *  Text by Pango, which knows scripts, fallback fonts and ellipses, on a cairo surface in memory.
 */
#include "text_line.h"

#include <pango/pangocairo.h>
#include <string.h>

static const char *const FONT = "Sans";
enum { FONT_PIXELS = 13 };

static void draw(cairo_t *cairo, const char *text, int width)
{
  PangoLayout *layout = pango_cairo_create_layout(cairo);
  PangoFontDescription *font = pango_font_description_from_string(FONT);
  char *valid = g_utf8_make_valid(text, -1);
  pango_font_description_set_absolute_size(font, FONT_PIXELS * PANGO_SCALE);
  pango_layout_set_font_description(layout, font);
  pango_layout_set_single_paragraph_mode(layout, TRUE); /* a line feed does not begin a line */
  pango_layout_set_width(layout, width * PANGO_SCALE);
  pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_text(layout, valid, -1);
  int height;
  pango_layout_get_pixel_size(layout, NULL, &height);
  cairo_move_to(cairo, 0, (ISN_TEXT_LINE_HEIGHT - height) / 2);
  pango_cairo_show_layout(cairo, layout);
  g_free(valid);
  pango_font_description_free(font);
  g_object_unref(layout);
}

isn_status_t isn_text_line_draw(const char *text, int width, unsigned char *coverage)
{
  isn_status_t status = ISN_OK;
  if (width < 1 || width > ISN_TEXT_LINE_MAX_WIDTH)
    ISN_FAIL(ISN_ERR_ARG, "a line of text of %d pixels, wanted 1 to %d", width,
             ISN_TEXT_LINE_MAX_WIDTH);
  cairo_surface_t *surface =
      cairo_image_surface_create(CAIRO_FORMAT_A8, width, ISN_TEXT_LINE_HEIGHT);
  cairo_t *cairo = cairo_create(surface);
  draw(cairo, text, width);
  cairo_surface_flush(surface);
  const unsigned char *pixels = cairo_image_surface_get_data(surface);
  if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS || !pixels)
    ISN_FAIL_GOTO(ISN_ERR_MEMORY, done, "cannot draw the text '%s': %s", text,
                  cairo_status_to_string(cairo_status(cairo)));
  size_t stride = (size_t)cairo_image_surface_get_stride(surface);
  for (size_t y = 0; y < ISN_TEXT_LINE_HEIGHT; y++)
    memcpy(coverage + y * (size_t)width, pixels + y * stride, (size_t)width);
done:
  cairo_destroy(cairo);
  cairo_surface_destroy(surface);
  return status;
}
