/** @file prototxt.h
 *  The protobuf text format as a tree, without a schema.  Private to the room; local.
 *
 *      message := { field [","|";"] }
 *      field   := name [":"] block | name ":" value | name ":" "[" value|block {"," ...} "]"
 *      block   := "{" message "}" | "<" message ">"
 *      value   := string {string} | ["-"] number | ["-"] identifier
 *
 *  Comments run from # to the end of the line.  A list is the same as a repeated field.  What a
 *  field may hold is decided by who reads it; every node knows its line for that.
 */
#ifndef INVSET_CAFFE_PROTOTXT_H
#define INVSET_CAFFE_PROTOTXT_H

#include <stdbool.h>

#include "invset/status.h"

typedef enum {
  ISN_PROTOTXT_MESSAGE,
  ISN_PROTOTXT_STRING, /**< text: the bytes between the quotes, escapes resolved */
  ISN_PROTOTXT_SCALAR  /**< text: a number, or a word as TRUE, MAX, inf */
} isn_prototxt_kind_t;

/** One field with its value; the root is a message without a name. */
typedef struct isn_prototxt {
  isn_prototxt_kind_t kind;
  int line;
  const char *origin;                /**< file name, for messages; owned by the root */
  char *name;                        /**< owned */
  char *text;                        /**< owned; NULL for messages */
  struct isn_prototxt *first, *last; /**< fields of a message, in the order of the file; owned */
  struct isn_prototxt *next;
} isn_prototxt_t;

/** Parse a text.  @param[out] out caller's, isn_prototxt_destroy()
 *  @return ISN_ERR_INPUT naming file and line */
ISN_MUST_USE isn_status_t isn_prototxt_parse(const char *text, const char *origin,
                                             isn_prototxt_t **out);
void isn_prototxt_destroy(isn_prototxt_t *root); /**< NULL is fine */

/* Readers.  A message that is NULL has no fields.  Every error names file, line and field. */

/** Number of fields of this name. */
int isn_prototxt_count(const isn_prototxt_t *message, const char *name);

/** First field of this name, and the next one after a field of the same name; NULL if none. */
const isn_prototxt_t *isn_prototxt_first(const isn_prototxt_t *message, const char *name);
const isn_prototxt_t *isn_prototxt_next(const isn_prototxt_t *field);

/** The one field of this name.  @param[out] field NULL if there is none
 *  @return ISN_ERR_INPUT if there are several */
ISN_MUST_USE isn_status_t isn_prototxt_single(const isn_prototxt_t *message, const char *name,
                                              const isn_prototxt_t **field);

/** The one message of this name, NULL if there is none. */
ISN_MUST_USE isn_status_t isn_prototxt_message(const isn_prototxt_t *message, const char *name,
                                               const isn_prototxt_t **out);

/** Values of single fields; what is not there keeps the value that *out has on entry. */
ISN_MUST_USE isn_status_t isn_prototxt_get_int(const isn_prototxt_t *message, const char *name,
                                               int min, int max, int *out);
ISN_MUST_USE isn_status_t isn_prototxt_get_double(const isn_prototxt_t *message, const char *name,
                                                  double *out);
ISN_MUST_USE isn_status_t isn_prototxt_get_bool(const isn_prototxt_t *message, const char *name,
                                                bool *out);
ISN_MUST_USE isn_status_t isn_prototxt_get_string(const isn_prototxt_t *message, const char *name,
                                                  const char **out);
/** @param[in] words (n_words) names of the enum's values 0, 1, ...; the number is accepted too */
ISN_MUST_USE isn_status_t isn_prototxt_get_enum(const isn_prototxt_t *message, const char *name,
                                                int n_words, const char *const *words, int *out);

/** Values of one field. */
ISN_MUST_USE isn_status_t isn_prototxt_as_int(const isn_prototxt_t *field, int min, int max,
                                              int *out);
ISN_MUST_USE isn_status_t isn_prototxt_as_double(const isn_prototxt_t *field, double *out);
ISN_MUST_USE isn_status_t isn_prototxt_as_string(const isn_prototxt_t *field, const char **out);

/** Check that a message holds no other fields than these.  A misspelt parameter must not pass.
 *  @param[in] names ends with NULL */
ISN_MUST_USE isn_status_t isn_prototxt_check_fields(const isn_prototxt_t *message,
                                                    const char *const *names);

#endif
