/** @file code_bounds.c
 *  Bounds of every coordinate of a code, from one number, one each, or a text file of numbers:
 *  separated by white space or commas, `#` begins a comment that ends with its line.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "invset/files.h"
#include "invset/run_options.h"

enum { MAX_FILE_BYTES = 64 << 20 };

static const char separators[] = " \t\r\n,;#";

/* Skip what stands between numbers. */
static const char *skip_space(const char *text)
{
  for (;;) {
    text += strspn(text, " \t\r\n,;");
    if (*text != '#')
      return text;
    text += strcspn(text, "\n");
  }
}

static isn_status_t fail_count(const char *key, const char *where, long found, int wanted)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: found %ld numbers%s%s, want 1 or %d: one for all coordinates of a code or one each",
           key, found, where[0] ? " in " : "", where, wanted);
}

/* Parse a file's numbers.  @param[out] values (size)  @param[out] n how many there are */
static isn_status_t parse_numbers(const char *text, const char *path, const char *key, int size,
                                  float *values, long *n)
{
  long count = 0;
  for (const char *p = skip_space(text); *p; p = skip_space(p)) {
    char *end;
    double value = strtod(p, &end);
    if (end == p || strcspn(end, separators) > 0 || !(fabs(value) <= FLT_MAX))
      ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found '%.*s' as number %ld, want a finite number", key, path,
               (int)strcspn(p, separators), p, count + 1);
    if (count < size)
      values[count] = (float)value;
    count++;
    p = end;
  }
  *n = count;
  return ISN_OK;
}

static isn_status_t read_file(const char *path, const char *key, int size, float *values, long *n)
{
  char *text = NULL;
  ISN_TRY(isn_file_read_text(path, key, MAX_FILE_BYTES, &text));
  isn_status_t status = parse_numbers(text, path, key, size, values, n);
  free(text);
  return status;
}

isn_status_t isn_code_bounds_expand(const isn_numbers_or_file_t *bounds, const char *key,
                                    int code_size, float *values)
{
  long n = bounds->numbers.n;
  if (bounds->file) {
    ISN_TRY(read_file(bounds->file, key, code_size, values, &n));
  } else {
    for (int i = 0; i < n && i < code_size; i++)
      values[i] = (float)bounds->numbers.values[i];
  }
  if (n != 1 && n != code_size)
    return fail_count(key, bounds->file ? bounds->file : "", n, code_size);
  if (n == 1) {
    for (int i = 1; i < code_size; i++)
      values[i] = values[0];
  }
  return ISN_OK;
}
