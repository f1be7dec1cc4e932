/** @file net.h
 *  A net built on a backend: a graph of layers with planned buffers, run on batches.
 *
 *  Forward computes the blobs that were asked for when the net was built; layers that lead to none
 *  of them are left out.  Backward starts from gradients put on any of these blobs, adds each where
 *  it passes, and ends at the input.  Samples of a batch do not influence each other.
 *  Buffers are planned once: values whose lifetimes do not overlap share memory.  All calls are
 *  local; one net is used by one thread.
 */
#ifndef INVSET_NET_H
#define INVSET_NET_H

#include <stdint.h>

#include "invset/backend.h"
#include "invset/net_spec.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_net isn_net_t;

/** How large a batch may be. */
typedef struct {
  int least, most;         /**< 1 <= least <= most */
  size_t bytes;            /**< memory that the buffers may take; `least` samples may take more */
  size_t bytes_per_sample; /**< of it that the caller needs himself for each sample of the batch */
} isn_batch_limits_t;

/** A batch of this size, whatever memory it takes. */
static inline isn_batch_limits_t isn_batch_exactly(int batch)
{
  isn_batch_limits_t limits = {batch, batch, SIZE_MAX, 0};
  return limits;
}

/** Build a net.
 *  @param[in]  spec      resolved, all weights loaded; borrowed until isn_net_destroy() where the
 *                        backend works in host memory, else for the call
 *  @param[in]  blobs     (n_blobs) names of the blobs to be computed and kept; "the blob" is its
 *                        final value, after in-place layers
 *  @param[in]  limits    of the largest batch, which is isn_net_max_batch().  Where the memory is
 * not to be had after all, the batch is halved, down to the least, and the log says so
 *  @param[in]  backward  whether isn_net_backward() will be called
 *  @param[in]  precision of its passes
 *  @param[out] out       caller's, isn_net_destroy()
 *  @return ISN_ERR_INPUT: no such blob, or the backend does not have the precision; ISN_ERR_MEMORY
 * with the size; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_net_create_within(isn_backend_t *backend, const isn_net_spec_t *spec,
                                                int n_blobs, const char *const *blobs,
                                                isn_batch_limits_t limits, bool backward,
                                                isn_precision_t precision, isn_net_t **out);
/** As isn_net_create_within(), for one size of the batch, in FP32. */
ISN_MUST_USE isn_status_t isn_net_create(isn_backend_t *backend, const isn_net_spec_t *spec,
                                         int n_blobs, const char *const *blobs, int max_batch,
                                         bool backward, isn_net_t **out);
void isn_net_destroy(isn_net_t *net); /**< NULL is fine */

/** Largest batch. */
int isn_net_max_batch(const isn_net_t *net);

/* What callers see of a net is float32, (max_batch, C, H, W), in every precision. */

/** The input's tensor, to be filled before forward: (max_batch, C, H, W), backend memory.
 *  Its data are overwritten by nothing until the next forward. */
isn_tensor_t isn_net_input(const isn_net_t *net);

/** A kept blob's tensor, by its index in `blobs`.  Defined after forward, until the next.  Where
 *  data are packed (backend.h) it is a copy, which backward passes do not read. */
isn_tensor_t isn_net_blob(const isn_net_t *net, int blob);

/** The gradient to be put on a kept blob: (max_batch, C, H, W), backend memory, owned by the net.
 *  The caller fills the rows of a backward pass before it. */
isn_tensor_t isn_net_seed(const isn_net_t *net, int blob);

/** The gradient with respect to the input, defined after backward for its rows. */
isn_tensor_t isn_net_grad_input(const isn_net_t *net);

/** Run samples 0 .. n-1 of the input.  @return ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_net_forward(isn_net_t *net, int n);

/** Carry the seeds of the named blobs back to the input, for some samples of the last forward.
 *  May be called several times after one forward.
 *  @param[in] n_seeds, seeds  (n_seeds) indices into `blobs`, >= 1, whose seed tensors were filled
 *  @param[in] rows            samples, each below forward's n
 *  @return ISN_ERR_ARG: net built without backward; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_net_backward(isn_net_t *net, int n_seeds, const int *seeds,
                                           isn_rows_t rows);

/** How long a call of a layer takes, and how much of that kernels of libraries do (NaN if the
 * backend cannot tell); 0 where another layer does the work (a fused ReLU, a Reshape). */
typedef struct {
  double ms, library_ms;
} isn_call_time_t;
typedef struct {
  const char *name; /**< owned by the net */
  isn_layer_kind_t kind;
  isn_call_time_t forward, backward;
} isn_layer_time_t;

/** Time the layers one by one, for benchmarks: after a forward and a backward pass of n samples,
 * whose results are lost.
 *  @param[in]  repeats calls that are timed together
 *  @param[out] times   (n_layers of isn_net_counts()) in order
 *  @return ISN_ERR_ARG: net built without backward, or n too large; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_net_time_layers(isn_net_t *net, int n, int repeats,
                                              isn_layer_time_t *times);

/** Counts for tests, `info` and `plan`. */
typedef struct {
  int n_layers;            /**< layers that are run */
  size_t buffer_floats;    /**< planned floats per sample: values, gradients, seeds */
  size_t unplanned_floats; /**< what one buffer for each of them would take */
  size_t total_bytes;      /**< backend memory of the net at max_batch, weights left out */
  int64_t n_forward_calls; /**< layer calls so far; a Reshape is none */
  int64_t n_backward_calls;
} isn_net_counts_t;
void isn_net_counts(const isn_net_t *net, isn_net_counts_t *counts);

#ifdef __cplusplus
}
#endif
#endif
