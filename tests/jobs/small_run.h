/** @file small_run.h
 *  A run file with three targets of five samples in blocks of two, for the verbs that read one.
 *
 *      0 "sneaker"          fc8[7]           all accepted
 *      1 "bag"              fc8[8]           slots 1 and 3 accepted, the last block never made
 *      2 "dress + sandal"   fc8[3], fc8[5]   none accepted
 *
 *  In a probed run each reach is found by two ascents.  Bag is the largest of nine units, and its
 *  window is relative; the reach and all else of it is only there if the run is complete.  The
 * dress has a longer name, is out of reach and has neither windows nor blocks.
 */
#ifndef INVSET_TESTS_SMALL_RUN_H
#define INVSET_TESTS_SMALL_RUN_H

#include <stdbool.h>

#include "invset/run_file.h"

enum { SMALL_TARGETS = 3, SMALL_SLOTS = 5, SMALL_BLOCK = 2, SMALL_H = 4, SMALL_W = 6 };

typedef struct {
  int channels;        /**< of the pictures */
  bool with_encodings; /**< else the spread is that of the codes */
  bool complete;       /**< with summaries */
  bool probed;         /**< with reaches, see above */
  bool keeps_outside;  /**< of method "ppgn": what is not accepted is a sample outside */
} small_run_t;

/** Make the file.  MPI must not have been started; it is started and ended here, so once per
 * process.
 *  @param[in] path, kinds (n) */
ISN_MUST_USE isn_status_t small_run_make(int n, const char *const *paths, const small_run_t *kinds);

/** Pixel of a sample's picture. */
unsigned char small_run_pixel(int target, int slot, int y, int x, int channel);

#endif
