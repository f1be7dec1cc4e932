/** @file sweep.h
 *  The key `sweep` of a group of targets.  Local.
 */
#ifndef INVSET_CONFIG_SWEEP_H
#define INVSET_CONFIG_SWEEP_H

#include "config/tree.h"
#include "invset/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read the items of a sweep in their canonical spelling: "all", "7", "0-99", or a class name.
 *  @param[in]     setting a string, a whole number, or an array or list of them
 *  @param[in,out] target  its sweep, which the caller frees, also after an error
 *  @return ISN_ERR_INPUT with place: ill-typed, empty, a number out of the key's bounds, a range
 *          from high to low */
ISN_MUST_USE isn_status_t isn_sweep_read(const config_setting_t *setting, const isn_key_t *key,
                                         isn_target_options_t *target);

#ifdef __cplusplus
}
#endif
#endif
