/** @file picture_files.h
 *  Pictures from files, brought to one size: PNG and JPEG files, folders of them, and IDX files as
 *  MNIST's.  Knows no nets, runs or ranks.  All local.
 *
 *  A picture of the wanted size is taken as it is.  Any other is scaled, by one factor, until it
 *  just covers another size, and the centre is cut out: what Caffe's users do to pictures for a net
 *  that was trained on crops.  Colour becomes grey by 0.299 R + 0.587 G + 0.114 B, grey becomes
 *  colour by repetition, 16 bits become 8, what is transparent lies on white, and a JPEG is turned
 * as its EXIF data say.
 */
#ifndef INVSET_PICTURE_FILES_H
#define INVSET_PICTURE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "invset/files.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What pictures are brought to: (H, W) grey or (H, W, 3) RGB, 8 bits, row 0 at the top. */
typedef struct {
  int channels;                  /**< 1 grey, 3 RGB */
  int height, width;             /**< pixels */
  int cover_height, cover_width; /**< at least height and width: what a picture of another size is
                                      scaled to cover before its centre is cut out */
} isn_picture_size_t;

/** Read a PNG or JPEG file.
 *  @param[in]  what  names its use in messages ("sampling.mask")
 *  @param[out] image (height, width, channels)
 *  @return ISN_ERR_INPUT naming the file: missing, damaged, cut short; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_picture_file_read(const char *path, const char *what,
                                                const isn_picture_size_t *size,
                                                unsigned char *image);

/** The pictures of several sources, numbered from 0 in the order of the sources. */
typedef struct isn_picture_set isn_picture_set_t;

/** Open a set of pictures.
 *  A source is an IDX file of bytes with axes N H W, or N H W 3 (RGB), plain or gzip'd, which is
 *  read whole into memory; a PNG or JPEG file; or a folder, of which all files named *.png, *.jpg
 *  and *.jpeg (in any case) are taken, also those of folders in it, in byte order of their names;
 *  names that begin with a dot are left out.
 *  @param[in]  what    names the sources in messages ("dataset.images")
 *  @param[in]  sources (n)
 *  @param[out] out     isn_picture_set_close()
 *  @return ISN_ERR_INPUT naming the source: missing, of no known kind, damaged, without pictures;
 *          ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_picture_set_open(const char *what, int n, const char *const *sources,
                                               isn_picture_set_t **out);
void isn_picture_set_close(isn_picture_set_t *set); /**< NULL is fine */

/** How many pictures there are, the damaged ones included. */
int64_t isn_picture_set_count(const isn_picture_set_t *set);

/** SHA-256 as hex of what the set consists of: of the bytes of the files that were named; of a
 *  folder, which may be large, of the names and sizes of its pictures.  The places of files and
 *  folders do not count. */
const char *isn_picture_set_digest(const isn_picture_set_t *set);

/** Read a picture.
 *  @param[out] image (height, width, channels)
 *  @return as isn_picture_file_read() */
ISN_MUST_USE isn_status_t isn_picture_set_read(const isn_picture_set_t *set, int64_t number,
                                               const isn_picture_size_t *size,
                                               unsigned char *image);

/** Whether a picture is one of a folder, and not one that was asked for by its name. */
bool isn_picture_set_is_listed(const isn_picture_set_t *set, int64_t number);

#ifdef __cplusplus
}
#endif
#endif
