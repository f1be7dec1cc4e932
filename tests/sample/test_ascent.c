/** @file test_ascent.c
 *  The ascent that finds how far a neuron can be driven, on functions whose maximum is known.
 */
#include "harness.h"
#include "toy.h"

enum { SIZE = 20, STARTS = 4, STEPS = 24 };

static toy_t toy;

/* Run an ascent of several starts.  @param[out] results (STARTS), of a block that lives on */
static isn_block_t *ascend(isn_block_result_t *results)
{
  isn_block_t *block = NULL;
  isn_moments_t none = {0};
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_ASCENT);
  problem.windows = NULL;
  problem.max_starts = 1;
  problem.max_steps = STEPS;
  problem.ascent_step = 0.2 * sqrt(SIZE);
  isn_block_begin_t begin = toy_begin(&toy, STARTS, &none);
  TEST_OK(isn_moments_alloc(SIZE, &none));
  TEST_OK(isn_block_create(toy_backend(), &problem, STARTS, &block));
  TEST_OK(isn_block_begin(block, &begin));
  TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
  for (int i = 0; i < STARTS; i++) {
    isn_block_result(block, i, &results[i]);
    TEST_CHECK(!results[i].accepted);
    TEST_CHECK_MSG(results[i].values[0] == (float)toy_activation(&toy, 0, results[i].code),
                   "activation %g of another code", (double)results[i].values[0]);
  }
  isn_moments_free(&none);
  return block;
}

/* A linear neuron's maximum is a corner of the cube, which clipped steps reach exactly. */
static void test_linear(void)
{
  isn_block_result_t results[STARTS];
  double range[2];
  toy_init(&toy, SIZE, 1);
  toy_random_weights(&toy, 0, 3);
  toy_range(&toy, 0, range);
  isn_block_t *block = ascend(results);
  for (int i = 0; i < STARTS; i++)
    TEST_CHECK_MSG((double)results[i].values[0] > 0.99 * range[1], "start %d: %g of %g", i,
                   (double)results[i].values[0], range[1]);
  isn_block_destroy(block);
}

/* A peak inside the cube: the shrinking steps close in on it, where steps of one length would
 * circle around it; the best code on the way counts, not the last. */
static void test_peak(void)
{
  isn_block_result_t results[STARTS];
  toy_init(&toy, SIZE, 1);
  toy.b[0] = 7.0;
  toy.curvature = 1.0;
  for (int k = 0; k < SIZE; k++)
    toy.centre[k] = 0.3 + 0.02 * k;
  isn_block_t *block = ascend(results);
  for (int i = 0; i < STARTS; i++)
    TEST_CHECK_MSG(results[i].values[0] > 6.98F, "start %d: %g of 7", i,
                   (double)results[i].values[0]);
  TEST_CHECK(toy.n_forward == (STEPS + 2) * STARTS && toy.n_backward == STEPS * STARTS);
  isn_block_destroy(block);
}

/* A neuron that nothing moves ends at once, and says so by what it reached. */
static void test_dead(void)
{
  isn_block_result_t results[STARTS];
  toy_init(&toy, SIZE, 1);
  isn_block_t *block = ascend(results);
  TEST_CHECK(results[0].values[0] == 0.0F && results[0].steps <= 2.0);
  isn_block_destroy(block);
}

/* Where the net gives no number, the best before it counts. */
static void test_not_finite(void)
{
  isn_block_result_t results[STARTS];
  toy_init(&toy, SIZE, 1);
  toy.w[0][0] = 1.0;
  toy.nan_above = 0.7;
  isn_block_t *block = ascend(results);
  for (int i = 0; i < STARTS; i++)
    TEST_CHECK(!(results[i].values[0] > 0.7F));
  isn_block_destroy(block);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  test_linear();
  test_peak();
  test_dead();
  test_not_finite();
  toy_close();
  TEST_END();
}
