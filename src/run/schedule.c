/* The stages of all targets and the queues of ready pieces; see schedule.h. */
#include "schedule.h"

#include <stdlib.h>

#include "invset/memory.h"

/* Pieces that are ready, first in, first out. */
typedef struct {
  piece_t *pieces; /* (capacity) ring, owned */
  int capacity, first, n;
} queue_t;

typedef struct {
  bool finished;
  int round;
  int n_waiting; /* pieces of this stage that are not done */
} target_t;

struct schedule {
  int n_targets, n_chains, refresh;
  bool has_seeds;
  int *chain_blocks; /* (n_chains), owned */
  target_t *targets; /* (n_targets), owned */
  bool *ended;       /* (n_targets, n_chains) chains that make no more blocks, owned */
  queue_t queues[N_PIECE_KINDS];
  int n_out, n_left;
};

isn_status_t schedule_create(int n_targets, int n_chains, const int *chain_blocks, int refresh,
                             bool has_seeds, schedule_t **out)
{
  schedule_t *s = NULL;
  isn_status_t status;
  size_t n = (size_t)n_targets * (size_t)n_chains;
  ISN_TRY(isn_alloc(&s, 1, "schedule"));
  s->n_targets = s->n_left = n_targets;
  s->n_chains = n_chains;
  s->refresh = refresh;
  s->has_seeds = has_seeds;
  ISN_TRY_GOTO(isn_alloc(&s->chain_blocks, n_chains, "schedule"), fail);
  ISN_TRY_GOTO(isn_alloc(&s->targets, n_targets, "schedule"), fail);
  ISN_TRY_GOTO(isn_alloc(&s->ended, n, "schedule"), fail);
  for (int kind = 0; kind < N_PIECE_KINDS; kind++) {
    queue_t *queue = &s->queues[kind];
    queue->capacity = kind == PIECE_ROUND ? (int)n : n_targets;
    ISN_TRY_GOTO(isn_alloc(&queue->pieces, queue->capacity, "schedule"), fail);
  }
  for (int j = 0; j < n_chains; j++)
    s->chain_blocks[j] = chain_blocks[j];
  *out = s;
  return ISN_OK;
fail:
  schedule_destroy(s);
  return status;
}

void schedule_destroy(schedule_t *schedule)
{
  if (!schedule)
    return;
  for (int kind = 0; kind < N_PIECE_KINDS; kind++)
    free(schedule->queues[kind].pieces);
  free(schedule->chain_blocks);
  free(schedule->targets);
  free(schedule->ended);
  free(schedule);
}

void schedule_round_blocks(const schedule_t *schedule, int chain, int round, int *first, int *last)
{
  round_blocks(schedule->chain_blocks[chain], schedule->refresh, round, first, last);
}

/* A target never has more pieces ready than its queue was made for. */
static void add_piece(schedule_t *schedule, piece_t piece)
{
  queue_t *queue = &schedule->queues[piece.kind];
  queue->pieces[(queue->first + queue->n++) % queue->capacity] = piece;
  schedule->targets[piece.target].n_waiting++;
}

void schedule_end(schedule_t *schedule, int target)
{
  schedule->targets[target].finished = true;
  schedule->n_left--;
}

static bool *chain_ended(const schedule_t *schedule, int target, int chain)
{
  return &schedule->ended[(size_t)target * (size_t)schedule->n_chains + (size_t)chain];
}

/* Ready the chains that have blocks in the target's round and have not made them before; skip
 * rounds that have none.  @param[in] done (n_chains) blocks made before, or NULL for none in this
 * round */
static void begin_round(schedule_t *schedule, int target, const int *done)
{
  target_t *state = &schedule->targets[target];
  for (bool any_left = true; any_left && state->n_waiting == 0; state->round++) {
    any_left = false;
    for (int j = 0; j < schedule->n_chains; j++) {
      int first, last;
      schedule_round_blocks(schedule, j, state->round, &first, &last);
      if (*chain_ended(schedule, target, j) || first >= last)
        continue;
      any_left = true;
      if (!done || done[j] < last)
        add_piece(schedule, (piece_t){PIECE_ROUND, target, j, state->round, first});
    }
  }
  state->round--;
  if (state->n_waiting == 0)
    schedule_end(schedule, target);
}

void schedule_begin(schedule_t *schedule, int target, piece_kind_t kind)
{
  if (kind == PIECE_ROUND)
    begin_round(schedule, target, NULL);
  else
    add_piece(schedule, (piece_t){.kind = (int32_t)kind, .target = target});
}

void schedule_begin_rounds(schedule_t *schedule, int target, const int *done, const bool *ended)
{
  for (int j = 0; j < schedule->n_chains; j++)
    *chain_ended(schedule, target, j) = ended[j];
  begin_round(schedule, target, done);
}

void schedule_done(schedule_t *schedule, const piece_t *piece, bool go_on)
{
  target_t *state = &schedule->targets[piece->target];
  schedule->n_out--;
  state->n_waiting--;
  if (piece->kind == PIECE_ROUND) {
    if (!go_on)
      *chain_ended(schedule, piece->target, piece->chain) = true;
    if (state->n_waiting > 0)
      return;
    state->round++;
    begin_round(schedule, piece->target, NULL);
  } else if (!go_on) {
    schedule_end(schedule, piece->target);
  } else {
    bool seeds = piece->kind == PIECE_PROBE && schedule->has_seeds;
    schedule_begin(schedule, piece->target, seeds ? PIECE_SEEDS : PIECE_ROUND);
  }
}

void schedule_put_back(schedule_t *schedule, const piece_t *rest)
{
  schedule->n_out--;
  schedule->targets[rest->target].n_waiting--; /* add_piece() counts it again */
  add_piece(schedule, *rest);
}

bool schedule_take(schedule_t *schedule, piece_t *piece)
{
  for (int kind = 0; kind < N_PIECE_KINDS; kind++) {
    queue_t *queue = &schedule->queues[kind];
    if (queue->n == 0)
      continue;
    *piece = queue->pieces[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->n--;
    schedule->n_out++;
    return true;
  }
  return false;
}

int schedule_n_ready(const schedule_t *schedule)
{
  int n = 0;
  for (int kind = 0; kind < N_PIECE_KINDS; kind++)
    n += schedule->queues[kind].n;
  return n;
}

int schedule_n_out(const schedule_t *schedule)
{
  return schedule->n_out;
}

int schedule_n_left(const schedule_t *schedule)
{
  return schedule->n_left;
}

bool schedule_is_finished(const schedule_t *schedule, int target)
{
  return schedule->targets[target].finished;
}

int schedule_round(const schedule_t *schedule, int target)
{
  return schedule->targets[target].round;
}
