/** @file prototxt_get.c
 *  Reading typed values out of a prototxt tree, with errors that name file, line and field.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prototxt.h"

static const isn_prototxt_t *find_from(const isn_prototxt_t *field, const char *name)
{
  while (field && strcmp(field->name, name) != 0)
    field = field->next;
  return field;
}

const isn_prototxt_t *isn_prototxt_first(const isn_prototxt_t *message, const char *name)
{
  return message ? find_from(message->first, name) : NULL;
}

const isn_prototxt_t *isn_prototxt_next(const isn_prototxt_t *field)
{
  return find_from(field->next, field->name);
}

int isn_prototxt_count(const isn_prototxt_t *message, const char *name)
{
  int n = 0;
  for (const isn_prototxt_t *f = isn_prototxt_first(message, name); f; f = isn_prototxt_next(f))
    n++;
  return n;
}

isn_status_t isn_prototxt_single(const isn_prototxt_t *message, const char *name,
                                 const isn_prototxt_t **field)
{
  const isn_prototxt_t *first = isn_prototxt_first(message, name);
  const isn_prototxt_t *second = first ? isn_prototxt_next(first) : NULL;
  if (second)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is given a second time (first on line %d)", second->origin,
             second->line, name, first->line);
  *field = first;
  return ISN_OK;
}

isn_status_t isn_prototxt_message(const isn_prototxt_t *message, const char *name,
                                  const isn_prototxt_t **out)
{
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  if (field && field->kind != ISN_PROTOTXT_MESSAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is '%s'; wanted a message: %s { ... }", field->origin,
             field->line, name, field->text, name);
  *out = field;
  return ISN_OK;
}

/** Fail over a field whose value is not what is wanted. */
static isn_status_t wrong_value(const isn_prototxt_t *field, const char *wanted)
{
  const char *quote = field->kind == ISN_PROTOTXT_STRING ? "\"" : "";
  if (field->kind == ISN_PROTOTXT_MESSAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is a message; wanted %s", field->origin, field->line,
             field->name, wanted);
  ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is %s%.60s%s; wanted %s", field->origin, field->line,
           field->name, quote, field->text, quote, wanted);
}

isn_status_t isn_prototxt_as_int(const isn_prototxt_t *field, int min, int max, int *out)
{
  if (field->kind != ISN_PROTOTXT_SCALAR)
    return wrong_value(field, "a whole number");
  char *end;
  errno = 0;
  long long value = strtoll(field->text, &end, 0);
  if (end == field->text || *end != '\0')
    return wrong_value(field, "a whole number");
  if (errno == ERANGE || value < min || value > max)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is %s; wanted a whole number from %d to %d", field->origin,
             field->line, field->name, field->text, min, max);
  *out = (int)value;
  return ISN_OK;
}

isn_status_t isn_prototxt_get_int(const isn_prototxt_t *message, const char *name, int min, int max,
                                  int *out)
{
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  return field ? isn_prototxt_as_int(field, min, max, out) : ISN_OK;
}

isn_status_t isn_prototxt_as_double(const isn_prototxt_t *field, double *out)
{
  if (field->kind != ISN_PROTOTXT_SCALAR)
    return wrong_value(field, "a number");
  char *end;
  double value = strtod(field->text, &end);
  if (end != field->text && (*end == 'f' || *end == 'F'))
    end++;
  if (end == field->text || *end != '\0' || !isfinite(value))
    return wrong_value(field, "a finite number");
  *out = value;
  return ISN_OK;
}

isn_status_t isn_prototxt_get_double(const isn_prototxt_t *message, const char *name, double *out)
{
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  return field ? isn_prototxt_as_double(field, out) : ISN_OK;
}

isn_status_t isn_prototxt_get_bool(const isn_prototxt_t *message, const char *name, bool *out)
{
  static const char *const yes[] = {"true", "True", "t", "1"};
  static const char *const no[] = {"false", "False", "f", "0"};
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  if (!field)
    return ISN_OK;
  for (int i = 0; i < 4 && field->kind == ISN_PROTOTXT_SCALAR; i++) {
    bool is_yes = strcmp(field->text, yes[i]) == 0;
    if (is_yes || strcmp(field->text, no[i]) == 0) {
      *out = is_yes;
      return ISN_OK;
    }
  }
  return wrong_value(field, "true or false");
}

isn_status_t isn_prototxt_as_string(const isn_prototxt_t *field, const char **out)
{
  if (field->kind != ISN_PROTOTXT_STRING)
    return wrong_value(field, "a text in quotes");
  *out = field->text;
  return ISN_OK;
}

isn_status_t isn_prototxt_get_string(const isn_prototxt_t *message, const char *name,
                                     const char **out)
{
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  return field ? isn_prototxt_as_string(field, out) : ISN_OK;
}

isn_status_t isn_prototxt_get_enum(const isn_prototxt_t *message, const char *name, int n_words,
                                   const char *const *words, int *out)
{
  const isn_prototxt_t *field;
  ISN_TRY(isn_prototxt_single(message, name, &field));
  if (!field)
    return ISN_OK;
  for (int i = 0; i < n_words && field->kind == ISN_PROTOTXT_SCALAR; i++) {
    const char number[2] = {(char)('0' + i), '\0'};
    if (strcmp(field->text, words[i]) == 0 || strcmp(field->text, number) == 0) {
      *out = i;
      return ISN_OK;
    }
  }
  char wanted[160] = "one of";
  for (int i = 0; i < n_words; i++) {
    strncat(wanted, i > 0 ? ", " : " ", sizeof wanted - strlen(wanted) - 1);
    strncat(wanted, words[i], sizeof wanted - strlen(wanted) - 1);
  }
  return wrong_value(field, wanted);
}

isn_status_t isn_prototxt_check_fields(const isn_prototxt_t *message, const char *const *names)
{
  for (const isn_prototxt_t *f = message ? message->first : NULL; f; f = f->next) {
    int i = 0;
    while (names[i] && strcmp(names[i], f->name) != 0)
      i++;
    if (!names[i])
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: field '%s' of '%s' is unknown or not supported", f->origin,
               f->line, f->name, message->name ? message->name : "the net");
  }
  return ISN_OK;
}
