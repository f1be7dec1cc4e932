/** @file samples.h
 *  The samples of a target of a run file: the accepted ones, and those outside of the window if the
 *  run's method keeps them; which they are, their points in the space that the spread is measured
 *  in, and their pictures.  Works during a run.  All functions are local.
 */
#ifndef INVSET_JOBS_SAMPLES_H
#define INVSET_JOBS_SAMPLES_H

#include "invset/run_file.h"

typedef struct {
  int n, n_accepted;
  int *slots;    /**< (n), ascending, owned */
  int dim;       /**< numbers of a point: the encoding, or the code if the file has no encodings */
  float *points; /**< (n, dim), owned */
} isn_samples_t;

/** Read the samples of a target.
 *  @param[in]  states (T, B) from isn_run_reader_states()
 *  @param[out] out    isn_samples_clear()
 *  @return ISN_ERR_MEMORY; the reader's errors */
ISN_MUST_USE isn_status_t isn_samples_read(isn_run_reader_t *reader, const unsigned char *states,
                                           int target, isn_samples_t *out);
void isn_samples_clear(isn_samples_t *samples);

/** Count the accepted samples of a target.  Blocks that are DONE are not read for it.
 *  @param[in] states as above */
ISN_MUST_USE isn_status_t isn_samples_count_accepted(isn_run_reader_t *reader,
                                                     const unsigned char *states, int target,
                                                     int *n);

/** Read some samples' pictures.
 *  @param[in]  slots  (n), of blocks that are not EMPTY
 *  @param[out] images (n, H, W) or (n, H, W, 3) */
ISN_MUST_USE isn_status_t isn_samples_images(isn_run_reader_t *reader, int target, int n,
                                             const int *slots, unsigned char *images);

#endif
