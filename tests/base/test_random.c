/** @file test_random.c
 *  The generator's published answers, streams that are apart, and the moments of the numbers.
 */
#include "invset/random.h"

#include <math.h>
#include <stdlib.h>

#include "base/random_block.h"
#include "harness.h"

/* Random123, tests/kat_vectors, the lines "philox4x32 10". */
static void test_known_answers(void)
{
  static const struct {
    uint32_t counter[4], key[2], answer[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    uint32_t words[4];
    isn_random_block(known[i].counter, known[i].key, words);
    TEST_CHECK_MSG(memcmp(words, known[i].answer, sizeof words) == 0, "vector %zu", i);
  }
}

/* The first vector as doubles: both words of each are used, the high one first. */
static void test_doubles(void)
{
  isn_random_key_t zero = {0};
  double u[2];
  isn_random_uniform(&zero, 2, u);
  TEST_CHECK(u[0] == (double)(0x6627e8d5e169c58dULL >> 11) / 9007199254740992.0);
  TEST_CHECK(u[1] == (double)(0xbc57ac4c9b00dbd8ULL >> 11) / 9007199254740992.0);
}

static void test_prefixes_agree(void)
{
  isn_random_key_t key = {.seed = 5, .purpose = ISN_RANDOM_TEST, .sample = 3};
  double longer[9], shorter[9];
  isn_random_uniform(&key, 9, longer);
  for (size_t n = 0; n < 9; n++) {
    shorter[n] = -7.0;
    isn_random_uniform(&key, n, shorter);
    TEST_CHECK(memcmp(longer, shorter, n * sizeof *shorter) == 0);
    TEST_CHECK(shorter[n] == -7.0);
  }
}

/* ---- streams ------------------------------------------------------------------------------- */

enum { N_FIRST = 4, N_RANDOM_KEYS = 1000, N_EDGE_KEYS = 29, N_KEYS = N_RANDOM_KEYS + N_EDGE_KEYS };

typedef struct {
  double first[N_FIRST];
} stream_t;

static int compare_streams(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(stream_t));
}

/* The key of zeros, and keys with one bit set: the lowest or one of the three highest of a field.
 * Fields that overlapped in the packing, or lost a bit, would meet here. */
static isn_random_key_t edge_key(int i)
{
  static const uint32_t limits[] = {ISN_RANDOM_PURPOSES, ISN_RANDOM_TARGETS, ISN_RANDOM_CHAINS,
                                    ISN_RANDOM_BLOCKS,   ISN_RANDOM_SAMPLES, ISN_RANDOM_DRAWS};
  static const int seed_bits[] = {0, 31, 32, 63};
  isn_random_key_t key = {0};
  uint32_t *fields[] = {&key.purpose, &key.target, &key.chain, &key.block, &key.sample, &key.draw};
  if (i < 24)
    *fields[i / 4] = i % 4 == 3 ? 1 : limits[i / 4] >> (i % 4 + 1);
  else if (i > 24)
    key.seed = 1ULL << seed_bits[i - 25];
  return key;
}

static isn_random_key_t random_key(int i)
{
  return (isn_random_key_t){.seed = 1 + (uint64_t)i % 2,
                            .purpose = 1 + (uint32_t)i / 2 % 3,
                            .target = (uint32_t)i / 6 % 5,
                            .chain = (uint32_t)i / 30 % 4,
                            .block = (uint32_t)i / 120 % 3,
                            .sample = (uint32_t)i / 360 % 2,
                            .draw = (uint32_t)i / 720};
}

static void test_streams_differ(void)
{
  static stream_t streams[N_KEYS];
  for (int i = 0; i < N_KEYS; i++) {
    isn_random_key_t key = i < N_RANDOM_KEYS ? random_key(i) : edge_key(i - N_RANDOM_KEYS);
    isn_random_uniform(&key, N_FIRST, streams[i].first);
  }
  qsort(streams, N_KEYS, sizeof streams[0], compare_streams);
  int n_equal = 0;
  for (int i = 1; i < N_KEYS; i++)
    n_equal += compare_streams(&streams[i - 1], &streams[i]) == 0;
  TEST_CHECK_MSG(n_equal == 0, "%d pairs of streams are equal", n_equal);
}

