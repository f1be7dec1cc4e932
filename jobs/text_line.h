/** @file text_line.h
 *  One line of text as pixels.  Knows no sheets and no files.
 */
#ifndef INVSET_JOBS_TEXT_LINE_H
#define INVSET_JOBS_TEXT_LINE_H

#include "invset/status.h"

enum {
  ISN_TEXT_LINE_HEIGHT = 20,     /**< pixels of a line, accents and descenders included */
  ISN_TEXT_LINE_MAX_WIDTH = 8192 /**< pixels */
};

/** Draw a line of text, left-aligned.  Local.
 *  @param[in]  text     UTF-8; what is not valid in it is drawn as the replacement character; text
 *                       that does not fit in ends with an ellipsis
 *  @param[in]  width    pixels, 1 .. ISN_TEXT_LINE_MAX_WIDTH
 *  @param[out] coverage (ISN_TEXT_LINE_HEIGHT, width) 0 nothing .. 255 ink
 *  @return ISN_ERR_ARG: width; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_text_line_draw(const char *text, int width, unsigned char *coverage);

#endif
