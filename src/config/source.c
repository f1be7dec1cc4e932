/** @file source.c
 *  Rewrites whole numbers that libconfig 1.5 would silently cut to 32 bits.
 *
 *  One pass over the text that tells apart what libconfig's scanner does: comments, strings, names
 *  and numbers; all but numbers is copied as it is.  Knows no keys.
 */
#include "config/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

/* A pass: `from` moves on through the text, `to` through the copy. */
typedef struct {
  const char *from;
  char *to;
  const char *start; /* of the text, to count lines */
  const char *origin;
} scan_t;

static int line_of(const scan_t *scan)
{
  int line = 1;
  for (const char *p = scan->start; p < scan->from; p++)
    line += *p == '\n';
  return line;
}

static void copy(scan_t *scan, size_t n)
{
  memcpy(scan->to, scan->from, n);
  scan->to += n;
  scan->from += n;
}

static void copy_while(scan_t *scan, const char *letters)
{
  copy(scan, strspn(scan->from, letters));
}

/* A forgotten quote would swallow all up to the next one, so a string ends on its line. */
static isn_status_t copy_string(scan_t *scan)
{
  const char *end = scan->from + 1;
  while (*end && *end != '"' && *end != '\n')
    end += end[0] == '\\' && end[1] && end[1] != '\n' ? 2 : 1;
  if (*end != '"')
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the string %.*s has no closing quote on its line", scan->origin,
             line_of(scan), (int)strcspn(scan->from, "\n"), scan->from);
  copy(scan, (size_t)(end - scan->from) + 1);
  return ISN_OK;
}

static bool is_line_comment(const char *from)
{
  return from[0] == '#' || (from[0] == '/' && from[1] == '/');
}

/* libconfig takes an open comment for one up to the end, and would drop the settings in it. */
static isn_status_t copy_long_comment(scan_t *scan)
{
  const char *end = strstr(scan->from + 2, "*/");
  if (!end)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the comment that begins here with /* is not closed",
             scan->origin, line_of(scan));
  copy(scan, (size_t)(end - scan->from) + 2);
  return ISN_OK;
}

/* Digits, with their L or without, that are no part of a float. */
static isn_status_t copy_whole_number(scan_t *scan, const char *digits, int base)
{
  const char *first = scan->from;
  char *end;
  errno = 0;
  long long value = strtoll(first, &end, base);
  if (errno == ERANGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the whole number %.*s does not fit in 64 bits", scan->origin,
             line_of(scan), (int)(end - first), first);
  if (base == 16)
    copy(scan, 2);
  copy_while(scan, digits);
  if (*scan->from == 'L')
    copy_while(scan, "L");
  else if (value > INT32_MAX)
    *scan->to++ = 'L';
  return ISN_OK;
}

static isn_status_t copy_number(scan_t *scan)
{
  static const char decimal[] = "0123456789", hex[] = "0123456789abcdefABCDEF";
  const char *from = scan->from;
  if (from[0] == '0' && (from[1] == 'x' || from[1] == 'X') && isxdigit((unsigned char)from[2]))
    return copy_whole_number(scan, hex, 16);
  size_t n = strspn(from, decimal);
  if (from[n] != '.' && from[n] != 'e' && from[n] != 'E')
    return copy_whole_number(scan, decimal, 10);
  copy(scan, n);
  if (*scan->from == '.') {
    copy(scan, 1);
    copy_while(scan, decimal);
  }
  if (*scan->from == 'e' || *scan->from == 'E') {
    copy(scan, 1);
    copy_while(scan, "+-");
    copy_while(scan, decimal);
  }
  return ISN_OK;
}

static isn_status_t copy_next(scan_t *scan)
{
  static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-_*";
  const char c = *scan->from;
  if (is_line_comment(scan->from))
    copy(scan, strcspn(scan->from, "\n"));
  else if (c == '/' && scan->from[1] == '*')
    return copy_long_comment(scan);
  else if (c == '"')
    return copy_string(scan);
  else if (isalpha((unsigned char)c) || c == '*')
    copy_while(scan, name_letters);
  else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)scan->from[1])))
    return copy_number(scan);
  else if (c == '@')
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: @include is not supported: a config is one file, since its text is stored "
             "with the results",
             scan->origin, line_of(scan));
  else
    copy(scan, 1);
  return ISN_OK;
}

isn_status_t isn_source_prepare(const char *text, const char *origin, char **out)
{
  isn_status_t status = ISN_OK;
  char *result = NULL;
  /* Each number grows by one letter at most. */
  ISN_TRY(isn_alloc(&result, 2 * strlen(text) + 2, "text of the config"));
  scan_t scan = {text, result, text, origin};
  while (*scan.from)
    ISN_TRY_GOTO(copy_next(&scan), done);
  if (scan.to > result && scan.to[-1] != '\n')
    *scan.to++ = '\n';
  *scan.to = '\0';
  *out = result;
  result = NULL;
done:
  free(result);
  return status;
}
