/** @file source.h
 *  The text of a config before libconfig reads it.  Knows numbers, strings and comments only.
 */
#ifndef INVSET_CONFIG_SOURCE_H
#define INVSET_CONFIG_SOURCE_H

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Make a copy of a text that libconfig 1.5 reads as it was meant.  Local.
 *  - libconfig takes 12345678901 for -539222987: whole numbers beyond 32 bits get their `L` here.
 *  - libconfig wants a line end behind a comment: one is added to a last line that lacks it.
 *  Lines keep their numbers.
 *  @param[in]  origin where the text is from, for messages
 *  @param[out] out    caller's, free()
 *  @return ISN_ERR_INPUT with the line: a whole number beyond 64 bits; a string that does not end
 * on its line; an open comment; @include (a config is one file, because its text is stored with the
 * results) */
ISN_MUST_USE isn_status_t isn_source_prepare(const char *text, const char *origin, char **out);

#ifdef __cplusplus
}
#endif
#endif
