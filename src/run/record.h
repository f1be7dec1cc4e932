/* Putting a finished block on record.  Local. */
#ifndef ISN_RUN_RECORD_H
#define ISN_RUN_RECORD_H

#include "context.h"

/* Accepted samples of a block. */
int record_accepted(const isn_run_block_t *block);

/* Write a block to the file and count it on the board. */
ISN_MUST_USE isn_status_t record_block(const run_t *run, int target, int file_block,
                                       const isn_run_block_t *block, double seconds);

#endif
