/** @file windows.h
 *  The windows that a kernel sees of an image, as the columns of a matrix, and back.
 *
 *  The image (C, H, W) is first padded and split into planes by the remainder of row and column
 *  with respect to the stride.  In a plane the windows of neighbouring positions are neighbours, so
 *  that all further copying and adding runs along rows, whatever the stride, pad and dilation.
 *  Row (c, i, j) of the columns holds what kernel element (i, j) sees at each of the P = map_h *
 *  map_w positions.  Knows no weights.
 */
#ifndef INVSET_WINDOWS_H
#define INVSET_WINDOWS_H

#include "invset/layer.h"

typedef struct {
  isn_conv_params_t conv; /**< kernel, stride, pad, dilation */
  int channels, h, w;     /**< the image, or one group of it */
  int map_h, map_w;       /**< positions of the kernel */
  int plane_h, plane_w;   /**< of one plane; there are stride_h * stride_w for each channel */
  bool same;              /**< the columns are the image itself: 1x1, stride 1, no padding */
} isn_windows_t;

isn_windows_t isn_windows_make(const isn_conv_params_t *conv, int channels, isn_shape_t image,
                               isn_shape_t map);

size_t isn_windows_plane_floats(const isn_windows_t *windows);  /**< planes of one channel */
size_t isn_windows_column_floats(const isn_windows_t *windows); /**< (C kernel_h kernel_w, P) */

/** Image to columns.
 *  @param[out] planes  scratch, of one channel
 *  @param[out] columns (C kernel_h kernel_w, P) */
void isn_windows_gather(const isn_windows_t *windows, const float *image, float *planes,
                        float *columns);

/** Columns to image: each pixel is the sum of what the windows hold of it, plus its channel's bias.
 *  @param[in]  bias   (C) or NULL
 *  @param[out] planes scratch, of one channel */
void isn_windows_scatter(const isn_windows_t *windows, const float *columns, const float *bias,
                         float *planes, float *image);

#endif
