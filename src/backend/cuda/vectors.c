/** @file vectors.c
 *  Work on many vectors: lists of jobs are staged, and done by one launch each.  Lists whose data
 *  travel are cut into pieces of bounded size.
 */
#include <string.h>

#include "backend/cuda/kernels_vectors.h"
#include "backend/cuda/staging.h"

/* Most bytes of one piece, if it is of more than one job; of moves, most bytes of scratch. */
static const size_t MOST_BYTES = (size_t)32 << 20, MOST_SCRATCH = (size_t)64 << 20;

static size_t longer(size_t a, size_t b)
{
  return a > b ? a : b;
}

/* Stage a list and bring it to the device.  @param[out] list there */
static isn_status_t send_list(isn_cuda_t *cuda, const void *list, size_t bytes,
                              isn_cuda_piece_t *piece)
{
  ISN_TRY(isn_cuda_stage(cuda, bytes, piece));
  memcpy(piece->host, list, bytes);
  return isn_cuda_send(cuda, *piece, bytes);
}

static isn_status_t copy(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_piece_t piece;
  size_t longest = 0;
  for (size_t i = 0; i < n; i++)
    longest = longer(longest, jobs[i].n);
  ISN_TRY(send_list(cuda, jobs, n * sizeof *jobs, &piece));
  ISN_TRY_CUDA(isn_cuda_copy_vectors(cuda->stream, n, (const void *)piece.device, longest));
  return ISN_OK;
}

/* A piece of copies whose data travel: the list, then the data of one job after the other. */
typedef struct {
  size_t n;                 /* jobs */
  size_t first_data, bytes; /* where data begin, and all end */
  size_t longest;           /* numbers of a job */
  isn_cuda_piece_t piece;
} parcel_t;

/* The first jobs of a list that go together: all that fit, one at least. */
static isn_status_t begin_parcel(isn_cuda_t *cuda, size_t n, const isn_copy_job_t *jobs,
                                 parcel_t *parcel)
{
  size_t data = 0;
  *parcel = (parcel_t){0};
  while (parcel->n < n &&
         (parcel->n == 0 || data + jobs[parcel->n].n * sizeof(float) <= MOST_BYTES)) {
    data += jobs[parcel->n].n * sizeof(float);
    parcel->longest = longer(parcel->longest, jobs[parcel->n].n);
    parcel->n++;
  }
  parcel->first_data = isn_cuda_aligned(parcel->n * sizeof *jobs);
  parcel->bytes = parcel->first_data + data;
  return isn_cuda_stage(cuda, parcel->bytes, &parcel->piece);
}

static isn_status_t copy_parcel(isn_cuda_t *cuda, const parcel_t *parcel)
{
  ISN_TRY_CUDA(isn_cuda_copy_vectors(cuda->stream, parcel->n, (const void *)parcel->piece.device,
                                     parcel->longest));
  return ISN_OK;
}

static isn_status_t set(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  parcel_t parcel;
  for (size_t first = 0; first < n; first += parcel.n) {
    ISN_TRY(begin_parcel(cuda, n - first, jobs + first, &parcel));
    isn_copy_job_t *list = (void *)parcel.piece.host;
    size_t at = parcel.first_data;
    for (size_t i = 0; i < parcel.n; i++) {
      const isn_copy_job_t *job = &jobs[first + i];
      list[i] = (isn_copy_job_t){job->to, (const void *)(parcel.piece.device + at), job->n};
      memcpy(parcel.piece.host + at, job->from, job->n * sizeof(float));
      at += job->n * sizeof(float);
    }
    ISN_TRY(isn_cuda_send(cuda, parcel.piece, parcel.bytes));
    ISN_TRY(copy_parcel(cuda, &parcel));
  }
  return ISN_OK;
}

