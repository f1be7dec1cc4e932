/** @file check.h
 *  What must hold between the parts of a config.  Local.
 */
#ifndef INVSET_CONFIG_CHECK_H
#define INVSET_CONFIG_CHECK_H

#include "config/tree.h"
#include "invset/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Refuse settings, groups and shapes that the tables do not know, before anything is read.
 *  @return ISN_ERR_INPUT: place, key, and the key that was probably meant */
ISN_MUST_USE isn_status_t isn_check_known(const config_setting_t *root);

/** Check what no single key can tell, after everything was read.
 *  @return ISN_ERR_INPUT: place, keys and both values */
ISN_MUST_USE isn_status_t isn_check_together(const config_setting_t *root,
                                             const isn_run_options_t *config);

#ifdef __cplusplus
}
#endif
#endif
