/** @file picture.h
 *  Stored pictures: 8-bit grey (H, W) or RGB (H, W, 3), row 0 at the top; and network values: float
 *  (C, H, W), scale * (grey level - mean), channels in the net's order.  Local and pure.
 */
#ifndef INVSET_PICTURE_H
#define INVSET_PICTURE_H

#include <stdbool.h>

#include "invset/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a classifier wants its pictures: value = scale * (grey level - mean). */
typedef struct {
  float *mean;    /**< (C), or (C, H, W) if per_pixel; grey levels, channels in the net's order */
  bool per_pixel; /**< the mean is a picture itself */
  bool rgb;       /**< the net's channels are red, green, blue; else Caffe's blue, green, red */
  float scale;    /**< > 0 */
} isn_picture_format_t;

/** Network values, which the Picture layer has rounded, to a stored picture.
 *  @param[in]  shape   C (1 or 3), H, W
 *  @param[in]  format  its mean is borrowed
 *  @param[in]  values  (C, H, W), host
 *  @param[out] image   (H, W) or (H, W, 3) */
void isn_picture_store(isn_shape_t shape, const isn_picture_format_t *format, const float *values,
                       unsigned char *image);

/** A stored picture to network values: the very floats that the Picture layer gave.
 *  @param[out] values  (C, H, W), host */
void isn_picture_load(isn_shape_t shape, const isn_picture_format_t *format,
                      const unsigned char *image, float *values);

#ifdef __cplusplus
}
#endif
#endif
