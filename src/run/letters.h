/* Letters from the ranks to rank 0: what they want, and what they have done.  Orders from rank 0 to
 * the ranks: what they are to do next.  Messages that nobody waits for; those of one rank arrive in
 * the order in which they were sent. */
#ifndef ISN_RUN_LETTERS_H
#define ISN_RUN_LETTERS_H

#include "context.h"
#include "piece.h"

typedef enum {
  LETTER_WANT,    /* the rank has room for `n` more pieces */
  LETTER_REACH,   /* a probe is done: `reach` */
  LETTER_SEEDS,   /* a seed block is done: `block` */
  LETTER_ROUND,   /* a chain's blocks of a round are done, and recorded by the rank itself */
  LETTER_REST,    /* the rest of such a piece is given back: it begins with piece.first */
  LETTER_FAREWELL /* the rank has left its loop and sends nothing more */
} letter_kind_t;

typedef struct {
  letter_kind_t kind;
  int from;       /* rank; set by letter_receive() */
  int n;          /* WANT: pieces; ROUND, REST: samples accepted since the piece was ordered */
  int n_skipped;  /* ROUND: blocks of the chain that will not be made */
  piece_t piece;  /* of the others but FAREWELL */
  double seconds; /* SEEDS: that the block took */
  bool go_on;     /* ROUND: false if the chain has ended early */
  isn_run_reach_t reach; /* REACH */
  isn_run_block_t block; /* SEEDS */
  isn_moments_t made; /* ROUND, REST: if there is a refresh, of the chain's accepted samples of this
                         round; else of size 0 */
  isn_moments_t fixed; /* REST: what the chain's next block is pushed away from */
} letter_t;

/* Send a letter to rank 0.  Local; never waits.  Its arrays stay the caller's. */
ISN_MUST_USE isn_status_t letter_send(const run_t *run, const letter_t *letter);

/* Take the next letter out of the box.  Rank 0 only; local, does not wait.
 * @param[out] letter letter_free()  @param[out] came false: the box is empty */
ISN_MUST_USE isn_status_t letter_receive(const run_t *run, letter_t *letter, bool *came);
void letter_free(letter_t *letter); /* Frees the arrays of a received letter. */

typedef struct {
  bool over;   /* there will be no more work */
  bool recall; /* another rank is idle: give back the rest of a chain when its block is done */
  piece_t piece;
  float *reach;        /* (M) of the piece's target if its window is relative to it, else NULL */
  isn_moments_t fixed; /* PIECE_ROUND: the fixed set of the target, and what the chain has added to
                          it in this round; else of size 0 */
  isn_moments_t made;  /* PIECE_ROUND that was given back, if there is a refresh; else of size 0 */
} order_t;

ISN_MUST_USE isn_status_t order_send(const run_t *run, int to, const order_t *order);
/* @param[out] order order_free()  @param[out] came false: none is there */
ISN_MUST_USE isn_status_t order_receive(const run_t *run, order_t *order, bool *came);
void order_free(order_t *order);

#endif
