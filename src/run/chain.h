/* A chain: blocks of samples of one target, each going on from the block before it and pushed away
 * from the target's seeds and from the chain's own earlier blocks.  The seed block is a chain of
 * its own, with one block and nothing to be pushed away from.  All calls are local. */
#ifndef ISN_RUN_CHAIN_H
#define ISN_RUN_CHAIN_H

#include "context.h"

enum { SEED_CHAIN = -1 };

typedef struct {
  const run_t *run; /* borrowed */
  int target, id;   /* id: SEED_CHAIN or 0 .. chains-1 */
  int n_blocks;     /* blocks that the chain has to make, over all attempts */
  int next;         /* block being made */
  isn_problem_t problem;
  isn_block_t *block;         /* owned */
  isn_moments_t fixed;        /* seeds and own earlier blocks */
  float *previous;            /* (K, D) codes of the last block */
  unsigned char *previous_ok; /* (K) whether that sample was accepted */
  float *seed_codes;          /* (K, D) accepted seeds */
  int n_seeds;
  bool recombine_first;  /* the seeds needed many starts */
  const float **parents; /* (2 K) into seed_codes and previous */
  isn_run_block_t out;   /* results of the block being made */
  double began;          /* of the block being made */
  bool finished;
  bool in_batch; /* the worker has its samples in the present batch */
} chain_t;

/* Open a chain and begin its first block that is not in the file yet; earlier ones are read from
 * it. A chain with nothing left to do is finished at once.  @param[out] out chain_close() */
ISN_MUST_USE isn_status_t chain_open(const run_t *run, int target, int id, chain_t **out);
void chain_close(chain_t *chain); /* NULL is fine */

/* Moments of a target's accepted seeds, from the file.  @param[in,out] moments the empty set */
ISN_MUST_USE isn_status_t chain_read_seed_moments(const run_t *run, int target,
                                                  isn_moments_t *moments);

/* File block that the chain is making. */
int chain_current_block(const chain_t *chain);

/* Note a settled sample: its results, with the picture of the engine's row.  */
ISN_MUST_USE isn_status_t chain_settle(chain_t *chain, int sample, int row);

/* Go on to the next block after the present one was handed over (chain->out).
 * Sets chain->finished if there is none. */
ISN_MUST_USE isn_status_t chain_advance(chain_t *chain);

#endif
