/** @file results.cuh
 *  How kernels write results: number by number from the numbers of one place or from anywhere, 16
 *  bytes at a time where they lie so.
 */
#ifndef INVSET_CUDA_RESULTS_CUH
#define INVSET_CUDA_RESULTS_CUH

#include "backend/cuda/numbers.cuh"

/* Samples whose sizes are no multiple of 16 bytes are one row of numbers, if all are wanted. */
static inline bool is_one_run(const isn_cuda_rows_t *rows, size_t count)
{
  return rows->all && rows->first == 0 && (size_t)rows->n * count <= INT_MAX;
}

static inline isn_cuda_rows_t all_rows(size_t n)
{
  isn_cuda_rows_t rows;
  rows.first = 0;
  rows.n = (int)n;
  rows.all = true;
  return rows;
}

/* Number by number: out[i] = op(i, a[i], b[i]), of which op reads Op::inputs.  out may be a or b.
 * Of one run i goes on over the samples' ends. */
template <class T, int V, class Op> struct values_layer {
  Op op;
  unsigned count;
  const T *a, *b;
  T *out;
  template <int W> __device__ __forceinline__ void compute(size_t place, unsigned i) const
  {
    float x[W], y[W];
#pragma unroll
    for (int k = 0; k < W; k++)
      x[k] = y[k] = 0.0f;
    if (Op::inputs > 0)
      load<W>(a + place, x);
    if (Op::inputs > 1)
      load<W>(b + place, y);
#pragma unroll
    for (int k = 0; k < W; k++)
      x[k] = op(i + k, x[k], y[k]);
    store<W>(out + place, x);
  }
  __device__ void operator()(size_t sample, unsigned group) const
  {
    unsigned i = group * V;
    size_t place = sample * count + i;
    if (count - i >= V) {
      compute<V>(place, i);
      return;
    }
    for (; i < count; i++, place++)
      compute<1>(place, i);
  }
};

/* An op that changes nothing. */
struct same_of {
  static constexpr int inputs = 1;
  __device__ float operator()(unsigned, float x, float) const
  {
    return x;
  }
};

/* For all numbers of the samples.  @param[in] a, b as many as op reads; else NULL */
template <class Form, class Op>
static cudaError_t launch_values(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                                 const Op &op, const float *a, const float *b, float *out)
{
  using T = typename Form::number;
  constexpr int V = Form::vector;
  const T *x = (const T *)a, *y = (const T *)b;
  if constexpr (V > 1) {
    bool aligned = is_aligned(a) && is_aligned(b) && is_aligned(out);
    if (aligned && count % V == 0)
      return launch(stream, rows, count / V,
                    values_layer<T, V, Op>{op, (unsigned)count, x, y, (T *)out});
    if (aligned && is_one_run(rows, count)) {
      isn_cuda_rows_t one = all_rows(1);
      size_t total = (size_t)rows->n * count;
      return launch(stream, &one, (total + V - 1) / V,
                    values_layer<T, V, Op>{op, (unsigned)total, x, y, (T *)out});
    }
  }
  return launch(stream, rows, count, values_layer<T, 1, Op>{op, (unsigned)count, x, y, (T *)out});
}

/* Number by number from anywhere: out[i] of a sample = source(sample, i), a float.  Writes are what
 * needs order: reads of neighbours meet in the cache. */
template <class T, int V, class Source> struct gather_layer {
  Source source;
  divider_t count;
  unsigned total;
  T *out;
  __device__ void operator()(size_t sample, unsigned group) const
  {
    T *to = out + sample * count.divisor + (size_t)group * V;
    unsigned first = group * V;
    float x[V];
#pragma unroll
    for (int k = 0; k < V; k++) {
      unsigned i = first + k, s = V > 1 ? count.quotient(i) : 0;
      x[k] = i < total ? source(sample + s, i - s * count.divisor) : 0.0f;
    }
    if (total - first >= V) {
      store<V>(to, x);
      return;
    }
#pragma unroll
    for (int k = 0; k < V; k++)
      if (first + k < total)
        store<1>(to + k, &x[k]);
  }
};

