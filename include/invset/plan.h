/** @file plan.h
 *  What a run will take, from its options, and from sampling a few of its targets for a short while
 * on this machine.  Writes nothing.
 */
#ifndef INVSET_PLAN_H
#define INVSET_PLAN_H

#include "invset/comm.h"
#include "invset/run_options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n_targets, n_slots;
  uint64_t file_bytes; /**< of the whole run file; sparse until it is written */
  int batch;           /**< samples that a rank evaluates at once */
  bool on_host;        /**< whether the backend computes on the CPU */
  /** Memory of a rank in bytes: nets, buffers of the batch, pool of starts, samples being made; and
   * what rank 0 holds besides. */
  double weights_bytes, buffer_bytes, pool_bytes, sample_bytes, root_bytes;
  double pool_steps, probe_steps, sample_steps; /**< sample-steps of the whole run */
  int n_tried;                                  /**< targets that were sampled for the estimate */
  int n_reached;                                /**< of these */
  double least_steps,
      largest_steps; /**< sample-steps per sample of the tried targets that were reached */
  double rate;       /**< sample-steps/s of one device with a full batch, measured here */
  int useful_ranks;  /**< so many ranks can fill their batches; more of them share the chains */
} isn_run_plan_t;

/** Plan a run.  Collective on comm, of one rank.
 *  @param[in]  seconds about how long to measure; a first target is always tried
 *  @param[out] plan    all fields
 *  @return as isn_run_sample() before it looks at its output file; ISN_ERR_ARG: several ranks */
ISN_MUST_USE isn_status_t isn_run_plan(isn_comm_t *comm, const isn_run_options_t *options,
                                       double seconds, isn_run_plan_t *plan);

#ifdef __cplusplus
}
#endif
#endif
