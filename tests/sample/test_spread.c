/** @file test_spread.c
 *  Moments of encodings against double loops over the encodings themselves.
 */
#include "invset/spread.h"

#include <stdlib.h>

#include "harness.h"
#include "invset/random.h"

enum { SIZE = 7, N = 25 };

static float encodings[N][SIZE];

/* Encodings away from 0, so that m ||e||^2, 2 e.S and Q nearly cancel. */
static void make_encodings(void)
{
  for (int i = 0; i < N; i++) {
    isn_random_key_t key = {.seed = 3, .purpose = ISN_RANDOM_TEST, .sample = (uint32_t)i};
    double normal[SIZE];
    isn_random_normal(&key, SIZE, normal);
    for (int k = 0; k < SIZE; k++)
      encodings[i][k] = (float)(10.0 + normal[k]);
  }
}

/* Sum of squared distances from e to encodings first .. last - 1. */
static double loop_distance(const double *e, int first, int last)
{
  double sum = 0.0;
  for (int i = first; i < last; i++)
    for (int k = 0; k < SIZE; k++)
      sum += (e[k] - (double)encodings[i][k]) * (e[k] - (double)encodings[i][k]);
  return sum;
}

static void test_moments(void)
{
  isn_moments_t moments;
  double sum[SIZE] = {0}, squares = 0.0;
  TEST_OK(isn_moments_alloc(SIZE, &moments));
  for (int i = 0; i < N; i++) {
    double e[SIZE];
    for (int k = 0; k < SIZE; k++) {
      e[k] = (double)encodings[i][k];
      sum[k] += e[k];
      squares += e[k] * e[k];
    }
    double want = loop_distance(e, 0, i);
    double distance = isn_moments_distance(&moments, encodings[i]);
    TEST_CHECK_MSG(fabs(distance - want) <= 1e-9 * (1.0 + want), "%d: %.15g, by the loop %.15g", i,
                   distance, want);
    isn_moments_add(&moments, encodings[i]);
  }
  TEST_CHECK(moments.m == N && moments.size == SIZE);
  TEST_CHECK(fabs(moments.sum_squares - squares) <= 1e-12 * squares);
  for (int k = 0; k < SIZE; k++)
    TEST_CHECK(fabs(moments.sum[k] - sum[k]) <= 1e-12 * fabs(sum[k]));
  isn_moments_free(&moments);
}

/* Equal orders give equal bits, another order the same set up to rounding. */
static void test_order(void)
{
  isn_moments_t one, same, turned;
  TEST_OK(isn_moments_alloc(SIZE, &one));
  TEST_OK(isn_moments_alloc(SIZE, &same));
  TEST_OK(isn_moments_alloc(SIZE, &turned));
  isn_moments_add(&same, encodings[3]); /* a copy forgets what was there */
  isn_moments_copy(&same, &one);
  for (int i = 0; i < N; i++) {
    isn_moments_add(&one, encodings[i]);
    isn_moments_add(&same, encodings[i]);
    isn_moments_add(&turned, encodings[N - 1 - i]);
  }
  TEST_CHECK(memcmp(one.sum, same.sum, sizeof(double) * SIZE) == 0);
  TEST_CHECK(one.sum_squares == same.sum_squares && one.m == same.m);
  double difference;
  TEST_NORM_DIFFERENCE(turned.sum, one.sum, SIZE, difference);
  TEST_CHECK_MSG(difference < 1e-14, "%g", difference);
  TEST_CHECK(fabs(turned.sum_squares - one.sum_squares) < 1e-14 * one.sum_squares);
  isn_moments_copy(&turned, &one);
  TEST_CHECK(memcmp(one.sum, turned.sum, sizeof(double) * SIZE) == 0 && turned.m == N);
  TEST_CHECK(turned.sum != one.sum);
  isn_moments_free(&one);
  isn_moments_free(&same);
  isn_moments_free(&turned);
}

static void test_empty_set(void)
{
  isn_moments_t moments;
  TEST_OK(isn_moments_alloc(SIZE, &moments));
  TEST_CHECK(moments.m == 0 && isn_moments_distance(&moments, encodings[0]) == 0.0);
  isn_moments_free(&moments);
  TEST_CHECK(!moments.sum);
  isn_moments_free(&moments); /* on zeros */
}

int main(void)
{
  make_encodings();
  test_moments();
  test_order();
  test_empty_set();
  TEST_END();
}
