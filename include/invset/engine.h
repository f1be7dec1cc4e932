/** @file engine.h
 *  The chain code -> generator -> crop -> valid 8-bit picture -> classifier and encoder, as one net
 *  on one backend, for batches whose samples belong to any targets and chains.
 *
 *  Activation and encoding are always those of the picture as it will be stored: the Picture layer
 *  rounds to whole grey levels and passes the gradient straight through.  So a sample that is in
 * its window here is in its window on the file, without another pass.  Everything is local.
 */
#ifndef INVSET_ENGINE_H
#define INVSET_ENGINE_H

#include "invset/backend.h"
#include "invset/models.h"
#include "invset/net.h"

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
 * host copies are counted where that is host memory; bytes_per_sample is 0
 *  @param[in]     precision of forward and backward passes.  In any other than FP32 a pass serves
 * the search alone: isn_engine_confirm() says what counts
 *  @return ISN_ERR_INPUT: no such blob, or the backend does not have the precision; ISN_ERR_MEMORY;
 * ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_engine_open(isn_backend_t *backend, isn_models_t *models, int n_blobs,
                                          const char *const *blobs, isn_batch_limits_t limits,
                                          isn_precision_t precision, isn_engine_t **out);
void isn_engine_close(isn_engine_t *engine); /**< NULL is fine */

int isn_engine_batch(const isn_engine_t *engine); /**< most samples of a pass */
/** Counts of the net inside. */
void isn_engine_counts(const isn_engine_t *engine, isn_net_counts_t *counts);

/** The codes of the next forward pass, to be filled: (batch, D), host. */
float *isn_engine_codes(isn_engine_t *engine);

/** Run the codes of rows 0 .. n-1.
 *  @return ISN_ERR_NUMERIC if an activation or encoding is not finite; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_engine_forward(isn_engine_t *engine, int n);

/** Results of the last forward pass, host, until the next: all units of blob number b for a row
 * (its C*H*W numbers), the encoding (E), and the stored picture: (H, W) grey or (H, W, 3) RGB. */
const float *isn_engine_blob(const isn_engine_t *engine, int b, int row);
size_t isn_engine_blob_count(const isn_engine_t *engine, int b); /**< C*H*W of blob number b */
const float *isn_engine_encoding(const isn_engine_t *engine, int row);
ISN_MUST_USE isn_status_t isn_engine_picture(isn_engine_t *engine, int row, unsigned char *image);

/** Gradients to be put on a blob and on the encoding for the next backward pass, to be filled for
 *  its rows: (C*H*W) and (E), host. */
float *isn_engine_blob_seed(isn_engine_t *engine, int b, int row);
float *isn_engine_encoding_seed(isn_engine_t *engine, int row);

/** Carry gradients back to the codes, for some rows of the last forward pass.
 *  @param[in] n_blobs, blobs  numbers of the blobs whose seeds are used, for all of these rows
 *  @param[in] with_encoding   whether the encoding's seeds are used, too (or n_blobs is above 0) */
ISN_MUST_USE isn_status_t isn_engine_backward(isn_engine_t *engine, int n_blobs, const int *blobs,
                                              bool with_encoding, isn_rows_t rows);

/** Compute rows of the last forward pass anew in plain float32: blobs, encodings and pictures of
 *  these rows are those from now on, while backward passes are still of the last forward pass. Does
 *  nothing in FP32, where they are that already.
 *  @return as isn_engine_forward() */
ISN_MUST_USE isn_status_t isn_engine_confirm(isn_engine_t *engine, isn_rows_t rows);

/** Gradient with respect to a row's code (D), host, after backward. */
const float *isn_engine_code_gradient(const isn_engine_t *engine, int row);

#ifdef __cplusplus
}
#endif
#endif