static isn_status_t get(isn_backend_t *backend, size_t n, const isn_copy_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  parcel_t parcel;
  for (size_t first = 0; first < n; first += parcel.n) {
    ISN_TRY(begin_parcel(cuda, n - first, jobs + first, &parcel));
    isn_copy_job_t *list = (void *)parcel.piece.host;
    size_t at = parcel.first_data;
    for (size_t i = 0; i < parcel.n; i++) {
      const isn_copy_job_t *job = &jobs[first + i];
      list[i] = (isn_copy_job_t){(void *)(parcel.piece.device + at), job->from, job->n};
      at += job->n * sizeof(float);
    }
    ISN_TRY(isn_cuda_send(cuda, parcel.piece, parcel.first_data));
    ISN_TRY(copy_parcel(cuda, &parcel));
    ISN_TRY(
        isn_cuda_receive(cuda, parcel.piece, parcel.first_data, parcel.bytes - parcel.first_data));
    at = parcel.first_data;
    for (size_t i = 0; i < parcel.n; i++) {
      memcpy(jobs[first + i].to, parcel.piece.host + at, jobs[first + i].n * sizeof(float));
      at += jobs[first + i].n * sizeof(float);
    }
  }
  return ISN_OK;
}

static isn_status_t put_units(isn_backend_t *backend, size_t n, const isn_units_job_t *jobs,
                              size_t n_weights, const isn_unit_weight_t *weights)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_piece_t piece;
  size_t first = isn_cuda_aligned(n * sizeof *jobs), bytes = first + n_weights * sizeof *weights;
  ISN_TRY(isn_cuda_stage(cuda, bytes, &piece));
  memcpy(piece.host, jobs, n * sizeof *jobs);
  if (n_weights > 0)
    memcpy(piece.host + first, weights, n_weights * sizeof *weights);
  ISN_TRY(isn_cuda_send(cuda, piece, bytes));
  ISN_TRY_CUDA(isn_cuda_put_units(cuda->stream, n, (const void *)piece.device,
                                  (const void *)(piece.device + first)));
  return ISN_OK;
}

static isn_status_t spread(isn_backend_t *backend, size_t n, const isn_spread_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_piece_t piece;
  size_t longest = 0;
  for (size_t i = 0; i < n; i++)
    longest = longer(longest, (size_t)jobs[i].size);
  ISN_TRY(send_list(cuda, jobs, n * sizeof *jobs, &piece));
  ISN_TRY_CUDA(isn_cuda_spread(cuda->stream, n, (const void *)piece.device, longest));
  return ISN_OK;
}

/* Moves for which there is scratch.  The piece: the list, all ranges, and what has moved. */
static isn_status_t move_some(isn_cuda_t *cuda, size_t n, const isn_moves_job_t *jobs,
                              size_t longest, size_t n_ranges, const isn_slope_range_t *ranges)
{
  isn_cuda_piece_t piece;
  size_t first_range = isn_cuda_aligned(n * sizeof *jobs);
  size_t first_moved = isn_cuda_aligned(first_range + n_ranges * sizeof *ranges);
  void *scratch = NULL;
  ISN_TRY(isn_cuda_reserve_scratch(cuda, (n * longest + n_ranges) * sizeof(double), &scratch));
  ISN_TRY(isn_cuda_stage(cuda, first_moved + n, &piece));
  isn_moves_job_t *list = (void *)piece.host;
  for (size_t i = 0; i < n; i++) {
    list[i] = jobs[i];
    list[i].moved = (unsigned char *)piece.device + first_moved + i;
  }
  if (n_ranges > 0)
    memcpy(piece.host + first_range, ranges, n_ranges * sizeof *ranges);
  ISN_TRY(isn_cuda_send(cuda, piece, first_moved));
  double *way = scratch;
  ISN_TRY_CUDA(isn_cuda_move(cuda->stream, n, (const void *)piece.device,
                             (const void *)(piece.device + first_range), longest, way,
                             way + n * longest));
  ISN_TRY(isn_cuda_receive(cuda, piece, first_moved, n));
  for (size_t i = 0; i < n; i++)
    *jobs[i].moved = (unsigned char)piece.host[first_moved + i];
  return ISN_OK;
}

static isn_status_t move(isn_backend_t *backend, size_t n, const isn_moves_job_t *jobs,
                         size_t n_ranges, const isn_slope_range_t *ranges)
{
  size_t longest = 1;
  for (size_t i = 0; i < n; i++)
    longest = longer(longest, (size_t)jobs[i].move.size);
  size_t most = longer(1, MOST_SCRATCH / (longest * sizeof(double)));
  for (size_t first = 0; first < n; first += most)
    ISN_TRY(move_some(backend->own, n - first < most ? n - first : most, jobs + first, longest,
                      n_ranges, ranges));
  return ISN_OK;
}

