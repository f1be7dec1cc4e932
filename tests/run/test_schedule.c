/** @file test_schedule.c
 *  The schedule, by doing its pieces in random order: every block of every chain is made once, a
 * stage never begins before the one before it is done, targets end as they should, and a run that
 * is resumed anywhere has just the rest to do.
 */
#include "harness.h"
#include "run/schedule.h"

#include <stdlib.h>

enum { N_TARGETS = 7, N_CHAINS = 3, MAX_BLOCKS = 8, OUT_OF_REACH = 2, NO_SEEDS = 4, BARREN = 5 };
static const int BLOCKS[N_CHAINS] = {MAX_BLOCKS, MAX_BLOCKS, MAX_BLOCKS - 1};
/* Chain 1 of target BARREN gets nothing in with this block. */
enum { LAST_OF_BARREN = 2 };

typedef struct {
  int probed[N_TARGETS], seeded[N_TARGETS], made[N_TARGETS][N_CHAINS]; /* how often; blocks */
} done_t;

static int smaller(int a, int b)
{
  return a < b ? a : b;
}

/* Blocks that a chain makes in all. */
static int wanted_blocks(int target, int chain)
{
  if (target == OUT_OF_REACH || target == NO_SEEDS)
    return 0;
  return target == BARREN && chain == 1 ? LAST_OF_BARREN + 1 : BLOCKS[chain];
}

/* Whether all chains of a target have made their blocks before this one. */
static bool all_made(const done_t *done, int target, int before)
{
  for (int j = 0; j < N_CHAINS; j++)
    if (done->made[target][j] < smaller(before, wanted_blocks(target, j)))
      return false;
  return true;
}

/* Do a piece as a rank would; see that it may be done now. */
static bool do_piece(const schedule_t *schedule, const piece_t *piece, int refresh, done_t *done)
{
  int t = piece->target, first, last;
  if (piece->kind == PIECE_PROBE) {
    done->probed[t]++;
    return t != OUT_OF_REACH;
  }
  TEST_CHECK(done->probed[t] == 1);
  if (piece->kind == PIECE_SEEDS) {
    done->seeded[t]++;
    return t != NO_SEEDS;
  }
  TEST_CHECK(done->seeded[t] == 1);
  schedule_round_blocks(schedule, piece->chain, piece->round, &first, &last);
  TEST_CHECK(piece->first == first);
  TEST_CHECK(first < last && (refresh == 0 ? first == 0 : last - first <= refresh));
  TEST_CHECK_MSG(all_made(done, t, first), "round %d of target %d before the last is done",
                 piece->round, t);
  int *made = &done->made[t][piece->chain];
  TEST_CHECK(*made >= first && *made < last);
  *made = smaller(last, wanted_blocks(t, piece->chain));
  return *made == last;
}

/* Do up to max_pieces, some of them out at a time. */
static void work(schedule_t *schedule, int refresh, int max_pieces, done_t *done)
{
  piece_t out[N_TARGETS * N_CHAINS];
  int n_out = 0;
  for (int n = 0; n < max_pieces && schedule_n_left(schedule) > 0; n++) {
    while (n_out < 5 && schedule_take(schedule, &out[n_out]))
      n_out++;
    TEST_CHECK(n_out > 0 && schedule_n_out(schedule) == n_out);
    if (n_out == 0)
      return;
    int i = rand() % n_out;
    piece_t piece = out[i];
    out[i] = out[--n_out];
    schedule_done(schedule, &piece, do_piece(schedule, &piece, refresh, done));
  }
}

static void check_end(const schedule_t *schedule, const done_t *done)
{
  TEST_CHECK(schedule_n_left(schedule) == 0 && schedule_n_ready(schedule) == 0 &&
             schedule_n_out(schedule) == 0);
  for (int t = 0; t < N_TARGETS; t++) {
    TEST_CHECK(schedule_is_finished(schedule, t) && done->probed[t] == 1);
    TEST_CHECK(done->seeded[t] == (t != OUT_OF_REACH));
    for (int j = 0; j < N_CHAINS; j++)
      TEST_CHECK_MSG(done->made[t][j] == wanted_blocks(t, j), "target %d, chain %d: %d of %d", t, j,
                     done->made[t][j], wanted_blocks(t, j));
  }
}

/* Begin a target where `done` has it, as a resumed run does. */
static void resume_target(schedule_t *schedule, int t, const done_t *done)
{
  bool ended[N_CHAINS];
  if (done->probed[t] == 0) {
    schedule_begin(schedule, t, PIECE_PROBE);
  } else if (t == OUT_OF_REACH) {
    schedule_end(schedule, t);
  } else if (done->seeded[t] == 0) {
    schedule_begin(schedule, t, PIECE_SEEDS);
  } else if (t == NO_SEEDS) {
    schedule_end(schedule, t);
  } else {
    for (int j = 0; j < N_CHAINS; j++)
      ended[j] = t == BARREN && j == 1 && done->made[t][j] > LAST_OF_BARREN;
    schedule_begin_rounds(schedule, t, done->made[t], ended);
  }
}

/* Stop after some pieces, and go on with a new schedule. */
static void test_run(int refresh, int stop_after)
{
  done_t done = {0};
  schedule_t *schedule = NULL;
  TEST_OK(schedule_create(N_TARGETS, N_CHAINS, BLOCKS, refresh, true, &schedule));
  for (int t = 0; t < N_TARGETS; t++)
    schedule_begin(schedule, t, PIECE_PROBE);
  TEST_CHECK(schedule_n_ready(schedule) == N_TARGETS);
  work(schedule, refresh, stop_after, &done);
  schedule_destroy(schedule);
  TEST_OK(schedule_create(N_TARGETS, N_CHAINS, BLOCKS, refresh, true, &schedule));
  for (int t = 0; t < N_TARGETS; t++)
    resume_target(schedule, t, &done);
  work(schedule, refresh, 100000, &done);
  check_end(schedule, &done);
  schedule_destroy(schedule);
}

/* One target with no chains' blocks at all: seeds alone. */
static void test_seeds_alone(void)
{
  const int none[N_CHAINS] = {0, 0, 0};
  schedule_t *schedule = NULL;
  piece_t piece;
  TEST_OK(schedule_create(1, N_CHAINS, none, 0, true, &schedule));
  schedule_begin(schedule, 0, PIECE_SEEDS);
  TEST_CHECK(schedule_take(schedule, &piece) && piece.kind == PIECE_SEEDS);
  TEST_CHECK(!schedule_take(schedule, &piece));
  schedule_done(schedule, &piece, true);
  TEST_CHECK(schedule_n_left(schedule) == 0 && schedule_is_finished(schedule, 0));
  schedule_destroy(schedule);
}

int main(void)
{
  srand(1);
  for (int refresh = 0; refresh <= MAX_BLOCKS + 1; refresh++)
    for (int stop_after = 0; stop_after < 60; stop_after++)
      test_run(refresh, stop_after);
  test_seeds_alone();
  schedule_destroy(NULL);
  TEST_END();
}
