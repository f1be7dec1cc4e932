/** @file compare.c
 *  Whether a run file is of the run that a config asks for: the same settings, models, sizes and
 *  targets.  Knows no file, only layouts.
 */
#include "store/compare.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "invset/target_words.h"

/* One line "key = value" of a text; at the end of the text its length is 0. */
typedef struct {
  const char *text;
  int length, key_length;
  const char *value;
  int value_length;
} line_t;

static line_t line_at(const char *text)
{
  line_t line = {.text = text, .length = (int)strcspn(text, "\n")};
  const char *equals = memchr(text, '=', (size_t)line.length);
  line.key_length = equals ? (int)(equals - text) : line.length;
  line.value = text + line.key_length + (equals != NULL);
  line.value_length = line.length - line.key_length - (equals != NULL);
  while (line.key_length > 0 && text[line.key_length - 1] == ' ')
    line.key_length--;
  while (line.value_length > 0 && *line.value == ' ') {
    line.value++;
    line.value_length--;
  }
  return line;
}

static const char *after(line_t line)
{
  const char *end = line.text + line.length;
  return *end ? end + 1 : end;
}

/* Order of keys, a text that has ended being last. */
static int compare_keys(line_t a, line_t b)
{
  if (*a.text == '\0' || *b.text == '\0')
    return (*a.text == '\0') - (*b.text == '\0');
  int shorter = a.key_length < b.key_length ? a.key_length : b.key_length;
  int order = memcmp(a.text, b.text, (size_t)shorter);
  return order ? order : a.key_length - b.key_length;
}

static isn_status_t fail_settings(const char *path, line_t stored, line_t wanted,
                                  const isn_compare_words_t *words)
{
  int order = compare_keys(stored, wanted);
  if (order < 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' was made with other settings: %.*s is %.*s in the file and absent %s; %s", path,
             stored.key_length, stored.text, stored.value_length, stored.value, words->place,
             words->advice);
  if (order > 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' was made with other settings: %.*s is absent in the file and %.*s %s; %s", path,
             wanted.key_length, wanted.text, wanted.value_length, wanted.value, words->place,
             words->advice);
  ISN_FAIL(ISN_ERR_INPUT,
           "'%s' was made with other settings: %.*s is %.*s in the file and %.*s %s; %s", path,
           stored.key_length, stored.text, stored.value_length, stored.value, wanted.value_length,
           wanted.value, words->place, words->advice);
}

/* Both texts are sorted, so the first lines that differ hold the first key that does. */
static isn_status_t compare_settings(const char *path, const char *stored, const char *wanted,
                                     const isn_compare_words_t *words)
{
  while (*stored || *wanted) {
    line_t a = line_at(stored), b = line_at(wanted);
    if (a.length != b.length || memcmp(a.text, b.text, (size_t)a.length) != 0)
      return fail_settings(path, a, b, words);
    stored = after(a);
    wanted = after(b);
  }
  return ISN_OK;
}

static isn_status_t compare_models(const char *path, const isn_run_layout_t *stored,
                                   const isn_run_layout_t *wanted, const isn_compare_words_t *words)
{
  if (stored->n_models != wanted->n_models)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' was made with %d model files, there are %d %s; %s", path,
             stored->n_models, wanted->n_models, words->place, words->advice);
  for (int m = 0; m < stored->n_models; m++) {
    const isn_run_model_t *a = &stored->models[m], *b = &wanted->models[m];
    if (strcmp(a->role, b->role) != 0)
      ISN_FAIL(ISN_ERR_INPUT,
               "'%s' was made with other models: number %d is '%s' in the file and '%s' %s; %s",
               path, m, a->role, b->role, words->place, words->advice);
    if (strcmp(a->sha256, b->sha256) != 0)
      ISN_FAIL(ISN_ERR_INPUT,
               "'%s' was made with another %s: SHA-256 %s ('%s') in the file and %s ('%s') "
               "%s; %s",
               path, a->role, a->sha256, a->path, b->sha256, b->path, words->place, words->advice);
  }
  return ISN_OK;
}

