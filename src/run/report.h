/* What is said of a run when it is done. */
#ifndef ISN_RUN_REPORT_H
#define ISN_RUN_REPORT_H

#include "context.h"

/* Make the summaries from the file.  Rank 0; local.
 * @param[out] summaries (T)
 * @param[out] nearest   (T, M) what the file holds of the slot nearest to all windows; NaN if there
 *                       is none */
ISN_MUST_USE isn_status_t report_summarise(const run_t *run, isn_run_summary_t *summaries,
                                           float *nearest);

/* Say them.  Rank 0; local.
 * @param[in] pool_steps, probe_steps sample-steps of the pool of starts, and of all probes */
void report_run(const run_t *run, const isn_run_summary_t *summaries, const float *nearest,
                double pool_steps, double probe_steps);

/* "sneaker (fc8[7])"; of several neurons their names alone.  Local. */
void report_target_name(const run_t *run, int t, char *out, size_t bytes);

/* Say how the work was spread over the ranks.  Collective.
 * @param[in] seconds that the work took */
ISN_MUST_USE isn_status_t report_balance(const run_t *run, double seconds);

#endif
