/** @file backend_impl.h
 *  The implementer's side of a backend: the table that it fills.  Callers use invset/backend.h,
 *  whose functions check their arguments (backend.c) before they come here.
 */
#ifndef INVSET_BACKEND_IMPL_H
#define INVSET_BACKEND_IMPL_H

#include "backend/vector_ops.h"
#include "invset/backend.h"

enum { ISN_BACKEND_DESCRIPTION_BYTES = 256 };

/** One backend.  Entries are set unless marked optional.  "Checked" below means that backend.c has
 *  seen to it that the kind is known, that the pointers which the call needs are there, and that
 *  rows ascend from 0 upwards. */
typedef struct {
  const char *name;
  bool is_host;   /**< its memory is host memory */
  int full_batch; /**< see isn_backend_full_batch() */

  bool compiled_in; /**< else it is a stub, which only has open(), and "auto" passes it over */

  /** Optional.  Whether this machine looks as if it had what the backend is for, even if open() then
   *  finds that something is missing. */
  bool (*is_likely)(void);

  /** Start: set backend->own and backend->description.  Owns nothing after a failure; ISN_ERR_INPUT
   *  is for "not on this machine", where "auto" goes on to the next backend. */
  isn_status_t (*open)(isn_backend_t *backend, int local_rank);
  void (*close)(isn_backend_t *backend);

  /** Optional where is_host (then that of the host).  Bytes that are free. */
  isn_status_t (*memory)(isn_backend_t *backend, size_t *bytes);

  /** Optional where is_host (then 0).  See isn_backend_device_number(). */
  isn_status_t (*device_number)(isn_backend_t *backend, double *number);

  /** n >= 1 floats, zero. */
  isn_status_t (*alloc)(isn_backend_t *backend, size_t n, const char *what, float **out);
  void (*free)(isn_backend_t *backend, float *data);

  /** Optional (NULL: plain host memory).  n >= 1 floats of host memory, zero. */
  isn_status_t (*alloc_host)(isn_backend_t *backend, size_t n, const char *what, float **out);
  void (*free_host)(isn_backend_t *backend, float *data);

  /** Optional where is_host (then a plain copy). */
  isn_status_t (*upload)(isn_backend_t *backend, float *to, const float *host, size_t n);
  isn_status_t (*download)(isn_backend_t *backend, float *host, const float *from, size_t n);

  /** Optional (NULL: nothing is ever at work when a call returns). */
  isn_status_t (*wait)(isn_backend_t *backend);

  /** Optional (NULL: FP32 alone). */
  isn_status_t (*set_precision)(isn_backend_t *backend, isn_precision_t precision);

  /** Optional, all of these or none (NULL: data are never packed). */
  size_t (*packed_bytes)(const isn_backend_t *backend);
  isn_status_t (*pack)(isn_backend_t *backend, isn_shape_t shape, int n, const float *plain,
                       const float *factors, float *packed);
  isn_status_t (*unpack)(isn_backend_t *backend, isn_shape_t shape, int n, const float *packed,
                         const float *factors, float *plain);
  isn_status_t (*find_factors)(isn_backend_t *backend, size_t count, int n, const float *plain,
                               float target, bool first, float *factors);
  isn_status_t (*pack_weight)(isn_backend_t *backend, const isn_layer_call_t *call, int weight,
                              float **packed);

  /** Optional (NULL: cannot tell). */
  isn_status_t (*watch_libraries)(isn_backend_t *backend, bool on, double *ms);

  /** Optional, all of these or none (NULL: nothing is recorded). */
  isn_status_t (*record)(isn_backend_t *backend);
  isn_status_t (*end_record)(isn_backend_t *backend, isn_recording_t **out);
  isn_status_t (*replay)(isn_backend_t *backend, const isn_recording_t *recording, bool *stale);
  void (*free_recording)(isn_backend_t *backend, isn_recording_t *recording);

  /** *needs comes in as all zero and false. */
  void (*needs)(const isn_backend_t *backend, const isn_layer_call_t *call,
                isn_layer_needs_t *needs);

  /** Checked. n >= 1. */
  isn_status_t (*forward)(isn_backend_t *backend, const isn_layer_call_t *call, int n);

  /** Checked. rows.n >= 1, and at least one of grad_bottoms is wanted. */
  isn_status_t (*backward)(isn_backend_t *backend, const isn_layer_call_t *call, isn_rows_t rows);

  /** Checked. rows.n >= 1; count numbers per sample, packed ones where data are packed. */
  isn_status_t (*add)(isn_backend_t *backend, float *y, const float *x, size_t count,
                      isn_rows_t rows);
  isn_status_t (*zero)(isn_backend_t *backend, float *x, size_t count, isn_rows_t rows);
  isn_status_t (*copy)(isn_backend_t *backend, float *y, const float *x, size_t count,
                       isn_rows_t rows);

  const isn_vector_ops_t *vectors;
} isn_backend_ops_t;

struct isn_backend {
  const isn_backend_ops_t *ops;
  void *own; /**< the implementation's, owned */
  char description[ISN_BACKEND_DESCRIPTION_BYTES];
  char advice[ISN_BACKEND_DESCRIPTION_BYTES]; /**< set by open() if there is one */
};

extern const isn_backend_ops_t isn_backend_cpu_ops;
extern const isn_backend_ops_t isn_backend_cuda_ops; /**< a stub where CUDA is not compiled in */

#endif
