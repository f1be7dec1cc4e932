/** @file engine.h
 *  The chain code -> generator -> crop -> valid 8-bit picture -> classifier and encoder, as one net
 *  on one backend, for batches whose samples belong to any targets and chains.
 *
 *  Activation and encoding are always those of the picture as it will be stored: the Picture layer
 *  rounds to whole grey levels and passes the gradient straight through.  So a sample that is in
 * its window here is in its window on the file, without another pass.  Everything is local.
 *
 *  There are two ways to use it.  The worker's: rows of codes, blobs, encodings and gradients are
 *  vectors in backend memory (vectors.h), and only what is asked for comes to the host.  And the
 *  host's, for small things: arrays that are copied there and back as a whole.
 */
#ifndef INVSET_ENGINE_H
#define INVSET_ENGINE_H

#include "invset/backend.h"
#include "invset/models.h"
#include "invset/net.h"
#include "invset/vectors.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_engine isn_engine_t;

/** Build the chain.
 *  @param[in]     backend  borrowed until isn_engine_close()
 *  @param[in,out] models   its nets move into the engine: generator, classifier and encoder are
 * left without layers, everything else stays
 *  @param[in]     n_blobs, blobs  distinct classifier blobs whose units are targets, >= 1
 *  @param[in]     limits   of the batch; its bytes are backend memory, to which the engine's own
 * host copies are counted where that is host memory
 *  @param[in]     precision of forward and backward passes.  In any other than FP32 a pass serves
 * the search alone: isn_engine_confirm() says what counts
 *  @return ISN_ERR_INPUT: no such blob, or the backend does not have the precision; ISN_ERR_MEMORY;
 * ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_engine_open(isn_backend_t *backend, isn_models_t *models, int n_blobs,
                                          const char *const *blobs, isn_batch_limits_t limits,
                                          isn_precision_t precision, isn_engine_t **out);
void isn_engine_close(isn_engine_t *engine); /**< NULL is fine */

/** See that a device computes what the CPU does: a full batch of random codes goes through it
 *  forward and back, and four of its rows through the same nets on the CPU.  On a host backend
 * there is nothing to be seen.
 *  @param[in] code_min, code_max (D) bounds of the codes
 *  @return ISN_ERR_BACKEND: it does not; ISN_ERR_NUMERIC, ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_engine_check(isn_engine_t *engine, const float *code_min,
                                           const float *code_max);

int isn_engine_batch(const isn_engine_t *engine); /**< most samples of a pass */
/** Times of the net's layers: isn_net_time_layers(). */
ISN_MUST_USE isn_status_t isn_engine_time_layers(isn_engine_t *engine, int n, int repeats,
                                                 isn_layer_time_t *times);
/** Counts of the net inside. */
void isn_engine_counts(const isn_engine_t *engine, isn_net_counts_t *counts);

size_t isn_engine_blob_count(const isn_engine_t *engine, int b); /**< C*H*W of blob number b */

/* ---- rows in backend memory ---- */

/** A row of the batch, all in backend memory, owned by the engine. */
typedef struct {
  float *code;                /**< (D) to be filled before a forward pass */
  const float *encoding;      /**< (E) from a forward pass to the next */
  float *encoding_seed;       /**< (E) to be filled before a backward pass that uses it */
  const float *code_gradient; /**< (D) from a backward pass of the row to the next one */
} isn_engine_row_t;
isn_engine_row_t isn_engine_row(const isn_engine_t *engine, int row);

/** Blob number b of a row, in backend memory, owned by the engine: (C*H*W) each. */
typedef struct {
  const float *values; /**< from a forward pass to the next */
  float *seed; /**< gradient on it, to be filled before a backward pass that uses it; it is the
                    encoding's where isn_engine_encodes() */
} isn_engine_blob_row_t;
isn_engine_blob_row_t isn_engine_blob_row(const isn_engine_t *engine, int b, int row);

/** Whether blob number b is the encoding itself. */
bool isn_engine_encodes(const isn_engine_t *engine, int b);

/** Run the codes of rows 0 .. n-1.
 *  @return ISN_ERR_NUMERIC if an activation or encoding is not finite; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_engine_run(isn_engine_t *engine, int n);

/** Carry seeds back to the codes, for some rows of the last forward pass.
 *  @param[in] n_blobs, blobs  numbers of the blobs whose seeds are used, for all of these rows
 *  @param[in] with_encoding   whether the encoding's seeds are used, too (or n_blobs is above 0);
 *                             where one of the blobs is the encoding, its seed holds both */
ISN_MUST_USE isn_status_t isn_engine_carry_back(isn_engine_t *engine, int n_blobs, const int *blobs,
                                                bool with_encoding, isn_rows_t rows);

/** Compute rows of the last forward pass anew in plain float32: blobs, encodings and pictures of
 *  these rows are those from now on, while backward passes are still of the last forward pass. Does
 *  nothing in FP32, where they are that already.
 *  @return as isn_engine_run() */
ISN_MUST_USE isn_status_t isn_engine_confirm(isn_engine_t *engine, isn_rows_t rows);

/** Put the stored picture of a row into the queue: (H, W) grey or (H, W, 3) RGB.
 *  @param[out] image host
 *  @return ISN_ERR_ARG: in another precision than FP32 a row that was not confirmed */
ISN_MUST_USE isn_status_t isn_engine_ask_picture(isn_engine_t *engine, isn_vectors_t *vectors,
                                                 int row, unsigned char *image);

/** Put what brings a row of blob number b to isn_engine_blob() into the queue, or what brings its
 *  isn_engine_blob_seed() to the row. */
ISN_MUST_USE isn_status_t isn_engine_ask_blob(isn_engine_t *engine, isn_vectors_t *vectors, int b,
                                              int row);
ISN_MUST_USE isn_status_t isn_engine_put_seed(isn_engine_t *engine, isn_vectors_t *vectors, int b,
                                              int row);

/* ---- arrays on the host ---- */

/** The codes of the next forward pass, to be filled: (batch, D), host. */
float *isn_engine_codes(isn_engine_t *engine);

/** Run the codes of rows 0 .. n-1.  @return as isn_engine_run() */
ISN_MUST_USE isn_status_t isn_engine_forward(isn_engine_t *engine, int n);

/** Results of the last forward pass, host, until the next: all units of blob number b for a row
 * (its C*H*W numbers), the encoding (E), and the stored picture. */
const float *isn_engine_blob(const isn_engine_t *engine, int b, int row);
const float *isn_engine_encoding(const isn_engine_t *engine, int row);
ISN_MUST_USE isn_status_t isn_engine_picture(isn_engine_t *engine, int row, unsigned char *image);

/** Gradients to be put on a blob and on the encoding for the next backward pass, to be filled for
 *  its rows: (C*H*W) and (E), host. */
float *isn_engine_blob_seed(isn_engine_t *engine, int b, int row);
float *isn_engine_encoding_seed(isn_engine_t *engine, int row);

/** Carry these back: as isn_engine_carry_back(), but a blob that is the encoding has two seeds. */
ISN_MUST_USE isn_status_t isn_engine_backward(isn_engine_t *engine, int n_blobs, const int *blobs,
                                              bool with_encoding, isn_rows_t rows);

/** Gradient with respect to a row's code (D), host, after backward. */
const float *isn_engine_code_gradient(const isn_engine_t *engine, int row);

#ifdef __cplusplus
}
#endif
#endif
