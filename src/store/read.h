/** @file read.h
 *  Private to store: reading states, samples and blocks, for the serial reader and for the file of
 * a run alike; they do what the functions of run_file.h say that are named so.  All local.
 */
#ifndef INVSET_STORE_READ_H
#define INVSET_STORE_READ_H

#include "store/datasets.h"

/** As isn_run_reader_states(). */
ISN_MUST_USE isn_status_t isn_read_states(const isn_datasets_t *datasets, unsigned char *states);

/** As isn_run_reader_samples(). */
ISN_MUST_USE isn_status_t isn_read_samples(const isn_datasets_t *datasets, int target,
                                           unsigned char *status, float *activation, float *steps);

/** As isn_run_reader_block(). */
ISN_MUST_USE isn_status_t isn_read_block(const isn_datasets_t *datasets, int target, int block,
                                         isn_run_block_t *data);

#endif
