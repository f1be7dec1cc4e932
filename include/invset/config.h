/** @file config.h
 *  The config of a run: libconfig text, read through one table of keys with type, bounds, unit and
 *  default (src/config/keys.c).  Unknown, ill-typed and out-of-range keys are refused with file and
 *  line.  It fills the options of a run (run_options.h).  This room knows no files but the config:
 * models are only named here.  All local.
 */
#ifndef INVSET_CONFIG_H
#define INVSET_CONFIG_H

#include "invset/run_options.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read and check a config.
 *  @param[in]  path        the file
 *  @param[in]  n_overrides, overrides  "sampling.seed=7", "targets[0].window=[20.0,30.0]": applied
 *                          in order as if they stood in the file
 *  @param[out] out         caller's, isn_config_destroy()
 *  @return ISN_ERR_INPUT: file missing or a directory; syntax error (file and line); key unknown
 *          (nearest known key named), given twice, missing, ill-typed or out of its bounds (file,
 *          line, key, found, wanted); z1 >= z2; a table of windows that is not there;
 *          block > samples; code_min >= code_max where both stand in the config; a file of code
 *          bounds that cannot be read; an override that does not parse (its message begins with
 *          "--set") */
ISN_MUST_USE isn_status_t isn_config_read(const char *path, int n_overrides,
                                          const char *const *overrides, isn_run_options_t **out);

/** Read and check a config from its text, as isn_run_options_t.text has it: then overrides and all
 * come out again.  @param[in] origin name for messages  @return as isn_config_read() */
ISN_MUST_USE isn_status_t isn_config_parse(const char *text, const char *origin,
                                           isn_run_options_t **out);
void isn_config_destroy(isn_run_options_t *config); /**< NULL is fine */

/** Describe every key, as lines for `invset sample --help`: key, type, bounds, unit, default,
 * meaning.
 *  @param[out] text caller's, free() */
ISN_MUST_USE isn_status_t isn_config_describe(char **text);

#ifdef __cplusplus
}
#endif
#endif
