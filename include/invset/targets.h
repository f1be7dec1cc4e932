/** @file targets.h
 *  The targets of a run with their names looked up: neurons as unit indices of classifier blobs.
 */
#ifndef INVSET_TARGETS_H
#define INVSET_TARGETS_H

#include "invset/comm.h"
#include "invset/models.h"
#include "invset/run_file.h"
#include "invset/run_options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n;           /**< targets of this run, or of its slice */
  int first;       /**< number of the first one in the whole run: random numbers go by it */
  int n_whole;     /**< targets of the whole run */
  int max_neurons; /**< most neurons of one target */
  isn_run_target_t *targets; /**< (n), owned */
  double (**windows)[2];     /**< (n) each (n_neurons): the stored windows, in double; owned.  NaN:
                                  relative to a reach that is not known yet, or out of reach */
  double (*shares)[2]; /**< (n) window as shares of each neuron's reach; NaN: not relative; owned */
  bool any_relative;   /**< whether some target's window is relative */
  int *blob;           /**< (n) which of blobs the target's neurons are in, owned */
  int n_blobs;         /**< distinct blobs */
  char (*blobs)[ISN_RUN_LABEL_BYTES]; /**< (n_blobs), owned */
} isn_targets_t;

/** Look up the targets of a run.  Collective on comm, or local if comm is NULL.  Rank 0 alone reads
 *  the labels file.
 *  @param[in]  models  loaded, nets still in them
 *  @param[out] targets isn_targets_clear()
 *  @return ISN_ERR_INPUT on all ranks alike: unknown class (near misses), a name for a blob whose
 *          units are not the labels', an index beyond the blob's units, no such blob, a neuron
 *          twice in a target or in a sweep, a range or table that cannot be read (file, line,
 *          found, wanted), a neuron that the table lacks, a slice without targets; each with file
 *          and line */
ISN_MUST_USE isn_status_t isn_targets_resolve(isn_comm_t *comm, const isn_run_options_t *options,
                                              const isn_models_t *models, isn_targets_t *targets);
void isn_targets_clear(isn_targets_t *targets); /**< Safe on zeros.  Local. */

/** Set the windows of a relative target from what its neurons can reach: shares times reach.  They
 *  stay NaN if a reach is not above 0.  Local; equal inputs give equal bits.
 *  @param[in] reach (n_neurons) largest activations found */
void isn_targets_set_reach(isn_targets_t *targets, int target, const float *reach);

/** Whether the windows of a target are known and not out of reach.  Local. */
bool isn_targets_has_window(const isn_targets_t *targets, int target);

/** Activation of neuron k of a target: the unit's value, or the largest of its units.  Local.
 *  @param[in]  blob (C*H*W) all units of the target's blob for one sample
 *  @param[out] unit which of them it is (the first of equals); may be NULL */
float isn_target_activation(const isn_run_target_t *target, int k, const float *blob, int *unit);

#ifdef __cplusplus
}
#endif
#endif