/* The piece: the list, values, places. */
static isn_status_t pick(isn_backend_t *backend, size_t n, const isn_pick_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_piece_t piece;
  size_t first = isn_cuda_aligned(n * sizeof *jobs);
  ISN_TRY(isn_cuda_stage(cuda, first + n * (sizeof(float) + sizeof(int)), &piece));
  isn_pick_job_t *list = (void *)piece.host;
  for (size_t i = 0; i < n; i++)
    list[i] = (isn_pick_job_t){jobs[i].from, jobs[i].n, (float *)(void *)(piece.device + first) + i,
                               (int *)(void *)(piece.device + first) + n + i};
  ISN_TRY(isn_cuda_send(cuda, piece, first));
  ISN_TRY_CUDA(isn_cuda_pick(cuda->stream, n, (const void *)piece.device));
  ISN_TRY(isn_cuda_receive(cuda, piece, first, n * (sizeof(float) + sizeof(int))));
  for (size_t i = 0; i < n; i++) {
    *jobs[i].value = ((const float *)(void *)(piece.host + first))[i];
    *jobs[i].place = ((const int *)(void *)(piece.host + first))[n + i];
  }
  return ISN_OK;
}

static isn_status_t see_finite(isn_backend_t *backend, size_t n, const isn_finite_job_t *jobs)
{
  isn_cuda_t *cuda = backend->own;
  isn_cuda_piece_t piece;
  size_t first = isn_cuda_aligned(n * sizeof *jobs);
  ISN_TRY(isn_cuda_stage(cuda, first + n, &piece));
  isn_finite_job_t *list = (void *)piece.host;
  for (size_t i = 0; i < n; i++)
    list[i] =
        (isn_finite_job_t){jobs[i].from, jobs[i].n, (unsigned char *)piece.device + first + i};
  ISN_TRY(isn_cuda_send(cuda, piece, first));
  ISN_TRY_CUDA(isn_cuda_see_finite(cuda->stream, n, (const void *)piece.device));
  ISN_TRY(isn_cuda_receive(cuda, piece, first, n));
  for (size_t i = 0; i < n; i++)
    *jobs[i].is_finite = (unsigned char)piece.host[first + i];
  return ISN_OK;
}

/* The piece: the list, then one picture after the other. */
static isn_status_t store_some(isn_cuda_t *cuda, size_t n, const isn_picture_job_t *jobs,
                               isn_shape_t shape, const isn_picture_format_t *format)
{
  isn_cuda_piece_t piece;
  size_t first = isn_cuda_aligned(n * sizeof *jobs), count = isn_shape_count(shape);
  ISN_TRY(isn_cuda_stage(cuda, first + n * count, &piece));
  isn_picture_job_t *list = (void *)piece.host;
  for (size_t i = 0; i < n; i++)
    list[i] =
        (isn_picture_job_t){jobs[i].values, (unsigned char *)piece.device + first + i * count};
  ISN_TRY(isn_cuda_send(cuda, piece, first));
  ISN_TRY_CUDA(
      isn_cuda_store_pictures(cuda->stream, n, (const void *)piece.device, shape, *format));
  ISN_TRY(isn_cuda_receive(cuda, piece, first, n * count));
  for (size_t i = 0; i < n; i++)
    memcpy(jobs[i].image, piece.host + first + i * count, count);
  return ISN_OK;
}

static isn_status_t pictures(isn_backend_t *backend, size_t n, const isn_picture_job_t *jobs,
                             isn_shape_t shape, const isn_picture_format_t *format)
{
  size_t most = longer(1, MOST_BYTES / isn_shape_count(shape));
  for (size_t first = 0; first < n; first += most)
    ISN_TRY(
        store_some(backend->own, n - first < most ? n - first : most, jobs + first, shape, format));
  return ISN_OK;
}

const isn_vector_ops_t isn_cuda_vectors = {.copy = copy,
                                           .set = set,
                                           .units = put_units,
                                           .spread = spread,
                                           .move = move,
                                           .pick = pick,
                                           .finite = see_finite,
                                           .get = get,
                                           .pictures = pictures};
