/** @file labels.c
 *  Names of a classifier's units, and finding a unit by any of its names.
 *
 *  File: one line per unit, "name, other name" or "n03841143 name, other name".  White space around
 *  names and empty lines at the end do not count.  Knows no net.
 */
#include "invset/labels.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "invset/files.h"
#include "invset/memory.h"
#include "invset/near_miss.h"

enum {
  MAX_FILE_BYTES = 64 << 20, /* far above any class list; keeps a model given by mistake out */
  WORDNET_ID_LENGTH = 9,     /* n03841143 */
  SHOWN_DUPLICATES = 5
};

/* One way to call a unit; text points into the file's text. */
typedef struct {
  const char *text;
  size_t length;
  int unit;
} name_t;

struct isn_labels {
  char *path; /* owned, as all of these */
  char *text;
  int n_units;
  int *first_names; /* (n_units) index of each unit's short name */
  size_t n_names;
  name_t *names; /* (n_names), unit by unit */
};

/* ---- reading ------------------------------------------------------------------------------- */

static name_t trimmed(const char *begin, const char *end, int unit)
{
  while (begin < end && isspace((unsigned char)*begin))
    begin++;
  while (end > begin && isspace((unsigned char)end[-1]))
    end--;
  return (name_t){begin, (size_t)(end - begin), unit};
}

static bool has_wordnet_id(name_t line)
{
  if (line.length < WORDNET_ID_LENGTH || line.text[0] != 'n')
    return false;
  for (int i = 1; i < WORDNET_ID_LENGTH; i++)
    if (!isdigit((unsigned char)line.text[i]))
      return false;
  return line.length == WORDNET_ID_LENGTH || isspace((unsigned char)line.text[WORDNET_ID_LENGTH]);
}

static void add_name(isn_labels_t *labels, name_t name)
{
  if (name.length > 0)
    labels->names[labels->n_names++] = name;
}

/* Add all names of a unit: those between commas, the line without id, the whole line, the id.
 * Some may be the same words; finding counts units, not names.  False if there is no name. */
static bool add_unit(isn_labels_t *labels, name_t line)
{
  const char *end = line.text + line.length;
  name_t rest = line;
  labels->first_names[line.unit] = (int)labels->n_names;
  if (has_wordnet_id(line)) {
    rest = trimmed(line.text + WORDNET_ID_LENGTH, end, line.unit);
    if (rest.length == 0) /* a list of ids only: the id is the name */
      rest = line;
  }
  for (const char *part = rest.text; part < end;) {
    const char *comma = memchr(part, ',', (size_t)(end - part));
    const char *part_end = comma ? comma : end;
    add_name(labels, trimmed(part, part_end, line.unit));
    part = part_end + 1;
  }
  if (labels->n_names == (size_t)labels->first_names[line.unit])
    return false;
  add_name(labels, rest);
  if (rest.text != line.text) {
    add_name(labels, line);
    add_name(labels, (name_t){line.text, WORDNET_ID_LENGTH, line.unit});
  }
  return true;
}

/* Length of the text without the white space at its end. */
static size_t used_length(const char *text)
{
  size_t length = strlen(text);
  while (length > 0 && isspace((unsigned char)text[length - 1]))
    length--;
  return length;
}

/* Allocate for the most that a text can hold: a line has its parts and three names more. */
static isn_status_t alloc_names(isn_labels_t *labels, size_t length)
{
  size_t n_lines = 1, n_commas = 0;
  for (size_t i = 0; i < length; i++) {
    n_lines += labels->text[i] == '\n';
    n_commas += labels->text[i] == ',';
  }
  ISN_TRY(isn_alloc(&labels->first_names, n_lines, "labels"));
  return isn_alloc(&labels->names, 4 * n_lines + n_commas, "names of the labels");
}

