/** @file backend.h
 *  A compute backend as its callers see it: memory, and layers forward and backward on batches.
 *
 *  Backends: "cpu" (OpenBLAS; the reference) and "cuda" (cuDNN, cuBLAS and kernels of our own; says
 *  so where it is not compiled in).  No call here knows nets, files or MPI; all are local.  On
 * "cpu" equal inputs give equal bits, and a sample's numbers do not depend on the batch it is in,
 * nor on its place there.  On "cuda" in fp32 equal calls give equal bits on one kind of GPU
 * wherever cuDNN has an algorithm that does, but a sample's last bits may depend on its batch.
 */
#ifndef INVSET_BACKEND_H
#define INVSET_BACKEND_H

#include <stdbool.h>

#include "invset/layer.h"
#include "invset/status.h"
#include "invset/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_backend isn_backend_t;

/** How a net is computed. */
typedef enum {
  ISN_PRECISION_FP32, /**< float32, multiplied and added term by term; on every backend */
  ISN_PRECISION_TF32, /**< float32, but factors inside convolutions and inner products are rounded
                         to 10 bits after the point; sums are in float32; CUDA */
  ISN_PRECISION_FP16, /**< data and weights are half precision, sums are in float32; CUDA */
  ISN_N_PRECISIONS
} isn_precision_t;

/** "fp32", "tf32" or "fp16". */
const char *isn_precision_name(isn_precision_t precision);

/** Open a backend.
 *  @param[in]  name "cpu", "cuda", or "auto" (cuda where it is compiled in and a device is there,
 * else cpu)
 *  @param[out] out  caller's, isn_backend_close() after everything made from it
 *  @return ISN_ERR_INPUT: no such backend, not compiled in, no device; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_backend_open(const char *name, isn_backend_t **out);
/** As isn_backend_open(), for one of several processes of a node: they take its GPUs in turn.
 *  @param[in] local_rank number of the process within its node, from 0 */
ISN_MUST_USE isn_status_t isn_backend_open_rank(const char *name, int local_rank,
                                                isn_backend_t **out);
void isn_backend_close(isn_backend_t *backend); /**< NULL is fine */

/** Name of the backend ("cpu") and a line about it ("OpenBLAS 0.3.21, SkylakeX kernels, one
 *  thread").  @return text owned by the backend */
const char *isn_backend_name(const isn_backend_t *backend);
const char *isn_backend_description(const isn_backend_t *backend);

/** How to make the backend faster, as a warning, if it does not use what the machine has; else "".
 *  @return text owned by the backend */
const char *isn_backend_advice(const isn_backend_t *backend);

/** Memory that buffers of this process may take now; other processes may share it.
 *  @param[out] bytes of backend memory */
ISN_MUST_USE isn_status_t isn_backend_memory(isn_backend_t *backend, size_t *bytes);

/** A number that processes have in common just where they share a device, whose memory they then
 *  share; exact in a double.  @param[out] number 0 where memory is host memory */
ISN_MUST_USE isn_status_t isn_backend_device_number(isn_backend_t *backend, double *number);

/** Batch beyond which a pass over more samples takes as much longer: no use for a larger one. */
int isn_backend_full_batch(const isn_backend_t *backend);

/** Whether backend memory is host memory (then weights are used where they are, not copied). */
bool isn_backend_is_host(const isn_backend_t *backend);

/** Allocate n floats of backend memory, set to zero.  @param[out] out isn_backend_free() */
ISN_MUST_USE isn_status_t isn_backend_alloc(isn_backend_t *backend, size_t n, const char *what,
                                            float **out);
void isn_backend_free(isn_backend_t *backend, float *data); /**< NULL is fine */

/** Allocate n floats of host memory, set to zero, that uploads and downloads are fastest with.
 *  @param[out] out isn_backend_free_host() */
ISN_MUST_USE isn_status_t isn_backend_alloc_host(isn_backend_t *backend, size_t n, const char *what,
                                                 float **out);
void isn_backend_free_host(isn_backend_t *backend, float *data); /**< NULL is fine */

/** Copy n floats from host to backend memory, or back; done when the call returns. */
ISN_MUST_USE isn_status_t isn_backend_upload(isn_backend_t *backend, float *to, const float *host,
                                             size_t n);
