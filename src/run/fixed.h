/* The fixed samples of a target, as moments of their encodings: those that a chain's new blocks are
 * pushed away from.  At first the seeds; with a refresh, after each round all samples of that
 * round, too.  Rank 0 keeps them, and can tell them from the file; equal runs have equal bits. */
#ifndef ISN_RUN_FIXED_H
#define ISN_RUN_FIXED_H

#include "context.h"

typedef struct {
  isn_moments_t moments; /* of size 0 before they are known */
  isn_moments_t *rounds; /* (chains) of each chain's samples of the present round, of size 0 before
                            they are known; NULL before one is */
} fixed_t;

void fixed_free(fixed_t *fixed, int n_chains); /* safe on zeros */

/* Take the accepted samples of a seed block. */
ISN_MUST_USE isn_status_t fixed_set_seeds(const run_t *run, const isn_run_block_t *seeds,
                                          fixed_t *fixed);

/* Moments of the accepted samples of a chain's blocks first .. last-1, as far as earlier attempts
 * have made them, from the file.  @param[out] moments isn_moments_free() */
ISN_MUST_USE isn_status_t fixed_read_round(const run_t *run, int target, int chain, int first,
                                           int last, isn_moments_t *moments);

/* Moments of the target's seeds, from the file. */
ISN_MUST_USE isn_status_t fixed_read_seeds(const run_t *run, int target, fixed_t *fixed);

/* Note what a chain has made in the present round.  @param[in,out] moments taken over, zero after
 */
ISN_MUST_USE isn_status_t fixed_note_round(const run_t *run, fixed_t *fixed, int chain,
                                           isn_moments_t *moments);

#endif
