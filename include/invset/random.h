/** @file random.h
 *  Counter-based random numbers (Random123's Philox4x32-10).
 *
 *  A stream is named by what it is for, never by who draws it or when, so that any rank can make
 *  any sample and gets the same bits.  All functions are local and pure.
 *  Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 */
#ifndef INVSET_RANDOM_H
#define INVSET_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a stream is for; streams of different purposes never overlap. */
typedef enum {
  ISN_RANDOM_POOL = 1,   /**< codes of the pool of starts: sample = row */
  ISN_RANDOM_START = 2,  /**< parents of a recombined start */
  ISN_RANDOM_KICK = 3,   /**< direction of the random part of a recombined start */
  ISN_RANDOM_JITTER = 4, /**< displacement of a row of the pool that is used again */
  ISN_RANDOM_TEST = 5,   /**< for tests */
  ISN_RANDOM_AIM = 6,    /**< where in its windows a start aims */
  ISN_RANDOM_NOISE = 7,  /**< noise of a step of a chain: draw = iteration */
  ISN_RANDOM_ACCEPT = 8  /**< whether a proposal is accepted: draw = iteration */
} isn_random_purpose_t;

/* How many values each part of a stream's name can have: 96 bits, and 32 more count through the
 * stream.  Whoever makes a key from user input checks it against these; here they are asserted. */
enum {
  ISN_RANDOM_PURPOSES = 1 << 4,
  ISN_RANDOM_TARGETS = 1 << 20,
  ISN_RANDOM_CHAINS = 1 << 16,
  ISN_RANDOM_BLOCKS = 1 << 24,
  ISN_RANDOM_SAMPLES = 1 << 24,
  ISN_RANDOM_DRAWS = 1 << 8
};

/** Name of one stream of random numbers. */
typedef struct {
  uint64_t seed;    /**< `sampling.seed` of the config */
  uint32_t purpose; /**< isn_random_purpose_t, below ISN_RANDOM_PURPOSES */
  uint32_t target;  /**< below ISN_RANDOM_TARGETS */
  uint32_t chain;   /**< below ISN_RANDOM_CHAINS */
  uint32_t block;   /**< block of the chain, below ISN_RANDOM_BLOCKS */
  uint32_t sample;  /**< sample of the block, or row of the pool; below ISN_RANDOM_SAMPLES */
  uint32_t draw;    /**< how many starts this sample has drawn before; below ISN_RANDOM_DRAWS */
} isn_random_key_t;

/** Fill out with numbers uniform in [0, 1), multiples of 2^-53 (all bits of a double).
 *  @param[out] out (n), host; n at most 2^33.  The first numbers do not depend on n. */
void isn_random_uniform(const isn_random_key_t *key, size_t n, double *out);

/** Fill out with standard normal numbers (Box-Muller in double).  @param[out] out (n), host.
 *  Uses the same counters as isn_random_uniform: give one stream to one of them. */
void isn_random_normal(const isn_random_key_t *key, size_t n, double *out);

#ifdef __cplusplus
}
#endif
#endif
