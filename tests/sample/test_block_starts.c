/** @file test_block_starts.c
 *  How the samples of a block begin and begin anew, what is refused, and numbers that are none.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 5, N = 6 };

static toy_t toy;
static isn_moments_t fixed;

/* f = sum of the coordinates, window [3, 3.5]. */
static isn_problem_t make_problem(isn_step_rule_t rule)
{
  toy_init(&toy, SIZE, 1);
  for (int k = 0; k < SIZE; k++)
    toy.w[0][k] = 1.0;
  toy.windows[0][0] = 3.0;
  toy.windows[0][1] = 3.5;
  return toy_problem(&toy, rule);
}

static isn_block_t *make_block(const isn_problem_t *problem, const isn_block_begin_t *begin)
{
  isn_block_t *block = NULL;
  TEST_OK(isn_block_create(toy_backend(), problem, N, &block));
  TEST_OK(isn_block_begin(block, begin));
  return block;
}

static bool is_fresh(const isn_block_t *block, int sample, int draw)
{
  float start[SIZE];
  TEST_OK(toy_start(&toy, sample, draw, start));
  return memcmp(start, isn_block_code(block, sample), sizeof start) == 0;
}

/* A chain goes on from accepted samples, and draws fresh starts for the others. */
static void test_previous(void)
{
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  float previous[N][SIZE];
  const unsigned char ok[N] = {1, 0, 1, 0, 0, 1};
  for (int i = 0; i < N; i++)
    for (int k = 0; k < SIZE; k++)
      previous[i][k] = 0.65F + 0.01F * (float)(i == k);
  begin.previous = previous[0];
  begin.previous_ok = ok;
  isn_block_t *block = make_block(&problem, &begin);
  for (int i = 0; i < N; i++) {
    bool as_before = memcmp(isn_block_code(block, i), previous[i], sizeof previous[i]) == 0;
    TEST_CHECK(as_before == (ok[i] == 1) && is_fresh(block, i, 0) == (ok[i] == 0));
  }
  /* Those that go on do not settle where they are, though they are inside. */
  int active[TOY_MAX_BLOCK], n;
  TEST_OK(toy_look(&toy, block, active, &n));
  for (int i = 0; i < N; i++)
    if (ok[i]) {
      const isn_gradient_t *wanted;
      TEST_CHECK(!isn_block_settled_now(block, i) && isn_block_wanted(block, i, &wanted) == 2 &&
                 wanted[0].kind == ISN_GRADIENT_VALUE && wanted[1].kind == ISN_GRADIENT_SPREAD);
    }
  TEST_OK(toy_move(&toy, block, active, n));
  for (int i = 0; i < N; i++)
    if (ok[i])
      TEST_CHECK(memcmp(isn_block_code(block, i), previous[i], sizeof previous[i]) != 0);
  isn_block_destroy(block);
}

/* With parents a new start is made of two of them; all of these have 0.25 in the first coordinate,
 * and no kick: then so has the start. */
static void test_parents(void)
{
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  float codes[3][SIZE] = {{0.25F, 0.4F}, {0.25F, 0.5F, 0.3F}, {0.25F, 0.6F, 0.0F, 0.1F}};
  const float *parents[3] = {codes[0], codes[1], codes[2]};
  int active[TOY_MAX_BLOCK], n;
  begin.parents = parents;
  begin.n_parents = 3;
  problem.kick = 0.0;
  toy.nan_above = -1.0; /* every start is given up at once */
  problem.max_starts = 3;
  isn_block_t *block = make_block(&problem, &begin);
  for (int i = 0; i < N; i++)
    TEST_CHECK(is_fresh(block, i, 0)); /* the first is fresh, */
  TEST_OK(toy_look(&toy, block, active, &n));
  for (int i = 0; i < N; i++) /* the next is not */
    TEST_CHECK(fabsf(isn_block_code(block, i)[0] - 0.25F) < 1e-6F && !is_fresh(block, i, 1));
  float second[SIZE];
  memcpy(second, isn_block_code(block, 0), sizeof second);
  TEST_OK(toy_look(&toy, block, active, &n)); /* and each is another */
  TEST_CHECK(memcmp(second, isn_block_code(block, 0), sizeof second) != 0);
  begin.recombine_first = true;
  TEST_OK(isn_block_begin(block, &begin));
  for (int i = 0; i < N; i++)
    TEST_CHECK(fabsf(isn_block_code(block, i)[0] - 0.25F) < 1e-6F);
  begin.n_parents = 1; /* one is none */
  TEST_OK(isn_block_begin(block, &begin));
  for (int i = 0; i < N; i++)
    TEST_CHECK(is_fresh(block, i, 0));
  isn_block_destroy(block);
}

/* A start callback's error ends begin and decide with its code and words. */
static void test_start_fails(void)
{
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  isn_block_t *block = NULL;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  toy.failing_draw = 0;
  TEST_ERROR(isn_block_begin(block, &begin), ISN_ERR_IO, "no start for draw 0");
  toy.failing_draw = 1;
  toy.nan_above = -1.0;
  TEST_OK(isn_block_begin(block, &begin));
  TEST_ERROR(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy), ISN_ERR_IO,
             "no start for draw 1");
  isn_block_destroy(block);
}

/* Activations that are no numbers: each start is given up at its first look, the block ends, and
 * gives a code within the bounds.  Samples that see numbers do not care. */
