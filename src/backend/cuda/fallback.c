/** @file fallback.c
 *  See fallback.h.
 */
#include "backend/cuda/fallback.h"

enum { MOST_SAMPLES = 256, ALIGNED_FLOATS = 64 };
static const size_t MOST_FLOATS = (size_t)1 << 24; /* of all blobs together: 64 MiB */

static void plain_needs(const isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                        const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  isn_cuda_t plain = *cuda;
  plain.precision = ISN_PRECISION_FP32;
  if (kernel->needs)
    kernel->needs(&plain, call, needs);
}

static size_t blob_floats(isn_shape_t shape, int samples)
{
  size_t floats = (size_t)samples * isn_shape_count(shape);
  return (floats + ALIGNED_FLOATS - 1) / ALIGNED_FLOATS * ALIGNED_FLOATS;
}

/* Of bottoms, tops and their gradients. */
static size_t all_floats(const isn_layer_call_t *call, int samples)
{
  size_t sum = 0;
  for (int b = 0; b < call->n_bottoms; b++)
    sum += 2 * blob_floats(call->bottoms[b].shape, samples);
  for (int t = 0; t < call->n_tops; t++)
    sum += 2 * blob_floats(call->tops[t].shape, samples);
  return sum;
}

static int samples_at_once(const isn_layer_call_t *call)
{
  int samples = MOST_SAMPLES;
  while (samples > 1 && all_floats(call, samples) > MOST_FLOATS)
    samples /= 2;
  return samples;
}

void isn_cuda_fallback_needs(const isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                             const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  plain_needs(cuda, kernel, call, needs);
  needs->workspace_floats += all_floats(call, samples_at_once(call));
}

/* A packed call and its plain one for some samples. */
typedef struct {
  const isn_cuda_kernel_t *kernel;
  const isn_layer_call_t *packed;
  isn_layer_call_t plain;
  isn_layer_needs_t needs; /* of the plain one */
  isn_cuda_layout_t layout;
  int samples; /* at once */
} job_t;

static void place_blobs(int n, isn_tensor_t *blobs, int samples, float **at)
{
  for (int i = 0; i < n; i++) {
    if (!blobs[i].data)
      continue;
    blobs[i].data = *at;
    *at += blob_floats(blobs[i].shape, samples);
  }
}

/* What the plain call does not need is not there. */
static void forget_blobs(int n, isn_tensor_t *blobs)
{
  for (int i = 0; i < n; i++)
    blobs[i].data = NULL;
}

static job_t make_job(const isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                      const isn_layer_call_t *call, bool backward)
{
  job_t job = {.kernel = kernel,
               .packed = call,
               .plain = *call,
               .layout = isn_cuda_layout(cuda),
               .samples = samples_at_once(call)};
  isn_layer_call_t *plain = &job.plain;
  plain_needs(cuda, kernel, call, &job.needs);
  if (!backward) {
    forget_blobs(plain->n_bottoms, plain->grad_bottoms);
    forget_blobs(plain->n_tops, plain->grad_tops);
  }
  if (backward && !job.needs.backward_bottoms)
    forget_blobs(plain->n_bottoms, plain->bottoms);
  if (backward && !job.needs.backward_tops)
    forget_blobs(plain->n_tops, plain->tops);
  place_blobs(plain->n_bottoms, plain->bottoms, job.samples, &plain->workspace);
  place_blobs(plain->n_bottoms, plain->grad_bottoms, job.samples, &plain->workspace);
  place_blobs(plain->n_tops, plain->tops, job.samples, &plain->workspace);
  place_blobs(plain->n_tops, plain->grad_tops, job.samples, &plain->workspace);
  return job;
}

static isn_status_t unpack(isn_cuda_t *cuda, isn_cuda_layout_t layout, int n_blobs,
                           const isn_tensor_t *packed, const isn_tensor_t *plain, int first, int n)
{
  for (int i = 0; i < n_blobs; i++)
    if (plain[i].data)
      ISN_TRY_CUDA(isn_cuda_unpack(cuda->stream, layout, packed[i].shape, n,
                                   isn_cuda_sample(layout, packed[i], first), NULL, plain[i].data));
  return ISN_OK;
}

