/** @file contents.h
 *  Private to store: what a run file holds from its creation on (scales, names, windows, texts),
 *  written and read back side by side.  All local.
 */
#ifndef INVSET_STORE_CONTENTS_H
#define INVSET_STORE_CONTENTS_H

#include "store/datasets.h"

/** Write the contents of a new file from its layout. */
ISN_MUST_USE isn_status_t isn_contents_write(const isn_datasets_t *datasets);

/** Read the contents into a layout whose sizes are set already.
 *  @param[in,out] layout the same as datasets->layout; isn_run_layout_clear() also after an error
 *  @return ISN_ERR_INPUT naming file and dataset */
ISN_MUST_USE isn_status_t isn_contents_read(const isn_datasets_t *datasets,
                                            isn_run_layout_t *layout);

#endif
