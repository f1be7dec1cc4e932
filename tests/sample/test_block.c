/** @file test_block.c
 *  The state machine of a block: order of calls, frozen samples, counted passes, and that a block's
 *  samples depend on nothing but what it begins with.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 10, N = 8, MAX_ROUNDS = 2000 };

static isn_moments_t fixed;

/* A curved neuron, so that most samples take some steps, and some restarts. */
static void make_toy(toy_t *toy, uint64_t seed)
{
  toy_init(toy, SIZE, 1);
  toy_random_weights(toy, 0, 5);
  toy->curvature = 0.3;
  toy->start_key.seed = seed;
  toy->windows[0][0] = 3.0;
  toy->windows[0][1] = 3.2;
}

static isn_block_t *begin_block(toy_t *toy, const isn_problem_t *problem, uint64_t seed)
{
  isn_block_t *block = NULL;
  isn_block_begin_t begin = toy_begin(toy, N, &fixed);
  begin.key.seed = seed;
  TEST_OK(isn_block_create(toy_backend(), problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  return block;
}

/* Whether two blocks ended alike to the last bit. */
static bool same_results(const isn_block_t *a, const isn_block_t *b)
{
  bool same = true;
  for (int i = 0; i < N; i++) {
    isn_block_result_t x, y;
    isn_block_result(a, i, &x);
    isn_block_result(b, i, &y);
    same = same && x.accepted == y.accepted && x.steps == y.steps && x.restarts == y.restarts &&
           memcmp(x.code, y.code, SIZE * sizeof(float)) == 0 &&
           memcmp(x.encoding, y.encoding, SIZE * sizeof(float)) == 0 &&
           memcmp(x.values, y.values, sizeof(float)) == 0;
  }
  return same;
}

/* Rounds by hand: a sample settles once, is active no more, and never changes again; what a round
 * wants is one gradient for each sample that stays active; the passes are those that were made. */
static void check_rounds(isn_step_rule_t rule)
{
  toy_t toy;
  int active[TOY_MAX_BLOCK], n, settled[N] = {0}, rounds = 0, n_settled = 0, most = N;
  float frozen[N][SIZE];
  double steps = 0.0;
  make_toy(&toy, 1);
  isn_problem_t problem = toy_problem(&toy, rule);
  isn_block_t *block = begin_block(&toy, &problem, 1);
  while (isn_block_active(block, active) > 0 && rounds++ < MAX_ROUNDS) {
    TEST_OK(toy_look(&toy, block, active, &n));
    TEST_CHECK(n <= most);
    most = n;
    for (int i = 0; i < n; i++) {
      TEST_CHECK(!settled[active[i]]);
      const isn_gradient_t *wanted;
      int n_wanted = isn_block_wanted(block, active[i], &wanted);
      TEST_CHECK(n_wanted <= 1); /* starts are fresh: no spread step */
      if (isn_block_settled_now(block, active[i])) {
        settled[active[i]] = 1;
        memcpy(frozen[active[i]], isn_block_code(block, active[i]), sizeof frozen[0]);
        TEST_CHECK(n_wanted == 0);
      }
    }
    TEST_OK(toy_move(&toy, block, active, n));
    for (int i = 0; i < N; i++)
      if (settled[i])
        TEST_CHECK(memcmp(frozen[i], isn_block_code(block, i), sizeof frozen[0]) == 0);
  }
  for (int i = 0; i < N; i++) {
    isn_block_result_t result;
    isn_block_result(block, i, &result);
    n_settled += settled[i];
    steps += result.steps;
    TEST_CHECK(result.accepted == isn_window_accepts(1, problem.windows, result.values));
    TEST_CHECK(result.values[0] == (float)toy_activation(&toy, 0, result.code));
  }
  TEST_CHECK_MSG(n_settled == N && rounds > 2, "%d settled in %d rounds", n_settled, rounds);
  TEST_CHECK_MSG(2.0 * steps == (double)(toy.n_forward + toy.n_backward),
                 "%g steps, %lld passes forward and %lld back", steps, (long long)toy.n_forward,
                 (long long)toy.n_backward);
  isn_block_destroy(block);
}

/* Equal keys, equal bits; another key, or other starts, other codes.  A block that is used again
 * forgets what was before. */
static void check_determinism(isn_step_rule_t rule)
{
  toy_t toy, other;
  make_toy(&toy, 1);
  make_toy(&other, 2);
  isn_problem_t problem = toy_problem(&toy, rule);
  isn_block_t *one = begin_block(&toy, &problem, 1), *same = begin_block(&other, &problem, 7);
  TEST_OK(isn_block_solve(one, toy_evaluate, toy_carry_back, &toy));
  TEST_OK(isn_block_solve(same, toy_evaluate, toy_carry_back, &other));
  TEST_CHECK(!same_results(one, same));
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  TEST_OK(isn_block_begin(same, &begin));
  TEST_OK(isn_block_solve(same, toy_evaluate, toy_carry_back, &toy));
  TEST_CHECK(same_results(one, same));
  isn_block_destroy(one);
  isn_block_destroy(same);
}

/* Two blocks' samples in turn, one code at a time, against each block by itself in batches. */
static void check_batching(isn_step_rule_t rule)
{
  toy_t toys[2], alone[2];
  isn_block_t *blocks[2], *references[2];
  isn_problem_t problems[2];
  int active[2][TOY_MAX_BLOCK], n[2], left = 1;
  for (int b = 0; b < 2; b++) {
    make_toy(&toys[b], 1 + (uint64_t)b);
    make_toy(&alone[b], 1 + (uint64_t)b);
    problems[b] = toy_problem(&alone[b], rule);
    blocks[b] = begin_block(&toys[b], &problems[b], 1);
    references[b] = begin_block(&alone[b], &problems[b], 1);
    TEST_OK(isn_block_solve(references[b], toy_evaluate, toy_carry_back, &alone[b]));
  }
  for (int round = 0; left > 0 && round < MAX_ROUNDS; round++) {
    left = 0;
    for (int b = 0; b < 2; b++)
      TEST_OK(toy_look(&toys[b], blocks[b], active[b], &n[b]));
    for (int b = 1; b >= 0; b--) {
      TEST_OK(toy_move(&toys[b], blocks[b], active[b], n[b]));
      left += isn_block_active(blocks[b], active[b]);
    }
  }
  for (int b = 0; b < 2; b++) {
    TEST_CHECK(same_results(blocks[b], references[b]));
    isn_block_destroy(blocks[b]);
    isn_block_destroy(references[b]);
  }
}

/* A start is given up when patience or steps run out, exactly then: a neuron that does not change
 * costs `patience` steps, one that comes nearer too slowly for its steps costs `max_steps`. */
static void test_giving_up(void)
{
  toy_t toy;
  isn_block_result_t result;
  toy_init(&toy, SIZE, 1);
  toy.windows[0][0] = 1.0;
  toy.windows[0][1] = 2.0;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  problem.patience = 3;
  problem.max_starts = 2;
  isn_block_t *block = begin_block(&toy, &problem, 1);
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  isn_block_result(block, 0, &result);
  /* Each start: 3 steps of two passes and the look that ends it; then the last look. */
  TEST_CHECK_MSG(result.steps == 2 * 3.5 + 0.5, "%g", result.steps);
  TEST_CHECK(!result.accepted && result.restarts == 2);
  isn_block_destroy(block);

  toy.w[0][0] = 1.0; /* f = c_0 <= 1 from below, never far enough in */
  problem.newton_cap = 1e-3;
  problem.max_steps = 2;
  block = begin_block(&toy, &problem, 1);
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  isn_block_result(block, 0, &result);
  TEST_CHECK_MSG(result.steps == 2 * 2.5 + 0.5, "%g", result.steps);
  isn_block_destroy(block);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  TEST_REQUIRE(isn_moments_alloc(SIZE, &fixed));
  for (int r = 0; r < 2; r++) {
    isn_step_rule_t rule = r == 0 ? ISN_STEP_NEWTON : ISN_STEP_CLASSIC;
    check_rounds(rule);
    check_determinism(rule);
    check_batching(rule);
  }
  test_giving_up();
  isn_moments_free(&fixed);
  toy_close();
  TEST_END();
}
