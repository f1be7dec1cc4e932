/** @file made_run.h
 *  A small made-up run: layouts of two kinds, and blocks whose contents are a function of the slot,
 *  so that every test knows what must be in a file, whoever wrote it.
 */
#ifndef INVSET_TESTS_STORE_MADE_RUN_H
#define INVSET_TESTS_STORE_MADE_RUN_H

#include <stdbool.h>

#include "invset/run_file.h"

typedef enum {
  MADE_COLOUR, /**< 3 targets x 23 slots, K 5, one neuron each, RGB, with encodings; 3 ascents, the
                    windows of targets 0 and 1 relative */
  MADE_PLAIN,  /**< the same without ascents, and all windows fixed */
  MADE_GREY,   /**< 2 targets x 8 slots, K 4, up to 2 neurons, grey, without encodings or ascents */
  MADE_PROBED, /**< the same with 3 ascents, and both windows relative */
  MADE_N_KINDS
} made_kind_t;

/** Fill a layout; isn_run_layout_clear(). */
isn_status_t made_layout(made_kind_t kind, isn_run_layout_t *layout);

/** Replace a text of a layout. */
isn_status_t made_replace(char **text, const char *by);

/** Allocate and fill a block; isn_run_block_free(). */
isn_status_t made_block(const isn_run_layout_t *layout, int target, int block,
                        isn_run_block_t *data);

/** Whether a block that was read is, bit for bit, the one that made_block() makes. */
bool made_block_equal(const isn_run_layout_t *layout, int target, int block,
                      const isn_run_block_t *found);

/** Whether a target's window is NaN until its reach is known. */
bool made_is_relative(const isn_run_layout_t *layout, int target);

/** Windows of a target when they are known.  @param[out] windows at most 2 */
void made_windows(const isn_run_layout_t *layout, int target, float windows[2][2]);

/** Allocate and fill the reach of a target; isn_run_reach_free(). */
isn_status_t made_reach(const isn_run_layout_t *layout, int target, isn_run_reach_t *reach);

/** Whether a reach that was read is, bit for bit, the one that made_reach() makes. */
bool made_reach_equal(const isn_run_layout_t *layout, int target, const isn_run_reach_t *found);

/** Write reach and, if it is relative, windows of a target of the layout, as target `at` of the
 * file. Rank 0. */
isn_status_t made_write_reach(isn_run_file_t *file, const isn_run_layout_t *layout, int target,
                              int at);

/** Summary of a target. */
isn_run_summary_t made_summary(int target);

/** Write on rank 0 the reaches, if there are ascents, and all blocks that this rank has (block b of
 *  all targets' blocks in a row: rank b % size), then sync, and on rank 0 the summaries.
 *  Collective. */
isn_status_t made_write(isn_comm_t *comm, const char *path, const isn_run_layout_t *layout);

/** Whether a file holds this made run: all blocks, reaches and windows that are there are right,
 * and all are there or EMPTY is allowed. */
bool made_file_right(const char *path, bool empty_allowed);

#endif
