/** @file idx.h
 *  Private to pictures: IDX files, MNIST's format.  Local.
 */
#ifndef INVSET_PICTURES_IDX_H
#define INVSET_PICTURES_IDX_H

#include <stdint.h>

#include "invset/picture_files.h"

/** A file of pictures, in memory. */
typedef struct {
  int64_t n;
  int height, width, channels; /**< channels 1 or 3 (RGB) */
  unsigned char *pixels;       /**< (n, height, width, channels), owned */
} isn_idx_t;

/** Whether the bytes begin as an IDX file or a gzip'd file does. */
bool isn_idx_is(const unsigned char *bytes, size_t n);

/** Read a file, plain or gzip'd.
 *  @param[out] idx isn_idx_clear()
 *  @return ISN_ERR_INPUT naming the file: not of bytes, axes other than N H W and N H W 3, no
 *          pictures, cut short, longer than it says, a damaged gzip stream; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_idx_read(const char *path, const char *what, isn_idx_t *idx);
void isn_idx_clear(isn_idx_t *idx); /**< Safe on zeros. */

/** Bring a picture to a size.  @param[out] image as isn_picture_file_read()'s */
ISN_MUST_USE isn_status_t isn_idx_picture(const isn_idx_t *idx, int64_t number,
                                          const isn_picture_size_t *size, unsigned char *image);

#endif