ISN_MUST_USE isn_status_t isn_backend_download(isn_backend_t *backend, float *host,
                                               const float *from, size_t n);

/** Wait until all that was asked for is done.  Other calls may return before that, and then errors
 *  come back from a later one.  For measurements: upload and download wait by themselves. */
ISN_MUST_USE isn_status_t isn_backend_wait(isn_backend_t *backend);

/** Choose how the calls below compute from now on; FP32 at first.
 *  @return ISN_ERR_INPUT: the backend has no such way */
ISN_MUST_USE isn_status_t isn_backend_set_precision(isn_backend_t *backend,
                                                    isn_precision_t precision);

/* Packed data.  In FP32 a layer's data and weights are float32 in the order of tensor.h and layer.h
 * on every backend.  In other precisions they may be packed: of another type and order, which only
 * the backend knows, whatever the pointers' type says.  Samples of packed data follow each other
 * without gaps, too.  Packed are bottoms, tops and their gradients, and the weights. */

/** Bytes of a packed number in the present precision; 0: data are not packed in it, and the calls
 *  for packing are not to be used. */
size_t isn_backend_packed_bytes(const isn_backend_t *backend);

/** Pack samples 0 .. n-1.
 *  @param[in]  plain   (n, C, H, W) float32
 *  @param[in]  factors (n) of the samples, backend memory: numbers are multiplied by them; or NULL
 *  @param[out] packed  may not be plain */
ISN_MUST_USE isn_status_t isn_backend_pack(isn_backend_t *backend, isn_shape_t shape, int n,
                                           const float *plain, const float *factors, float *packed);

/** The other way; numbers are divided by the factors. */
ISN_MUST_USE isn_status_t isn_backend_unpack(isn_backend_t *backend, isn_shape_t shape, int n,
                                             const float *packed, const float *factors,
                                             float *plain);

/** Factors that bring gradients to a size which suits packed numbers: for each sample the power of
 *  two with which its largest number in size lies in (target / 2, target]; the largest power there
 * is where all are 0.
 *  @param[in]     plain   (n, count) float32
 *  @param[in]     first   false: another blob's gradients of the same samples came before, with
 *                         these factors, which are made smaller where this one wants that
 *  @param[in,out] factors (n) backend memory */
ISN_MUST_USE isn_status_t isn_backend_find_factors(isn_backend_t *backend, size_t count, int n,
                                                   const float *plain, float target, bool first,
                                                   float *factors);

/** Pack one of a layer's weights, once when a net is built.
 *  @param[in]  call   params and shapes; weights[weight] is plain
 *  @param[out] packed isn_backend_free(); NULL: this weight is used as it is */
struct isn_layer_call;
ISN_MUST_USE isn_status_t isn_backend_pack_weight(isn_backend_t *backend,
                                                  const struct isn_layer_call *call, int weight,
                                                  float **packed);

/** Which samples of a batch a backward pass is for.  Others' gradients are left undefined, and a
 *  backend may save their work or not. */
typedef struct {
  int n;            /**< number of rows */
  const int *index; /**< (n), host, ascending, each below the batch size */
} isn_rows_t;

/** One layer of a net on one batch: everything a kernel needs.  All pointers are borrowed. */
typedef struct isn_layer_call {
  const isn_layer_params_t *params;
  const float *weights[ISN_LAYER_MAX_WEIGHTS]; /**< backend memory, see layer.h; NULL if none */
  int n_bottoms, n_tops;
  isn_tensor_t bottoms[ISN_LAYER_MAX_BOTTOMS]; /**< backward: data may be NULL unless the kind needs
                                                    it, see isn_backend_needs() */
  isn_tensor_t tops[ISN_LAYER_MAX_TOPS];       /**< may be the bottom itself where the kind allows
                                                    it, see isn_backend_needs() */
  isn_tensor_t grad_bottoms[ISN_LAYER_MAX_BOTTOMS]; /**< backward only; data NULL: not wanted */
  isn_tensor_t grad_tops[ISN_LAYER_MAX_TOPS];       /**< backward only */
  void *state;      /**< backend memory kept from forward to backward, isn_backend_needs() bytes per
                         sample times the batch; NULL if no backward will follow */
  float *workspace; /**< backend memory, isn_backend_needs() floats, contents arbitrary */
  const isn_layer_params_t *fused; /**< forward only: a ReLU to be applied to tops[0] as well; NULL:
                                        none.  For kinds that say so, see isn_backend_needs() */
} isn_layer_call_t;

