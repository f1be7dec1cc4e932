/** @file slice.c
 *  The line of the settings that makes a run file a slice: "run.slice = [I, N]".  Knows no file.
 */
#include "store/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

static const char settings_key[] = "run.slice = ", config_mark[] = "#! --set run.slice";

static size_t line_length(const char *line)
{
  const size_t n = strcspn(line, "\n");
  return n + (line[n] == '\n');
}

/* The first line that begins so, or NULL. */
static const char *find_line(const char *text, const char *beginning)
{
  for (; *text; text += line_length(text))
    if (strncmp(text, beginning, strlen(beginning)) == 0)
      return text;
  return NULL;
}

/* A text shrinks in its place. */
static void remove_lines(char *text, const char *beginning)
{
  const char *found;
  while ((found = find_line(text, beginning)) != NULL) {
    const char *rest = found + line_length(found);
    memmove(text + (found - text), rest, strlen(rest) + 1);
  }
}

isn_status_t isn_slice_read(const char *path, const isn_run_layout_t *layout, isn_slice_t *slice)
{
  const char *line = find_line(layout->settings, settings_key);
  if (!line)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is no slice but a whole run file: dataset 'settings' has no line '%s[I, N]'; "
             "slices are made with `invset sample CONFIG --slice I/N`",
             path, settings_key);
  const int n = sscanf(line + strlen(settings_key), "[%d, %d]", &slice->part, &slice->n_parts);
  if (n != 2 || slice->part < 1 || slice->part > slice->n_parts)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s': dataset 'settings' has '%.*s', wanted '%s[I, N]' with 1 <= I <= N", path,
             (int)strcspn(line, "\n"), line, settings_key);
  return ISN_OK;
}

int isn_slice_first_target(int part, int n_parts, int n_targets)
{
  return (int)((int64_t)(part - 1) * n_targets / n_parts);
}

void isn_slice_forget(isn_run_layout_t *layout)
{
  remove_lines(layout->settings, settings_key);
  remove_lines(layout->config_text, config_mark);
}
