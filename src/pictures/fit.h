/** @file fit.h
 *  Private to pictures: a decoded picture of any size becomes one of the wanted size.  Local.
 */
#ifndef INVSET_PICTURES_FIT_H
#define INVSET_PICTURES_FIT_H

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "invset/picture_files.h"

/** Scale, cut and convert as picture_files.h says.
 *  @param[in]  picture RGB or RGBA, 8 bits
 *  @param[out] image   (height, width, channels) of the size
 *  @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_fit_picture(const GdkPixbuf *picture, const isn_picture_size_t *size,
                                          unsigned char *image);

#endif
