/* Codes that a run starts from, in place of random ones: sampling.start. */
#ifndef ISN_RUN_START_CODES_H
#define ISN_RUN_START_CODES_H

#include "context.h"

/* Read them into run->start_codes, where sampling.start names some: rank 0 reads, all get
 * them.  run: comm, options, backend, models with their nets, and bounds are set.  Collective.
 * @return ISN_ERR_INPUT naming the file: not readable, a picture whose encoding is no code, codes
 * of another size or not finite, none */
ISN_MUST_USE isn_status_t start_codes_read(run_t *run);

#endif
