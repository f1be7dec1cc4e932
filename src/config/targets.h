/** @file targets.h
 *  The list `targets`, and the conditions of its groups.  Local.
 */
#ifndef INVSET_CONFIG_TARGETS_H
#define INVSET_CONFIG_TARGETS_H

#include "config/tree.h"
#include "invset/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read all targets; unknown keys were refused before.
 *  @param[in,out] config its targets, which the caller frees, also after an error
 *  @return ISN_ERR_INPUT with place: no list, no target, not exactly one of `neurons`, `index` and
 *          `sweep` (beside a table, at most one) or of the ways to say a window, ends not
 *          ascending, a table that cannot be read, and as isn_value_read() */
ISN_MUST_USE isn_status_t isn_targets_read(config_setting_t *root, isn_run_options_t *config);

/** Read the key `and` of a group.
 *  @param[in,out] target its conditions, which isn_targets_free() frees, also after an error
 *  @return ISN_ERR_INPUT with place, as isn_targets_read() */
ISN_MUST_USE isn_status_t isn_conditions_read(const config_setting_t *setting, const isn_key_t *key,
                                              isn_target_options_t *target);

/** Free the targets of a config. */
void isn_targets_free(isn_run_options_t *config);

#ifdef __cplusplus
}
#endif
#endif
