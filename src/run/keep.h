/* A picture of which a part is kept in every sample: sampling.keep and sampling.mask. */
#ifndef ISN_RUN_KEEP_H
#define ISN_RUN_KEEP_H

#include "invset/models.h"

/* Read both pictures, where they are named, into models->keep.  models: the shapes and the format
 * of pictures are set.  Collective, or local if comm is NULL. */
ISN_MUST_USE isn_status_t keep_read(isn_comm_t *comm, const isn_run_options_t *options,
                                    isn_models_t *models);

#endif
