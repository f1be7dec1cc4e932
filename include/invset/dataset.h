/** @file dataset.h
 *  The simple way to an inverse set: the pictures of a data set that lie in the window.
 */
#ifndef INVSET_DATASET_H
#define INVSET_DATASET_H

#include "invset/comm.h"
#include "invset/run_file.h"
#include "invset/run_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Find the pictures of options->dataset.images that lie in the windows of the targets, and store
 *  them as a run file of these targets.  Collective on comm.
 *
 *  The file is options->output.file with ".dataset" before its ".h5".  Its slots are as many as the
 *  target with most pictures has, or dataset.most; each target's pictures come first, in the order
 *  of the data set, ACCEPTED, from no chain (-1), with NaN for a code; the slots behind stay EMPTY,
 *  and a block of such slots alone is not there.  Ranks take parts of the pictures; the file does
 *  not depend on their number.
 *  An unfinished file is gone on with: the pictures are looked through again, and the blocks that
 *  are missing are written.  Otherwise as isn_run_sample(), but that no picture in any window is a
 *  result and no error.  Pictures of a folder that are damaged are left out with a warning.
 *  @param[in] options equal on all ranks
 *  @param[in] restart set an existing output file aside (PATH.old-N) and begin anew
 *  @return the same on all ranks: ISN_ERR_INPUT, also: no dataset.images, a slice, a window
 *          relative to a reach; ISN_ERR_STOPPED after a signal; or what a lower room returned */
ISN_MUST_USE isn_status_t isn_run_dataset(isn_comm_t *comm, const isn_run_options_t *options,
                                          bool restart);

/** Whether a run file is one that isn_run_dataset() made.  Local. */
bool isn_run_is_dataset(const isn_run_layout_t *layout);

#ifdef __cplusplus
}
#endif
#endif
