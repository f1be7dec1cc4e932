/** @file vectors.h
 *  Work on many vectors in a backend's memory at once: what a step of many samples does between
 *  passes of the nets.
 *
 *  Jobs are put into a queue and done together: all jobs of one kind in one go (on a GPU: one
 *  upload of the list and one launch), whatever their number, and only a few numbers come back.
 *  Vectors are float32, plain, in backend memory unless "host" is said; all pointers are borrowed
 *  until isn_vectors_run(), which does the kinds in this order:
 *
 *      copies, sets, units, spreads, moves, picks, finite, gets, pictures
 *
 *  Jobs of one kind must not depend on each other.  Everything is local.  On "cpu" equal jobs give
 *  equal bits, in any company.
 */
#ifndef INVSET_VECTORS_H
#define INVSET_VECTORS_H

#include "invset/backend.h"
#include "invset/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_vectors isn_vectors_t;

/** Make an empty queue.  @param[in] backend borrowed  @param[out] out isn_vectors_destroy() */
ISN_MUST_USE isn_status_t isn_vectors_create(isn_backend_t *backend, isn_vectors_t **out);
void isn_vectors_destroy(isn_vectors_t *vectors); /**< NULL is fine */

/** Do all jobs and forget them, also where it fails.  Results are there when it returns.
 *  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_vectors_run(isn_vectors_t *vectors);

/* Each of these puts one job into the queue.  @return ISN_ERR_MEMORY */

/** to := from, n numbers that do not overlap. */
ISN_MUST_USE isn_status_t isn_vectors_copy(isn_vectors_t *vectors, float *to, const float *from,
                                           size_t n);

/** to := host, and host := from.  Nothing where both are the same memory. */
ISN_MUST_USE isn_status_t isn_vectors_set(isn_vectors_t *vectors, float *to, const float *host,
                                          size_t n);
ISN_MUST_USE isn_status_t isn_vectors_get(isn_vectors_t *vectors, float *host, const float *from,
                                          size_t n);

/** The largest of n >= 1 numbers (the first of equals).
 *  @param[out] value, place  host; what it is, and where among them */
ISN_MUST_USE isn_status_t isn_vectors_pick(isn_vectors_t *vectors, const float *from, size_t n,
                                           float *value, int *place);

/** @param[out] is_finite host: whether all n numbers are */
ISN_MUST_USE isn_status_t isn_vectors_finite(isn_vectors_t *vectors, const float *from, size_t n,
                                             unsigned char *is_finite);

/** row := 0, n numbers; and weights that isn_vectors_add_unit() adds to single ones of the row that
 *  was put into the queue last. */
ISN_MUST_USE isn_status_t isn_vectors_clear(isn_vectors_t *vectors, float *row, size_t n);
ISN_MUST_USE isn_status_t isn_vectors_add_unit(isn_vectors_t *vectors, size_t unit, float weight);

/** The gradient of the mean squared distance of an encoding to m fixed ones with sum S and to the
 *  others of its block,
 *
 *      seed_k = sign / divisor * sum_j 2 (e_k - e_jk) = sign / divisor *
 *               [ 2 (m e_k - S_k) + sum_i 2 (e_k - e_ik) ]      (spread.h),    in double. */
typedef struct {
  float *seed;            /**< (size), overwritten or, with add, added to */
  bool add;               /**< to what is there */
  int size;               /**< E */
  int n, self;            /**< encodings of the block, and which of them it is */
  const float *encodings; /**< (n, size) */
  double m;               /**< number of fixed encodings */
  const double *sum;      /**< (size) S */
  double sign, divisor;
} isn_spread_job_t;
ISN_MUST_USE isn_status_t isn_vectors_spread(isn_vectors_t *vectors, const isn_spread_job_t *job);

/** How a code is moved within its bounds; arithmetic is in double.
 *
 *  To fit: the move is the nearest to a wished one that keeps the code in its bounds and whose
 *  slopes along gradients g_i are in ranges, low_i <= g_i.move <= high_i; ranges that cannot be met
 *  are met as far as possible. */
typedef enum {
  ISN_MOVE_REACH,  /**< fit no wish; cut to the length */
  ISN_MOVE_SPREAD, /**< fit the wish of this length; made so long again, if more than rounding is
                        left of it */
  ISN_MOVE_WALK    /**< along sign times the wish, of this length: coordinates that are at a bound
                        do not move outward.  Then clipped */
} isn_move_kind_t;

/** What is asked of a move along a gradient. */
typedef struct {
  double low, high;
} isn_slope_range_t;

typedef struct {
  isn_move_kind_t kind;
  int size;         /**< D */
  float *code;      /**< (size), moved */
  const float *low; /**< (size) bounds */
  const float *high;
  double length;          /**< code units */
  const float *wish;      /**< (size) direction; not read by ISN_MOVE_REACH */
  double sign;            /**< of ISN_MOVE_WALK */
  int n_ranges;           /**< 0 for ISN_MOVE_WALK */
  const float *gradients; /**< (n_ranges, size) g_i */
} isn_move_job_t;

/** @param[in]  ranges (n_ranges) host, copied
 *  @param[out] moved  host: whether the code is elsewhere now */
ISN_MUST_USE isn_status_t isn_vectors_move(isn_vectors_t *vectors, const isn_move_job_t *job,
                                           const isn_slope_range_t *ranges, unsigned char *moved);

/** Values of a Picture layer to a stored picture: isn_picture_store().
 *  @param[in]  format its mean is backend memory; the same for all pictures of a run
 *  @param[in]  values (C, H, W)  @param[out] image host, (H, W) or (H, W, 3) */
ISN_MUST_USE isn_status_t isn_vectors_picture(isn_vectors_t *vectors, isn_shape_t shape,
                                              const isn_picture_format_t *format,
                                              const float *values, unsigned char *image);

#ifdef __cplusplus
}
#endif
#endif
