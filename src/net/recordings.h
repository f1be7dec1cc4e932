/** @file recordings.h
 *  Passes of small batches, recorded and repeated (isn_backend_record() in backend.h): there,
 * handing a hundred layers to a device one by one takes longer than computing them.  So that passes
 * repeat, the number of samples is rounded up, and a backward pass is for all of them. Private to
 * the room; local.
 */
#ifndef INVSET_NET_RECORDINGS_H
#define INVSET_NET_RECORDINGS_H

#include "net_private.h"

/** The calls of a pass; samples rows.index, or the first rows.n going forward. */
typedef isn_status_t isn_pass_fn(isn_net_t *net, isn_rows_t rows);

/** Samples to compute where n are wanted, at most max_batch: more, if that makes passes repeat.
 * What those beyond n hold does not matter. */
int isn_recordings_samples(const isn_net_t *net, int n);

/** Run a pass of samples 0 .. n-1, n from isn_recordings_samples(): the second time it is recorded,
 *  from then on repeated.
 *  @param[in] backward whether it is one, from the seeds that are marked in has_seed */
ISN_MUST_USE isn_status_t isn_recordings_run(isn_net_t *net, isn_pass_fn *pass, int n,
                                             bool backward);

/** Forget all recordings. */
void isn_recordings_clear(isn_net_t *net);

#endif
