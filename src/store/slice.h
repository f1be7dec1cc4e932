/** @file slice.h
 *  Private to store: what the texts of a run file say of it being a slice of a run.  Local.
 */
#ifndef INVSET_STORE_SLICE_H
#define INVSET_STORE_SLICE_H

#include "invset/run_file.h"

/** Slice `part` of `n_parts`, from 1. */
typedef struct {
  int part, n_parts;
} isn_slice_t;

/** Read which slice a file holds.
 *  @return ISN_ERR_INPUT naming the file: it is none, or has no such slice */
ISN_MUST_USE isn_status_t isn_slice_read(const char *path, const isn_run_layout_t *layout,
                                         isn_slice_t *slice);

/** First target of a slice of a run of n_targets; part n_parts + 1 gives n_targets. */
int isn_slice_first_target(int part, int n_parts, int n_targets);

/** Take out of a slice's settings and config what says that it is one. */
void isn_slice_forget(isn_run_layout_t *layout);

#endif