static void test_nan(isn_step_rule_t rule)
{
  isn_problem_t problem = make_problem(rule);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  isn_block_result_t result;
  toy.nan_above = -1.0;
  isn_block_t *block = make_block(&problem, &begin);
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  for (int i = 0; i < N; i++) {
    isn_block_result(block, i, &result);
    TEST_CHECK(!result.accepted && result.restarts == problem.max_starts);
    TEST_CHECK_MSG(result.steps == 0.5 * (problem.max_starts + 1), "%g steps", result.steps);
    for (int k = 0; k < SIZE; k++)
      TEST_CHECK(result.code[k] >= 0.0F && result.code[k] <= 1.0F);
  }
  toy.nan_above = 0.7;
  problem.max_starts = 50;
  isn_block_destroy(block);
  block = make_block(&problem, &begin);
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  for (int i = 0; i < N; i++) {
    isn_block_result(block, i, &result);
    TEST_CHECK(result.accepted && (double)result.code[0] <= 0.7);
  }
  isn_block_destroy(block);
}

static void test_window(void)
{
  const double windows[2][2] = {{3.0, 3.5}, {-1.0, 0.0}};
  TEST_CHECK(isn_window_gap(2, windows, (float[]){3.2F, -0.5F}) == 0.0);
  TEST_CHECK(isn_window_accepts(2, windows, (float[]){3.2F, -0.5F}));
  TEST_CHECK(fabs(isn_window_gap(2, windows, (float[]){2.0F, 0.5F}) - 1.0) < 1e-4);
  TEST_CHECK(fabs(isn_window_gap(2, windows, (float[]){3.7F, 4.0F}) - 4.0) < 1e-4);
  /* On the edge, where another machine's rounding might put it outside. */
  TEST_CHECK(!isn_window_accepts(1, windows, (float[]){3.0F}));
  TEST_CHECK(!isn_window_accepts(1, windows, (float[]){3.5F}));
  TEST_CHECK(isn_window_gap(1, windows, (float[]){3.0F}) > 0.0);
  TEST_CHECK(isn_window_accepts(1, windows, (float[]){3.0001F}));
  TEST_CHECK(!isn_window_accepts(2, windows, (float[]){3.2F, NAN}));
  TEST_CHECK(isn_window_gap(2, windows, (float[]){3.2F, NAN}) == (double)INFINITY);
}

/* One setting out of its range at a time. */
static void test_refused(void)
{
  isn_block_t *block = NULL;
#define TEST_REFUSED(change, text)                                                                 \
  do {                                                                                             \
    isn_problem_t p = make_problem(ISN_STEP_CLASSIC);                                              \
    change;                                                                                        \
    TEST_ERROR(isn_block_create(toy_backend(), &p, N, &block), ISN_ERR_ARG, text);                 \
  } while (0)
  TEST_REFUSED(p.code_size = 0, "empty code");
  TEST_REFUSED(p.n_neurons = 0, "neurons");
  TEST_REFUSED(p.patience = 0, "patience 0");
  TEST_REFUSED(p.patience = ISN_MAX_PATIENCE + 1, "patience 101");
  TEST_REFUSED(p.max_steps = 0, "max_steps 0");
  TEST_REFUSED(p.max_starts = ISN_RANDOM_DRAWS + 1, "max_starts 257");
  TEST_REFUSED(toy.windows[0][0] = 3.5, "window [3.5, 3.5]");
  TEST_REFUSED(toy.windows[0][1] = NAN, "window [3, nan]");
  TEST_REFUSED(toy.code_min[2] = 1.5F, "coordinate 2");
  TEST_REFUSED(p.rule = ISN_N_RULES, "step rule 6");
  TEST_REFUSED(p.step = -1.0, "step -1");
  TEST_REFUSED(p.kick = NAN, "kick nan");
  TEST_REFUSED((p.rule = ISN_STEP_NEWTON, p.aim = 0.6), "aim 0.6");
  TEST_REFUSED((p.rule = ISN_STEP_NEWTON, p.newton_cap = 0.0), "newton_cap 0");
  TEST_REFUSED(p.classic_step = 0.0, "classic_step 0");
  TEST_REFUSED(p.classic_rho = -2.0, "classic_rho -2");
#undef TEST_REFUSED
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  TEST_ERROR(isn_block_create(toy_backend(), &problem, 0, &block), ISN_ERR_ARG, "0 samples");
  TEST_CHECK(!block);
  isn_block_destroy(NULL);
}

static void test_begin_refused(void)
{
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N + 1, &fixed);
  isn_block_t *block = NULL;
  isn_moments_t shorter;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  TEST_ERROR(isn_block_begin(block, &begin), ISN_ERR_ARG, "7 samples in a block for 6");
  TEST_OK(isn_moments_alloc(SIZE - 1, &shorter));
  begin = toy_begin(&toy, N, &shorter);
  TEST_ERROR(isn_block_begin(block, &begin), ISN_ERR_ARG, "encodings of 4 numbers");
  isn_moments_free(&shorter);
  isn_block_destroy(block);
}

/* Aiming at the very edge is allowed, and is not for ever on its way. */
static void test_no_aim(void)
{
  isn_problem_t problem = make_problem(ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  problem.aim = 0.0;
  isn_block_t *block = make_block(&problem, &begin);
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  for (int i = 0; i < N; i++) {
    isn_block_result_t result;
    isn_block_result(block, i, &result);
    TEST_CHECK_MSG(result.accepted && result.steps <= 3.5, "%g steps", result.steps);
  }
  isn_block_destroy(block);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  TEST_REQUIRE(isn_moments_alloc(SIZE, &fixed));
  test_previous();
  test_parents();
  test_start_fails();
  test_nan(ISN_STEP_NEWTON);
  test_nan(ISN_STEP_CLASSIC);
  test_window();
  test_refused();
  test_begin_refused();
  test_no_aim();
  isn_moments_free(&fixed);
  toy_close();
  TEST_END();
}
