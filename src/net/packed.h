/** @file packed.h
 *  The outside of a net whose data are packed (backend.h): plain copies of its input, its kept
 * blobs, their seeds and the input's gradient, which are all that callers see.  Private to the
 * room; local.
 *
 *  Gradients are scaled by powers of two, sample by sample, so that they suit packed numbers; if
 * one leaves their range on its way after all, the pass is repeated with smaller ones.
 */
#ifndef INVSET_NET_PACKED_H
#define INVSET_NET_PACKED_H

#include "net_private.h"

/** Whether the net's data are packed. */
static inline bool isn_net_is_packed(const isn_net_t *net)
{
  return net->packed.number_bytes > 0;
}

/** Floats of the copies for each sample; 0 where nothing is packed. */
size_t isn_packed_floats(const isn_net_t *net);

/** Allocate the copies for max_batch samples; nothing where nothing is packed.
 *  @return ISN_ERR_MEMORY, ISN_ERR_BACKEND; isn_packed_free() in any case */
ISN_MUST_USE isn_status_t isn_packed_alloc(isn_net_t *net);
void isn_packed_free(isn_net_t *net);

/** Before and after a forward pass of n samples. */
ISN_MUST_USE isn_status_t isn_packed_take_input(isn_net_t *net, int n);
ISN_MUST_USE isn_status_t isn_packed_give_blobs(isn_net_t *net, int n);

/** Before and after a backward pass of samples 0 .. n-1, whose seeds are marked in has_seed. */
ISN_MUST_USE isn_status_t isn_packed_take_seeds(isn_net_t *net, int n);
ISN_MUST_USE isn_status_t isn_packed_give_gradient(isn_net_t *net, int n);

/** Whether the gradients of a pass came out right; if not, the next pass scales them down.
 *  @return ISN_ERR_NUMERIC: they are not finite at any scale */
ISN_MUST_USE isn_status_t isn_packed_check(isn_net_t *net, isn_rows_t rows, bool *right);

#endif
