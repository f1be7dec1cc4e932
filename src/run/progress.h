/* What a run says of itself while it works and when it is done.  Rank 0 only; local. */
#ifndef ISN_RUN_PROGRESS_H
#define ISN_RUN_PROGRESS_H

#include "context.h"

/* Begin to count; blocks that are finished in run->states are not counted again. */
void progress_begin(run_t *run);

/* Draw the progress line on a terminal, else say a line now and then. */
ISN_MUST_USE isn_status_t progress_show(run_t *run);

/* Make the summaries from the file and say them.
 * @param[out] summaries (T)  @param[in] pool_steps sample-steps of the pool of starts */
ISN_MUST_USE isn_status_t progress_summarise(const run_t *run, isn_run_summary_t *summaries);
void progress_report(const run_t *run, const isn_run_summary_t *summaries, double pool_steps);

#endif
