/** @file random.c
 *  Streams of random numbers from Philox4x32-10, which maps a 128-bit counter under a 64-bit key to
 *  four random words.  The name of a stream is packed so that no two names are alike:
 *
 *      key[0..1]      seed, low word first         counter[1]     purpose:4  target:20  draw:8
 *      counter[0]     place in the stream          counter[2..3]  sample:24  chain:16  block:24,
 *                                                                 low word first
 */
#include "invset/random.h"

#include <assert.h>
#include <math.h>
#include <Random123/philox.h>

#include "base/random_block.h"

static const double TWO_PI = 6.28318530717958647692;

void isn_random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
  philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
  philox4x32_key_t k = {{key[0], key[1]}};
  philox4x32_ctr_t r = philox4x32_R(10, c, k);
  for (int i = 0; i < 4; i++)
    out[i] = r.v[i];
}

static void pack(const isn_random_key_t *name, uint32_t counter[4], uint32_t key[2])
{
  assert(name->purpose < ISN_RANDOM_PURPOSES);
  assert(name->target < ISN_RANDOM_TARGETS);
  assert(name->chain < ISN_RANDOM_CHAINS);
  assert(name->block < ISN_RANDOM_BLOCKS);
  assert(name->sample < ISN_RANDOM_SAMPLES);
  assert(name->draw < ISN_RANDOM_DRAWS);

  key[0] = (uint32_t)name->seed;
  key[1] = (uint32_t)(name->seed >> 32);
  counter[0] = 0;
  counter[1] = name->purpose << 28 | name->target << 8 | name->draw;
  uint64_t rest = (uint64_t)name->sample << 40 | (uint64_t)name->chain << 24 | name->block;
  counter[2] = (uint32_t)rest;
  counter[3] = (uint32_t)(rest >> 32);
}

/* All 53 bits of a double in [0, 1), from two words; multiples of 2^-53. */
static double to_unit(uint32_t high, uint32_t low)
{
  uint64_t bits = (uint64_t)high << 32 | low;
  return (double)(bits >> 11) * 0x1.0p-53;
}

/* The next two uniform numbers of a stream: one block of four words. */
static void next_pair(uint32_t counter[4], const uint32_t key[2], double pair[2])
{
  uint32_t words[4];
  isn_random_block(counter, key, words);
  counter[0]++;
  pair[0] = to_unit(words[0], words[1]);
  pair[1] = to_unit(words[2], words[3]);
}

/* One block gives two numbers, and its place in the stream has 32 bits. */
static void check_length(size_t n)
{
  assert((n + 1) / 2 <= (size_t)UINT32_MAX + 1);
  (void)n;
}

void isn_random_uniform(const isn_random_key_t *key, size_t n, double *out)
{
  uint32_t counter[4], philox_key[2];
  check_length(n);
  pack(key, counter, philox_key);
  for (size_t i = 0; i < n; i += 2) {
    double pair[2];
    next_pair(counter, philox_key, pair);
    out[i] = pair[0];
    if (i + 1 < n)
      out[i + 1] = pair[1];
  }
}

void isn_random_normal(const isn_random_key_t *key, size_t n, double *out)
{
  uint32_t counter[4], philox_key[2];
  check_length(n);
  pack(key, counter, philox_key);
  for (size_t i = 0; i < n; i += 2) {
    double pair[2];
    next_pair(counter, philox_key, pair);
    double radius = sqrt(-2.0 * log(1.0 - pair[0])); /* 1 - u is in (0, 1]: the log is finite */
    out[i] = radius * cos(TWO_PI * pair[1]);
    if (i + 1 < n)
      out[i + 1] = radius * sin(TWO_PI * pair[1]);
  }
}
