/** @file test_intersection.c
 *  Several neurons at once, windows with an open side: Newton steps that meet all windows together,
 *  as short as they can be and within the bounds.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 30, N = 10, BLOCK = 10, N_BLOCKS = 4 };

static toy_t toy;
static isn_moments_t fixed;

/* Neurons of random weights, each with a window of this place in its range and tenth of its width.
 */
static void make_neurons(int n, double curvature, double place)
{
  toy_init(&toy, SIZE, n);
  toy.curvature = curvature;
  for (int k = 0; k < n; k++) {
    double range[2];
    toy_random_weights(&toy, k, 40 + (uint64_t)k);
    toy_range(&toy, k, range);
    toy.windows[k][0] = range[0] + place * (range[1] - range[0]);
    toy.windows[k][1] = range[0] + (place + 0.05) * (range[1] - range[0]);
  }
}

/* Orthonormal rows from the neurons' weights on the coordinates of a code that are not at a bound.
 */
static void make_basis(const float *code, double basis[TOY_MAX_NEURONS][SIZE])
{
  for (int k = 0; k < toy.n_neurons; k++) {
    double length = 0.0;
    for (int c = 0; c < SIZE; c++)
      basis[k][c] = code[c] <= 0.0F || code[c] >= 1.0F ? 0.0 : toy.w[k][c];
    for (int j = 0; j < 2 * k; j++) { /* twice, for the rounding */
      double along = 0.0;
      for (int c = 0; c < SIZE; c++)
        along += basis[k][c] * basis[j % k][c];
      for (int c = 0; c < SIZE; c++)
        basis[k][c] -= along * basis[j % k][c];
    }
    for (int c = 0; c < SIZE; c++)
      length += basis[k][c] * basis[k][c];
    for (int c = 0; c < SIZE; c++)
      basis[k][c] /= sqrt(length);
  }
}

/* Length of the part of a step that changes no value, on the coordinates that it has not taken to a
 * bound: the shortest step has none. */
static double wasted(const float *from, const float *to, int *n_cut)
{
  double basis[TOY_MAX_NEURONS][SIZE], rest[SIZE], squares = 0.0;
  make_basis(to, basis);
  for (int c = 0; c < SIZE; c++) {
    bool cut = to[c] <= 0.0F || to[c] >= 1.0F;
    *n_cut += cut;
    rest[c] = cut ? 0.0 : (double)to[c] - (double)from[c];
  }
  for (int k = 0; k < toy.n_neurons; k++) {
    double along = 0.0;
    for (int c = 0; c < SIZE; c++)
      along += basis[k][c] * rest[c];
    for (int c = 0; c < SIZE; c++)
      rest[c] -= along * basis[k][c];
  }
  for (int c = 0; c < SIZE; c++)
    squares += rest[c] * rest[c];
  return sqrt(squares);
}

/* Three linear neurons: a step asks for one gradient and keeps those of the steps before, so that
 * all windows are met after three at the latest, also where bounds cut them; and each is the
 * shortest to where it leads. */
static void test_linear(double place)
{
  int active[TOY_MAX_BLOCK], n, n_cut = 0, n_rounds = 0;
  isn_block_t *block = NULL;
  make_neurons(3, 0.0, place);
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  problem.newton_cap = 1e6;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  for (; isn_block_active(block, active) > 0 && n_rounds < 10; n_rounds++) {
    float from[N][SIZE];
    for (int i = 0; i < N; i++)
      memcpy(from[i], isn_block_code(block, i), sizeof from[i]);
    TEST_OK(toy_look(&toy, block, active, &n));
    TEST_OK(toy_move(&toy, block, active, n));
    for (int i = 0; i < n; i++) {
      const float *to = isn_block_code(block, active[i]);
      double length = wasted(from[active[i]], to, &n_cut);
      TEST_CHECK_MSG(length < 1e-5, "%g of a step changes no value", length);
    }
  }
  TEST_CHECK_MSG(n_rounds == 4, "%d looks", n_rounds);
  TEST_CHECK(n_cut > 0);
  for (int i = 0; i < N; i++) {
    isn_block_result_t result;
    isn_block_result(block, i, &result);
    TEST_CHECK(result.accepted && result.restarts == 0);
  }
  isn_block_destroy(block);
}

