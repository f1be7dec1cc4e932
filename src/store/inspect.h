/** @file inspect.h
 *  Private to store: looking at a run file before something is done with it.  Local.
 */
#ifndef INVSET_STORE_INSPECT_H
#define INVSET_STORE_INSPECT_H

#include "store/compare.h"

/** isn_run_file_inspect() with the words of another job.
 *  @return as isn_run_file_inspect() */
ISN_MUST_USE isn_status_t isn_inspect_path(const char *path, const isn_run_layout_t *layout,
                                           const isn_compare_words_t *words,
                                           isn_run_path_state_t *state);

/** Whether a run is finished: it says so, and no target that was filled lacks a block (one with a
 *  damaged record is made again).  Targets that were not filled were left early, so blocks of
 *  theirs may be missing. */
ISN_MUST_USE isn_status_t isn_inspect_finished(isn_run_reader_t *reader, bool *finished);

#endif
