/* The chain from codes to activations and encodings as one net's spec. */
#ifndef ISN_RUN_ENGINE_CHAIN_H
#define ISN_RUN_ENGINE_CHAIN_H

#include "invset/models.h"
#include "invset/net_spec.h"

/* Join the models: blobs are called "generator/...", "invset/picture", "classifier/...",
 * "encoder/...".
 * @param[in,out] models their layers move into the chain
 * @param[out] out   isn_net_spec_destroy()
 * @param[out] mean  of pictures, as the Picture layer has it: the chain's */
ISN_MUST_USE isn_status_t engine_chain_create(isn_models_t *models, isn_net_spec_t **out,
                                              const float **mean);

#endif
