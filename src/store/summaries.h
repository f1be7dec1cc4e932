/** @file summaries.h
 *  Private to store: the summaries of the targets, a dataset for each quantity.  All local.
 */
#ifndef INVSET_STORE_SUMMARIES_H
#define INVSET_STORE_SUMMARIES_H

#include "store/datasets.h"

/** Write the summaries, without the mark that says they count.  @param[in] summaries (T) */
ISN_MUST_USE isn_status_t isn_summaries_write(const isn_datasets_t *datasets,
                                              const isn_run_summary_t *summaries,
                                              double pool_steps);

/** Write the mark: the run is complete. */
ISN_MUST_USE isn_status_t isn_summaries_mark_complete(const isn_datasets_t *datasets);

/** Read them, as isn_run_reader_summaries(). */
ISN_MUST_USE isn_status_t isn_summaries_read(const isn_datasets_t *datasets, bool *complete,
                                             isn_run_summary_t *summaries, double *pool_steps);

#endif
