/** @file contents.h
 *  Private to store: what a run file holds from its creation on (scales, names, windows, texts),
 *  written and read back side by side.  All local.
 */
#ifndef INVSET_STORE_CONTENTS_H
#define INVSET_STORE_CONTENTS_H

#include "store/datasets.h"

/** Write the contents of a new file from its layout. */
ISN_MUST_USE isn_status_t isn_contents_write(const isn_datasets_t *datasets);

/** Write the windows of a target, which was without until now.
 *  @param[in] windows (n_neurons of the target)
 *  @return ISN_ERR_ARG: no such target; ISN_ERR_IO */
ISN_MUST_USE isn_status_t isn_contents_write_windows(const isn_datasets_t *datasets, int target,
                                                     const float (*windows)[2]);

/** Read the contents into a layout whose sizes are set already.
 *  @param[in,out] layout the same as datasets->layout; isn_run_layout_clear() also after an error
 *  @return ISN_ERR_INPUT naming file and dataset */
ISN_MUST_USE isn_status_t isn_contents_read(const isn_datasets_t *datasets,
                                            isn_run_layout_t *layout);

#endif
