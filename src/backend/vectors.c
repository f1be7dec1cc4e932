/** @file vectors.c
 *  The queue of vectors.h: lists of jobs, handed to the backend kind by kind.  Knows no device.
 */
#include "invset/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "invset/memory.h"

enum { FIRST_CAPACITY = 64 };

/* A list that grows. */
typedef struct {
  void *items; /* (capacity) of `bytes` each, owned */
  size_t n, capacity;
} list_t;

struct isn_vectors {
  isn_backend_t *backend; /* borrowed */
  list_t copies, sets, rows, weights, spreads, moves, ranges, picks, finites, gets, pictures;
  isn_shape_t shape; /* of the pictures */
  isn_picture_format_t format;
};

/* @param[out] room for n more items of `bytes` each */
static isn_status_t grow(list_t *list, size_t n, size_t bytes, void **room)
{
  if (list->n + n > list->capacity) {
    size_t capacity = list->capacity > 0 ? list->capacity : FIRST_CAPACITY;
    while (capacity < list->n + n)
      capacity *= 2;
    void *items = realloc(list->items, capacity * bytes);
    if (!items)
      ISN_FAIL(ISN_ERR_MEMORY, "no memory for a list of %zu jobs", capacity);
    list->items = items;
    list->capacity = capacity;
  }
  *room = (char *)list->items + list->n * bytes;
  list->n += n;
  return ISN_OK;
}

/* Append an item to a list of its type. */
static isn_status_t append(list_t *list, const void *item, size_t bytes)
{
  void *room;
  ISN_TRY(grow(list, 1, bytes, &room));
  memcpy(room, item, bytes);
  return ISN_OK;
}

isn_status_t isn_vectors_create(isn_backend_t *backend, isn_vectors_t **out)
{
  ISN_TRY(isn_alloc(out, 1, "queue of vectors"));
  (*out)->backend = backend;
  return ISN_OK;
}

void isn_vectors_destroy(isn_vectors_t *vectors)
{
  if (!vectors)
    return;
  free(vectors->copies.items);
  free(vectors->sets.items);
  free(vectors->rows.items);
  free(vectors->weights.items);
  free(vectors->spreads.items);
  free(vectors->moves.items);
  free(vectors->ranges.items);
  free(vectors->picks.items);
  free(vectors->finites.items);
  free(vectors->gets.items);
  free(vectors->pictures.items);
  free(vectors);
}

isn_status_t isn_vectors_copy(isn_vectors_t *vectors, float *to, const float *from, size_t n)
{
  return append(&vectors->copies, &(isn_copy_job_t){to, from, n}, sizeof(isn_copy_job_t));
}

isn_status_t isn_vectors_set(isn_vectors_t *vectors, float *to, const float *host, size_t n)
{
  return to == host
             ? ISN_OK
             : append(&vectors->sets, &(isn_copy_job_t){to, host, n}, sizeof(isn_copy_job_t));
}

isn_status_t isn_vectors_get(isn_vectors_t *vectors, float *host, const float *from, size_t n)
{
  return host == from
             ? ISN_OK
             : append(&vectors->gets, &(isn_copy_job_t){host, from, n}, sizeof(isn_copy_job_t));
}

isn_status_t isn_vectors_pick(isn_vectors_t *vectors, const float *from, size_t n, float *value,
                              int *place)
{
  return append(&vectors->picks, &(isn_pick_job_t){from, n, value, place}, sizeof(isn_pick_job_t));
}

isn_status_t isn_vectors_finite(isn_vectors_t *vectors, const float *from, size_t n,
                                unsigned char *is_finite)
{
  return append(&vectors->finites, &(isn_finite_job_t){from, n, is_finite},
                sizeof(isn_finite_job_t));
}

isn_status_t isn_vectors_clear(isn_vectors_t *vectors, float *row, size_t n)
{
  return append(&vectors->rows, &(isn_units_job_t){row, n, vectors->weights.n, 0},
                sizeof(isn_units_job_t));
}

isn_status_t isn_vectors_add_unit(isn_vectors_t *vectors, size_t unit, float weight)
{
  ISN_TRY(append(&vectors->weights, &(isn_unit_weight_t){unit, weight}, sizeof(isn_unit_weight_t)));
  ((isn_units_job_t *)vectors->rows.items)[vectors->rows.n - 1].n_weights++;
  return ISN_OK;
}

isn_status_t isn_vectors_spread(isn_vectors_t *vectors, const isn_spread_job_t *job)
{
  return append(&vectors->spreads, job, sizeof *job);
}

isn_status_t isn_vectors_move(isn_vectors_t *vectors, const isn_move_job_t *job,
                              const isn_slope_range_t *ranges, unsigned char *moved)
{
  const isn_moves_job_t move = {*job, vectors->ranges.n, moved};
  const size_t n = (size_t)job->n_ranges;
  void *room;
  ISN_TRY(grow(&vectors->ranges, n, sizeof *ranges, &room));
  if (n > 0)
    memcpy(room, ranges, n * sizeof *ranges);
  return append(&vectors->moves, &move, sizeof move);
}

isn_status_t isn_vectors_picture(isn_vectors_t *vectors, isn_shape_t shape,
                                 const isn_picture_format_t *format, const float *values,
                                 unsigned char *image)
{
  vectors->shape = shape;
  vectors->format = *format;
  return append(&vectors->pictures, &(isn_picture_job_t){values, image}, sizeof(isn_picture_job_t));
}

static isn_status_t run_all(const isn_vectors_t *v)
{
  isn_backend_t *backend = v->backend;
  const isn_vector_ops_t *ops = backend->ops->vectors;
  if (v->copies.n > 0)
    ISN_TRY(ops->copy(backend, v->copies.n, v->copies.items));
  if (v->sets.n > 0)
    ISN_TRY(ops->set(backend, v->sets.n, v->sets.items));
  if (v->rows.n > 0)
    ISN_TRY(ops->units(backend, v->rows.n, v->rows.items, v->weights.n, v->weights.items));
  if (v->spreads.n > 0)
    ISN_TRY(ops->spread(backend, v->spreads.n, v->spreads.items));
  if (v->moves.n > 0)
    ISN_TRY(ops->move(backend, v->moves.n, v->moves.items, v->ranges.n, v->ranges.items));
  if (v->picks.n > 0)
    ISN_TRY(ops->pick(backend, v->picks.n, v->picks.items));
  if (v->finites.n > 0)
    ISN_TRY(ops->finite(backend, v->finites.n, v->finites.items));
  if (v->gets.n > 0)
    ISN_TRY(ops->get(backend, v->gets.n, v->gets.items));
  if (v->pictures.n > 0)
    ISN_TRY(ops->pictures(backend, v->pictures.n, v->pictures.items, v->shape, &v->format));
  return ISN_OK;
}

isn_status_t isn_vectors_run(isn_vectors_t *vectors)
{
  isn_status_t status = run_all(vectors);
  vectors->copies.n = vectors->sets.n = vectors->rows.n = vectors->weights.n = 0;
  vectors->spreads.n = vectors->moves.n = vectors->ranges.n = vectors->picks.n = 0;
  vectors->finites.n = vectors->gets.n = vectors->pictures.n = 0;
  return status;
}
