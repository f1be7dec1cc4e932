/* Which pieces of work can be done next.  Rank 0 keeps one; it knows no messages, nets or files: it
 * is told what has been done, and says what may be.  All local. */
#ifndef ISN_RUN_SCHEDULE_H
#define ISN_RUN_SCHEDULE_H

#include <stdbool.h>

#include "invset/status.h"
#include "piece.h"

typedef struct schedule schedule_t;

/* @param[in] chain_blocks (n_chains) blocks that each chain of a target has to make
 * @param[in] refresh blocks of a chain in a round; 0: one round makes them all
 * @param[in] has_seeds whether targets have seeds, which come before their first round
 * @param[out] out schedule_destroy() */
ISN_MUST_USE isn_status_t schedule_create(int n_targets, int n_chains, const int *chain_blocks,
                                          int refresh, bool has_seeds, schedule_t **out);
void schedule_destroy(schedule_t *schedule); /* NULL is fine */

/* Blocks [first, last) of a chain that a round makes. */
void schedule_round_blocks(const schedule_t *schedule, int chain, int round, int *first, int *last);

/* Begin a target: with its probe, its seeds or its first round. */
void schedule_begin(schedule_t *schedule, int target, piece_kind_t kind);

/* A target that has nothing to be done. */
void schedule_end(schedule_t *schedule, int target);

/* Begin a target in a later round, as a resumed run does.
 * @param[in] done (n_chains) blocks that each chain has made without a gap from its first on
 * @param[in] ended (n_chains) whether the chain has ended early, because a block of it got nothing
 *            in */
void schedule_begin_rounds(schedule_t *schedule, int target, const int *done, const bool *ended);

/* A piece is done.
 * @param[in] go_on false: the window is out of reach, no seed got in, or the chain has ended early
 */
void schedule_done(schedule_t *schedule, const piece_t *piece, bool go_on);

/* The rest of a piece of PIECE_ROUND has come back from a rank and is ready again. */
void schedule_put_back(schedule_t *schedule, const piece_t *rest);

/* Take the next piece.  Targets that have most stages before them come first, so that the last
 * pieces of a run are many short ones.  @return false if none is ready now */
bool schedule_take(schedule_t *schedule, piece_t *piece);

int schedule_n_ready(const schedule_t *schedule); /* pieces that can be taken */
int schedule_n_out(const schedule_t *schedule);   /* pieces that were taken and are not done */
int schedule_n_left(const schedule_t *schedule);  /* targets that are not finished */
bool schedule_is_finished(const schedule_t *schedule, int target);
/* Round that a target is in: 0 before the first is done. */
int schedule_round(const schedule_t *schedule, int target);

#endif
