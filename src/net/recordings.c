/** @file recordings.c
 *  See recordings.h.
 */
#include "recordings.h"

#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"

enum {
  MOST_SAMPLES = 128,  /**< beyond, the calls of a pass are little beside its work */
  SIZES_A_DOUBLING = 4 /**< sizes of passes between a power of two and the next */
};

int isn_recordings_samples(const isn_net_t *net, int n)
{
  int power = 1;
  if (!net->records || n > MOST_SAMPLES)
    return n;
  while (power < n)
    power *= 2;
  int unit = power / (2 * SIZES_A_DOUBLING) > 0 ? power / (2 * SIZES_A_DOUBLING) : 1;
  int rounded = (n + unit - 1) / unit * unit;
  return rounded < net->max_batch ? rounded : net->max_batch;
}

/** The recording of a pass, or where it will be.  @param[out] out owned by the net */
static isn_status_t find_recording(isn_net_t *net, int n, bool backward, isn_net_recording_t **out)
{
  isn_net_recording_t *r = net->recordings;
  size_t n_values = (size_t)net->graph.n_values;
  while (r && !(r->n == n && r->backward == backward &&
                (!backward || memcmp(r->has_seed, net->has_seed, n_values * sizeof(bool)) == 0)))
    r = r->next;
  if (!r) {
    ISN_TRY(isn_alloc(&r, 1, "recording of a pass"));
    r->next = net->recordings;
    net->recordings = r;
    r->n = n;
    r->backward = backward;
    ISN_TRY(isn_alloc(&r->has_seed, n_values, "recording of a pass"));
    memcpy(r->has_seed, net->has_seed, n_values * sizeof(bool));
  }
  *out = r;
  return ISN_OK;
}

/** Record a pass.  Where a device cannot, it is run, and no other is recorded any more. */
static isn_status_t record(isn_net_t *net, isn_pass_fn *pass, isn_rows_t rows,
                           isn_net_recording_t *r)
{
  int64_t before = net->n_forward_calls + net->n_backward_calls;
  ISN_TRY(isn_backend_record(net->backend));
  isn_status_t status = pass(net, rows);
  isn_status_t ended = isn_backend_end_record(net->backend, &r->recording);
  r->n_calls = net->n_forward_calls + net->n_backward_calls - before;
  status = status != ISN_OK ? status : ended;
  if (status != ISN_OK) {
    isn_backend_free_recording(net->backend, r->recording);
    r->recording = NULL;
    net->records = false;
    isn_log_info("passes of small batches go layer by layer, as they cannot be recorded here: %s",
                 isn_error_message());
    return pass(net, rows);
  }
  net->n_forward_calls -= r->backward ? 0 : r->n_calls; /* they have not run yet */
  net->n_backward_calls -= r->backward ? r->n_calls : 0;
  return ISN_OK;
}

static isn_status_t replay(isn_net_t *net, isn_net_recording_t *r, bool *stale)
{
  ISN_TRY(isn_backend_replay(net->backend, r->recording, stale));
  if (*stale) {
    isn_backend_free_recording(net->backend, r->recording);
    r->recording = NULL;
    r->was_run = false;
    return ISN_OK;
  }
  *(r->backward ? &net->n_backward_calls : &net->n_forward_calls) += r->n_calls;
  return ISN_OK;
}

isn_status_t isn_recordings_run(isn_net_t *net, isn_pass_fn *pass, int n, bool backward)
{
  isn_rows_t rows = {n, net->all_rows};
  isn_net_recording_t *r;
  bool stale = false;
  if (!net->records || n > MOST_SAMPLES)
    return pass(net, rows);
  ISN_TRY(find_recording(net, n, backward, &r));
  if (r->was_run && !r->recording) {
    ISN_TRY(record(net, pass, rows, r));
    if (!net->records)
      return ISN_OK;
  }
  if (r->recording) {
    ISN_TRY(replay(net, r, &stale));
    if (!stale)
      return ISN_OK;
  }
  r->was_run = true; /* the first time, backends make choices that a recording cannot hold */
  return pass(net, rows);
}

void isn_recordings_clear(isn_net_t *net)
{
  while (net->recordings) {
    isn_net_recording_t *r = net->recordings;
    net->recordings = r->next;
    isn_backend_free_recording(net->backend, r->recording);
    free(r->has_seed);
    free(r);
  }
}
