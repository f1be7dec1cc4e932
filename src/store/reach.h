/** @file reach.h
 *  Private to store: what the probe of a target found, moved to and from a file.  All local.
 */
#ifndef INVSET_STORE_REACH_H
#define INVSET_STORE_REACH_H

#include "store/datasets.h"

/** As isn_run_file_write_reach(). */
ISN_MUST_USE isn_status_t isn_reach_write(const isn_datasets_t *datasets, int target,
                                          const isn_run_reach_t *reach);

/** As isn_run_reader_reach(). */
ISN_MUST_USE isn_status_t isn_reach_read(const isn_datasets_t *datasets, int target,
                                         isn_run_reach_t *reach, bool *known);

#endif
