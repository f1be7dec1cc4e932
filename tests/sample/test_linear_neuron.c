/** @file test_linear_neuron.c
 *  A linear neuron on codes in the unit cube, before its logistic function: its inverse set is a
 *  slab of the cube, so that what a sampler should find is known.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/memory.h"
#include "slab.h"

enum { BLOCK = 20, N_BLOCKS = 20, N_UNIFORM = 2000, N_RULES = 2 };

static const char *const RULE_NAMES[N_RULES] = {"newton", "classic"};

/* A window as shares of the neuron's range over the cube, and what is asked of the samples. */
typedef struct {
  double from, to;
  double least_cover[N_RULES]; /* of the uniform's deviation, in every principal direction */
} case_t;

/* Newton steps fill the window, since each aims at a random point of it; classic steps stop soon
 * after its edge.  Near a corner of the cube both push coordinates onto the faces, from where they
 * do not come back: there the cover is thinner. */
static const case_t CASES[] = {
    {0.45, 0.55, {0.9, 0.5}}, {0.85, 0.95, {0.5, 0.3}}, {0.03, 0.1, {0.5, 0.3}}};
static const int SIZES[] = {2, 20, 200};

/* A neuron of d random weights with the window [from, to] of its range. */
static void make_neuron(toy_t *toy, int d, double from, double to)
{
  double range[2];
  toy_init(toy, d, 1);
  toy_random_weights(toy, 0, 11);
  toy->b[0] = 0.7;
  toy_range(toy, 0, range);
  toy->windows[0][0] = range[0] + from * (range[1] - range[0]);
  toy->windows[0][1] = range[0] + to * (range[1] - range[0]);
}

static void check_inside(const toy_t *toy, const toy_samples_t *samples)
{
  int outside = 0;
  TEST_CHECK_MSG(samples->n_accepted == samples->n, "%d of %d", samples->n_accepted, samples->n);
  for (int i = 0; i < samples->n; i++) {
    const float *code = samples->codes + (size_t)i * (size_t)toy->size;
    double f = toy_activation(toy, 0, code);
    outside += !(f >= toy->windows[0][0] && f <= toy->windows[0][1]);
    for (int k = 0; k < toy->size; k++)
      outside += !(code[k] >= 0.0F && code[k] <= 1.0F);
  }
  TEST_CHECK_MSG(outside == 0, "%d activations or coordinates are outside", outside);
}

/* A Newton step on a linear function ends in the window unless coordinates reach their bounds on
 * the way; the rest then do in a few more.  0.5 is the price of the first look, 1 of each step. */
static void check_newton_steps(const toy_samples_t *samples)
{
  double seeds = 0.0, others = 0.0, sum = 0.0;
  for (int i = 0; i < samples->n; i++) {
    double *most = i < BLOCK ? &seeds : &others;
    *most = fmax(*most, samples->steps[i]);
    sum += samples->steps[i];
  }
  TEST_CHECK_MSG(seeds <= 5.5, "a seed took %g sample-steps", seeds);
  TEST_CHECK_MSG(others <= 7.5, "a later sample took %g sample-steps", others);
  TEST_CHECK_MSG(sum <= 4.5 * samples->n, "%g sample-steps per sample", sum / samples->n);
  TEST_CHECK_MSG(samples->restarts == 0, "%d restarts", samples->restarts);
}

static void check_cover(const toy_t *toy, const toy_samples_t *samples, const float *uniform,
                        const double *directions, double least)
{
  int thinnest = 0;
  double cover = INFINITY;
  for (int k = 0; k < toy->size; k++) {
    const double *direction = directions + k * toy->size;
    double share = slab_deviation(toy->size, samples->n, samples->codes, direction) /
                   slab_deviation(toy->size, N_UNIFORM, uniform, direction);
    if (share < cover) {
      cover = share;
      thinnest = k;
    }
  }
  TEST_CHECK_MSG(cover >= least, "%.2f of the uniform's deviation in direction %d", cover,
                 thinnest);
}

/* Both rules on one window. */
static isn_status_t check_case(int d, const case_t *c, float *uniform, double *directions)
{
  static toy_t toy;
  make_neuron(&toy, d, c->from, c->to);
  slab_sample(&toy, N_UNIFORM, uniform);
  ISN_TRY(slab_principal_directions(d, N_UNIFORM, uniform, directions));
  for (int rule = 0; rule < N_RULES; rule++) {
    int failures = test_failures;
    isn_problem_t problem = toy_problem(&toy, rule == 0 ? ISN_STEP_NEWTON : ISN_STEP_CLASSIC);
    toy_samples_t samples;
    isn_status_t status = toy_chain(&toy, &problem, BLOCK, N_BLOCKS, &samples);
    if (status == ISN_OK) {
      check_inside(&toy, &samples);
      check_cover(&toy, &samples, uniform, directions, c->least_cover[rule]);
      if (rule == 0)
        check_newton_steps(&samples);
    }
    toy_samples_free(&samples);
    ISN_TRY(status);
    if (test_failures > failures)
      fprintf(stderr, "  (rule %s, %d coordinates, window %g to %g of the range)\n",
              RULE_NAMES[rule], d, c->from, c->to);
  }
  return ISN_OK;
}

/* A window above everything that the cube can reach: it says so, in bounded time, and gives the
 * code that comes nearest, which is close to the corner of the maximum. */
static isn_status_t check_out_of_reach(int d, isn_step_rule_t rule)
{
  static toy_t toy;
  double range[2], best = -INFINITY, longest = 0.0;
  toy_samples_t samples;
  make_neuron(&toy, d, 1.01, 1.1);
  toy_range(&toy, 0, range);
  isn_problem_t problem = toy_problem(&toy, rule);
  isn_status_t status = toy_chain(&toy, &problem, 5, 1, &samples);
  for (int i = 0; i < samples.n && status == ISN_OK; i++) {
    best = fmax(best, toy_activation(&toy, 0, samples.codes + i * d));
    longest = fmax(longest, samples.steps[i]);
  }
  TEST_CHECK(samples.n_accepted == 0);
  TEST_CHECK(samples.restarts == samples.n * problem.max_starts);
  TEST_CHECK_MSG(best <= range[1] + 1e-6 && best >= range[1] - 0.01 * (range[1] - range[0]),
                 "best activation %g, maximum %g", best, range[1]);
  /* Each start: a look, at most max_steps steps of two passes; then the last look. */
  TEST_CHECK(longest <= problem.max_starts * (0.5 + problem.max_steps) + 0.5);
  toy_samples_free(&samples);
  return status;
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  float *uniform;
  double *directions;
  TEST_REQUIRE(isn_alloc(&uniform, N_UNIFORM * TOY_MAX_SIZE, "uniform samples"));
  TEST_REQUIRE(isn_alloc(&directions, TOY_MAX_SIZE * TOY_MAX_SIZE, "directions"));
  for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
    for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++)
      TEST_OK(check_case(SIZES[s], &CASES[c], uniform, directions));
    TEST_OK(check_out_of_reach(SIZES[s], ISN_STEP_NEWTON));
    TEST_OK(check_out_of_reach(SIZES[s], ISN_STEP_CLASSIC));
  }
  free(uniform);
  free(directions);
  toy_close();
  TEST_END();
}
