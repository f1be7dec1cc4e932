/** @file montage.c
 *  `invset montage`: a contact sheet of a run's samples, one band of pictures per target,
 *  chosen so that they spread over the inverse set.  Only one band is held in memory.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "contact_sheet.h"
#include "invset/memory.h"
#include "options.h"
#include "png_file.h"
#include "run_text.h"
#include "samples.h"
#include "spread_order.h"
#include "text_line.h"
#include "verbs.h"

enum {
  MAX_COLUMNS = 1000,
  MAX_ROWS = 1000,
  MAX_ZOOM = 64,
  DEFAULT_COLUMNS = 20,
  MAX_INDEX = 1 << 30
};

static const char *const ABOUT =
    "Write a contact sheet of a run's accepted samples: one labelled row of pictures per target.\n"
    "Of a method that keeps samples outside of the window (sampling.method) it shows these, too.\n"
    "A row starts with the sample nearest to the mean encoding of its target; each next one is "
    "the\n"
    "farthest from all before it.  Works on the file of a run that is still going.\n"
    "OUT.png may be an older PNG, which is replaced; nothing else is overwritten.\n";

typedef struct {
  int columns, rows, zoom;
  isn_option_list_t targets;
} settings_t;

typedef struct {
  isn_run_reader_t *reader;
  const isn_run_layout_t *layout; /* borrowed from reader */
  unsigned char *states;          /* (T, B) */
  int n_targets;
  int *targets; /* (n_targets) those shown */
  isn_sheet_t sheet;
  unsigned char *band;   /* one band of the sheet */
  unsigned char *label;  /* (ISN_TEXT_LINE_HEIGHT, label_width) */
  unsigned char *images; /* (columns*rows, H, W[, 3]) */
  int *order, *slots;    /* (columns*rows) */
  int n_shown;           /* pictures on the sheet so far */
} montage_t;

static isn_status_t parse(int argc, char **argv, settings_t *settings, isn_command_t *command)
{
  *settings = (settings_t){.columns = DEFAULT_COLUMNS, .rows = 1};
  const isn_option_t options[] = {
      {.name = "target",
       .value = "NAME|INDEX",
       .meaning = "show only the targets of this class name, or of this unit\n"
                  "(counted from 0); may be given several times",
       .list = &settings->targets},
      {.name = "columns",
       .value = "N",
       .meaning = "pictures in a row (default 20); fewer if no target has so many",
       .number = &settings->columns,
       .min = 1,
       .max = MAX_COLUMNS},
      {.name = "rows",
       .value = "N",
       .meaning = "rows per target (default 1)",
       .number = &settings->rows,
       .min = 1,
       .max = MAX_ROWS},
      {.name = "zoom",
       .value = "N",
       .meaning = "enlarge pictures N times (default: until the longer side has\n"
                  "56 pixels)",
       .number = &settings->zoom,
       .min = 1,
       .max = MAX_ZOOM},
  };
  const isn_usage_t usage = {
      "montage", "RUN.h5 OUT.png", ABOUT, 2, 2, sizeof options / sizeof options[0], options};
  return isn_options_parse(&usage, argc, argv, command);
}

/* All digits: the index of a unit; anything else: the label. */
static isn_status_t is_named(const isn_run_target_t *target, const char *wanted, bool *is)
{
  int index;
  *is = false;
  if (wanted[0] == '\0' || wanted[strspn(wanted, "0123456789")] != '\0') {
    *is = strcasecmp(target->label, wanted) == 0;
    return ISN_OK;
  }
  ISN_TRY(isn_options_number("--target", wanted, 0, MAX_INDEX, &index));
  for (int i = 0; i < target->n_neurons; i++)
    *is = *is || target->neurons[i] == index;
  return ISN_OK;
}

