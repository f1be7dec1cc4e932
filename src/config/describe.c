/** @file describe.c
 *  The table of keys as help: what may stand in a config.  Knows no particular key.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "invset/config.h"

static void put_key(FILE *out, const isn_key_t *key, const char *prefix)
{
  fprintf(out, "  %s%s\n      %s.\n      Wants %s", prefix, key->path, key->meaning,
          isn_key_wanted(key).text);
  if (key->unit[0])
    fprintf(out, " (%s)", key->unit);
  if (!key->preset)
    fputs("; required.\n", out);
  else if (strcmp(key->preset, ISN_KEY_OPTIONAL) == 0)
    fputs("; may be left out.\n", out);
  else
    fprintf(out, "; default %s.\n", key->preset);
}

static void put_all(FILE *out)
{
  fputs("Keys of a config:\n", out);
  for (int i = 0; i < isn_file_keys.n; i++)
    put_key(out, &isn_file_keys.keys[i], "");
  fputs(
      "Keys of each group of the list targets.  Exactly one of window, reach, below, above, "
      "probability and table\nis given, and exactly one of neurons, index and sweep; with a table "
      "they may be left out: each of its\nrows is a target.\n",
      out);
  for (int i = 0; i < isn_target_keys.n; i++)
    put_key(out, &isn_target_keys.keys[i], "targets[i].");
  fputs("Keys of each group of a list targets[i].and are some of these:", out);
  for (int i = 0; i < isn_condition_keys.n; i++)
    fprintf(out, "%s %s", i > 0 ? "," : "", isn_condition_keys.keys[i].path);
  fputs(".\n", out);
}

isn_status_t isn_config_describe(char **text)
{
  char *result = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&result, &bytes);
  if (!out)
    ISN_FAIL(ISN_ERR_MEMORY, "description of the config: %s", strerror(errno));
  put_all(out);
  bool failed = ferror(out) != 0;
  failed = fclose(out) != 0 || failed;
  if (failed) {
    free(result);
    ISN_FAIL(ISN_ERR_MEMORY, "description of the config: no memory");
  }
  *text = result;
  return ISN_OK;
}
