/** @file run_text.h
 *  Parts of a run in words, the same in every verb.  Local.
 */
#ifndef INVSET_JOBS_RUN_TEXT_H
#define INVSET_JOBS_RUN_TEXT_H

#include "invset/run_file.h"

enum { ISN_RUN_TEXT_BYTES = 512 };

/** Name a target: "sneaker, fc8[7] in [20, 30]"; indices count from 0.  A neuron that is the
 * largest of several units is "max of conv5[169..337]"; without a window it is "fc8[7] (no
 * window)"; a window with an open side is "fc8[7] <= 2", that of a probability "fc8[7] p in [0.5,
 * 0.9]".
 *  @param[out] out cut to fit, with "..." */
void isn_run_text_target(const isn_run_target_t *target, char out[ISN_RUN_TEXT_BYTES]);

/** How a target ended, in words.
 *  @param[in] keeps_outside isn_run_keeps_outside() of its run, which then reaches for no window
 *  @return static text */
const char *isn_run_text_status(isn_target_status_t status, bool keeps_outside);

#endif
