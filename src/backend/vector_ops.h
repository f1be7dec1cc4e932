/** @file vector_ops.h
 *  The implementer's side of invset/vectors.h: lists of jobs and the table of what does them.
 *  Lists are host memory and not empty; what jobs point to is backend memory where not said.
 */
#ifndef INVSET_VECTOR_OPS_H
#define INVSET_VECTOR_OPS_H

#include "invset/vectors.h"

/** to := from; of a set `from` is host memory, of a get `to` is. */
typedef struct {
  float *to;
  const float *from;
  size_t n;
} isn_copy_job_t;

typedef struct {
  const float *from;
  size_t n;
  float *value; /**< host */
  int *place;   /**< host */
} isn_pick_job_t;

typedef struct {
  const float *from;
  size_t n;
  unsigned char *is_finite; /**< host */
} isn_finite_job_t;

/** A row to be cleared, and its weights: n_weights of the list of all, from the first one on. */
typedef struct {
  float *row;
  size_t n;
  size_t first_weight, n_weights;
} isn_units_job_t;

typedef struct {
  size_t unit;
  float weight;
} isn_unit_weight_t;

/** A move, and its ranges: n_ranges of the list of all, from the first one on. */
typedef struct {
  isn_move_job_t move;
  size_t first_range;
  unsigned char *moved; /**< host */
} isn_moves_job_t;

typedef struct {
  const float *values;
  unsigned char *image; /**< host */
} isn_picture_job_t;

/** What a backend does with a list of n jobs.  Entries that give something to the host wait for it.
 */
typedef struct {
  isn_status_t (*copy)(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs);
  isn_status_t (*set)(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs);
  isn_status_t (*units)(isn_backend_t *backend, size_t n, const isn_units_job_t *jobs,
                        size_t n_weights, const isn_unit_weight_t *weights);
  isn_status_t (*spread)(isn_backend_t *backend, size_t n, const isn_spread_job_t *jobs);
  isn_status_t (*move)(isn_backend_t *backend, size_t n, const isn_moves_job_t *jobs,
                       size_t n_ranges, const isn_slope_range_t *ranges);
  isn_status_t (*pick)(isn_backend_t *backend, size_t n, const isn_pick_job_t *jobs);
  isn_status_t (*finite)(isn_backend_t *backend, size_t n, const isn_finite_job_t *jobs);
  isn_status_t (*get)(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs);
  isn_status_t (*pictures)(isn_backend_t *backend, size_t n, const isn_picture_job_t *jobs,
                           isn_shape_t shape, const isn_picture_format_t *format);
} isn_vector_ops_t;

#endif
