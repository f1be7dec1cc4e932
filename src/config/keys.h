/** @file keys.h
 *  The table of keys: all that the config may say.  Everything else in this room is driven by it:
 *  reading, checking, defaults, `--set`, help and the canonical settings.
 *
 *  Two tables: the keys of the file, and the keys of one group of the list `targets`, of which the
 *  first ones are also those of a condition in its list `and`.
 *  Knows no libconfig.  Everything here is local.
 */
#ifndef INVSET_CONFIG_KEYS_H
#define INVSET_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Type of a key: what the file may hold, and the field of the struct that takes it. */
typedef enum {
  ISN_KEY_INT,             /**< whole number; int */
  ISN_KEY_INT64,           /**< whole number; int64_t */
  ISN_KEY_INT_OR_AUTO,     /**< whole number, or "auto"; int, which is 0 for "auto" */
  ISN_KEY_FLOAT,           /**< number; double */
  ISN_KEY_BOOL,            /**< true or false; bool */
  ISN_KEY_STRING,          /**< string, not empty; char * */
  ISN_KEY_FILE,            /**< name of a file whose contents count; char * */
  ISN_KEY_CODES,           /**< file whose contents count, or "FILE.h5:/DATASET"; char * */
  ISN_KEY_PATHS,           /**< string, or array or list of them; isn_strings_t */
  ISN_KEY_WORD,            /**< one of some words; an enum that counts them from 0 */
  ISN_KEY_NUMBERS,         /**< number, or array or list of them; isn_numbers_t */
  ISN_KEY_NUMBERS_OR_FILE, /**< number, array or list of them, or a file name;
                                isn_numbers_or_file_t */
  ISN_KEY_RANGE,           /**< [low, high]; double[2] */
  ISN_KEY_SLICE,           /**< [i, n]; int[2] */
  ISN_KEY_POSITION,        /**< "max", or [row, column]; isn_position_t */
  ISN_KEY_NAMES,           /**< string, or array of them; the neurons of isn_target_options_t */
  ISN_KEY_INDICES, /**< whole number, or array of them; the neurons of isn_target_options_t */
  ISN_KEY_SWEEP,   /**< string or whole number, or array or list of them; isn_target_options_t.sweep
                    */
  ISN_KEY_CONDITIONS /**< list of groups of isn_condition_keys; isn_target_options_t.conditions */
} isn_key_type_t;

/** Default of a key that may be left out and then has no value at all. */
#define ISN_KEY_OPTIONAL ""

/** One key. */
typedef struct {
  const char *path; /**< "sampling.step"; in a target "window" */
  isn_key_type_t type;
  double minimum, maximum; /**< inclusive, of each number; whole numbers stay below 2^53 */
  const char *words;       /**< WORD: "newton|classic"; else NULL */
  const char *unit;        /**< "code units"; "" if it has none */
  const char *preset;  /**< default, as it would stand in a config; NULL if the key is required */
  size_t offset;       /**< of the field in isn_run_options_t or isn_target_options_t */
  bool results;        /**< results depend on it: it belongs to the canonical settings */
  const char *meaning; /**< one line */
} isn_key_t;

typedef struct {
  int n;
  const isn_key_t *keys; /**< (n) */
} isn_key_table_t;

extern const isn_key_table_t isn_file_keys;   /**< offsets in isn_run_options_t */
extern const isn_key_table_t isn_target_keys; /**< offsets in isn_target_options_t */
/** Those of the target's keys that a condition of its list `and` may have, too. */
extern const isn_key_table_t isn_condition_keys;

/** A few words for a message, by value. */
typedef struct {
  char text[512];
} isn_words_t;

/** Find a key by its path.  @return NULL if the table lacks it */
const isn_key_t *isn_key_find(const isn_key_table_t *table, const char *path);

/** As isn_key_find, in all tables: "targets[3].window" is the key "window" of a target, and
 *  "targets[3].and[0].window" that of a condition. */
const isn_key_t *isn_key_find_anywhere(const char *path);

/** Whether some keys of the table lie in this group ("models.encoder"). */
bool isn_key_is_group(const isn_key_table_t *table, const char *path);

/** What a key wants, for messages: "a whole number from 1 to 1000000000". */
isn_words_t isn_key_wanted(const isn_key_t *key);

/** The key or group that was probably meant by an unknown path.
 *  @return its path; "" if none is near */
isn_words_t isn_key_nearest(const isn_key_table_t *table, const char *path);

/** Index of a word among "newton|classic".  @return -1 if it is none of them */
int isn_key_word_index(const char *words, const char *word);

/** The word of an index that isn_key_word_index() gave. */
isn_words_t isn_key_word(const char *words, int index);

#ifdef __cplusplus
}
#endif
#endif
