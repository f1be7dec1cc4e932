/** @file accepted.h
 *  The accepted samples of a target of a run file: which they are, their points in the space that
 *  the spread is measured in, and their pictures.  Works during a run.  All functions are local.
 */
#ifndef INVSET_JOBS_ACCEPTED_H
#define INVSET_JOBS_ACCEPTED_H

#include "invset/run_file.h"

typedef struct {
  int n;
  int *slots;    /**< (n), ascending, owned */
  int dim;       /**< numbers of a point: the encoding, or the code if the file has no encodings */
  float *points; /**< (n, dim), owned */
} isn_accepted_t;

/** Read the accepted samples of a target.
 *  @param[in]  states (T, B) from isn_run_reader_states()
 *  @param[out] out    isn_accepted_clear()
 *  @return ISN_ERR_MEMORY; the reader's errors */
ISN_MUST_USE isn_status_t isn_accepted_read(isn_run_reader_t *reader, const unsigned char *states,
                                            int target, isn_accepted_t *out);
void isn_accepted_clear(isn_accepted_t *accepted);

/** Count the accepted samples of a target.  Blocks that are DONE are not read for it.
 *  @param[in] states as above */
ISN_MUST_USE isn_status_t isn_accepted_count(isn_run_reader_t *reader, const unsigned char *states,
                                             int target, int *n);

/** Read some samples' pictures.
 *  @param[in]  slots  (n), of blocks that are not EMPTY
 *  @param[out] images (n, H, W) or (n, H, W, 3) */
ISN_MUST_USE isn_status_t isn_accepted_images(isn_run_reader_t *reader, int target, int n,
                                              const int *slots, unsigned char *images);

#endif
