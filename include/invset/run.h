/** @file run.h
 *  The distributed run: from options to a finished run file.
 */
#ifndef INVSET_RUN_H
#define INVSET_RUN_H

#include "invset/comm.h"
#include "invset/run_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Sample the inverse sets that the options ask for into its run file.  Collective on comm.
 *
 *  Rank 0 reads the models and broadcasts them, creates or continues the file, and owns the seeds:
 *  it collects each target's seed block, records it and broadcasts the seeds' moments; then every
 *  rank makes chains of blocks, handed out on a board.  The samples depend on the options and the
 *  models alone, not on the number of ranks or the batch limit.
 *  A file that is complete is left as it is.  SIGTERM, SIGINT and SIGUSR1 on any rank end all ranks
 *  after the current step.
 *  @param[in] options  equal on all ranks
 *  @param[in] restart  set an existing output file aside (PATH.old-N) and begin anew
 *  @return the same on all ranks: ISN_ERR_INPUT; ISN_ERR_NONE_ACCEPTED if no slot of any target
 * could be filled (the file is complete and says so), unless the method keeps samples outside;
 * ISN_ERR_STOPPED after a signal; or what a lower room returned.  Targets that were not reached are
 * no error. */
ISN_MUST_USE isn_status_t isn_run_sample(isn_comm_t *comm, const isn_run_options_t *options,
                                         bool restart);

#ifdef __cplusplus
}
#endif
#endif
