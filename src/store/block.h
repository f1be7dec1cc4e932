/** @file block.h
 *  Private to store: the arrays of a block as datasets, and CRCs.  All local.
 */
#ifndef INVSET_STORE_BLOCK_H
#define INVSET_STORE_BLOCK_H

#include "store/layout.h"

enum { ISN_BLOCK_PARTS = 9 };

/** One array of a block. */
typedef struct {
  isn_store_id_t id;
  void *data;        /**< borrowed from the block */
  size_t slot_bytes; /**< of one sample */
} isn_block_part_t;

/** Check that a layout has this block, and that data have its number of samples.
 *  @return ISN_ERR_ARG */
ISN_MUST_USE isn_status_t isn_store_block_check(const isn_run_layout_t *layout, int target,
                                                int block, const isn_run_block_t *data);

/** List the arrays of a block that this layout stores, in the order in which they are written and
 *  go into the CRC.  @return their number */
int isn_store_block_parts(const isn_run_layout_t *layout, const isn_run_block_t *block,
                          isn_block_part_t parts[ISN_BLOCK_PARTS]);

/** CRC-32 of a block's bytes as they lie in the file, part after part. */
uint32_t isn_store_block_crc32(const isn_run_layout_t *layout, const isn_run_block_t *block);

/** Make the record of a block that is in the file. */
isn_store_record_t isn_store_record_make(const isn_run_layout_t *layout,
                                         const isn_run_block_t *block);

/** Make a record with its own CRC. */
isn_store_record_t isn_store_record_seal(isn_block_state_t state, int n_samples, uint32_t crc32);

/** State that a record stands for.
 *  @param[in] n_samples that the block must have
 *  @return ISN_BLOCK_EMPTY also if the record's own CRC, count or state is wrong */
isn_block_state_t isn_store_record_state(const isn_store_record_t *record, int n_samples);

#endif
