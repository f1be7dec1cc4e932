/* What a run and its plan begin with: models, targets, sizes, nets. */
#ifndef ISN_RUN_SETUP_H
#define ISN_RUN_SETUP_H

#include "context.h"

/* Backend, models, targets, bounds, layout: all that can be said before the file is looked at, so
 * that a run that cannot begin leaves none.  run: comm and options are set.  Collective. */
ISN_MUST_USE isn_status_t setup_run(run_t *run);

/* Nets of this rank, with the batch of the config or one that fits.  Collective. */
ISN_MUST_USE isn_status_t setup_engine(run_t *run);

void setup_clear(run_t *run); /* Frees what these two have made, also after an error.  Local. */

#endif
