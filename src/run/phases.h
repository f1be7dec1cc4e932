/* The two phases of a run: the seed blocks of all targets, then their chains.  All calls are
 * collective; a rank that fails calls all others out of their loops, and all return its error. */
#ifndef ISN_RUN_PHASES_H
#define ISN_RUN_PHASES_H

#include "context.h"

/* Make the seed blocks that the file lacks.  All ranks make them; rank 0 collects and records them.
 */
ISN_MUST_USE isn_status_t phase_seeds(run_t *run);

/* Give every rank the moments of all targets' seeds, as rank 0 reads them from the file
 * (run->reader is open). */
ISN_MUST_USE isn_status_t phase_broadcast_seeds(run_t *run);

/* Make the blocks of all chains that the file lacks; each rank records its own. */
ISN_MUST_USE isn_status_t phase_chains(run_t *run);

#endif