/* Correlation of streams whose names differ by one in one field: |r| sqrt(n) is about normal. */
static void test_streams_uncorrelated(void)
{
  enum { N = 20000 };
  static double a[N], b[N];
  isn_random_key_t key = {.seed = 1, .purpose = ISN_RANDOM_TEST};
  for (uint32_t i = 0; i < 20; i++) {
    key.sample = i;
    isn_random_uniform(&key, N, a);
    key.sample = i + 1;
    isn_random_uniform(&key, N, b);
    double sum = 0.0;
    for (int j = 0; j < N; j++)
      sum += (a[j] - 0.5) * (b[j] - 0.5);
    double r = 12.0 * sum / N;
    TEST_CHECK_MSG(fabs(r) * sqrt(N) < 4.5, "samples %u and %u: r = %g", i, i + 1, r);
  }
}

/* ---- moments ------------------------------------------------------------------------------- */

enum { N_NUMBERS = 1000001 /* odd: the last pair is used by half */ };

/* Every limit is about five standard errors: sqrt(variance of the term / n). */
static void test_uniform_moments(double *u)
{
  isn_random_key_t key = {.seed = 42, .purpose = ISN_RANDOM_TEST};
  double sum = 0.0, squares = 0.0, lag = 0.0;
  int n_outside = 0;
  isn_random_uniform(&key, N_NUMBERS, u);
  for (int i = 0; i < N_NUMBERS; i++) {
    n_outside += !(u[i] >= 0.0 && u[i] < 1.0);
    sum += u[i];
    squares += (u[i] - 0.5) * (u[i] - 0.5);
    lag += i > 0 ? (u[i] - 0.5) * (u[i - 1] - 0.5) : 0.0;
  }
  TEST_CHECK(n_outside == 0);
  TEST_CHECK_MSG(fabs(sum / N_NUMBERS - 0.5) < 1.5e-3, "mean %g", sum / N_NUMBERS);
  TEST_CHECK_MSG(fabs(squares / N_NUMBERS - 1.0 / 12) < 4e-4, "variance %g", squares / N_NUMBERS);
  TEST_CHECK_MSG(fabs(lag / N_NUMBERS) < 4.2e-4, "neighbours' covariance %g", lag / N_NUMBERS);
}

static void test_normal_moments(double *x)
{
  isn_random_key_t key = {.seed = 42, .purpose = ISN_RANDOM_TEST, .draw = 1};
  double powers[5] = {0.0}, lag = 0.0;
  isn_random_normal(&key, N_NUMBERS, x);
  for (int i = 0; i < N_NUMBERS; i++) {
    double power = 1.0;
    for (int k = 1; k <= 4; k++) {
      power *= x[i];
      powers[k] += power / N_NUMBERS;
    }
    lag += i > 0 ? x[i] * x[i - 1] / N_NUMBERS : 0.0;
  }
  TEST_CHECK_MSG(fabs(powers[1]) < 5e-3, "mean %g", powers[1]);
  TEST_CHECK_MSG(fabs(powers[2] - 1.0) < 7.1e-3, "variance %g", powers[2]);
  TEST_CHECK_MSG(fabs(powers[3]) < 2e-2, "third moment %g", powers[3]);
  TEST_CHECK_MSG(fabs(powers[4] - 3.0) < 5e-2, "fourth moment %g", powers[4]);
  TEST_CHECK_MSG(fabs(lag) < 5e-3, "neighbours' covariance %g", lag);
}

int main(void)
{
  static double numbers[N_NUMBERS];
  test_known_answers();
  test_doubles();
  test_prefixes_agree();
  test_streams_differ();
  test_streams_uncorrelated();
  test_uniform_moments(numbers);
  test_normal_moments(numbers);
  TEST_END();
}