/* Curved neurons: a chain fills, in few steps; and each value uses its whole window. */
static void test_chain(int n_neurons)
{
  toy_samples_t samples;
  double steps = 0.0;
  make_neurons(n_neurons, 0.4, 0.52);
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, N_BLOCKS, &samples));
  TEST_CHECK_MSG(samples.n_accepted == samples.n && samples.restarts == 0, "%d of %d, %d restarts",
                 samples.n_accepted, samples.n, samples.restarts);
  for (int i = 0; i < samples.n; i++)
    steps += samples.steps[i] / samples.n;
  /* A look, and a few looks and passes back for each neuron; and the spread step's, once. */
  TEST_CHECK_MSG(steps < 3.0 * (1 + n_neurons), "%g sample-steps per sample", steps);
  for (int k = 0; k < n_neurons; k++) {
    double low = INFINITY, high = -INFINITY, width = toy.windows[k][1] - toy.windows[k][0];
    for (int i = 0; i < samples.n; i++) {
      double f = toy_activation(&toy, k, samples.codes + (size_t)i * SIZE);
      low = fmin(low, f);
      high = fmax(high, f);
    }
    TEST_CHECK_MSG(high - low > 0.6 * width, "neuron %d uses %g of its window", k,
                   (high - low) / width);
  }
  toy_samples_free(&samples);
}

/* A neuron in its window while another stays below a level and a third above one: windows with an
 * open side.  One that a start never leaves costs no gradient. */
static void test_open_sides(void)
{
  toy_samples_t samples;
  make_neurons(3, 0.2, 0.55);
  toy.windows[1][0] = -INFINITY;
  toy.windows[1][1] -= 0.2 * fabs(toy.windows[1][1]);
  toy.windows[2][1] = INFINITY;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, N_BLOCKS, &samples));
  TEST_CHECK_MSG(samples.n_accepted == samples.n, "%d of %d", samples.n_accepted, samples.n);
  for (int i = 0; i < samples.n; i++)
    for (int k = 0; k < 3; k++) {
      double f = toy_activation(&toy, k, samples.codes + (size_t)i * SIZE);
      TEST_CHECK(f >= toy.windows[k][0] && f <= toy.windows[k][1]);
    }
  toy_samples_free(&samples);

  toy.windows[1][1] = toy.windows[2][0] = 0.0;
  toy.windows[1][1] += 1e6;
  toy.windows[2][0] -= 1e6;
  problem = toy_problem(&toy, ISN_STEP_NEWTON);
  toy.n_forward = toy.n_backward = 0;
  TEST_OK(toy_chain(&toy, &problem, BLOCK, 1, &samples));
  TEST_CHECK(samples.n_accepted == samples.n && toy.n_backward == toy.n_forward - BLOCK);
  toy_samples_free(&samples);
}

/* Windows that exclude each other: every start ends, and the best attempts are as near to both as
 * one can be. */
static void test_empty(void)
{
  toy_samples_t samples;
  double middle;
  make_neurons(2, 0.0, 0.3);
  memcpy(toy.w[1], toy.w[0], sizeof toy.w[0]);
  toy.windows[0][1] = toy.windows[0][0] + 1.0;
  toy.windows[1][0] = toy.windows[0][1] + 1.0;
  toy.windows[1][1] = toy.windows[1][0] + 1.0;
  middle = toy.windows[0][1] + 0.5;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, 1, &samples));
  TEST_CHECK(samples.n_accepted == 0 && samples.restarts == BLOCK * problem.max_starts);
  for (int i = 0; i < samples.n; i++) {
    double f = toy_activation(&toy, 0, samples.codes + (size_t)i * SIZE);
    TEST_CHECK_MSG(fabs(f - middle) < 1.0, "%g from the middle", f - middle);
  }
  toy_samples_free(&samples);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  TEST_REQUIRE(isn_moments_alloc(SIZE, &fixed));
  test_linear(0.52);
  test_linear(0.7);
  test_chain(1);
  test_chain(2);
  test_chain(3);
  test_open_sides();
  test_empty();
  isn_moments_free(&fixed);
  toy_close();
  TEST_END();
}
