/* Between network values and stored 8-bit pictures: mean, channel order, rounding. */
#include "invset/picture.h"

#include <math.h>

/* Stored channel of network channel c: BGR planes become interleaved RGB. */
static size_t stored_index(isn_shape_t shape, int c, size_t pixel)
{
  return shape.c == 1 ? pixel : pixel * (size_t)shape.c + (size_t)(shape.c - 1 - c);
}

void isn_picture_store(isn_shape_t shape, const float *mean, const float *values,
                       unsigned char *image)
{
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++)
    for (size_t p = 0; p < plane; p++) {
      float grey = values[(size_t)c * plane + p] + mean[c];
      image[stored_index(shape, c, p)] = (unsigned char)lrintf(fminf(fmaxf(grey, 0.0F), 255.0F));
    }
}

void isn_picture_load(isn_shape_t shape, const float *mean, const unsigned char *image,
                      float *values)
{
  size_t plane = (size_t)shape.h * (size_t)shape.w;
  for (int c = 0; c < shape.c; c++)
    for (size_t p = 0; p < plane; p++)
      values[(size_t)c * plane + p] = (float)image[stored_index(shape, c, p)] - mean[c];
}
