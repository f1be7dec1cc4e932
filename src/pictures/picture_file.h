/** @file picture_file.h
 *  Private to pictures: decoding one file.  Local.
 */
#ifndef INVSET_PICTURES_PICTURE_FILE_H
#define INVSET_PICTURES_PICTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/** Whether the bytes begin as a PNG or JPEG file does. */
bool isn_picture_file_is(const unsigned char *bytes, size_t n);

#endif
