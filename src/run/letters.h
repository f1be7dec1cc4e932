/* Letters from the ranks to rank 0: a target's seed block, or the farewell of a rank that has left
 * the loop of a phase.  Letters of one rank arrive in the order in which they were sent. */
#ifndef ISN_RUN_LETTERS_H
#define ISN_RUN_LETTERS_H

#include "chain.h"

/* Send the block in chain->out to rank 0.  Local; may wait until rank 0 looks into its letter box.
 */
ISN_MUST_USE isn_status_t letter_send_seeds(const run_t *run, const chain_t *chain);
/* Tell rank 0 that this rank will send no more seeds in this phase.  Local. */
ISN_MUST_USE isn_status_t letter_send_farewell(const run_t *run);

typedef struct {
  bool came;     /* false: the letter box is empty, nothing else is set */
  bool farewell; /* else a block of seeds */
  int target;
  double seconds;        /* that the block took */
  isn_run_block_t block; /* seeds; isn_run_block_free() */
} letter_t;

/* Take the next letter out of the box, if there is one.  Rank 0 only; local, does not wait. */
ISN_MUST_USE isn_status_t letter_receive(const run_t *run, letter_t *letter);

#endif
