/** @file test_walks.c
 *  The methods that the sampler is compared with, against their formulas and, for the Langevin
 *  chain, against integrals of its density.
 */
#include <stdlib.h>

#include "harness.h"
#include "toy.h"

enum { SIZE = 6, N = 5, ITERATIONS = 4 };

static toy_t toy;
static isn_moments_t fixed;

static isn_problem_t make_problem(isn_step_rule_t rule)
{
  toy_init(&toy, SIZE, 1);
  toy_random_weights(&toy, 0, 6);
  toy.curvature = 0.3;
  toy.windows[0][0] = 0.5;
  toy.windows[0][1] = 1.0;
  isn_problem_t problem = toy_problem(&toy, rule);
  problem.iterations = ITERATIONS;
  problem.ppgn.step = 0.02;
  problem.ppgn.eps1 = 0.5; /* the toy's encoding is the code: the prior pulls nowhere */
  problem.ppgn.eps2 = 1.0;
  problem.ppgn.eps3 = 0.3;
  problem.maximise.step = 0.03;
  problem.maximise.last_step = 0.01;
  problem.maximise.decay = 0.1;
  problem.maximise.centre = 0.4;
  return problem;
}

static void toy_gradient(const double *code, double *gradient)
{
  for (int k = 0; k < SIZE; k++)
    gradient[k] = toy.w[0][k] - 2.0 * toy.curvature * (code[k] - toy.centre[k]);
}

/* code += step d / mean |d|, cut to [0, 1]. */
static void loop_step(double *code, const double *d, double step)
{
  double sum = 0.0;
  for (int k = 0; k < SIZE; k++)
    sum += fabs(d[k]) / SIZE;
  for (int k = 0; k < SIZE; k++)
    code[k] = fmin(fmax(code[k] + step * d[k] / sum, 0.0), 1.0);
}

static void loop_ppgn(const isn_problem_t *problem, isn_random_key_t key, double *code)
{
  double d[SIZE], noise[SIZE];
  key.purpose = ISN_RANDOM_NOISE;
  isn_random_normal(&key, SIZE, noise);
  toy_gradient(code, d);
  for (int k = 0; k < SIZE; k++)
    d[k] = problem->ppgn.eps2 * d[k] + problem->ppgn.eps3 * noise[k];
  loop_step(code, d, problem->ppgn.step);
}

static void loop_maximise(const isn_problem_t *problem, int iteration, double *code)
{
  double d[SIZE], gone = (double)iteration / ITERATIONS;
  toy_gradient(code, d);
  loop_step(code, d, (1.0 - gone) * problem->maximise.step + gone * problem->maximise.last_step);
  for (int k = 0; k < SIZE; k++)
    code[k] += problem->maximise.decay * (problem->maximise.centre - code[k]);
}

/* Two blocks, the second from where the first has come to, against the formulas; each iteration
 * costs a look and a pass back, and the first look of a chain half a step more. */
static void check_walk(isn_step_rule_t rule)
{
  isn_problem_t problem = make_problem(rule);
  isn_block_t *block = NULL;
  double codes[N][SIZE];
  float previous[N][SIZE];
  unsigned char ok[N];
  int n_out = 0;
  TEST_OK(isn_block_create(toy_backend(), &problem, N, &block));
  for (uint32_t b = 0; b < 2; b++) {
    isn_block_begin_t begin = toy_begin(&toy, N, &fixed);
    begin.key.block = b;
    begin.previous = b > 0 ? previous[0] : NULL;
    begin.previous_ok = ok;
    TEST_OK(isn_block_begin(block, &begin));
    for (int i = 0; i < N; i++) {
      float code[SIZE];
      TEST_OK(toy_code(block, i, SIZE, code));
      for (int k = 0; k < SIZE; k++)
        codes[i][k] = (double)code[k];
      isn_random_key_t key = begin.key;
      key.sample = (uint32_t)i;
      for (int t = 0; t < ITERATIONS; t++) {
        key.draw = (uint32_t)t;
        if (rule == ISN_STEP_PPGN)
          loop_ppgn(&problem, key, codes[i]);
        else
          loop_maximise(&problem, t, codes[i]);
      }
    }
    TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
    for (int i = 0; i < N; i++) {
      isn_block_result_t result;
      isn_block_result(block, i, &result);
      for (int k = 0; k < SIZE; k++)
        TEST_CHECK_MSG(fabs((double)result.code[k] - codes[i][k]) < 1e-5,
                       "rule %d, block %d, sample %d: %g, wanted %g", (int)rule, (int)b, i,
                       (double)result.code[k], codes[i][k]);
      TEST_CHECK(result.values[0] == (float)toy_activation(&toy, 0, result.code));
      TEST_CHECK(result.accepted == isn_window_accepts(1, problem.windows, result.values));
      TEST_CHECK_MSG(result.steps == ITERATIONS + (b == 0 ? 0.5 : 0.0), "%g steps", result.steps);
      n_out += !result.accepted;
      memcpy(previous[i], result.code, sizeof previous[i]);
      ok[i] = 1; /* chains go on from everywhere */
    }
  }
  TEST_CHECK(n_out > 0);
  isn_block_destroy(block);
}

