/** @file picture_nets.h
 *  Classifier and encoder on pictures as they are stored: what the engine (engine.h) has behind its
 *  Picture layer, without the generator.  Equal pictures give equal bits in any batch and any place
 *  of it on the cpu backend.  Everything is local.
 */
#ifndef INVSET_PICTURE_NETS_H
#define INVSET_PICTURE_NETS_H

#include "invset/backend.h"
#include "invset/models.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_picture_nets isn_picture_nets_t;

/** Build the nets.
 *  @param[in]  backend, models  borrowed until isn_picture_nets_close(); the models' nets must
 * still be in them (isn_engine_open() takes them out)
 *  @param[in]  n_blobs, blobs   blobs of the classifier that are asked for; may be none
 *  @param[in]  batch            most pictures at once
 *  @return ISN_ERR_INPUT: no such blob; ISN_ERR_MEMORY; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_picture_nets_open(isn_backend_t *backend, const isn_models_t *models,
                                                int n_blobs, const char *const *blobs, int batch,
                                                isn_picture_nets_t **out);
void isn_picture_nets_close(isn_picture_nets_t *nets); /**< NULL is fine */

/** Run the nets.
 *  @param[in] images        (n, H, W) or (n, H, W, 3), n at most the batch
 *  @param[in] with_encoding whether the encodings are wanted; without them an encoder of its own is
 *                           not run
 *  @return ISN_ERR_NUMERIC if an activation or encoding is not finite; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_picture_nets_run(isn_picture_nets_t *nets, int n,
                                               const unsigned char *images, bool with_encoding);

/** Results of the last run, host, until the next: all units of blob number b for a picture (its
 *  C*H*W numbers), how many these are, and the picture's encoding (E). */
const float *isn_picture_nets_blob(const isn_picture_nets_t *nets, int b, int row);
size_t isn_picture_nets_blob_count(const isn_picture_nets_t *nets, int b);
const float *isn_picture_nets_encoding(const isn_picture_nets_t *nets, int row);

#ifdef __cplusplus
}
#endif
#endif
