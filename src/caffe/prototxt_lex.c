/* Tokens of the protobuf text format.  Knows nothing of fields and messages. */
#include "prototxt_lex.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(char c)
{
  return isalnum((unsigned char)c) || c == '_';
}

static void skip_space(isn_lexer_t *lexer)
{
  for (;; lexer->at++) {
    if (*lexer->at == '#')
      lexer->at += strcspn(lexer->at, "\n");
    if (*lexer->at == '\n')
      lexer->line++;
    else if (!isspace((unsigned char)*lexer->at))
      return;
  }
}

/** Length of a number: digits, letters (hex, exponent, suffix f), points, and a sign that follows
 *  the e of a decimal exponent. */
static size_t number_length(const char *s)
{
  bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
  size_t n = 0;
  while (is_word(s[n]) || s[n] == '.' ||
         (!hex && n > 0 && (s[n] == '+' || s[n] == '-') && (s[n - 1] == 'e' || s[n - 1] == 'E')))
    n++;
  return n;
}

static isn_status_t check_number(const isn_lexer_t *lexer, const isn_token_t *token)
{
  char *end;
  (void)strtod(token->start, &end);
  size_t used = (size_t)(end - token->start);
  bool hex = token->length > 1 && (token->start[1] == 'x' || token->start[1] == 'X');
  if (!hex && used + 1 == token->length && (*end == 'f' || *end == 'F'))
    used++;
  /* "0x1.8" and "0x1p3" are numbers of C, not of the text format. */
  if (used != token->length || (hex && memchr(token->start, '.', used)) ||
      (hex && memchr(token->start, 'p', used)))
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%.*s' is not a number", lexer->origin, token->line,
             (int)(token->length > 40 ? 40 : token->length), token->start);
  return ISN_OK;
}

/** Length of a quoted string with its quotes. */
static isn_status_t string_length(const isn_lexer_t *lexer, size_t *length)
{
  const char *s = lexer->at;
  size_t n = 1;
  while (s[n] != s[0]) {
    if (s[n] == '\\' && s[n + 1] != '\0' && s[n + 1] != '\n')
      n++;
    if (s[n] == '\0' || s[n] == '\n')
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the string that begins with %.*s is not closed on its line",
               lexer->origin, lexer->line, (int)(n > 24 ? 24 : n), s);
    n++;
  }
  *length = n + 1;
  return ISN_OK;
}

isn_status_t isn_lexer_next(isn_lexer_t *lexer, isn_token_t *token)
{
  skip_space(lexer);
  const char *s = lexer->at;
  *token = (isn_token_t){.line = lexer->line, .start = s};
  if (*s == '\0') {
    token->kind = ISN_TOKEN_END;
  } else if (isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]))) {
    token->kind = ISN_TOKEN_NUMBER;
    token->length = number_length(s);
    ISN_TRY(check_number(lexer, token));
  } else if (is_word(*s)) {
    token->kind = ISN_TOKEN_WORD;
    while (is_word(s[token->length]))
      token->length++;
  } else if (*s == '"' || *s == '\'') {
    token->kind = ISN_TOKEN_STRING;
    ISN_TRY(string_length(lexer, &token->length));
  } else if (strchr("{}<>[]:,;-", *s)) {
    token->kind = ISN_TOKEN_SIGN;
    token->length = 1;
  } else if (isprint((unsigned char)*s)) {
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%c' has no meaning here", lexer->origin, lexer->line, *s);
  } else {
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: byte 0x%02x is no text; is this a net definition (.prototxt)?",
             lexer->origin, lexer->line, (unsigned)(unsigned char)*s);
  }
  lexer->at += token->length;
  return ISN_OK;
}

/** Value of up to `max` digits of a base, and how many there are. */
static unsigned digits(const char *s, int base, int max, int *n)
{
  char copy[4] = {0};
  char *end;
  for (int i = 0; i < max && isxdigit((unsigned char)s[i]); i++)
    copy[i] = s[i];
  unsigned value = (unsigned)strtoul(copy, &end, base);
  *n = (int)(end - copy);
  return value;
}

/** Resolve the escape that begins after a backslash.  @param[out] n bytes it takes, 0: unknown */
static char escape(const char *s, int *n)
{
  static const char letters[] = "abfnrtv\\'\"?", meanings[] = "\a\b\f\n\r\t\v\\'\"?";
  const char *found = strchr(letters, *s);
  unsigned value;
  if (*s == 'x' || *s == 'X') {
    value = digits(s + 1, 16, 2, n);
    *n += *n > 0 ? 1 : 0;
    return (char)value;
  }
  value = digits(s, 8, 3, n);
  if (*n > 0 && value <= 0xff)
    return (char)value;
  *n = found ? 1 : 0;
  return found ? meanings[found - letters] : '\0';
}

isn_status_t isn_lexer_unescape(const isn_lexer_t *lexer, const isn_token_t *token, char *to,
                                size_t *used)
{
  const char *s = token->start + 1, *end = token->start + token->length - 1;
  *used = 0;
  while (s < end) {
    if (*s != '\\') {
      to[(*used)++] = *s++;
      continue;
    }
    int n;
    char c = escape(s + 1, &n);
    if (n == 0 || c == '\0')
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '\\%c' in a string is no escape that is supported",
               lexer->origin, token->line, s[1]);
    to[(*used)++] = c;
    s += 1 + n;
  }
  return ISN_OK;
}
