/** @file block.c
 *  Blocks in memory: their arrays, their CRC, their record.  Knows no file.
 */
#include "store/block.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "invset/memory.h"

bool isn_run_keeps_outside(const isn_run_layout_t *layout)
{
  return strcmp(layout->method, "invset") != 0;
}

int isn_run_n_blocks(const isn_run_layout_t *layout)
{
  return layout->n_slots / layout->block_size + (layout->n_slots % layout->block_size != 0);
}

int isn_run_block_count(const isn_run_layout_t *layout, int block)
{
  int rest = layout->n_slots - block * layout->block_size;
  return rest < layout->block_size ? rest : layout->block_size;
}

static isn_status_t alloc_arrays(const isn_run_layout_t *layout, isn_run_block_t *block)
{
  const size_t n = (size_t)block->n;
  const size_t pixels = (size_t)layout->height * (size_t)layout->width * (size_t)layout->channels;
  ISN_TRY(isn_alloc(&block->code, n * (size_t)layout->code_size, "codes of a block"));
  ISN_TRY(isn_alloc(&block->encoding, n * (size_t)layout->encoding_size, "encodings of a block"));
  ISN_TRY(isn_alloc(&block->activation, n * (size_t)layout->max_neurons, "activations of a block"));
  ISN_TRY(isn_alloc(&block->image, n * pixels, "pictures of a block"));
  ISN_TRY(isn_alloc(&block->status, n, "states of a block"));
  ISN_TRY(isn_alloc(&block->steps, n, "steps of a block"));
  ISN_TRY(isn_alloc(&block->chain, n, "chains of a block"));
  ISN_TRY(isn_alloc(&block->chain_block, n, "chain blocks of a block"));
  return isn_alloc(&block->restarts, n, "restarts of a block");
}

isn_status_t isn_run_block_alloc(const isn_run_layout_t *layout, int n, isn_run_block_t *block)
{
  memset(block, 0, sizeof *block);
  if (n < 1 || n > layout->block_size)
    ISN_FAIL(ISN_ERR_ARG, "block of %d samples, wanted 1 to %d", n, layout->block_size);
  block->n = n;
  isn_status_t status = alloc_arrays(layout, block);
  if (status != ISN_OK)
    isn_run_block_free(block);
  return status;
}

void isn_run_block_free(isn_run_block_t *block)
{
  free(block->code);
  free(block->encoding);
  free(block->activation);
  free(block->image);
  free(block->status);
  free(block->steps);
  free(block->chain);
  free(block->chain_block);
  free(block->restarts);
  memset(block, 0, sizeof *block);
}

isn_status_t isn_store_block_check(const isn_run_layout_t *layout, int target, int block,
                                   const isn_run_block_t *data)
{
  if (target < 0 || target >= layout->n_targets || block < 0 || block >= isn_run_n_blocks(layout))
    ISN_FAIL(ISN_ERR_ARG, "the run has no block %d of target %d", block, target);
  if (data->n != isn_run_block_count(layout, block))
    ISN_FAIL(ISN_ERR_ARG, "block %d of target %d has %d samples, not %d", block, target,
             isn_run_block_count(layout, block), data->n);
  return ISN_OK;
}

/* Bytes of one slot of a dataset with axes T S ...; 0 if the layout leaves it out. */
static size_t slot_bytes(const isn_run_layout_t *layout, isn_store_id_t id)
{
  isn_store_shape_t shape;
  if (!isn_store_shape(layout, id, &shape))
    return 0;
  size_t bytes = isn_store_element_bytes(layout, id);
  for (int i = 2; i < shape.n_axes; i++)
    bytes *= (size_t)shape.dims[i];
  return bytes;
}

int isn_store_block_parts(const isn_run_layout_t *layout, const isn_run_block_t *block,
                          isn_block_part_t parts[ISN_BLOCK_PARTS])
{
  const isn_block_part_t all[ISN_BLOCK_PARTS] = {
      {ISN_STORE_CODE, block->code, 0},
      {ISN_STORE_ENCODING, block->encoding, 0},
      {ISN_STORE_ACTIVATION, block->activation, 0},
      {ISN_STORE_IMAGE, block->image, 0},
      {ISN_STORE_SAMPLE_STATUS, block->status, 0},
      {ISN_STORE_SAMPLE_STEPS, block->steps, 0},
      {ISN_STORE_CHAIN, block->chain, 0},
      {ISN_STORE_CHAIN_BLOCK, block->chain_block, 0},
      {ISN_STORE_RESTARTS, block->restarts, 0},
  };
  int n = 0;
  for (int i = 0; i < ISN_BLOCK_PARTS; i++) {
    parts[n] = all[i];
    parts[n].slot_bytes = slot_bytes(layout, all[i].id);
    n += parts[n].slot_bytes > 0;
  }
  return n;
}

uint32_t isn_store_block_crc32(const isn_run_layout_t *layout, const isn_run_block_t *block)
{
  isn_block_part_t parts[ISN_BLOCK_PARTS];
  int n = isn_store_block_parts(layout, block, parts);
  uLong crc = crc32_z(0, NULL, 0);
  for (int i = 0; i < n; i++)
    crc = crc32_z(crc, parts[i].data, parts[i].slot_bytes * (size_t)block->n);
  return (uint32_t)crc;
}

static uint32_t record_crc32(const isn_store_record_t *record)
{
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)record,
                           offsetof(isn_store_record_t, record_crc32));
}

isn_store_record_t isn_store_record_seal(isn_block_state_t state, int n_samples, uint32_t crc32)
{
  isn_store_record_t record = {
      .state = (uint8_t)state, .n_samples = (uint32_t)n_samples, .crc32 = crc32};
  record.record_crc32 = record_crc32(&record);
  return record;
}

isn_store_record_t isn_store_record_make(const isn_run_layout_t *layout,
                                         const isn_run_block_t *block)
{
  isn_block_state_t state = ISN_BLOCK_DONE;
  for (int i = 0; i < block->n; i++) {
    if (block->status[i] != ISN_SAMPLE_ACCEPTED)
      state = ISN_BLOCK_FAILED;
  }
  return isn_store_record_seal(state, block->n, isn_store_block_crc32(layout, block));
}

isn_block_state_t isn_store_record_state(const isn_store_record_t *record, int n_samples)
{
  bool valid = (record->state == ISN_BLOCK_DONE || record->state == ISN_BLOCK_FAILED) &&
               record->n_samples == (uint32_t)n_samples &&
               record->record_crc32 == record_crc32(record);
  return valid ? (isn_block_state_t)record->state : ISN_BLOCK_EMPTY;
}
