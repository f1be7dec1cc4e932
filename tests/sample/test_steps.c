/** @file test_steps.c
 *  What the steps are made of: the seeds of D and of the augmented Lagrangian against finite
 *  differences of the sums themselves, multipliers against their formula, and the spread step,
 * which must leave the activation as it is to first order.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 8, N = 4, N_FIXED = 9 };

static toy_t toy;
static isn_moments_t fixed;
static float fixed_codes[N_FIXED][SIZE], previous[N][SIZE];
static unsigned char previous_ok[N] = {1, 1, 1, 1};

static void make_toy(int n_neurons, double curvature)
{
  isn_moments_free(&fixed);
  TEST_OK(isn_moments_alloc(SIZE, &fixed));
  toy_init(&toy, SIZE, n_neurons);
  toy.curvature = curvature;
  for (int k = 0; k < n_neurons; k++)
    toy_random_weights(&toy, k, 20 + (uint64_t)k);
  toy.start_key.seed = 9;
  for (int i = 0; i < N_FIXED; i++) {
    TEST_OK(toy_start(&toy, i, 0, fixed_codes[i]));
    isn_moments_add(&fixed, fixed_codes[i]);
  }
  for (int i = 0; i < N; i++)
    TEST_OK(toy_start(&toy, i, 1, previous[i]));
}

static isn_block_begin_t go_on_from_previous(void)
{
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  begin.previous = previous[0];
  begin.previous_ok = previous_ok;
  return begin;
}

/* Mean squared distance of an encoding to the fixed ones and to the block's others, by loops. */
static double loop_spread(const isn_block_t *block, int self, const double *e)
{
  double sum = 0.0;
  for (int i = 0; i < N_FIXED + N; i++) {
    const float *other = i < N_FIXED ? fixed_codes[i] : isn_block_code(block, i - N_FIXED);
    for (int k = 0; k < SIZE && i != N_FIXED + self; k++)
      sum += (e[k] - (double)other[k]) * (e[k] - (double)other[k]);
  }
  return sum / (N_FIXED + N - 1);
}

/* The augmented Lagrangian as sampler.h has it, as a function of activations and encoding. */
static double loop_lagrangian(const isn_block_t *block, int self, const double *f, const double *e,
                              double lambda[][2], double rho)
{
  double sum = -loop_spread(block, self, e);
  for (int k = 0; k < toy.n_neurons; k++) {
    double g[2] = {toy.windows[k][0] - f[k], f[k] - toy.windows[k][1]};
    for (int side = 0; side < 2; side++) {
      double shifted = fmax(0.0, lambda[k][side] + rho * g[side]);
      sum += (shifted * shifted - lambda[k][side] * lambda[k][side]) / (2.0 * rho);
    }
  }
  return sum;
}

/* lambda <- max(0, lambda + rho g). */
static void loop_multipliers(const float *code, double lambda[][2], double rho)
{
  for (int k = 0; k < toy.n_neurons; k++) {
    double f = (double)(float)toy_activation(&toy, k, code);
    lambda[k][0] = fmax(0.0, lambda[k][0] + rho * (toy.windows[k][0] - f));
    lambda[k][1] = fmax(0.0, lambda[k][1] + rho * (f - toy.windows[k][1]));
  }
}

/* Compare the seeds of a gradient with central differences in each activation and encoding. */
static void check_seeds(const isn_block_t *block, int self, isn_gradient_kind_t kind,
                        double lambda[][2], double rho)
{
  const double h = 1e-5;
  float activation_seed[TOY_MAX_NEURONS] = {0}, encoding_seed[SIZE] = {0};
  double f[TOY_MAX_NEURONS], e[SIZE];
  const isn_gradient_t *wanted;
  int n = isn_block_wanted(block, self, &wanted); /* the spread's gradient is the last of them */
  TEST_CHECK(n > 0 && wanted[n - 1].kind == kind);
  TEST_OK(toy_seeds(&toy, block, self, wanted[n - 1], activation_seed, encoding_seed));
  for (int k = 0; k < toy.n_neurons; k++)
    f[k] = (double)(float)toy_activation(&toy, k, isn_block_code(block, self));
  for (int k = 0; k < SIZE; k++)
    e[k] = (double)isn_block_code(block, self)[k];
  for (int i = 0; i < SIZE + toy.n_neurons; i++) {
    double *x = i < SIZE ? &e[i] : &f[i - SIZE], at = *x, value[2];
    for (int side = 0; side < 2; side++) {
      *x = at + (side == 0 ? -h : h);
      value[side] = kind == ISN_GRADIENT_SPREAD ? loop_spread(block, self, e)
                                                : loop_lagrangian(block, self, f, e, lambda, rho);
    }
    *x = at;
    double slope = (value[1] - value[0]) / (2.0 * h);
    double seed = (double)(i < SIZE ? encoding_seed[i] : activation_seed[i - SIZE]);
    TEST_CHECK_MSG(fabs(seed - slope) < 1e-5 * (1.0 + fabs(slope)),
                   "gradient %d, number %d: seed %g, slope %g", (int)kind, i, seed, slope);
  }
}