static isn_status_t fail_no_target(const isn_run_layout_t *layout, const char *wanted)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "--target '%s': the run has no such target; the first of its %d is '%s' (unit %d); "
           "`invset info` lists them",
           wanted, layout->n_targets, layout->targets[0].label, layout->targets[0].neurons[0]);
}

/* Without --target all targets; else those named, in the order of the file. */
static isn_status_t choose_targets(montage_t *m, const isn_option_list_t *wanted)
{
  bool used[ISN_OPTION_LIST_MAX] = {false};
  ISN_TRY(isn_alloc(&m->targets, m->layout->n_targets, "a list of targets"));
  for (int t = 0; t < m->layout->n_targets; t++) {
    bool show = wanted->n == 0;
    for (int i = 0; i < wanted->n; i++) {
      bool is;
      ISN_TRY(is_named(&m->layout->targets[t], wanted->values[i], &is));
      used[i] = used[i] || is;
      show = show || is;
    }
    if (show)
      m->targets[m->n_targets++] = t;
  }
  for (int i = 0; i < wanted->n; i++)
    if (!used[i])
      return fail_no_target(m->layout, wanted->values[i]);
  return ISN_OK;
}

static isn_status_t open_run(montage_t *m, const char *path, const settings_t *settings)
{
  ISN_TRY(isn_run_reader_open(path, &m->reader));
  const isn_run_layout_t *layout = m->layout = isn_run_reader_layout(m->reader);
  int columns = settings->columns < layout->n_slots ? settings->columns : layout->n_slots;
  size_t n_places = (size_t)columns * (size_t)settings->rows;
  size_t n_blocks = (size_t)isn_run_n_blocks(layout);
  ISN_TRY(choose_targets(m, &settings->targets));
  ISN_TRY(isn_sheet_plan(layout->channels, layout->height, layout->width, columns, settings->rows,
                         m->n_targets, settings->zoom, &m->sheet));
  ISN_TRY(isn_alloc(&m->states, (size_t)layout->n_targets * n_blocks, "states of blocks"));
  ISN_TRY(isn_alloc(&m->band, isn_sheet_band_bytes(&m->sheet), "a row of the contact sheet"));
  ISN_TRY(isn_alloc(&m->label, ISN_TEXT_LINE_HEIGHT * (size_t)m->sheet.label_width,
                    "a label of the contact sheet"));
  ISN_TRY(isn_alloc(&m->images,
                    n_places * (size_t)layout->channels * (size_t)layout->height *
                        (size_t)layout->width,
                    "pictures of a row"));
  ISN_TRY(isn_alloc(&m->order, n_places, "an order of samples"));
  ISN_TRY(isn_alloc(&m->slots, n_places, "slots of samples"));
  return isn_run_reader_states(m->reader, m->states);
}

static void close_run(montage_t *m)
{
  isn_run_reader_close(m->reader);
  free(m->states);
  free(m->targets);
  free(m->band);
  free(m->label);
  free(m->images);
  free(m->order);
  free(m->slots);
}

/* "20 of 60 samples, 13 of the 60 in the window" */
static void count_text(const montage_t *m, const isn_samples_t *samples, int n_chosen, char *out,
                       size_t bytes)
{
  if (isn_run_keeps_outside(m->layout))
    snprintf(out, bytes, "%d of %d samples, %d of the %d in the window", n_chosen, samples->n,
             samples->n_accepted, samples->n);
  else
    snprintf(out, bytes, "%d of %d accepted samples", n_chosen, samples->n);
}

