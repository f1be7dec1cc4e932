/** @file jpeg_end.h
 *  Private to pictures: whether a JPEG file is cut short.  Local.
 */
#ifndef INVSET_PICTURES_JPEG_END_H
#define INVSET_PICTURES_JPEG_END_H

#include <stdbool.h>
#include <stddef.h>

/** Whether the bytes begin as a JPEG file does. */
bool isn_jpeg_is(const unsigned char *bytes, size_t n);

/** Whether a JPEG file reaches its end marker. */
bool isn_jpeg_is_whole(const unsigned char *bytes, size_t n);

#endif
