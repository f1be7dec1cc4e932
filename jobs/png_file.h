/** @file png_file.h
 *  Write an 8-bit grey or RGB picture row by row, so that a sheet larger than memory is no trouble.
 *  The picture appears under its name only when it is whole.  All functions are local.
 */
#ifndef INVSET_JOBS_PNG_FILE_H
#define INVSET_JOBS_PNG_FILE_H

#include "invset/status.h"

typedef struct isn_png isn_png_t;

/** Check that a picture may be written to path: nothing is there, or an older PNG.
 *  @return ISN_ERR_INPUT: something else is there, which will not be overwritten */
ISN_MUST_USE isn_status_t isn_png_check_path(const char *path);

/** Begin a picture, under the name PATH.part.
 *  @param[in]  channels 1 (grey) or 3 (RGB)
 *  @param[out] out      caller's, isn_png_finish() or isn_png_discard()
 *  @return ISN_ERR_INPUT: as isn_png_check_path(), or the file cannot be made;
 *          ISN_ERR_IO: libpng's reason (sides of more than a million pixels, ...); ISN_ERR_MEMORY
 */
ISN_MUST_USE isn_status_t isn_png_begin(const char *path, int width, int height, int channels,
                                        isn_png_t **out);

/** Write the next rows.  @param[in] pixels (n_rows, width, channels), from the top
 *  @return ISN_ERR_ARG: more rows than the picture has; ISN_ERR_IO; then only isn_png_discard() is
 *          left to do */
ISN_MUST_USE isn_status_t isn_png_write_rows(isn_png_t *png, const unsigned char *pixels,
                                             int n_rows);

/** End the picture after its last row, and give it its name.  Frees png, also on an error, and then
 *  leaves no file.  @return ISN_ERR_ARG: rows are missing; ISN_ERR_IO */
ISN_MUST_USE isn_status_t isn_png_finish(isn_png_t *png);

/** Give an unfinished picture up: removes PATH.part and frees png.  NULL is fine. */
void isn_png_discard(isn_png_t *png);

#endif
