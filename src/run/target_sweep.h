/** @file target_sweep.h
 *  The neurons of a group with a sweep.  Local.
 */
#ifndef INVSET_RUN_TARGET_SWEEP_H
#define INVSET_RUN_TARGET_SWEEP_H

#include "run/target_group.h"

/** Append the neurons of the group's sweep in the order of its items, "all" ascending.
 *  @return ISN_ERR_INPUT naming the item: unknown class, beyond the blob, a neuron twice */
ISN_MUST_USE isn_status_t isn_target_sweep_expand(isn_target_group_t *group);

#endif
