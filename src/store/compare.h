/** @file compare.h
 *  Private to store: whether a run file is of the run that a config asks for.  Local.
 */
#ifndef INVSET_STORE_COMPARE_H
#define INVSET_STORE_COMPARE_H

#include "invset/run_file.h"

/** Words of a message about a difference: "... in the file and 2 PLACE; ADVICE". */
typedef struct {
  const char *place;  /**< where the wanted run is described: "in the config" */
  const char *advice; /**< what to do */
} isn_compare_words_t;

/** Compare what two files of one run share, also two of its slices: settings, models, sizes.
 *  @return ISN_ERR_INPUT naming the first difference with both values, and what to do */
ISN_MUST_USE isn_status_t isn_compare_runs(const char *path, const isn_run_layout_t *stored,
                                           const isn_run_layout_t *wanted,
                                           const isn_compare_words_t *words);

/** Compare the layout stored at path with the one wanted: as isn_compare_runs(), and the targets.
 *  @return as isn_compare_runs() */
ISN_MUST_USE isn_status_t isn_compare_layouts(const char *path, const isn_run_layout_t *stored,
                                              const isn_run_layout_t *wanted,
                                              const isn_compare_words_t *words);

#endif
