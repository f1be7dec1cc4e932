/** @file contact_sheet.h
 *  A contact sheet: bands of small pictures, one band per target, each a label and one or more
 * rows. Where things go, and labels and enlarged pictures put into a band.  Pure functions, which
 * know no files.
 */
#ifndef INVSET_JOBS_CONTACT_SHEET_H
#define INVSET_JOBS_CONTACT_SHEET_H

#include "invset/status.h"

enum {
  ISN_SHEET_GAP = 4,           /**< pixels between pictures and around the sheet */
  ISN_SHEET_LEGIBLE = 56,      /**< longer side that a picture is enlarged to, at least */
  ISN_SHEET_LEAST_WIDTH = 320, /**< pixels of a sheet, so that labels can be read */
  ISN_SHEET_BACKGROUND = 255   /**< grey level of gaps and empty places; labels are black on it */
};

typedef struct {
  int channels;             /**< 1 or 3 */
  int picture_h, picture_w; /**< as stored */
  int zoom;                 /**< whole factor that pictures are enlarged by */
  int columns;              /**< pictures in a row */
  int rows;                 /**< rows in a band */
  int n_bands;
  int width, height; /**< of the sheet, pixels */
  int label_width;   /**< of the text that a band begins with; it is ISN_TEXT_LINE_HEIGHT high */
  int band_height;   /**< of a band with its label and gaps; the last gap is `bottom` */
  int bottom;        /**< rows of background below the last band */
} isn_sheet_t;

/** Lay a sheet out.  Local.
 *  @param[in] zoom 0: the smallest that makes pictures legible
 *  @return ISN_ERR_INPUT if a side would be longer than a PNG may have (2^31 - 1) */
ISN_MUST_USE isn_status_t isn_sheet_plan(int channels, int picture_h, int picture_w, int columns,
                                         int rows, int n_bands, int zoom, isn_sheet_t *sheet);

/** Bytes of a band: (band_height, width, channels).  Local. */
size_t isn_sheet_band_bytes(const isn_sheet_t *sheet);

/** Empty a band.  Local.  @param[out] band (isn_sheet_band_bytes()) */
void isn_sheet_clear(const isn_sheet_t *sheet, unsigned char *band);

/** Put a label above a band's pictures.  Local.
 *  @param[in]     coverage (ISN_TEXT_LINE_HEIGHT, label_width), as isn_text_line_draw() makes it
 *  @param[in,out] band     (isn_sheet_band_bytes()) */
void isn_sheet_label(const isn_sheet_t *sheet, const unsigned char *coverage, unsigned char *band);

/** Put a picture into a band.  Local.
 *  @param[in]     picture (picture_h, picture_w, channels)
 *  @param[in]     place   0 .. rows*columns-1, row by row from the top left
 *  @param[in,out] band    (isn_sheet_band_bytes()) */
void isn_sheet_put(const isn_sheet_t *sheet, const unsigned char *picture, int place,
                   unsigned char *band);

#endif
