/** @file value.h
 *  The value of one key, from the tree into its field.  All of it is local.
 */
#ifndef INVSET_CONFIG_VALUE_H
#define INVSET_CONFIG_VALUE_H

#include "config/keys.h"
#include "config/tree.h"
#include "invset/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read the key of a group, or its default, into the key's field.
 *  @param[in]  group  root of the file, or one group of `targets`
 *  @param[out] object isn_run_options_t or isn_target_options_t, as the table wants
 *  @return ISN_ERR_INPUT with place, key, what was found and what is wanted: a required key is
 *          missing; wrong type; out of its bounds */
ISN_MUST_USE isn_status_t isn_value_read(config_setting_t *group, const isn_key_t *key,
                                         void *object);

/** Refuse a setting: place, key, what was found and what the key wants.  @return ISN_ERR_INPUT */
ISN_MUST_USE isn_status_t isn_value_fail(const config_setting_t *setting, const isn_key_t *key);

/** Free what isn_value_read() allocated for a key.  Neurons and sweep are the target's: see
 * targets.h. */
void isn_value_free(const isn_key_t *key, void *object);

/** The field of a key. */
static inline void *isn_value_field(const isn_key_t *key, void *object)
{
  return (char *)object + key->offset;
}

#ifdef __cplusplus
}
#endif
#endif
