/** @file prototxt_lex.h
 *  Tokens of the protobuf text format.  Private to the parser.
 */
#ifndef INVSET_CAFFE_PROTOTXT_LEX_H
#define INVSET_CAFFE_PROTOTXT_LEX_H

#include <stddef.h>

#include "invset/status.h"

typedef enum {
  ISN_TOKEN_END,
  ISN_TOKEN_WORD,   /**< letters, digits and _, not beginning with a digit */
  ISN_TOKEN_NUMBER, /**< without sign; checked to be a number */
  ISN_TOKEN_STRING, /**< one quoted piece, quotes included */
  ISN_TOKEN_SIGN    /**< one of { } < > [ ] : , ; - */
} isn_token_kind_t;

typedef struct {
  isn_token_kind_t kind;
  int line;
  const char *start; /**< in the text */
  size_t length;
} isn_token_t;

typedef struct {
  const char *at;     /**< next byte */
  const char *origin; /**< file name, for messages */
  int line;           /**< of the next byte, from 1 */
} isn_lexer_t;

/** Read the next token.  @return ISN_ERR_INPUT: a byte that begins none, a malformed number, a
 *  string that does not end on its line */
ISN_MUST_USE isn_status_t isn_lexer_next(isn_lexer_t *lexer, isn_token_t *token);

/** Resolve the escapes of a string token.
 *  @param[out] to   room for token->length bytes; no zero byte is written
 *  @param[out] used number of bytes written
 *  @return ISN_ERR_INPUT: an unknown escape, or one for a zero byte */
ISN_MUST_USE isn_status_t isn_lexer_unescape(const isn_lexer_t *lexer, const isn_token_t *token,
                                             char *to, size_t *used);

#endif
