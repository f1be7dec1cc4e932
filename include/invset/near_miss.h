/** @file near_miss.h
 *  The few names that are most like a misspelt one.  Local; does not allocate.
 */
#ifndef INVSET_NEAR_MISS_H
#define INVSET_NEAR_MISS_H

#include <stddef.h>

enum {
  ISN_NEAR_MISSES = 3,
  ISN_NEAR_BYTES = 64 /**< names longer than this are not compared: nobody mistypes them nearly */
};

typedef struct {
  int distance; /**< edits: letters put in, left out or replaced, or neighbours swapped */
  int index;
  const char *text; /**< borrowed */
  size_t length;
} isn_near_miss_t;

typedef struct {
  const char *wanted; /**< borrowed */
  int limit; /**< largest distance that counts as near: a third of the letters, at least 1 */
  int n;
  isn_near_miss_t misses[ISN_NEAR_MISSES]; /**< (n), nearest first; equal ones as offered */
} isn_near_misses_t;

/** Begin a search.  @param[in] wanted borrowed until the end of the search */
void isn_near_begin(isn_near_misses_t *near, const char *wanted);

/** Offer a candidate; letter case does not count.  The best candidate of each index is kept.
 *  @param[in] text (length), borrowed until the end of the search; needs no final zero */
void isn_near_offer(isn_near_misses_t *near, const char *text, size_t length, int index);

/** Write the result as "'sneaker' (index 7), 'sandal' (index 5)"; "" if there is none. */
void isn_near_list(const isn_near_misses_t *near, char *out, size_t bytes);

#endif
