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

/* One step of a fresh block.  @param[out] from, to (N, D) */
static void step_once(const isn_problem_t *problem, float (*from)[SIZE], float (*to)[SIZE])
{
  int active[TOY_MAX_BLOCK], n;
  isn_block_t *block = NULL;
  isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
  TEST_OK(isn_block_create(problem, N, &block));
  TEST_OK(isn_block_begin(block, &begin));
  for (int i = 0; i < N; i++)
    memcpy(from[i], isn_block_code(block, i), sizeof from[i]);
  TEST_OK(toy_look(&toy, block, active, &n));
  TEST_OK(toy_move(&toy, block, active, n));
  for (int i = 0; i < N; i++)
    memcpy(to[i], isn_block_code(block, i), sizeof to[i]);
  isn_block_destroy(block);
}

/* Three linear neurons: one step meets all windows, also where bounds cut it; and it is the
 * shortest to where it leads: moved back a little towards the start, within the bounds and along
 * what changes no value, it would not be shorter. */
static void test_one_step(double place)
{
  float from[N][SIZE], to[N][SIZE];
  int n_cut = 0;
  make_neurons(3, 0.0, place);
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_NEWTON);
  problem.newton_cap = 1e6;
  step_once(&problem, from, to);
  for (int i = 0; i < N; i++) {
    /* What of the move is not in the span of the gradients, on the coordinates that are free. */
    double rest[SIZE], basis[3][SIZE];
    for (int k = 0; k < 3; k++) {
      double f = toy_activation(&toy, k, to[i]);
      TEST_CHECK_MSG(f >= toy.windows[k][0] && f <= toy.windows[k][1], "neuron %d: %g", k, f);
    }
    for (int c = 0; c < SIZE; c++) {
      bool cut = to[i][c] <= 0.0F || to[i][c] >= 1.0F;
      n_cut += cut;
      rest[c] = cut ? 0.0 : (double)to[i][c] - (double)from[i][c];
      for (int k = 0; k < 3; k++)
        basis[k][c] = cut ? 0.0 : toy.w[k][c];
    }
    for (int k = 0; k < 3; k++) { /* Gram-Schmidt, twice for the rounding */
      for (int round = 0; round < 2; round++)
        for (int j = 0; j < k; j++) {
          double along = 0.0;
          for (int c = 0; c < SIZE; c++)
            along += basis[k][c] * basis[j][c];
          for (int c = 0; c < SIZE; c++)
            basis[k][c] -= along * basis[j][c];
        }
      double length = 0.0, along = 0.0;
      for (int c = 0; c < SIZE; c++)
        length += basis[k][c] * basis[k][c];
      for (int c = 0; c < SIZE; c++)
        basis[k][c] /= sqrt(length);
      for (int c = 0; c < SIZE; c++)
        along += basis[k][c] * rest[c];
      for (int c = 0; c < SIZE; c++)
        rest[c] -= along * basis[k][c];
    }
    double left = 0.0;
    for (int c = 0; c < SIZE; c++)
      left += rest[c] * rest[c];
    TEST_CHECK_MSG(sqrt(left) < 1e-5, "%g of the move changes no value", sqrt(left));
  }
  TEST_CHECK(n_cut > 0);
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
  /* A look, and for each step a look and a pass back for each neuron; the spread's once. */
  TEST_CHECK_MSG(steps < 3.5 * (1 + n_neurons), "%g sample-steps per sample", steps);
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

int main(void)
{
  TEST_REQUIRE(isn_moments_alloc(SIZE, &fixed));
  test_one_step(0.52);
  test_one_step(0.75);
  test_chain(1);
  test_chain(2);
  test_chain(3);
  test_open_sides();
  test_empty();
  isn_moments_free(&fixed);
  TEST_END();
}
