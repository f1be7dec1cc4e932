/** @file test_spread_order.c
 *  The order in which samples are shown: hand-made sets, ties, and against the plain definition.
 */
#include <stdlib.h>

#include "harness.h"
#include "spread_order.h"

static void check_order(int n, int dim, const float *points, int n_wanted, const int *wanted)
{
  int order[16], n_chosen = -1;
  TEST_OK(isn_spread_order(n, dim, points, n_wanted, order, &n_chosen));
  TEST_CHECK(n_chosen == (n < n_wanted ? n : n_wanted));
  for (int i = 0; i < n_chosen; i++)
    TEST_CHECK_MSG(order[i] == wanted[i], "place %d: point %d, wanted %d", i, order[i], wanted[i]);
}

static void test_line(void)
{
  /* The mean is 3.6; 0 and 10 are equally far from 5. */
  static const float points[] = {0, 1, 2, 10, 5};
  static const int wanted[] = {4, 0, 3, 2, 1};
  check_order(5, 1, points, 5, wanted);
  check_order(5, 1, points, 3, wanted);
  check_order(5, 1, points, 9, wanted);
}

static void test_ties(void)
{
  static const float square[] = {-1, -1, 1, -1, 1, 1, -1, 1};
  static const int wanted[] = {0, 2, 1, 3};
  check_order(4, 2, square, 4, wanted);
  static const float same[] = {3, 3, 3};
  static const int in_turn[] = {0, 1, 2}; /* equal points: each is shown once */
  check_order(3, 1, same, 3, in_turn);
  check_order(1, 3, same, 2, in_turn);
}

static double distance(const float *a, const float *b, int dim)
{
  double sum = 0.0;
  for (int i = 0; i < dim; i++)
    sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
  return sum;
}

/* Each choice is a point whose nearest chosen one is as far as that of any point. */
static void test_definition(void)
{
  enum { N = 60, DIM = 5, WANTED = 20 };
  float points[N * DIM];
  int order[WANTED], n_chosen;
  srand(4);
  for (int i = 0; i < N * DIM; i++)
    points[i] = (float)rand() / (float)RAND_MAX;
  TEST_OK(isn_spread_order(N, DIM, points, WANTED, order, &n_chosen));
  for (int i = 1; i < n_chosen; i++) {
    double farthest = -1.0, of_choice = -1.0;
    for (int p = 0; p < N; p++) {
      double nearest = INFINITY;
      for (int j = 0; j < i; j++)
        nearest = fmin(nearest, distance(points + p * DIM, points + order[j] * DIM, DIM));
      farthest = fmax(farthest, nearest);
      if (p == order[i])
        of_choice = nearest;
    }
    TEST_CHECK_MSG(of_choice == farthest, "place %d: %g, farthest is %g", i, of_choice, farthest);
  }
}

int main(void)
{
  test_line();
  test_ties();
  test_definition();
  TEST_END();
}
