/* A piece of work: what rank 0 hands out, and what comes back.  A target begins with the probe of
 * its reach, if its window is relative to that; then its seed block; then rounds, in each of which
 * every chain makes some blocks.  Pieces of one target follow each other; those of different
 * targets are independent. */
#ifndef ISN_RUN_PIECE_H
#define ISN_RUN_PIECE_H

#include <stdint.h>

typedef enum {
  PIECE_PROBE, /* find how far the target's neurons can be driven */
  PIECE_SEEDS, /* make its seed block */
  PIECE_ROUND, /* make one round's blocks of one of its chains */
  N_PIECE_KINDS
} piece_kind_t;

typedef struct {
  int32_t kind; /* piece_kind_t */
  int32_t target;
  int32_t chain, round; /* of PIECE_ROUND, else 0 */
  int32_t first; /* block of the chain that the piece begins with; later than the round's first if
                    another rank has given the rest back */
} piece_t;

/* Blocks [first, last) of a chain that a round makes: `refresh` of them, or all if that is 0.
 * @param[in] n blocks of the chain */
static inline void round_blocks(int n, int refresh, int round, int *first, int *last)
{
  int64_t size = refresh > 0 ? refresh : n, from = (int64_t)round * size, to = from + size;
  *first = from < n ? (int)from : n;
  *last = to < n ? (int)to : n;
}

#endif
