/** @file small_run.h
 *  A run file with three targets of five samples in blocks of two, for the verbs that read one.
 *
 *      0 "sneaker"          fc8[7]           all accepted
 *      1 "bag"              fc8[8]           slots 1 and 3 accepted, the last block never made
 *      2 "dress + sandal"   fc8[3], fc8[5]   none accepted
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
} small_run_t;

/** Make the file.  MPI must not have been started; it is started and ended here, so once per
 * process.
 *  @param[in] path, kinds (n) */
ISN_MUST_USE isn_status_t small_run_make(int n, const char *const *paths, const small_run_t *kinds);

/** Pixel of a sample's picture. */
unsigned char small_run_pixel(int target, int slot, int y, int x, int channel);

#endif
