/** @file spread.h
 *  The spread of an inverse set's samples: sum of squared distances between their encodings.
 *
 *  With m fixed encodings e_j, S = sum e_j and Q = sum ||e_j||^2, the distances of one more
 * encoding e to all of them need no loop (Hada and Carreira-Perpinan 2019, sec. 3; design.md
 * section 2):
 *
 *      sum_j ||e - e_j||^2 = m ||e||^2 - 2 e.S + Q,      gradient  2 (m e - S)
 *
 *  so a block costs the same whatever the number of samples before it.  The moments are kept in
 *  double.  This unit knows no network, device, MPI or file; everything is local and pure.
 */
#ifndef INVSET_SPREAD_H
#define INVSET_SPREAD_H

#include <stdint.h>

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Moments of a fixed set of encodings. */
typedef struct {
  int size;           /**< E, numbers of an encoding */
  int64_t m;          /**< encodings in the set */
  double *sum;        /**< (E) S, owned */
  double sum_squares; /**< Q */
} isn_moments_t;

/** Make the moments of the empty set.  @param[out] moments isn_moments_free() */
ISN_MUST_USE isn_status_t isn_moments_alloc(int size, isn_moments_t *moments);
void isn_moments_free(isn_moments_t *moments); /**< Free what it owns; safe on zeros. */

/** Make `to` the same set as `from`; sizes must be equal. */
void isn_moments_copy(isn_moments_t *to, const isn_moments_t *from);

/** Put one encoding into the set.  @param[in] encoding (E), host.
 *  The order of additions decides the last bits: add in slot order. */
void isn_moments_add(isn_moments_t *moments, const float *encoding);

/** Put all encodings of another set into this one; sizes must be equal. */
void isn_moments_join(isn_moments_t *moments, const isn_moments_t *more);

/** Sum of squared distances of an encoding to the set.  @param[in] encoding (E), host */
double isn_moments_distance(const isn_moments_t *moments, const float *encoding);

#ifdef __cplusplus
}
#endif
#endif
