/** @file settings.c
 *  The canonical settings: equal runs have equal text, however their configs are written.
 *  Knows no particular key.
 */
#include "config/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "invset/files.h"
#include "invset/memory.h"

/* Quoted and escaped, so that a value never ends its line. */
static void put_string(FILE *out, const char *text)
{
  fputc('"', out);
  for (; *text; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      fprintf(out, "\\%c", c);
    else if (c < ' ')
      fprintf(out, "\\x%02x", c);
    else
      fputc(c, out);
  }
  fputc('"', out);
}

static void put_numbers(FILE *out, const double *values, int n)
{
  fputc('[', out);
  for (int i = 0; i < n; i++)
    fprintf(out, "%s%.9g", i > 0 ? ", " : "", values[i]);
  fputc(']', out);
}

static isn_status_t put_digest(FILE *out, const char *file)
{
  char digest[ISN_SHA256_TEXT];
  ISN_TRY(isn_file_sha256(file, digest));
  fprintf(out, "sha256 %s", digest);
  return ISN_OK;
}

/* The file by its contents, and which of them. */
static isn_status_t put_codes(FILE *out, const char *start_from)
{
  const char *dataset = isn_start_dataset(start_from);
  char *file = NULL;
  ISN_TRY(isn_alloc_string(&file, start_from));
  if (dataset)
    file[dataset - start_from] = '\0';
  isn_status_t status = put_digest(out, file);
  if (dataset) {
    fputc(' ', out);
    put_string(out, dataset + 1);
  }
  free(file);
  return status;
}

static isn_status_t put_numbers_or_file(FILE *out, const isn_numbers_or_file_t *numbers)
{
  if (numbers->file)
    return put_digest(out, numbers->file);
  put_numbers(out, numbers->numbers.values, numbers->numbers.n);
  return ISN_OK;
}

static void put_neurons(FILE *out, const isn_target_options_t *target)
{
  fputc('[', out);
  for (int i = 0; i < target->n_neurons; i++) {
    if (i > 0)
      fputs(", ", out);
    if (target->neurons[i].name)
      put_string(out, target->neurons[i].name);
    else
      fprintf(out, "%d", target->neurons[i].index);
  }
  fputc(']', out);
}

static void put_strings(FILE *out, int n, char *const *values)
{
  for (int i = 0; i < n; i++) {
    fputs(i > 0 ? ", " : "[", out);
    put_string(out, values[i]);
  }
  fputc(']', out);
}

static void put_position(FILE *out, const isn_position_t *position)
{
  if (position->kind == ISN_POSITION_MAX)
    put_string(out, "max");
  else
    fprintf(out, "[%d, %d]", position->y, position->x);
}

/* A value that is one number or word. */
static void put_scalar(FILE *out, const isn_key_t *key, const void *field)
{
  int word;
  switch (key->type) {
  case ISN_KEY_INT64:
    fprintf(out, "%" PRId64, *(const int64_t *)field);
    break;
  case ISN_KEY_FLOAT:
    fprintf(out, "%.9g", *(const double *)field);
    break;
  case ISN_KEY_BOOL:
    fputs(*(const bool *)field ? "true" : "false", out);
    break;
  case ISN_KEY_WORD:
    memcpy(&word, field, sizeof word);
    put_string(out, isn_key_word(key->words, word).text);
    break;
  default: /* ISN_KEY_INT and its kin */
    fprintf(out, "%d", *(const int *)field);
    break;
  }
}

static isn_status_t put_value(FILE *out, const isn_key_t *key, const void *object)
{
  const void *field = (const char *)object + key->offset;
  const char *text;
  const int *slice;
  const isn_strings_t *strings;
  const isn_target_options_t *target;
  switch (key->type) {
  case ISN_KEY_INT:
  case ISN_KEY_INT_OR_AUTO:
  case ISN_KEY_INT64:
  case ISN_KEY_FLOAT:
  case ISN_KEY_BOOL:
  case ISN_KEY_WORD:
    put_scalar(out, key, field);
    break;
  case ISN_KEY_STRING:
    text = *(char *const *)field;
    if (text)
      put_string(out, text);
    else
      fputs("none", out);
    break;
  case ISN_KEY_FILE:
    return put_digest(out, *(char *const *)field);
  case ISN_KEY_CODES:
    return put_codes(out, *(char *const *)field);
  case ISN_KEY_PATHS:
    strings = field;
    put_strings(out, strings->n, strings->values);
    break;
  case ISN_KEY_NUMBERS:
    put_numbers(out, ((const isn_numbers_t *)field)->values, ((const isn_numbers_t *)field)->n);
    break;
  case ISN_KEY_NUMBERS_OR_FILE:
    return put_numbers_or_file(out, field);
  case ISN_KEY_RANGE:
    put_numbers(out, field, 2);
    break;
  case ISN_KEY_SLICE:
    slice = field;
    fprintf(out, "[%d, %d]", slice[0], slice[1]);
    break;
  case ISN_KEY_POSITION:
    put_position(out, field);
    break;
  case ISN_KEY_NAMES:
  case ISN_KEY_INDICES:
    put_neurons(out, object);
    break;
  case ISN_KEY_SWEEP:
    target = object;
    put_strings(out, target->n_sweep, target->sweep);
    break;
  case ISN_KEY_CONDITIONS: /* its groups have lines of their own */
    break;
  }
  return ISN_OK;
}

