/* The run file before the work: what lies at its path, and what it holds already. */
#ifndef ISN_RUN_OUTPUT_H
#define ISN_RUN_OUTPUT_H

#include "context.h"

/* Move a file that is there out of the way, and say so.  Rank 0; local. */
ISN_MUST_USE isn_status_t output_set_aside(const run_t *run);

/* Look at the output, and create the file if there is none.  Collective. */
ISN_MUST_USE isn_status_t output_prepare(run_t *run, bool restart, isn_run_path_state_t *state);

/* States of all blocks, as rank 0 finds them in the open file, into run->states.  Collective. */
ISN_MUST_USE isn_status_t output_share_states(run_t *run);

#endif