static void test_spread_seeds(void)
{
  int active[TOY_MAX_BLOCK], n;
  isn_block_t *block;
  make_toy(1, 0.0);
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  isn_block_begin_t begin = go_on_from_previous();
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  TEST_OK(toy_look(&toy, block, active, &n));
  TEST_CHECK(n == N);
  for (int i = 0; i < N; i++)
    check_seeds(block, i, ISN_GRADIENT_SPREAD, NULL, 0.0);
  isn_block_destroy(block);
}

/* Two neurons, one below and one above its window: over four rounds, in which multipliers grow. */
static void test_lagrangian(void)
{
  int active[TOY_MAX_BLOCK], n;
  isn_block_t *block;
  double lambda[N][TOY_MAX_NEURONS][2] = {{{0}}};
  make_toy(2, 0.0);
  toy.windows[0][0] = 4.0;
  toy.windows[0][1] = 5.0;
  toy.windows[1][0] = -9.0;
  toy.windows[1][1] = -8.0;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_CLASSIC);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  problem.classic_rho = 0.7;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  for (int round = 0; round < 4; round++) {
    TEST_OK(toy_look(&toy, block, active, &n));
    TEST_CHECK(n == N);
    for (int i = 0; i < N; i++) {
      if (round > 0)
        loop_multipliers(isn_block_code(block, i), lambda[i], problem.classic_rho);
      check_seeds(block, i, ISN_GRADIENT_LAGRANGIAN, lambda[i], problem.classic_rho);
    }
    TEST_OK(toy_move(&toy, block, active, n));
  }
  TEST_CHECK(lambda[0][0][0] > 1.0 && lambda[0][1][1] > 1.0);
  isn_block_destroy(block);
}

/* Length of the spread step that a block takes from `previous`, and by how much f changes. */
static void launch(double step, int sample, double *length, double *change)
{
  int active[TOY_MAX_BLOCK], n;
  isn_block_t *block;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  isn_block_begin_t begin = go_on_from_previous();
  problem.step = step;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  TEST_OK(toy_look(&toy, block, active, &n));
  TEST_OK(toy_move(&toy, block, active, n));
  const float *code = isn_block_code(block, sample);
  double squares = 0.0;
  for (int k = 0; k < SIZE; k++)
    squares += pow((double)code[k] - (double)previous[sample][k], 2.0);
  *length = sqrt(squares);
  *change = fabs(toy_activation(&toy, 0, code) - toy_activation(&toy, 0, previous[sample]));
  isn_block_destroy(block);
}

/* Half the step, a quarter of the change: also with coordinates at their bounds, from which D alone
 * would lead slightly inward and its tangent part, for some of them, outward. */
static void test_tangent(int n_at_bounds)
{
  make_toy(1, 1.0);
  for (int k = 0; k < n_at_bounds; k++) {
    float *bound = k % 2 == 0 ? &toy.code_min[k] : &toy.code_max[k];
    *bound = (float)(fixed.sum[k] / N_FIXED + (k % 2 == 0 ? 0.02 : -0.02));
    for (int i = 0; i < N; i++)
      previous[i][k] = *bound;
  }
  for (int i = 0; i < N; i++) {
    double length[2], change[2];
    launch(0.02, i, &length[0], &change[0]);
    launch(0.01, i, &length[1], &change[1]);
    TEST_CHECK_MSG(fabs(length[0] - 0.02) < 1e-4, "a step of %g", length[0]);
    TEST_CHECK_MSG(change[0] < 1e-3 && change[1] > 0.2 * change[0] && change[1] < 0.3 * change[0],
                   "sample %d, %d at bounds: f changes by %g, with half the step by %g", i,
                   n_at_bounds, change[0], change[1]);
  }
}

/* With one coordinate there is no way along f = const: not the rounding error's way either, nor a
 * copy of the sample before, but a fresh start. */
static void test_stranded(void)
{
  int active[TOY_MAX_BLOCK], n;
  isn_block_t *block;
  float start;
  toy_init(&toy, 1, 1);
  toy.w[0][0] = 0.3;
  toy.windows[0][0] = 0.1;
  toy.windows[0][1] = 0.2;
  previous[0][0] = 0.5F;
  isn_moments_t others;
  TEST_OK(isn_moments_alloc(1, &others));
  isn_moments_add(&others, &(float){0.4F});
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, 1, &others);
  begin.previous = previous[0];
  begin.previous_ok = previous_ok;
  TEST_OK(isn_block_create(toy_backend(), &problem, 1, &block));
  TEST_OK(isn_block_begin(block, &begin));
  TEST_CHECK(isn_block_code(block, 0)[0] == 0.5F);
  TEST_OK(toy_look(&toy, block, active, &n));
  TEST_OK(toy_move(&toy, block, active, n));
  TEST_CHECK(isn_block_code(block, 0)[0] == 0.5F);
  TEST_OK(toy_look(&toy, block, active, &n));
  TEST_CHECK(!isn_block_settled_now(block, 0));
  TEST_OK(toy_start(&toy, 0, 0, &start));
  TEST_CHECK(isn_block_code(block, 0)[0] == start);
  isn_block_destroy(block);
  isn_moments_free(&others);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  test_spread_seeds();
  test_lagrangian();
  test_tangent(0);
  test_tangent(5);
  test_stranded();
  isn_moments_free(&fixed);
  toy_close();
  TEST_END();
}
