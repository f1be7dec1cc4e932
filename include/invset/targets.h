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
  int n;                     /**< targets */
  int max_neurons;           /**< most neurons of one target */
  isn_run_target_t *targets; /**< (n), owned */
  double (**windows)[2];     /**< (n) each (n_neurons): the stored windows, in double; owned */
  int *blob;                 /**< (n) which of blobs the target's neurons are in, owned */
  int n_blobs;               /**< distinct blobs */
  char (*blobs)[ISN_RUN_LABEL_BYTES]; /**< (n_blobs), owned */
} isn_targets_t;

/** Look up the targets of a run.  Collective on comm, or local if comm is NULL.  Rank 0 alone reads
 *  the labels file.
 *  @param[in]  models  loaded, nets still in them
 *  @param[out] targets isn_targets_clear()
 *  @return ISN_ERR_INPUT on all ranks alike: unknown class (near misses), a name for a blob whose
 *          units are not the labels', an index beyond the blob's units, no such blob, a neuron
 * twice in a target; each with file and line */
ISN_MUST_USE isn_status_t isn_targets_resolve(isn_comm_t *comm, const isn_run_options_t *options,
                                              const isn_models_t *models, isn_targets_t *targets);
void isn_targets_clear(isn_targets_t *targets); /**< Safe on zeros.  Local. */

#ifdef __cplusplus
}
#endif
#endif
