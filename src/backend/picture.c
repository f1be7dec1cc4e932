/* Between network values and stored 8-bit pictures: mean, scale, channel order, rounding. */
#include "invset/picture.h"

#include <math.h>

/* Where a pixel of a network channel is stored: planes become interleaved RGB. */
static size_t stored_index(isn_shape_t shape, const isn_picture_format_t *format, int c,
                           size_t pixel)
{
  int place = format->rgb ? c : shape.c - 1 - c;
  return pixel * (size_t)shape.c + (size_t)place;
}

static float mean_at(const isn_picture_format_t *format, int c, size_t plane, size_t pixel)
{
  return format->per_pixel ? format->mean[(size_t)c * plane + pixel] : format->mean[c];
}

void isn_picture_store(isn_shape_t shape, const isn_picture_format_t *format, const float *values,
                       unsigned char *image)
{
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++)
    for (size_t p = 0; p < plane; p++) {
      float value = values[(size_t)c * plane + p];
      float grey = value / format->scale + mean_at(format, c, plane, p);
      image[stored_index(shape, format, c, p)] =
          (unsigned char)lrintf(fminf(fmaxf(grey, 0.0F), 255.0F));
    }
}

void isn_picture_load(isn_shape_t shape, const isn_picture_format_t *format,
                      const unsigned char *image, float *values)
{
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++)
    for (size_t p = 0; p < plane; p++) {
      float grey = (float)image[stored_index(shape, format, c, p)];
      values[(size_t)c * plane + p] = (grey - mean_at(format, c, plane, p)) * format->scale;
    }
}
