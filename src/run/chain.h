/* A chain: blocks of samples of one target, each going on from the block before it and pushed away
 * from the target's fixed samples and from the chain's own blocks of this round.  The seed block is
 * a chain of its own, with one block and nothing to be pushed away from.  All calls are local. */
#ifndef ISN_RUN_CHAIN_H
#define ISN_RUN_CHAIN_H

#include "task.h"

/* First starts of a chain are recombined from the seeds if these gave up so many starts on average:
 * then fresh starts are a waste. */
static const double CHAIN_HARD_RESTARTS = 0.5;

/* Open the chain of an order for seeds or for a round, and begin its first block that is not in the
 * file yet; earlier ones are read from it.
 * @param[in,out] order its moments are taken over */
ISN_MUST_USE isn_status_t chain_open(run_t *run, order_t *order, task_t **out);

/* Read a finished block with its encodings; if the file does not keep these, they are computed
 * again, with the same bits: so not while the engine holds a batch.  @param[out] block
 * isn_run_block_free() */
ISN_MUST_USE isn_status_t chain_read_block(const run_t *run, int target, int file_block,
                                           isn_run_block_t *block);

#endif
