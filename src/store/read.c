/** @file read.c
 *  Reading states, samples and blocks of an open run file, each checked as far as the file allows.
 *  Knows nothing of how the file was opened.
 */
#include "store/read.h"

#include <math.h>
#include <stdlib.h>

#include "invset/memory.h"
#include "store/block.h"

isn_status_t isn_read_states(const isn_datasets_t *datasets, unsigned char *states)
{
  const isn_run_layout_t *layout = datasets->layout;
  const int n_blocks = isn_run_n_blocks(layout);
  const size_t n = (size_t)layout->n_targets * (size_t)n_blocks;
  isn_store_record_t *records;
  ISN_TRY(isn_alloc(&records, n, "records of the blocks"));
  isn_status_t status = isn_datasets_read(datasets, ISN_STORE_RECORD, NULL, records);
  for (size_t i = 0; status == ISN_OK && i < n; i++) {
    int count = isn_run_block_count(layout, (int)(i % (size_t)n_blocks));
    states[i] = (unsigned char)isn_store_record_state(&records[i], count);
  }
  free(records);
  return status;
}

/* What lies in slots of EMPTY blocks may be torn. */
static void blank_slots(const isn_run_layout_t *layout, int block, unsigned char *status,
                        float *activation, float *steps)
{
  const size_t m = (size_t)layout->max_neurons;
  const size_t first = (size_t)block * (size_t)layout->block_size;
  const size_t end = first + (size_t)isn_run_block_count(layout, block);
  for (size_t s = first; s < end; s++) {
    status[s] = ISN_SAMPLE_EMPTY;
    steps[s] = NAN;
    for (size_t k = 0; k < m; k++)
      activation[s * m + k] = NAN;
  }
}

isn_status_t isn_read_samples(const isn_datasets_t *datasets, int target, unsigned char *status,
                              float *activation, float *steps)
{
  const isn_run_layout_t *layout = datasets->layout;
  const isn_rows_at_t all = {target, 0, layout->n_slots};
  const isn_rows_at_t blocks = {target, 0, isn_run_n_blocks(layout)};
  isn_store_record_t *records;
  if (target < 0 || target >= layout->n_targets)
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no target %d", datasets->path, target);
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_SAMPLE_STATUS, &all, status));
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_ACTIVATION, &all, activation));
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_SAMPLE_STEPS, &all, steps));
  ISN_TRY(isn_alloc(&records, blocks.n, "records of a target"));
  isn_status_t read = isn_datasets_read(datasets, ISN_STORE_RECORD, &blocks, records);
  for (int b = 0; read == ISN_OK && b < blocks.n; b++) {
    if (isn_store_record_state(&records[b], isn_run_block_count(layout, b)) == ISN_BLOCK_EMPTY)
      blank_slots(layout, b, status, activation, steps);
  }
  free(records);
  return read;
}

isn_status_t isn_read_block(const isn_datasets_t *datasets, int target, int block,
                            isn_run_block_t *data)
{
  const isn_run_layout_t *layout = datasets->layout;
  const isn_rows_at_t at = {target, block, 1};
  isn_block_part_t parts[ISN_BLOCK_PARTS];
  isn_store_record_t record;
  ISN_TRY(isn_store_block_check(layout, target, block, data));
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_RECORD, &at, &record));
  if (isn_store_record_state(&record, data->n) == ISN_BLOCK_EMPTY)
    ISN_FAIL(ISN_ERR_ARG, "'%s': block %d of target %d is not finished", datasets->path, block,
             target);
  const isn_rows_at_t rows = {target, block * layout->block_size, data->n};
  const int n_parts = isn_store_block_parts(layout, data, parts);
  for (int i = 0; i < n_parts; i++)
    ISN_TRY(isn_datasets_read(datasets, parts[i].id, &rows, parts[i].data));
  if (!layout->with_encodings) {
    const size_t n = (size_t)data->n * (size_t)layout->encoding_size;
    for (size_t i = 0; i < n; i++)
      data->encoding[i] = NAN;
  }
  const uint32_t crc = isn_store_block_crc32(layout, data);
  if (crc != record.crc32)
    ISN_FAIL(ISN_ERR_CHECK,
             "'%s': the data of block %d of target %d '%s' (samples %d to %d) are damaged: their "
             "CRC-32 is %08x, the block's record says %08x; restore the file from a copy, or make "
             "it anew with --restart",
             datasets->path, block, target, layout->targets[target].label, rows.first,
             rows.first + rows.n - 1, (unsigned)crc, (unsigned)record.crc32);
  return ISN_OK;
}
