/* Who does what.  Rank 0 keeps the schedule of all targets, collects what the ranks have done,
 * records seeds, reaches and windows, and hands out pieces of work with what they need: the
 * target's reach, and the moments of its fixed samples.  All calls are local and never wait, but
 * work_leave(). */
#ifndef ISN_RUN_DISPATCH_H
#define ISN_RUN_DISPATCH_H

#include "letters.h"

/* Find out from the file what has been done; rank 0 alone.  run: everything but dispatch and pool
 * is set. */
ISN_MUST_USE isn_status_t dispatch_open(run_t *run);
void dispatch_close(run_t *run); /* also where none is open */

/* Counts of the targets, for messages.  Rank 0. */
typedef struct {
  int n_full, n_partly, n_not_reached, n_under_way;
} dispatch_counts_t;
void dispatch_counts(const run_t *run, dispatch_counts_t *counts);

/* What a target's neuron can reach; NaN if that is not known.  Rank 0. */
double dispatch_reach(const run_t *run, int target, int neuron);

/* Sample-steps of all probes, of earlier attempts too.  Rank 0. */
double dispatch_probe_steps(const run_t *run);

/* Whether no piece is ready to be handed out.  Rank 0. */
bool dispatch_is_dry(const run_t *run);

/* Serve the other ranks: take their letters, hand out work.  Rank 0. */
ISN_MUST_USE isn_status_t dispatch_serve(run_t *run);

/* Pieces that every rank wants at the beginning, without saying so: a full batch of blocks. */
int work_first_wants(const run_t *run);

/* What every rank says to rank 0, rank 0 to itself too. */
ISN_MUST_USE isn_status_t work_want(run_t *run, int n); /* n more pieces */
ISN_MUST_USE isn_status_t
work_report(run_t *run, letter_t *letter); /* that one is done; may take its moments over */

/* Take the next order.  @param[out] order order_free()  @param[out] came false: none is there */
ISN_MUST_USE isn_status_t work_take(run_t *run, order_t *order, bool *came);

/* Leave the loop, whatever happened in it: nobody is left waiting, no message on its way.  Waits
 * for rank 0; rank 0 waits for all.
 * @param[in] status of this rank's loop  @param[in] told_over whether an order said so
 * @return status, or an error met here */
ISN_MUST_USE isn_status_t work_leave(run_t *run, isn_status_t status, bool told_over);

#endif
