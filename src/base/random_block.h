/** @file random_block.h
 *  Private to base: the raw generator, so that its published known answers can be tested.
 */
#ifndef INVSET_BASE_RANDOM_BLOCK_H
#define INVSET_BASE_RANDOM_BLOCK_H

#include <stdint.h>

/** Philox4x32-10 of one counter under one key.  Local.
 *  @param[out] out four words, each uniform on all 32-bit numbers */
void isn_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
