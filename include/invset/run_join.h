/** @file run_join.h
 *  Slices of a run, put together.
 *
 *  `invset sample CONFIG --slice I/N` samples the I-th of N parts of a run's targets into a file of
 *  its own, a slice: a run file (run_file.h) of those targets alone, with the line "run.slice = [I,
 * N]" among its settings, which are otherwise those of the whole run.
 */
#ifndef INVSET_RUN_JOIN_H
#define INVSET_RUN_JOIN_H

#include "invset/comm.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Put all slices of a run together into one run file, which is the same as if the run had been
 *  made in one piece, and complete.  Blocks keep their provenance.  One block at a time is in
 *  memory.  Collective on comm, of one rank.  A killed join leaves a file that is not complete; the
 *  same call goes on with it.  Does nothing if path is this run's complete file already.
 *  @param[in] path   of the run file; missing folders are made
 *  @param[in] slices (n), in any order
 *  @return ISN_ERR_INPUT naming file, what was found and wanted, and what to do: a file that is no
 *          slice, a slice of another run, there twice, missing, or not finished (with the command
 *          that finishes it); comm has several ranks; what isn_run_file_inspect() says of path;
 *          ISN_ERR_CHECK: a slice is damaged; ISN_ERR_IO, ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_run_file_join(isn_comm_t *comm, const char *path, int n,
                                            const char *const *slices);

#ifdef __cplusplus
}
#endif
#endif
