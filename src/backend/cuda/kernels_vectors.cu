/** @file kernels_vectors.cu
 *  Kernels on many vectors; see kernels_vectors.h.  Small work has a thread for each number, work
 *  with sums over a vector has a block for each job.
 */
#include "backend/cuda/kernels_vectors.h"

#include "backend/cuda/launch.cuh"

enum { THREADS = 256 };

/* The sum of all threads' numbers of a block, always in the same order. */
static __device__ double sum_of_threads(double x)
{
  __shared__ double parts[THREADS];
  parts[threadIdx.x] = x;
  __syncthreads();
  for (unsigned half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half)
      parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  double sum = parts[0];
  __syncthreads(); /* before someone puts in his next number */
  return sum;
}

#define ISN_MOVE_FUNCTION static __device__ inline
#define ISN_MOVE_FOR(k, n) for (int k = (int)threadIdx.x; k < (n); k += THREADS)
#define ISN_MOVE_SUM(x) sum_of_threads(x)
#include "backend/move.h"

/* A job is a row of launch(). */
static isn_cuda_rows_t job_rows(size_t n)
{
  isn_cuda_rows_t rows = {};
  rows.n = (int)n;
  rows.all = true;
  return rows;
}

namespace
{

struct copy_jobs {
  const isn_copy_job_t *jobs;
  __device__ void operator()(size_t job, unsigned i) const
  {
    if (i < jobs[job].n)
      jobs[job].to[i] = jobs[job].from[i];
  }
};

struct unit_jobs {
  const isn_units_job_t *jobs;
  const isn_unit_weight_t *weights;
  __device__ void operator()(unsigned job) const
  {
    const isn_units_job_t units = jobs[job];
    for (size_t i = threadIdx.x; i < units.n; i += THREADS)
      units.row[i] = 0.0f;
    __syncthreads();
    if (threadIdx.x > 0)
      return;
    for (size_t w = units.first_weight; w < units.first_weight + units.n_weights; w++)
      units.row[weights[w].unit] += weights[w].weight;
  }
};

struct spread_jobs {
  const isn_spread_job_t *jobs;
  __device__ void operator()(size_t number, unsigned k) const
  {
    const isn_spread_job_t &job = jobs[number];
    const unsigned size = (unsigned)job.size;
    if (k >= size)
      return;
    double own = (double)job.encodings[(size_t)job.self * size + k];
    double sum = 2.0 * (job.m * own - job.sum[k]);
    for (int i = 0; i < job.n; i++)
      sum += 2.0 * (own - (double)job.encodings[(size_t)i * size + k]);
    float seed = (float)(job.sign * sum / job.divisor);
    job.seed[k] = job.add ? job.seed[k] + seed : seed;
  }
};

struct move_jobs {
  const isn_moves_job_t *jobs;
  const isn_slope_range_t *ranges;
  size_t longest;
  double *way, *lambda;
  __device__ void operator()(unsigned number) const
  {
    const isn_move_job_t job = jobs[number].move;
    const size_t first = jobs[number].first_range;
    bool moved = isn_move_run(&job, ranges + first, way + number * longest, lambda + first);
    if (threadIdx.x == 0)
      *jobs[number].moved = moved;
  }
};

/* Each thread looks at every THREADS-th number, then the best of them meet in pairs. */
struct pick_jobs {
  const isn_pick_job_t *jobs;
  __device__ void operator()(unsigned number) const
  {
    __shared__ float values[THREADS];
    __shared__ int places[THREADS];
    const isn_pick_job_t job = jobs[number];
    const unsigned t = threadIdx.x;
    const int n = (int)job.n;
    int best = (int)t < n ? (int)t : 0;
    for (int k = (int)t; k < n; k += THREADS)
      if (job.from[k] > job.from[best])
        best = k;
    values[t] = job.from[best];
    places[t] = best;
    __syncthreads();
    for (unsigned half = THREADS / 2; half > 0; half /= 2) {
      if (t < half && (values[t + half] > values[t] ||
                       (values[t + half] == values[t] && places[t + half] < places[t]))) {
        values[t] = values[t + half];
        places[t] = places[t + half];
      }
      __syncthreads();
    }
    if (t == 0) {
      *job.value = values[0];
      *job.place = places[0];
    }
  }
};

struct finite_jobs {
  const isn_finite_job_t *jobs;
  __device__ void operator()(unsigned number) const
  {
    const isn_finite_job_t job = jobs[number];
    double n_not = 0.0;
    for (size_t k = threadIdx.x; k < job.n; k += THREADS)
      n_not += isfinite(job.from[k]) ? 0.0 : 1.0;
    n_not = sum_of_threads(n_not);
    if (threadIdx.x == 0)
      *job.is_finite = n_not == 0.0;
  }
};

/* picture.h: from planes in the net's order of channels to interleaved RGB. */
struct picture_jobs {
  const isn_picture_job_t *jobs;
  unsigned channels, plane;
  isn_picture_format_t format;
  __device__ void operator()(size_t job, unsigned i) const
  {
    unsigned c = i / plane, pixel = i % plane;
    unsigned place = format.rgb ? c : channels - 1 - c;
    float mean = format.per_pixel ? format.mean[i] : format.mean[c];
    float grey = jobs[job].values[i] / format.scale + mean;
    jobs[job].image[pixel * channels + place] =
        (unsigned char)lrintf(fminf(fmaxf(grey, 0.0f), 255.0f));
  }
};

} // namespace

cudaError_t isn_cuda_copy_vectors(cudaStream_t stream, size_t n, const isn_copy_job_t *jobs,
                                  size_t longest)
{
  const isn_cuda_rows_t rows = job_rows(n);
  return launch(stream, &rows, longest, copy_jobs{jobs});
}

cudaError_t isn_cuda_put_units(cudaStream_t stream, size_t n, const isn_units_job_t *jobs,
                               const isn_unit_weight_t *weights)
{
  return launch_blocks(stream, (unsigned)n, THREADS, unit_jobs{jobs, weights});
}

cudaError_t isn_cuda_spread(cudaStream_t stream, size_t n, const isn_spread_job_t *jobs,
                            size_t longest)
{
  const isn_cuda_rows_t rows = job_rows(n);
  return launch(stream, &rows, longest, spread_jobs{jobs});
}

cudaError_t isn_cuda_move(cudaStream_t stream, size_t n, const isn_moves_job_t *jobs,
                          const isn_slope_range_t *ranges, size_t longest, double *way,
                          double *lambda)
{
  return launch_blocks(stream, (unsigned)n, THREADS, move_jobs{jobs, ranges, longest, way, lambda});
}

cudaError_t isn_cuda_pick(cudaStream_t stream, size_t n, const isn_pick_job_t *jobs)
{
  return launch_blocks(stream, (unsigned)n, THREADS, pick_jobs{jobs});
}

cudaError_t isn_cuda_see_finite(cudaStream_t stream, size_t n, const isn_finite_job_t *jobs)
{
  return launch_blocks(stream, (unsigned)n, THREADS, finite_jobs{jobs});
}

cudaError_t isn_cuda_store_pictures(cudaStream_t stream, size_t n, const isn_picture_job_t *jobs,
                                    isn_shape_t shape, isn_picture_format_t format)
{
  const isn_cuda_rows_t rows = job_rows(n);
  const unsigned plane = (unsigned)(shape.h * shape.w);
  return launch(stream, &rows, isn_shape_count(shape),
                picture_jobs{jobs, (unsigned)shape.c, plane, format});
}
