/** @file tree.h
 *  libconfig's tree of settings: parsing with errors that say where, and words about a setting.
 *  Knows no keys.  All of it is local.
 */
#ifndef INVSET_CONFIG_TREE_H
#define INVSET_CONFIG_TREE_H

#include <libconfig.h>
#include <stdbool.h>

#include "config/keys.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parse a text into a tree.
 *  @param[in]     origin name of the file, for messages; borrowed as long as the tree lives
 *  @param[in,out] tree   after config_init(); the caller's config_destroy() in any case
 *  @return ISN_ERR_INPUT with line: syntax, a key given twice, and as isn_source_prepare() */
ISN_MUST_USE isn_status_t isn_tree_parse(const char *text, const char *origin, config_t *tree);

/** Put one `--set path=value` into a tree; keys and groups that it lacks are made.  A value is what
 *  would stand in the file; for keys that take a string the quotes may be left out.
 *  @param[in] override borrowed as long as the tree lives
 *  @return ISN_ERR_INPUT, beginning with "--set ...": no '=', a path that leads nowhere, a value
 *          that does not parse */
ISN_MUST_USE isn_status_t isn_tree_override(config_t *tree, const char *override);

/** Say that a setting, and all in it, is from an override.  @param[in] override as above */
void isn_tree_mark(config_setting_t *setting, const char *override);

/** Where a setting stands: "run.cfg:12", or "--set sampling.step=2". */
isn_words_t isn_tree_place(const config_setting_t *setting);

/** Where the setting of this path stands, or else the nearest group around it that is there. */
isn_words_t isn_tree_place_of(const config_setting_t *root, const char *path);

/** Path of a setting: "targets[0].window"; "" for the root. */
isn_words_t isn_tree_path(const config_setting_t *setting);

/** What a setting holds, in words: "a string \"many\"", "a number 2.5", "a group". */
isn_words_t isn_tree_found(const config_setting_t *setting);

/** Whether it is an array or a list; then it has config_setting_length() elements. */
bool isn_tree_is_sequence(const config_setting_t *setting);

/** Number of elements of an array or list; a scalar has one. */
int isn_tree_count(const config_setting_t *setting);

/** Element i of an array or list; a scalar is its own first element. */
const config_setting_t *isn_tree_element(const config_setting_t *setting, int i);

#ifdef __cplusplus
}
#endif
#endif
