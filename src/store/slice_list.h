/** @file slice_list.h
 *  Private to store: the slices of a run in their order, and the run that they make up.  Local.
 */
#ifndef INVSET_STORE_SLICE_LIST_H
#define INVSET_STORE_SLICE_LIST_H

#include "store/slice.h"

/** A file that is to be joined. */
typedef struct {
  const char *path; /**< borrowed */
  isn_slice_t slice;
  int n_targets;
} isn_slice_file_t;

typedef struct {
  int n;                        /**< all slices of the run */
  isn_slice_file_t *files;      /**< (n) in the order of their targets */
  isn_run_layout_t layout;      /**< of the whole run */
  isn_run_summary_t *summaries; /**< (T) of the whole run */
  double pool_steps;            /**< every slice makes the same pool; it counts once */
} isn_slice_list_t;

/** Look at all slices and check that they are one run's, each there once and finished.  One file is
 *  open at a time.
 *  @param[in]  paths (n), borrowed, in any order
 *  @param[out] list  isn_slice_list_clear(), also after an error
 *  @return ISN_ERR_INPUT naming file, what was found and wanted, and what to do */
ISN_MUST_USE isn_status_t isn_slice_list_read(int n, const char *const *paths,
                                              isn_slice_list_t *list);
void isn_slice_list_clear(isn_slice_list_t *list);

#endif