/* Whether the key says something about this object: the groups of targets say different things,
 * and keys without a default may be left out. */
static bool is_said(const isn_key_t *key, const void *object)
{
  const void *field = (const char *)object + key->offset;
  const isn_target_options_t *target = object; /* of the types that only targets have */
  const double *range;
  switch (key->type) {
  case ISN_KEY_FLOAT: /* NaN is none that can be said */
    return !isnan(*(const double *)field);
  case ISN_KEY_NUMBERS:
    return ((const isn_numbers_t *)field)->n > 0;
  case ISN_KEY_PATHS:
    return ((const isn_strings_t *)field)->n > 0;
  case ISN_KEY_NAMES:
    return target->n_neurons > 0 && target->neurons[0].name;
  case ISN_KEY_INDICES:
    return target->n_neurons > 0 && !target->neurons[0].name;
  case ISN_KEY_SWEEP:
    return target->n_sweep > 0;
  case ISN_KEY_POSITION:
    return ((const isn_position_t *)field)->kind != ISN_POSITION_NONE;
  case ISN_KEY_RANGE: /* one that is said is not empty */
    range = field;
    return range[0] < range[1];
  case ISN_KEY_SLICE:
    return ((const int *)field)[1] > 0;
  case ISN_KEY_FILE:
  case ISN_KEY_CODES:
    return *(char *const *)field != NULL;
  case ISN_KEY_CONDITIONS:
    return false;
  default:
    return true;
  }
}

static isn_status_t put_table(FILE *out, const isn_key_table_t *table, const char *prefix,
                              const void *object)
{
  for (int i = 0; i < table->n; i++) {
    const isn_key_t *key = &table->keys[i];
    if (!key->results || !is_said(key, object))
      continue;
    fprintf(out, "%s%s = ", prefix, key->path);
    ISN_TRY(put_value(out, key, object));
    fputc('\n', out);
  }
  return ISN_OK;
}

static int compare_lines(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort the lines of a text.  @param[in,out] text is cut into lines  @param[out] out free() */
static isn_status_t sort_lines(char *text, size_t bytes, char **out)
{
  isn_status_t status = ISN_OK;
  char **lines = NULL, *result = NULL;
  int n = 0;
  for (const char *p = text; *p; p++)
    n += *p == '\n';
  ISN_TRY_GOTO(isn_alloc(&lines, n, "lines of the settings"), done);
  ISN_TRY_GOTO(isn_alloc(&result, bytes + 1, "text of the settings"), done);
  for (int i = 0; i < n; i++) {
    lines[i] = text;
    text = strchr(text, '\n');
    *text++ = '\0';
  }
  qsort(lines, (size_t)n, sizeof *lines, compare_lines);
  char *end = result;
  for (int i = 0; i < n; i++) {
    size_t length = strlen(lines[i]);
    memcpy(end, lines[i], length);
    end[length] = '\n';
    end += length + 1;
  }
  *out = result;
  result = NULL;
done:
  free(lines);
  free(result);
  return status;
}

/* A group of targets, then its conditions. */
static isn_status_t put_target(FILE *out, const char *prefix, const isn_target_options_t *target)
{
  ISN_TRY(put_table(out, &isn_target_keys, prefix, target));
  for (int c = 0; c < target->n_conditions; c++) {
    char inner[64];
    snprintf(inner, sizeof inner, "%sand[%d].", prefix, c);
    ISN_TRY(put_table(out, &isn_condition_keys, inner, &target->conditions[c]));
  }
  return ISN_OK;
}

static isn_status_t put_all(FILE *out, const isn_run_options_t *config)
{
  ISN_TRY(put_table(out, &isn_file_keys, "", config));
  for (int t = 0; t < config->n_target_groups; t++) {
    char prefix[32];
    snprintf(prefix, sizeof prefix, "targets[%d].", t);
    ISN_TRY(put_target(out, prefix, &config->target_groups[t]));
  }
  return ISN_OK;
}

isn_status_t isn_settings_write(const isn_run_options_t *config, char **text)
{
  char *unsorted = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&unsorted, &bytes);
  if (!out)
    ISN_FAIL(ISN_ERR_MEMORY, "text of the settings: %s", strerror(errno));
  isn_status_t status = put_all(out, config);
  /* What a stream in memory cannot take is reported by fclose at the latest. */
  bool failed = ferror(out) != 0;
  failed = fclose(out) != 0 || failed;
  if (status == ISN_OK && failed)
    status = isn_error_set(ISN_ERR_MEMORY, __FILE__, __LINE__, "text of the settings: no memory");
  if (status == ISN_OK)
    status = sort_lines(unsorted, bytes, text);
  free(unsorted);
  return status;
}
