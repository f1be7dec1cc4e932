/** @file settings.h
 *  The canonical text of all settings that results depend on.  Local.
 */
#ifndef INVSET_CONFIG_SETTINGS_H
#define INVSET_CONFIG_SETTINGS_H

#include "invset/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Write "key = value" lines, sorted; two configs with equal text and equal models are the same
 * run. Numbers have 9 digits, keys without a value are "none", numbers in a file are its
 * SHA-256.
 *  @param[out] text caller's, free()
 *  @return ISN_ERR_MEMORY; ISN_ERR_INPUT for a file of numbers */
ISN_MUST_USE isn_status_t isn_settings_write(const isn_run_options_t *config, char **text);

#ifdef __cplusplus
}
#endif
#endif