static isn_status_t pack(isn_cuda_t *cuda, isn_cuda_layout_t layout, int n_blobs,
                         const isn_tensor_t *plain, const isn_tensor_t *packed, int first, int n)
{
  for (int i = 0; i < n_blobs; i++)
    if (plain[i].data)
      ISN_TRY_CUDA(isn_cuda_pack(cuda->stream, layout, packed[i].shape, n, plain[i].data, NULL,
                                 isn_cuda_sample(layout, packed[i], first)));
  return ISN_OK;
}

static void place_state(job_t *job, int first)
{
  if (job->packed->state)
    job->plain.state =
        (char *)job->packed->state + (size_t)first * job->needs.state_bytes_per_sample;
}

static isn_status_t forward_samples(isn_cuda_t *cuda, job_t *job, int first, int n)
{
  const isn_layer_call_t *packed = job->packed, *plain = &job->plain;
  place_state(job, first);
  ISN_TRY(unpack(cuda, job->layout, plain->n_bottoms, packed->bottoms, plain->bottoms, first, n));
  ISN_TRY(job->kernel->forward(cuda, plain, n));
  return pack(cuda, job->layout, plain->n_tops, plain->tops, packed->tops, first, n);
}

/* @param[in] rows from `first` on, all of them before first + n */
static isn_status_t backward_samples(isn_cuda_t *cuda, job_t *job, isn_rows_t rows, int first,
                                     int n)
{
  const isn_layer_call_t *packed = job->packed, *plain = &job->plain;
  int index[MOST_SAMPLES];
  for (int r = 0; r < rows.n; r++)
    index[r] = rows.index[r] - first;
  place_state(job, first);
  ISN_TRY(unpack(cuda, job->layout, plain->n_bottoms, packed->bottoms, plain->bottoms, first, n));
  ISN_TRY(unpack(cuda, job->layout, plain->n_tops, packed->tops, plain->tops, first, n));
  ISN_TRY(unpack(cuda, job->layout, plain->n_tops, packed->grad_tops, plain->grad_tops, first, n));
  ISN_TRY(job->kernel->backward(cuda, plain, (isn_rows_t){rows.n, index}));
  return pack(cuda, job->layout, plain->n_bottoms, plain->grad_bottoms, packed->grad_bottoms, first,
              n);
}

static isn_status_t forward_all(isn_cuda_t *cuda, job_t *job, int n)
{
  for (int first = 0; first < n; first += job->samples)
    ISN_TRY(forward_samples(cuda, job, first, n - first < job->samples ? n - first : job->samples));
  return ISN_OK;
}

static isn_status_t backward_all(isn_cuda_t *cuda, job_t *job, isn_rows_t rows)
{
  for (int at = 0, end; at < rows.n; at = end) {
    int first = rows.index[at];
    for (end = at; end < rows.n && rows.index[end] - first < job->samples;)
      end++;
    ISN_TRY(backward_samples(cuda, job, (isn_rows_t){end - at, rows.index + at}, first,
                             rows.index[end - 1] - first + 1));
  }
  return ISN_OK;
}

isn_status_t isn_cuda_fallback_forward(isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                                       const isn_layer_call_t *call, int n)
{
  isn_precision_t precision = cuda->precision;
  job_t job = make_job(cuda, kernel, call, false);
  cuda->precision = ISN_PRECISION_FP32;
  isn_status_t status = forward_all(cuda, &job, n);
  cuda->precision = precision;
  return status;
}

isn_status_t isn_cuda_fallback_backward(isn_cuda_t *cuda, const isn_cuda_kernel_t *kernel,
                                        const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_precision_t precision = cuda->precision;
  job_t job = make_job(cuda, kernel, call, true);
  cuda->precision = ISN_PRECISION_FP32;
  isn_status_t status = backward_all(cuda, &job, rows);
  cuda->precision = precision;
  return status;
}
