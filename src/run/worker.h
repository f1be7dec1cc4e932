/* A rank at work: it fills its batch with samples of many chains, steps them together, hands
 * finished blocks over and takes new chains until there are none. */
#ifndef ISN_RUN_WORKER_H
#define ISN_RUN_WORKER_H

#include "chain.h"

/* What a phase of the run does.  Functions are called on any rank and are local. */
typedef struct {
  int counter;    /* of the board: next piece of work */
  int64_t n_work; /* pieces of work: the targets' seed blocks, or their chains */
  /* Open piece number `work`; *chain stays NULL if there is nothing to do for it. */
  isn_status_t (*open)(const run_t *run, int64_t work, chain_t **chain);
  /* Hand over the block in chain->out. */
  isn_status_t (*deliver)(run_t *run, const chain_t *chain);
  /* Called after each step: progress, letters from other ranks. */
  isn_status_t (*between_steps)(run_t *run);
} phase_plan_t;

/* Work until no work is left or the board says stop.
 * @return ISN_ERR_STOPPED after a signal or another rank's stop */
ISN_MUST_USE isn_status_t worker_run(run_t *run, const phase_plan_t *plan);

/* Ask all ranks to leave their loops after the present step. */
ISN_MUST_USE isn_status_t worker_call_stop(const run_t *run);

/* Whether to leave a loop: ISN_ERR_STOPPED if this rank got a signal, which it tells the others, or
 * if some rank called a stop.  Local. */
ISN_MUST_USE isn_status_t worker_check_stop(const run_t *run);

/* Agree on how a loop ended.  Collective.  A rank's failure stops the others: its error goes before
 * their ISN_ERR_STOPPED, or a run that cannot go on would be taken for one that can. */
ISN_MUST_USE isn_status_t worker_agree(const run_t *run, isn_status_t status);

#endif
