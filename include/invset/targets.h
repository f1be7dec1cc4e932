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
  double (**windows)[2];     /**< (n) each (n_neurons): isn_target_window(), owned */
  double (**shares)[2]; /**< (n) each (n_neurons): window as shares of the neuron's reach; NaN: not
                             relative; owned */
  bool any_relative;    /**< whether some neuron's window is relative */
  int **blob;           /**< (n) each (n_neurons): which of blobs the neuron is in, owned */
  int n_blobs;          /**< distinct blobs */
  char (*blobs)[ISN_RUN_LABEL_BYTES]; /**< (n_blobs), owned */
} isn_targets_t;

/** Look up the targets of a run.  Collective on comm, or local if comm is NULL.  Rank 0 alone reads
 *  the labels file.
 *  @param[in]  models  loaded, nets still in them
 *  @param[out] targets isn_targets_clear()
 *  @return ISN_ERR_INPUT on all ranks alike: unknown class (near misses), a name for a blob whose
 *          units are not the labels', an index beyond the blob's units, no such blob, a neuron
 *          twice in a target with windows of one quantity, or twice in a sweep, a range or table
 *          that cannot be read (file, line, found, wanted), a neuron that the table lacks, a window
 *          that is empty in float32, a probability of the largest of several units or of a blob of
 *          one, a slice without targets; each with file and line */
ISN_MUST_USE isn_status_t isn_targets_resolve(isn_comm_t *comm, const isn_run_options_t *options,
                                              const isn_models_t *models, isn_targets_t *targets);
void isn_targets_clear(isn_targets_t *targets); /**< Safe on zeros.  Local. */

/** Whether the window of neuron k of a target, or that of any of its neurons, is relative to its
 *  reach, known or not.  Local. */
bool isn_targets_neuron_is_relative(const isn_targets_t *targets, int target, int k);
bool isn_targets_is_relative(const isn_targets_t *targets, int target);

/** Set the relative windows of a target from what its neurons can reach: shares times reach.  All
 * of them stay NaN if one of these reaches is not above 0.  Local; equal inputs give equal bits.
 *  @param[in] reach (n_neurons) largest activations found; of no account where a window is not
 *             relative */
void isn_targets_set_reach(isn_targets_t *targets, int target, const float *reach);

/** Whether all windows of a target are known and not out of reach.  Local. */
bool isn_targets_has_window(const isn_targets_t *targets, int target);

/* The sampler works on values of neurons: the activation, or for a probability p the log-odds
 *
 *     ln(p / (1 - p)) = f_k - ln sum_{j != k} exp f_j   over the units j of its blob,
 *
 * which do not saturate as p does.  The file holds the quantity itself. */

/** Window of neuron k in values, from the stored one: that of an activation is the same.  Log-odds
 *  are a hair inside, by more than rounding on another machine moves activations; they are infinite
 *  where a probability is 0 or 1.  NaN: relative to a reach that is not known yet, or out of reach.
 *  Local. */
void isn_target_window(const isn_run_target_t *target, int k, double window[2]);

/** Value of neuron k of a target: the unit's activation, the largest of its units, or the log-odds.
 *  Local.
 *  @param[in]  blob (n_units) all units of the neuron's blob for one sample
 *  @param[out] unit which of them it is (the first of equals); may be NULL */
float isn_target_value(const isn_run_target_t *target, int k, const float *blob, size_t n_units,
                       int *unit);

/** Add weight times the derivative of neuron k's value to the seed of its blob: seed[u] += weight *
 *  d value / d blob[u].  Of log-odds that is 1 at the neuron, and minus the softmax of the others
 * at these.  Local.
 *  @param[in,out] seed (n_units) */
void isn_target_add_seed(const isn_run_target_t *target, int k, const float *blob, size_t n_units,
                         float weight, float *seed);

/** The same of the logarithm of neuron k's softmax probability over its blob.  Local. */
void isn_target_add_log_probability_seed(const isn_run_target_t *target, int k, const float *blob,
                                         size_t n_units, float weight, float *seed);

/** What the file holds for a value: the activation, or the probability of the log-odds.  Local. */
float isn_target_stored(const isn_run_target_t *target, int k, float value);

/** The slot whose stored numbers are nearest to all windows, in values: the first with the least
 * gap of its worst neuron.  Local.
 *  @param[in] status     (n_slots) isn_sample_status_t; EMPTY ones do not count
 *  @param[in] activation (n_slots, stride) as stored
 *  @return -1 if there is none */
int isn_target_nearest(const isn_run_target_t *target, int n_slots, const unsigned char *status,
                       const float *activation, int stride);

#ifdef __cplusplus
}
#endif
#endif
