/* See record.h. */
#include "record.h"

int record_accepted(const isn_run_block_t *block)
{
  int n = 0;
  for (int i = 0; i < block->n; i++)
    n += block->status[i] == ISN_SAMPLE_ACCEPTED;
  return n;
}

isn_status_t record_block(const run_t *run, int target, int file_block,
                          const isn_run_block_t *block, double seconds)
{
  ISN_TRY(isn_run_file_write_block(run->file, target, file_block, block, seconds));
  ISN_TRY(isn_board_add(run->board, BOARD_ACCEPTED, record_accepted(block)));
  return isn_board_add(run->board, BOARD_BLOCKS, 1);
}
