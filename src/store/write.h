/** @file write.h
 *  Private to store: writing a block that somebody else has made.  Local.
 */
#ifndef INVSET_STORE_WRITE_H
#define INVSET_STORE_WRITE_H

#include "store/layout.h"

/** isn_run_file_write_block() of a block with its own provenance.
 *  @return as isn_run_file_write_block() */
ISN_MUST_USE isn_status_t isn_write_block_of(isn_run_file_t *file, int target, int block,
                                             const isn_run_block_t *data,
                                             const isn_store_provenance_t *provenance);

#endif