/** What a layer kind asks of its caller. */
typedef struct {
  bool backward_bottoms;  /**< backward reads bottoms[].data */
  bool backward_tops;     /**< backward reads tops[].data */
  bool in_place_forward;  /**< tops[0].data may be bottoms[0].data */
  bool in_place_backward; /**< grad_bottoms[0].data may be grad_tops[0].data */
  bool alias;             /**< top and bottom hold the same numbers: the caller may give both
                               one address and skip the call (Reshape) */
  bool fuses_relu;        /**< forward can apply a ReLU to its result at no cost */
  size_t state_bytes_per_sample;
  size_t workspace_floats; /**< whatever the batch */
} isn_layer_needs_t;

/** Ask what a layer needs.  @param[in] call params, weights, shapes; data pointers are not read */
void isn_backend_needs(const isn_backend_t *backend, const isn_layer_call_t *call,
                       isn_layer_needs_t *needs);

/** Compute the tops of samples 0 .. n-1 from the bottoms.
 *  @return ISN_ERR_BACKEND; ISN_ERR_INPUT if this backend lacks the layer kind */
ISN_MUST_USE isn_status_t isn_backend_forward(isn_backend_t *backend, const isn_layer_call_t *call,
                                              int n);

/** Compute grad_bottoms (overwritten, not added to) from grad_tops, for the samples in rows, after
 *  a forward pass of the same batch.  There are no gradients with respect to weights. */
ISN_MUST_USE isn_status_t isn_backend_backward(isn_backend_t *backend, const isn_layer_call_t *call,
                                               isn_rows_t rows);

/** For benchmarks: add up how long kernels of libraries (cuDNN, cuBLAS) run, in calls that are not
 *  recorded.  It slows calls down.
 *  @param[in]  on  begin, at 0, or end
 *  @param[out] ms  until now; NaN: this backend cannot tell */
ISN_MUST_USE isn_status_t isn_backend_watch_libraries(isn_backend_t *backend, bool on, double *ms);

/* Recording.  Where it takes a while to hand many calls to a device one by one, they can be noted
 * once and repeated as one. */

typedef struct isn_recording isn_recording_t;

bool isn_backend_can_record(const isn_backend_t *backend);

/** Note calls from now on, which are not done: layers forward and backward, add, zero, copy, pack,
 *  unpack, find_factors, each of which was done before with as many samples.  An error of a call
 *  means that it cannot be recorded; end in any case. */
ISN_MUST_USE isn_status_t isn_backend_record(isn_backend_t *backend);
/** @param[out] out isn_backend_free_recording(); NULL after an error */
ISN_MUST_USE isn_status_t isn_backend_end_record(isn_backend_t *backend, isn_recording_t **out);

/** Do what was recorded.
 *  @param[out] stale nothing was done, as the backend's own memory has moved: record it anew */
ISN_MUST_USE isn_status_t isn_backend_replay(isn_backend_t *backend,
                                             const isn_recording_t *recording, bool *stale);
void isn_backend_free_recording(isn_backend_t *backend, isn_recording_t *recording);

/** y += x for the samples in rows; count numbers per sample, which are packed ones where the
 * present precision has packed data; backend memory. */
ISN_MUST_USE isn_status_t isn_backend_add(isn_backend_t *backend, float *y, const float *x,
                                          size_t count, isn_rows_t rows);

/** x = 0 for the samples in rows, likewise. */
ISN_MUST_USE isn_status_t isn_backend_zero(isn_backend_t *backend, float *x, size_t count,
                                           isn_rows_t rows);

/** y = x for the samples in rows, likewise. */
ISN_MUST_USE isn_status_t isn_backend_copy(isn_backend_t *backend, float *y, const float *x,
                                           size_t count, isn_rows_t rows);

#ifdef __cplusplus
}
#endif
#endif