/* Mean and deviation of a Langevin chain on one coordinate by quadrature. */
static void integrate(const isn_problem_t *problem, double moments[2])
{
  enum { STEPS = 20000 };
  double sums[3] = {0};
  for (int i = 0; i < STEPS; i++) {
    double low = (double)toy.code_min[0], high = (double)toy.code_max[0];
    float code = (float)(low + (i + 0.5) / STEPS * (high - low));
    double f = toy_activation(&toy, 0, &code), width = toy.windows[0][1] - toy.windows[0][0];
    double out = fmax(0.0, fmax(toy.windows[0][0] - f, f - toy.windows[0][1]));
    double a = out / (problem->langevin.temperature * width);
    double b = ((double)code - problem->langevin.mean) / problem->langevin.deviation;
    double density = exp(-0.5 * (a * a + b * b));
    for (int power = 0; power < 3; power++)
      sums[power] += density * pow((double)code, power);
  }
  moments[0] = sums[1] / sums[0];
  moments[1] = sqrt(sums[2] / sums[0] - moments[0] * moments[0]);
}

/* A window that cuts into the prior, and bounds that cut both: the chain must have their moments.
 */
static void check_density(double low, double high, double temperature, double bound)
{
  enum { LANES = 20, BLOCKS = 400, BURN_IN = 20 };
  double wanted[2], sum = 0.0, squares = 0.0;
  float previous[LANES];
  unsigned char ok[LANES];
  isn_block_t *block = NULL;
  isn_moments_t none;
  TEST_OK(isn_moments_alloc(1, &none));
  toy_init(&toy, 1, 1);
  toy.w[0][0] = 2.0;
  toy.code_min[0] = -3.0F;
  toy.code_max[0] = (float)bound;
  toy.windows[0][0] = low;
  toy.windows[0][1] = high;
  isn_problem_t problem = toy_problem(&toy, ISN_STEP_LANGEVIN);
  problem.iterations = 10;
  problem.langevin.step = 0.6;
  problem.langevin.temperature = temperature;
  problem.langevin.mean = 0.1;
  problem.langevin.deviation = 0.8;
  integrate(&problem, wanted);
  TEST_OK(isn_block_create(toy_backend(), &problem, LANES, &block));
  for (uint32_t b = 0; b < BLOCKS; b++) {
    isn_block_begin_t begin = toy_begin(&toy, LANES, &none);
    begin.key.block = b;
    begin.previous = b > 0 ? previous : NULL;
    begin.previous_ok = ok;
    TEST_OK(isn_block_begin(block, &begin));
    TEST_OK(isn_block_solve(block, toy_evaluate, toy_carry_back, &toy));
    for (int i = 0; i < LANES; i++) {
      isn_block_result_t result;
      isn_block_result(block, i, &result);
      TEST_CHECK(result.values[0] == (float)toy_activation(&toy, 0, result.code));
      TEST_CHECK(result.steps <= problem.iterations + (b == 0 ? 1.0 : 0.0) && result.steps >= 0.0);
      previous[i] = result.code[0];
      ok[i] = 1;
      if (b >= BURN_IN) {
        sum += (double)previous[i];
        squares += (double)previous[i] * (double)previous[i];
      }
    }
  }
  double n = LANES * (BLOCKS - BURN_IN), mean = sum / n,
         deviation = sqrt(squares / n - mean * mean);
  TEST_CHECK_MSG(
      fabs(mean - wanted[0]) < 0.05 * wanted[1] && fabs(deviation / wanted[1] - 1.0) < 0.04,
      "mean %g, wanted %g; deviation %g, wanted %g", mean, wanted[0], deviation, wanted[1]);
  isn_moments_free(&none);
  isn_block_destroy(block);
}

static void test_refused(void)
{
  isn_block_t *block = NULL;
#define TEST_REFUSED(of_rule, change, text)                                                        \
  do {                                                                                             \
    isn_problem_t p = make_problem(of_rule);                                                       \
    change;                                                                                        \
    TEST_ERROR(isn_block_create(toy_backend(), &p, N, &block), ISN_ERR_ARG, text);                 \
  } while (0)
  TEST_REFUSED(ISN_STEP_PPGN, p.iterations = 0, "0 iterations");
  TEST_REFUSED(ISN_STEP_PPGN, p.iterations = ISN_RANDOM_DRAWS + 1, "257 iterations");
  TEST_REFUSED(ISN_STEP_PPGN, p.ppgn.step = 0.0, "step 0");
  TEST_REFUSED(ISN_STEP_PPGN, p.encoding_size = SIZE - 1, "encodings have 5 numbers and codes 6");
  TEST_REFUSED(ISN_STEP_MAXIMISE, p.maximise.decay = 1.0, "decay 1");
  TEST_REFUSED(ISN_STEP_LANGEVIN, p.langevin.temperature = NAN, "temperature nan");
#undef TEST_REFUSED
}

int main(int argc, char **argv)
{
  toy_open(argc, argv);
  TEST_REQUIRE(isn_moments_alloc(SIZE, &fixed));
  check_walk(ISN_STEP_PPGN);
  check_walk(ISN_STEP_MAXIMISE);
  check_density(0.5, 0.9, 0.5, 3.0);
  check_density(-4.0, -2.0, 0.2, 3.0);
  check_density(-1.0, 9.0, 0.1, 0.6); /* the bound cuts */
  test_refused();
  isn_moments_free(&fixed);
  toy_close();
  TEST_END();
}
