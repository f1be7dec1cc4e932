/* A rank at work: it fills its batch with samples of many tasks, steps them together, and takes
 * more work as they finish, until rank 0 says that there is none. */
#ifndef ISN_RUN_WORKER_H
#define ISN_RUN_WORKER_H

#include "context.h"

/* Work until no work is left or the board says stop.  Collective: all ranks leave together, and
 * agree on how it ended.
 * @return ISN_ERR_STOPPED after a signal or another rank's stop */
ISN_MUST_USE isn_status_t worker_run(run_t *run);

/* Ask all ranks to leave their loops after the present step. */
ISN_MUST_USE isn_status_t worker_call_stop(const run_t *run);

/* Whether to leave a loop: ISN_ERR_STOPPED if this rank got a signal, which it tells the others, or
 * if some rank called a stop.  Local. */
ISN_MUST_USE isn_status_t worker_check_stop(const run_t *run);

/* Agree on how a loop ended.  Collective.  A rank's failure stops the others: its error goes before
 * their ISN_ERR_STOPPED, or a run that cannot go on would be taken for one that can. */
ISN_MUST_USE isn_status_t worker_agree(const run_t *run, isn_status_t status);

#endif
