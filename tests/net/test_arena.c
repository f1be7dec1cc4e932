/** @file test_arena.c
 *  Placement of buffers: no two that are in use at the same step overlap, and little is wasted.
 */
#include <stdbool.h>

#include "harness.h"
#include "invset/random.h"
#include "net/arena.h"

enum { N = 60, STEPS = 40 };

static bool overlap(const isn_interval_t *a, const isn_interval_t *b)
{
  bool in_time = a->first <= b->last && b->first <= a->last;
  return in_time && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static void make(unsigned stream, isn_interval_t *intervals)
{
  const isn_random_key_t key = {.seed = 3, .purpose = ISN_RANDOM_TEST, .sample = stream};
  double u[3 * N];
  isn_random_uniform(&key, 3 * N, u);
  for (int i = 0; i < N; i++) {
    int first = (int)(u[3 * i] * STEPS);
    intervals[i] = (isn_interval_t){.size = 1 + (size_t)(u[3 * i + 1] * 100),
                                    .first = first,
                                    .last = first + (int)(u[3 * i + 2] * 8)};
  }
}

/** Most that is in use at one step: no placement can do with less. */
static size_t bound(const isn_interval_t *intervals)
{
  size_t most = 0;
  for (int step = 0; step < STEPS + 8; step++) {
    size_t sum = 0;
    for (int i = 0; i < N; i++)
      if (intervals[i].first <= step && step <= intervals[i].last)
        sum += intervals[i].size;
    most = sum > most ? sum : most;
  }
  return most;
}

int main(void)
{
  isn_interval_t intervals[N];
  double worst = 0.0;
  size_t size = 99;
  for (unsigned stream = 0; stream < 200; stream++) {
    make(stream, intervals);
    TEST_REQUIRE(isn_arena_place(N, intervals, &size));
    size_t least = bound(intervals), end = 0;
    for (int i = 0; i < N; i++) {
      end = intervals[i].offset + intervals[i].size > end ? intervals[i].offset + intervals[i].size
                                                          : end;
      for (int k = 0; k < i; k++)
        TEST_CHECK(!overlap(&intervals[i], &intervals[k]));
    }
    TEST_CHECK(end == size && size >= least);
    worst = (double)size / (double)least > worst ? (double)size / (double)least : worst;
  }
  printf("  at worst %.3f of the lower bound\n", worst);
  TEST_CHECK_MSG(worst < 1.35, "%g", worst);
  TEST_REQUIRE(isn_arena_place(0, NULL, &size));
  TEST_CHECK(size == 0);
  TEST_END();
}
