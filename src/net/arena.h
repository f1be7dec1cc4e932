/** @file arena.h
 *  Placing buffers with known lifetimes in one piece of memory.  Knows no nets.  Private; local.
 */
#ifndef INVSET_NET_ARENA_H
#define INVSET_NET_ARENA_H

#include <stddef.h>

#include "invset/status.h"

/** A buffer and when it is in use: steps first .. last, both included. */
typedef struct {
  size_t size;
  int first, last;
  size_t offset; /**< set by isn_arena_place() */
} isn_interval_t;

/** Give every interval an offset such that those in use at the same step do not overlap.  Greedy:
 *  the largest first, each into the smallest gap that fits.  Equal input gives equal offsets.
 *  @param[in,out] intervals (n)
 *  @param[out]    size      of the whole
 *  @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_arena_place(int n, isn_interval_t *intervals, size_t *size);

#endif