/* Neighbouring numbers of a result that are neighbours in a source, or NULL: zeros. */
template <class T> struct run_t {
  const T *from;
  unsigned length;
};

/* Number by number of a source whose numbers come in runs: source.run(sample, i) is the run that
 * begins with number i, and where a number lies is worked out once for each.  out[i] = op(i, x, 0),
 * as in values_layer. */
template <class T, int V, class Source> struct runs_layer {
  Source source;
  divider_t count;
  unsigned total;
  T *out;
  __device__ void operator()(size_t sample, unsigned group) const
  {
    T *to = out + sample * count.divisor + (size_t)group * V;
    unsigned first = group * V;
    run_t<T> run = {NULL, 0};
    float x[V];
#pragma unroll
    for (int k = 0; k < V; k++) {
      unsigned i = first + k;
      if (run.length == 0 && i < total) {
        unsigned s = V > 1 ? count.quotient(i) : 0;
        run = source.run(sample + s, i - s * count.divisor);
      }
      x[k] = source.op(i, run.from && i < total ? to_float(*run.from++) : 0.0f, 0.0f);
      run.length--;
    }
    if (total - first >= V) {
      store<V>(to, x);
      return;
    }
#pragma unroll
    for (int k = 0; k < V; k++)
      if (first + k < total)
        store<1>(to + k, &x[k]);
  }
};

/* The same where runs are of whole groups that are aligned. */
template <class T, int V, class Source> struct whole_runs_layer {
  Source source;
  divider_t count;
  unsigned total;
  T *out;
  __device__ void operator()(size_t sample, unsigned group) const
  {
    unsigned first = group * V;
    run_t<T> run = source.run(sample, first);
    float x[V];
#pragma unroll
    for (int k = 0; k < V; k++)
      x[k] = 0.0f;
    if (run.from)
      load<V>(run.from, x);
#pragma unroll
    for (int k = 0; k < V; k++)
      x[k] = source.op(first + k, x[k], 0.0f);
    store<V>(out + sample * count.divisor + first, x);
  }
};

/* layer<T, V, Source> for all numbers of the result, as many at once as can be. */
template <template <class, int, class> class Layer, class T, class Source>
static cudaError_t launch_result(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                                 const Source &source, T *out)
{
  constexpr int V = 16 / sizeof(T);
  divider_t divider = divider_of(count > 0 ? count : 1);
  if (is_aligned(out) && count % V == 0)
    return launch(stream, rows, count / V,
                  Layer<T, V, Source>{source, divider, (unsigned)count, out});
  if (is_aligned(out) && is_one_run(rows, count)) {
    isn_cuda_rows_t one = all_rows(1);
    size_t total = (size_t)rows->n * count;
    return launch(stream, &one, (total + V - 1) / V,
                  Layer<T, V, Source>{source, divider, (unsigned)total, out});
  }
  return launch(stream, rows, count, Layer<T, 1, Source>{source, divider, (unsigned)count, out});
}

template <class T, class Source>
static cudaError_t launch_gather(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                                 const Source &source, T *out)
{
  return launch_result<gather_layer>(stream, rows, count, source, out);
}

/* @param[in] whole all runs begin at multiples of 16 bytes, and are as long */
template <class T, class Source>
static cudaError_t launch_runs(cudaStream_t stream, const isn_cuda_rows_t *rows, size_t count,
                               const Source &source, bool whole, T *out)
{
  constexpr int V = 16 / sizeof(T);
  if (whole && is_aligned(out) && count % V == 0)
    return launch(stream, rows, count / V,
                  whole_runs_layer<T, V, Source>{source, divider_of(count), (unsigned)count, out});
  return launch_result<runs_layer>(stream, rows, count, source, out);
}

#endif
