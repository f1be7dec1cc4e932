/** @file test_quadratic.c
 *  f(c) = -||c - a||^2, whose level sets are spheres: windows are shells, also where bounds cut
 * them or hold the optimum; and two linear neurons, whose inverse set is where two slabs meet, if
 * they do.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 6, BLOCK = 10, N_BLOCKS = 5 };

static toy_t toy;

static void make_shell(double centre, double inner, double outer)
{
  toy_init(&toy, SIZE, 1);
  toy.curvature = 1.0;
  for (int k = 0; k < SIZE; k++)
    toy.centre[k] = centre;
  toy.windows[0][0] = -outer * outer;
  toy.windows[0][1] = -inner * inner;
}

static double radius(const float *code)
{
  return sqrt(-toy_activation(&toy, 0, code));
}

/* Spheres around the middle of the cube, and around a point outside, where the bounds cut them. */
static void check_shell(double centre, double inner, double outer, isn_step_rule_t rule)
{
  toy_samples_t samples;
  make_shell(centre, inner, outer);
  isn_problem_t problem = toy_problem(&toy, rule);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, N_BLOCKS, &samples));
  TEST_CHECK_MSG(samples.n_accepted == samples.n, "shell %g to %g around %g, rule %d: %d of %d",
                 inner, outer, centre, (int)rule, samples.n_accepted, samples.n);
  for (int i = 0; i < samples.n; i++) {
    const float *code = samples.codes + (size_t)i * SIZE;
    TEST_CHECK(radius(code) >= inner && radius(code) <= outer);
    for (int k = 0; k < SIZE; k++)
      TEST_CHECK(code[k] >= 0.0F && code[k] <= 1.0F);
  }
  toy_samples_free(&samples);
}

/* The nearest point of the cube to (1.5, ..) is the corner (1, ..), where all bounds are active: a
 * window just below f there is found, one just above is not, and the corner is what is given. */
static void check_corner(isn_step_rule_t rule)
{
  const double nearest = 0.5 * sqrt(SIZE);
  toy_samples_t samples;
  check_shell(1.5, 0.99 * nearest, 1.02 * nearest, rule);
  make_shell(1.5, 0.97 * nearest, 0.99 * nearest);
  isn_problem_t problem = toy_problem(&toy, rule);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, 1, &samples));
  TEST_CHECK(samples.n_accepted == 0);
  for (int i = 0; i < samples.n; i++)
    TEST_CHECK_MSG(radius(samples.codes + (size_t)i * SIZE) < 1.001 * nearest,
                   "rule %d: radius %g, least %g", (int)rule,
                   radius(samples.codes + (size_t)i * SIZE), nearest);
  toy_samples_free(&samples);
}

/* Two slabs across each other at an angle; windows as shares of the ranges. */
static void make_slabs(bool parallel)
{
  toy_init(&toy, SIZE, 2);
  for (int k = 0; k < SIZE; k++) {
    toy.w[0][k] = 1.0;
    toy.w[1][k] = parallel || k < SIZE / 2 ? 1.0 : -0.3;
  }
  for (int n = 0; n < 2; n++) {
    double range[2];
    toy_range(&toy, n, range);
    for (int side = 0; side < 2; side++)
      toy.windows[n][side] = range[0] + (0.6 + 0.1 * n + 0.05 * side) * (range[1] - range[0]);
  }
}

static void check_slabs(isn_step_rule_t rule)
{
  toy_samples_t samples;
  make_slabs(false);
  isn_problem_t problem = toy_problem(&toy, rule);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, N_BLOCKS, &samples));
  TEST_CHECK_MSG(samples.n_accepted == samples.n, "rule %d: %d of %d", (int)rule,
                 samples.n_accepted, samples.n);
  for (int i = 0; i < samples.n; i++)
    for (int n = 0; n < 2; n++) {
      double f = toy_activation(&toy, n, samples.codes + (size_t)i * SIZE);
      TEST_CHECK(f >= toy.windows[n][0] && f <= toy.windows[n][1]);
    }
  toy_samples_free(&samples);

  make_slabs(true);
  problem = toy_problem(&toy, rule);
  TEST_OK(toy_chain(&toy, &problem, BLOCK, 1, &samples));
  TEST_CHECK(samples.n_accepted == 0 && samples.restarts == BLOCK * problem.max_starts);
  /* The best attempts are between the slabs: nothing is nearer to both. */
  double gap = toy.windows[1][0] - toy.windows[0][1], most = 0.0;
  for (int i = 0; i < samples.n; i++) {
    double f = toy_activation(&toy, 0, samples.codes + (size_t)i * SIZE);
    most = fmax(most, fmax(f - toy.windows[0][1], toy.windows[1][0] - f));
  }
  TEST_CHECK_MSG(most <= 1.5 * gap, "rule %d: %g outside, slabs are %g apart", (int)rule, most,
                 gap);
  toy_samples_free(&samples);
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  for (int r = 0; r < 2; r++) {
    isn_step_rule_t rule = r == 0 ? ISN_STEP_NEWTON : ISN_STEP_CLASSIC;
    check_shell(0.5, 0.2, 0.3, rule);
    check_shell(0.5, 0.9, 1.0, rule);
    check_shell(1.2, 1.0, 1.1, rule);
    check_corner(rule);
    check_slabs(rule);
  }
  toy_close();
  TEST_END();
}
