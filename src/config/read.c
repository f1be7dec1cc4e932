/** @file read.c
 *  Reads a config: text, overrides, unknown keys, values, targets, what must hold together.
 *  Knows no key; the tables do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/settings.h"
#include "config/targets.h"
#include "config/tree.h"
#include "config/value.h"
#include "invset/config.h"
#include "invset/files.h"
#include "invset/memory.h"

/* A sweep of 1000 neurons, and bounds for 4096 coordinates, take less than one. */
enum { MAX_TEXT_BYTES = 16 << 20 };

/* Begins a line behind the file's text that stands for one `--set`.  It is a comment to libconfig,
 * so the stored text can be saved and used as a config file again. */
#define OVERRIDE_MARK "#! --set "

/* The text as it is stored: the file, then the overrides as comments. */
static isn_status_t join_text(const char *file_text, int n_overrides, const char *const *overrides,
                              char **out)
{
  size_t bytes = strlen(file_text) + 2;
  for (int i = 0; i < n_overrides; i++)
    bytes += strlen(OVERRIDE_MARK) + strlen(overrides[i]) + 1;
  char *text = NULL;
  ISN_TRY(isn_alloc(&text, bytes, "text of the config"));
  size_t length = strlen(file_text);
  memcpy(text, file_text, length);
  if (n_overrides > 0 && length > 0 && text[length - 1] != '\n')
    text[length++] = '\n';
  for (int i = 0; i < n_overrides; i++)
    length +=
        (size_t)snprintf(text + length, bytes - length, "%s%s\n", OVERRIDE_MARK, overrides[i]);
  *out = text;
  return ISN_OK;
}

/* Put ".slice-2-of-8" before the ".h5" of the run file's name, so that the slices of a run have
 * files of their own. */
static isn_status_t name_slice(isn_run_options_t *config)
{
  const int *slice = config->run.slice;
  char *name = NULL, part[64];
  if (slice[1] == 0)
    return ISN_OK;
  snprintf(part, sizeof part, ".slice-%d-of-%d", slice[0], slice[1]);
  ISN_TRY(isn_file_name_insert(config->output.file, part, &name));
  free(config->output.file);
  config->output.file = name;
  return ISN_OK;
}

static isn_status_t read_tree(config_setting_t *root, isn_run_options_t *config)
{
  ISN_TRY(isn_check_known(root));
  for (int i = 0; i < isn_file_keys.n; i++)
    ISN_TRY(isn_value_read(root, &isn_file_keys.keys[i], config));
  ISN_TRY(isn_targets_read(root, config));
  ISN_TRY(isn_check_together(root, config));
  ISN_TRY(name_slice(config));
  return isn_settings_write(config, &config->settings);
}

/* Where the lines of overrides begin: they are the last lines of the text. */
static const char *find_overrides(const char *text)
{
  const char *start = text + strlen(text);
  for (const char *line = start; line > text;) {
    line--; /* the newline, or the last character */
    while (line > text && line[-1] != '\n')
      line--;
    if (strncmp(line, OVERRIDE_MARK, strlen(OVERRIDE_MARK)) != 0)
      break;
    start = line;
  }
  return start;
}

/* Apply the lines of overrides.  @param[in,out] lines changed into the overrides, each ending with
 * a zero; the tree refers to them in its messages */
static isn_status_t apply_overrides(char *lines, config_t *tree)
{
  while (*lines) {
    char *override = lines + strlen(OVERRIDE_MARK);
    lines = override + strcspn(override, "\n");
    if (*lines)
      *lines++ = '\0';
    ISN_TRY(isn_tree_override(tree, override));
  }
  return ISN_OK;
}

isn_status_t isn_config_parse(const char *text, const char *origin, isn_run_options_t **out)
{
  isn_status_t status;
  isn_run_options_t *config = NULL;
  char *overrides = NULL;
  config_t tree;
  config_init(&tree);
  ISN_TRY_GOTO(isn_alloc_string(&overrides, find_overrides(text)), done);
  ISN_TRY_GOTO(isn_alloc(&config, 1, "config"), done);
  ISN_TRY_GOTO(isn_alloc_string(&config->path, origin), done);
  ISN_TRY_GOTO(isn_alloc_string(&config->text, text), done);
  ISN_TRY_GOTO(isn_tree_parse(text, config->path, &tree), done);
  ISN_TRY_GOTO(apply_overrides(overrides, &tree), done);
  ISN_TRY_GOTO(read_tree(config_root_setting(&tree), config), done);
  *out = config;
  config = NULL;
done:
  config_destroy(&tree);
  free(overrides);
  isn_config_destroy(config);
  return status;
}

isn_status_t isn_config_read(const char *path, int n_overrides, const char *const *overrides,
                             isn_run_options_t **out)
{
  isn_status_t status;
  char *file_text = NULL, *text = NULL;
  ISN_TRY_GOTO(isn_file_read_text(path, "config", MAX_TEXT_BYTES, &file_text), done);
  for (int i = 0; i < n_overrides; i++)
    if (strchr(overrides[i], '\n'))
      ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "--set %s: has a line break; want one line", overrides[i]);
  ISN_TRY_GOTO(join_text(file_text, n_overrides, overrides, &text), done);
  status = isn_config_parse(text, path, out);
done:
  free(file_text);
  free(text);
  return status;
}

void isn_config_destroy(isn_run_options_t *config)
{
  if (!config)
    return;
  for (int i = 0; i < isn_file_keys.n; i++)
    isn_value_free(&isn_file_keys.keys[i], config);
  isn_targets_free(config);
  free(config->path);
  free(config->text);
  free(config->settings);
  free(config);
}
