/* What a run says of itself while it works.  Rank 0 only; local. */
#ifndef ISN_RUN_PROGRESS_H
#define ISN_RUN_PROGRESS_H

#include "context.h"

/* Begin to count; blocks that are finished in run->states are not counted again. */
void progress_begin(run_t *run);

/* So many blocks will never be made: their target is out of reach, or their chain has ended early.
 */
void progress_skip_blocks(run_t *run, int n);

/* Draw the progress line on a terminal, else say a line now and then; with --log also as JSON. */
ISN_MUST_USE isn_status_t progress_show(run_t *run);

/* "1 h 05 min", "3 min 20 s", "12 s". */
void duration_text(double seconds, char *out, size_t bytes);

#endif
