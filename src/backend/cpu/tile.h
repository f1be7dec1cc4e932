/** @file tile.h
 *  Products of a batch with a weight matrix, in tiles of a fixed number of rows.
 *
 *  sgemm rounds a row differently depending on how many rows there are and on the row's place.
 *  With a tile of the right height all places give the same bits; which height is right depends on
 *  the kernel that OpenBLAS picks for the machine, so it is found by trying when the backend opens.
 *  Knows no layers.
 */
#ifndef INVSET_TILE_H
#define INVSET_TILE_H

#include <stdbool.h>

#include "invset/status.h"

enum { ISN_TILE_MAX = 32 }; /**< the greatest height that isn_tile_choose() tries */

/** Y (tile, n) += X (tile, k) W', where W' (k, n) is W or, if `transpose`, W stored as (n, k). */
void isn_tile_multiply(int tile, bool transpose, int n, int k, const float *x, const float *w,
                       float *y);

/** Whether every place of a tile gives the same bits for this shape, tried on random numbers.
 *  @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_tile_try(int tile, bool transpose, int n, int k, bool *same);

/** Choose the height: the first of 8, 16, ... whose places agree on a list of shapes, in the end 1
 *  (a product for each sample), where nothing can differ.  Some milliseconds. */
ISN_MUST_USE isn_status_t isn_tile_choose(int *tile);

#endif
