/** @file arena.c
 *  Greedy best-fit placement, largest first (as in Pisarchyk and Lee, "Efficient memory management
 *  for deep neural net inference", 2020, "greedy by size").
 */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "invset/memory.h"

/** An interval with its place in the caller's list. */
typedef struct {
  isn_interval_t interval;
  int index;
} entry_t;

/** Largest first; earliest first among equals; then in the caller's order. */
static int compare(const void *a, const void *b)
{
  const entry_t *x = a, *y = b;
  if (x->interval.size != y->interval.size)
    return x->interval.size > y->interval.size ? -1 : 1;
  if (x->interval.first != y->interval.first)
    return x->interval.first < y->interval.first ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/** Smallest gap for `one` between those placed that are in use with it.
 *  @param[in] placed (n_placed) by offset */
static size_t best_gap(const isn_interval_t *one, int n_placed, const isn_interval_t *placed)
{
  size_t end = 0; /* of what lies below, as far as it is in use with `one` */
  size_t best = 0, best_size = SIZE_MAX;
  for (int i = 0; i < n_placed; i++) {
    const isn_interval_t *other = &placed[i];
    if (other->last < one->first || one->last < other->first)
      continue;
    if (other->offset >= end + one->size && other->offset - end < best_size) {
      best = end;
      best_size = other->offset - end;
    }
    if (other->offset + other->size > end)
      end = other->offset + other->size;
  }
  return best_size < SIZE_MAX ? best : end;
}

static void insert_by_offset(isn_interval_t one, int n_placed, isn_interval_t *placed)
{
  int i = n_placed;
  for (; i > 0 && placed[i - 1].offset > one.offset; i--)
    placed[i] = placed[i - 1];
  placed[i] = one;
}

isn_status_t isn_arena_place(int n, isn_interval_t *intervals, size_t *size)
{
  isn_status_t status = ISN_OK;
  entry_t *order = NULL;
  isn_interval_t *placed = NULL;
  *size = 0;
  if (n == 0)
    return ISN_OK;
  ISN_TRY_GOTO(isn_alloc(&order, n, "plan of a net's buffers"), done);
  ISN_TRY_GOTO(isn_alloc(&placed, n, "plan of a net's buffers"), done);
  for (int i = 0; i < n; i++)
    order[i] = (entry_t){.interval = intervals[i], .index = i};
  qsort(order, (size_t)n, sizeof *order, compare);
  for (int i = 0; i < n; i++) {
    isn_interval_t *one = &intervals[order[i].index];
    one->offset = best_gap(one, i, placed);
    insert_by_offset(*one, i, placed);
    if (one->offset + one->size > *size)
      *size = one->offset + one->size;
  }
done:
  free(order);
  free(placed);
  return status;
}
