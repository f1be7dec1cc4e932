/** @file target_group.h
 *  One group of the config's `targets` on rank 0, or a condition of one: its neurons looked up,
 * each with its window. A neuron's number counts units of the blob, or its channels if the group
 * has a position.  Local.
 */
#ifndef INVSET_RUN_TARGET_GROUP_H
#define INVSET_RUN_TARGET_GROUP_H

#include <stdbool.h>

#include "invset/labels.h"
#include "invset/models.h"
#include "invset/run_file.h"
#include "invset/run_options.h"

typedef struct isn_target_group {
  const isn_target_options_t *options; /**< borrowed, as labels */
  const isn_labels_t *labels;          /**< NULL if the run has none */
  const char *labels_path;
  isn_shape_t shape;   /**< of the blob */
  int n_choices;       /**< neurons of the blob that the group could have */
  bool named;          /**< whether the labels name these */
  bool *taken;         /**< (n_choices) whether the group has it, owned as all below */
  int n;               /**< neurons of the group */
  int *neurons;        /**< (n_choices, n of them set) in their order */
  float (*windows)[2]; /**< (n) NaN if they are shares of a reach */
  int n_conditions;
  struct isn_target_group *conditions; /**< (n_conditions) what each target must satisfy, too */
} isn_target_group_t;

/** Look up a group without its conditions.
 *  @param[in]  labels NULL: the run has none
 *  @param[out] group  isn_target_group_clear(), also after an error
 *  @return ISN_ERR_INPUT as isn_targets_resolve(), without file and line */
ISN_MUST_USE isn_status_t isn_target_group_resolve(const isn_run_options_t *options,
                                                   const isn_labels_t *labels,
                                                   const isn_models_t *models,
                                                   const isn_target_options_t *from,
                                                   isn_target_group_t *group);
void isn_target_group_clear(isn_target_group_t *group); /**< Safe on zeros. */

int isn_target_group_count(const isn_target_group_t *group); /**< Targets of the group. */

/** Neurons of each target of the group, those of its conditions included. */
int isn_target_group_neurons(const isn_target_group_t *group);

/** Which condition neuron k of target i is from, or the group itself.
 *  @param[out] which its number there */
const isn_target_group_t *isn_target_group_of(const isn_target_group_t *group, int i, int k,
                                              int *which);

/** Describe target i of a group.  @param[out] target isn_run_target_free(), also after an error
 *  @return ISN_ERR_INPUT: a neuron has two windows of one quantity */
ISN_MUST_USE isn_status_t isn_target_group_fill(const isn_target_group_t *group, int i,
                                                isn_run_target_t *target);

/** What a number of a neuron counts: "unit" or "channel". */
const char *isn_target_group_word(const isn_target_group_t *group);

/** Find a neuron by the name of its class.  @return ISN_ERR_INPUT: near misses; no labels for it */
ISN_MUST_USE isn_status_t isn_target_group_find(const isn_target_group_t *group, const char *name,
                                                int *neuron);
/** Refuse a number that is beyond the blob's.  @return ISN_ERR_INPUT */
ISN_MUST_USE isn_status_t isn_target_group_check(const isn_target_group_t *group, int neuron);

/** Append a neuron.  @param[in] where "target" or "sweep"  @return ISN_ERR_INPUT: it is there */
ISN_MUST_USE isn_status_t isn_target_group_add(isn_target_group_t *group, int neuron,
                                               const char *where);

#endif