static isn_status_t parse(isn_labels_t *labels)
{
  size_t length = used_length(labels->text);
  if (length == 0)
    ISN_FAIL(ISN_ERR_INPUT, "labels '%s': the file has white space only, wanted a name per line",
             labels->path);
  ISN_TRY(alloc_names(labels, length));
  const char *end = labels->text + length;
  for (const char *begin = labels->text; begin < end;) {
    const char *newline = memchr(begin, '\n', (size_t)(end - begin));
    const char *line_end = newline ? newline : end;
    if (!add_unit(labels, trimmed(begin, line_end, labels->n_units)))
      ISN_FAIL(ISN_ERR_INPUT,
               "labels '%s', line %d: no name; each unit has a line, so none may be left empty",
               labels->path, labels->n_units + 1);
    labels->n_units++;
    begin = line_end + 1;
  }
  return ISN_OK;
}

isn_status_t isn_labels_read(const char *path, isn_labels_t **out)
{
  isn_status_t status = ISN_OK;
  isn_labels_t *labels = NULL;
  ISN_TRY(isn_alloc(&labels, 1, "labels"));
  ISN_TRY_GOTO(isn_alloc_string(&labels->path, path), done);
  ISN_TRY_GOTO(isn_file_read_text(path, "labels", MAX_FILE_BYTES, &labels->text), done);
  ISN_TRY_GOTO(parse(labels), done);
  *out = labels;
  labels = NULL;
done:
  isn_labels_destroy(labels);
  return status;
}

void isn_labels_destroy(isn_labels_t *labels)
{
  if (!labels)
    return;
  free(labels->names);
  free(labels->first_names);
  free(labels->text);
  free(labels->path);
  free(labels);
}

/* ---- asking -------------------------------------------------------------------------------- */

int isn_labels_count(const isn_labels_t *labels)
{
  return labels->n_units;
}

void isn_labels_name(const isn_labels_t *labels, int unit, char *out, size_t bytes)
{
  if (!labels || unit < 0 || unit >= labels->n_units) {
    snprintf(out, bytes, "unit %d", unit);
    return;
  }
  const name_t *name = &labels->names[labels->first_names[unit]];
  snprintf(out, bytes, "%.*s", (int)name->length, name->text);
}

static bool is_called(const name_t *name, const char *wanted, size_t length)
{
  return name->length == length && strncasecmp(name->text, wanted, length) == 0;
}

static isn_status_t fail_several(const isn_labels_t *labels, const char *wanted, size_t length)
{
  char list[128] = "";
  size_t used = 0;
  int n_units = 0, last_unit = -1;
  for (size_t i = 0; i < labels->n_names; i++) {
    const name_t *name = &labels->names[i];
    if (name->unit == last_unit || !is_called(name, wanted, length))
      continue;
    last_unit = name->unit;
    if (++n_units <= SHOWN_DUPLICATES)
      used +=
          (size_t)snprintf(list + used, sizeof list - used, "%s%d", used ? ", " : "", name->unit);
  }
  ISN_FAIL(ISN_ERR_INPUT,
           "labels '%s': %d units are called '%s': index %s%s (from 0); name one by its index or "
           "by its whole line",
           labels->path, n_units, wanted, list, n_units > SHOWN_DUPLICATES ? ", ..." : "");
}

static isn_status_t fail_unknown(const isn_labels_t *labels, const char *wanted)
{
  isn_near_misses_t near;
  char list[512];
  isn_near_begin(&near, wanted);
  for (size_t i = 0; i < labels->n_names; i++)
    isn_near_offer(&near, labels->names[i].text, labels->names[i].length, labels->names[i].unit);
  isn_near_list(&near, list, sizeof list);
  if (list[0])
    ISN_FAIL(ISN_ERR_INPUT, "labels '%s': no unit is called '%s'; did you mean %s?", labels->path,
             wanted, list);
  ISN_FAIL(ISN_ERR_INPUT, "labels '%s': none of the %d units is called '%s' or anything like it",
           labels->path, labels->n_units, wanted);
}

isn_status_t isn_labels_find(const isn_labels_t *labels, const char *name, int *unit)
{
  size_t length = strlen(name);
  int found = -1;
  for (size_t i = 0; i < labels->n_names; i++) {
    const name_t *candidate = &labels->names[i];
    if (!is_called(candidate, name, length) || candidate->unit == found)
      continue;
    if (found >= 0)
      return fail_several(labels, name, length);
    found = candidate->unit;
  }
  if (found < 0)
    return fail_unknown(labels, name);
  *unit = found;
  return ISN_OK;
}
