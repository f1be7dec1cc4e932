/** @file picture.h
 *  Stored pictures: 8-bit grey (H, W) or RGB (H, W, 3), row 0 at the top; and network values: float
 *  (C, H, W), grey levels minus the mean, BGR if C is 3 (Caffe's order).  Local and pure.
 */
#ifndef INVSET_PICTURE_H
#define INVSET_PICTURE_H

#include "invset/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Network values, which the Picture layer has rounded, to a stored picture.
 *  @param[in]  shape   C (1 or 3), H, W
 *  @param[in]  mean    (C), host
 *  @param[in]  values  (C, H, W), host
 *  @param[out] image   (H, W) or (H, W, 3) */
void isn_picture_store(isn_shape_t shape, const float *mean, const float *values,
                       unsigned char *image);

/** A stored picture to network values: the very floats that the Picture layer gave.
 *  @param[out] values  (C, H, W), host */
void isn_picture_load(isn_shape_t shape, const float *mean, const unsigned char *image,
                      float *values);

#ifdef __cplusplus
}
#endif
#endif