static isn_status_t compare_sizes(const char *path, const isn_run_layout_t *stored,
                                  const isn_run_layout_t *wanted, const isn_compare_words_t *words)
{
  const struct {
    const char *name;
    int stored, wanted;
  } sizes[] = {
      {"samples of a target", stored->n_slots, wanted->n_slots},
      {"block size", stored->block_size, wanted->block_size},
      {"code size", stored->code_size, wanted->code_size},
      {"encoding size", stored->encoding_size, wanted->encoding_size},
      {"whether encodings are stored", stored->with_encodings, wanted->with_encodings},
      {"picture channels", stored->channels, wanted->channels},
      {"picture height", stored->height, wanted->height},
      {"picture width", stored->width, wanted->width},
      {"most neurons of a target", stored->max_neurons, wanted->max_neurons},
      {"number of ascents by which reaches are found", stored->probe_starts, wanted->probe_starts},
  };
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    if (sizes[i].stored != sizes[i].wanted)
      ISN_FAIL(ISN_ERR_INPUT, "'%s' is of another run: %s is %d in the file and %d %s; %s", path,
               sizes[i].name, sizes[i].stored, sizes[i].wanted, words->place, words->advice);
  }
  return ISN_OK;
}

/* A window that is relative to a reach is not wanted yet; what it will be follows from the settings
 * and the models, which were compared. */
static bool same_window(const float stored[2], const float wanted[2])
{
  return isnan(wanted[0]) || isnan(wanted[1]) || (stored[0] == wanted[0] && stored[1] == wanted[1]);
}

static isn_target_words_t window_text(const isn_run_target_t *target, int k)
{
  static const isn_target_words_t unknown = {"not known yet"};
  const isn_target_words_t window = isn_target_window_words(target, k);
  return window.text[0] ? window : unknown;
}

/* Neuron k of target t. */
static isn_status_t compare_neurons(const char *path, int t, int k, const isn_run_target_t *a,
                                    const isn_run_target_t *b, const isn_compare_words_t *words)
{
  if (strcmp(a->blobs[k], b->blobs[k]) != 0 || a->neurons[k] != b->neurons[k])
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is of another run: target %d is unit %d of '%s' (counted from 0, '%s') in the "
             "file and unit %d of '%s' ('%s') %s; %s",
             path, t, a->neurons[k], a->blobs[k], a->label, b->neurons[k], b->blobs[k], b->label,
             words->place, words->advice);
  if (a->units[k] != b->units[k])
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is of another run: target %d ('%s') is the largest of %d unit(s) from unit "
             "%d on in the file and of %d %s; %s",
             path, t, a->label, a->units[k], a->neurons[k], b->units[k], words->place,
             words->advice);
  if (a->quantities[k] != b->quantities[k] || !same_window(a->windows[k], b->windows[k]))
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is of another run: target %d ('%s') has window %s in the file and "
             "%s %s; %s",
             path, t, a->label, window_text(a, k).text, window_text(b, k).text, words->place,
             words->advice);
  return ISN_OK;
}

/* Names may be the same and mean other units, if the labels file changed. */
static isn_status_t compare_targets(const char *path, const isn_run_layout_t *stored,
                                    const isn_run_layout_t *wanted,
                                    const isn_compare_words_t *words)
{
  if (stored->n_targets != wanted->n_targets)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' is of another run: it has %d targets, there are %d %s; %s", path,
             stored->n_targets, wanted->n_targets, words->place, words->advice);
  for (int t = 0; t < stored->n_targets; t++) {
    const isn_run_target_t *a = &stored->targets[t], *b = &wanted->targets[t];
    if (a->n_neurons != b->n_neurons)
      ISN_FAIL(ISN_ERR_INPUT,
               "'%s' is of another run: target %d is %d unit(s), '%s', in the file and %d, '%s', "
               "%s; %s",
               path, t, a->n_neurons, a->label, b->n_neurons, b->label, words->place,
               words->advice);
    for (int k = 0; k < a->n_neurons; k++)
      ISN_TRY(compare_neurons(path, t, k, a, b, words));
  }
  return ISN_OK;
}

isn_status_t isn_compare_runs(const char *path, const isn_run_layout_t *stored,
                              const isn_run_layout_t *wanted, const isn_compare_words_t *words)
{
  ISN_TRY(compare_settings(path, stored->settings, wanted->settings, words));
  ISN_TRY(compare_models(path, stored, wanted, words));
  if (strcmp(stored->method, wanted->method) != 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' was made with another method: '%s' in the file and '%s' %s; %s",
             path, stored->method, wanted->method, words->place, words->advice);
  return compare_sizes(path, stored, wanted, words);
}

isn_status_t isn_compare_layouts(const char *path, const isn_run_layout_t *stored,
                                 const isn_run_layout_t *wanted, const isn_compare_words_t *words)
{
  ISN_TRY(isn_compare_runs(path, stored, wanted, words));
  return compare_targets(path, stored, wanted, words);
}