/* Say what a band shows, on the terminal and above its pictures. */
static isn_status_t describe_band(const montage_t *m, int band, const isn_samples_t *samples,
                                  int n_chosen)
{
  char target[ISN_RUN_TEXT_BYTES], count[96], label[ISN_RUN_TEXT_BYTES + sizeof count + 2];
  int first = band * m->sheet.rows + 1;
  isn_run_text_target(&m->layout->targets[m->targets[band]], target);
  count_text(m, samples, n_chosen, count, sizeof count);
  snprintf(label, sizeof label, "%s: %s", target, count);
  if (m->sheet.rows > 1)
    printf("rows %d-%d: %s\n", first, first + m->sheet.rows - 1, label);
  else
    printf("row %d: %s\n", first, label);
  if (samples->n == 0)
    isn_log_warning("row %d is empty: %s has no accepted sample", first, target);
  ISN_TRY(isn_text_line_draw(label, m->sheet.label_width, m->label));
  isn_sheet_label(&m->sheet, m->label, m->band);
  return ISN_OK;
}

static isn_status_t fill_band(montage_t *m, int band)
{
  isn_status_t status = ISN_OK;
  isn_samples_t samples = {0};
  int n_chosen = 0, target = m->targets[band];
  size_t n_bytes =
      (size_t)m->layout->channels * (size_t)m->layout->height * (size_t)m->layout->width;
  isn_sheet_clear(&m->sheet, m->band);
  ISN_TRY_GOTO(isn_samples_read(m->reader, m->states, target, &samples), done);
  if (samples.n > 0)
    ISN_TRY_GOTO(isn_spread_order(samples.n, samples.dim, samples.points,
                                  m->sheet.columns * m->sheet.rows, m->order, &n_chosen),
                 done);
  for (int i = 0; i < n_chosen; i++)
    m->slots[i] = samples.slots[m->order[i]];
  ISN_TRY_GOTO(isn_samples_images(m->reader, target, n_chosen, m->slots, m->images), done);
  for (int i = 0; i < n_chosen; i++) {
    isn_log_verbose("row %d, column %d: slot %d", band * m->sheet.rows + i / m->sheet.columns + 1,
                    i % m->sheet.columns + 1, m->slots[i]);
    isn_sheet_put(&m->sheet, m->images + (size_t)i * n_bytes, i, m->band);
  }
  ISN_TRY_GOTO(describe_band(m, band, &samples, n_chosen), done);
  m->n_shown += n_chosen;
done:
  isn_samples_clear(&samples);
  return status;
}

static isn_status_t write_sheet(montage_t *m, const char *path)
{
  isn_status_t status = ISN_OK;
  isn_png_t *png;
  ISN_TRY(isn_png_begin(path, m->sheet.width, m->sheet.height, m->sheet.channels, &png));
  for (int band = 0; band < m->n_targets; band++) {
    ISN_TRY_GOTO(fill_band(m, band), failed);
    ISN_TRY_GOTO(isn_png_write_rows(png, m->band, m->sheet.band_height), failed);
  }
  if (m->n_shown == 0)
    ISN_FAIL_GOTO(ISN_ERR_NONE_ACCEPTED, failed,
                  "there is nothing to show: no target has an accepted sample; '%s' is not written",
                  path);
  isn_sheet_clear(&m->sheet, m->band);
  ISN_TRY_GOTO(isn_png_write_rows(png, m->band, m->sheet.bottom), failed);
  return isn_png_finish(png);
failed:
  isn_png_discard(png);
  return status;
}

isn_status_t verb_montage(int argc, char **argv)
{
  isn_status_t status = ISN_OK;
  isn_command_t command;
  settings_t settings;
  montage_t montage = {0};
  ISN_TRY(parse(argc, argv, &settings, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_options_apply(&command, true));
  const char *out = command.operands[1];
  ISN_TRY(isn_png_check_path(out));
  ISN_TRY_GOTO(open_run(&montage, command.operands[0], &settings), done);
  if (!montage.layout->with_encodings)
    isn_log_info("the run file has no encodings: the samples are chosen by their codes");
  ISN_TRY_GOTO(write_sheet(&montage, out), done);
  isn_log_info("wrote %s: %d x %d pixels, %d pictures", out, montage.sheet.width,
               montage.sheet.height, montage.n_shown);
done:
  close_run(&montage);
  return status;
}
