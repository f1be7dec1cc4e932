/** @file test_window.c
 *  What counts as inside a window and how far outside values are: with two sides, one, none, and
 * for values and windows that are not numbers.
 */
#include <math.h>

#include "harness.h"
#include "invset/sampler.h"

/* Gap of one value. */
static double gap(double low, double high, float value)
{
  const double window[1][2] = {{low, high}};
  const double found = isn_window_gap(1, window, &value);
  TEST_CHECK(isn_window_accepts(1, window, &value) == (found <= 0.0));
  return found;
}

static void test_two_sides(void)
{
  TEST_CHECK(gap(20.0, 30.0, 25.0F) == 0.0);
  TEST_CHECK(fabs(gap(20.0, 30.0, 18.0F) - 2.0003) < 1e-9);
  TEST_CHECK(fabs(gap(20.0, 30.0, 33.0F) - 3.0003) < 1e-9);
  /* The edges themselves are outside by the margin, of a narrow window 1 % of its width. */
  TEST_CHECK(fabs(gap(20.0, 30.0, 20.0F) - 3e-4) < 1e-12);
  TEST_CHECK(fabs(gap(1.0, 1.0001, 1.0F) - 1e-6) < 1e-12);
  TEST_CHECK(gap(1.0, 1.0001, 1.00005F) == 0.0);
}

static void test_open_sides(void)
{
  const double inf = (double)INFINITY;
  TEST_CHECK(gap(-inf, 2.0, 1.9F) == 0.0 && gap(-inf, 2.0, -1e30F) == 0.0);
  TEST_CHECK(fabs(gap(-inf, 2.0, 5.0F) - 3.00002) < 1e-9);
  TEST_CHECK(fabs(gap(-inf, 2.0, 2.0F) - 2e-5) < 1e-12);
  TEST_CHECK(gap(5.0, inf, 5.1F) == 0.0 && gap(5.0, inf, 1e30F) == 0.0);
  TEST_CHECK(fabs(gap(5.0, inf, 4.0F) - 1.00005) < 1e-9);
  /* A bound of 0 has a margin, too. */
  TEST_CHECK(gap(-inf, 0.0, 0.0F) > 0.0 && gap(-inf, 0.0, -1e-5F) == 0.0);
  TEST_CHECK(gap(0.0, inf, 0.0F) > 0.0 && gap(0.0, inf, 1e-5F) == 0.0);
  TEST_CHECK(gap(-inf, inf, 0.0F) == 0.0 && gap(-inf, inf, -1e30F) == 0.0);
}

static void test_no_numbers(void)
{
  const double inf = (double)INFINITY, nan = (double)NAN;
  TEST_CHECK(isinf(gap(20.0, 30.0, NAN)) && isinf(gap(-inf, 2.0, NAN)));
  TEST_CHECK(isinf(gap(5.0, inf, NAN)) && isinf(gap(-inf, inf, NAN)));
  TEST_CHECK(isinf(gap(5.0, inf, INFINITY)) && isinf(gap(-inf, 2.0, -INFINITY)));
  TEST_CHECK(isinf(gap(nan, nan, 1.0F)) && isinf(gap(nan, 2.0, 1.0F)));
}

/* The worst of several neurons counts; one that is no number spoils all, wherever it stands. */
static void test_several(void)
{
  const double windows[3][2] = {{20.0, 30.0}, {-(double)INFINITY, 0.0}, {0.5, (double)INFINITY}};
  const float inside[] = {25.0F, -1.0F, 0.6F}, worst[] = {19.0F, 4.0F, 0.0F},
              first[] = {NAN, -1.0F, 0.6F}, last[] = {25.0F, -1.0F, NAN};
  TEST_CHECK(isn_window_accepts(3, windows, inside));
  TEST_CHECK(fabs(isn_window_gap(3, windows, worst) - 4.000001) < 1e-9);
  TEST_CHECK(isinf(isn_window_gap(3, windows, first)) && isinf(isn_window_gap(3, windows, last)));
}

int main(void)
{
  test_two_sides();
  test_open_sides();
  test_no_numbers();
  test_several();
  TEST_END();
}
