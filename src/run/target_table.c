/* Reads a table of windows with libcsv, which hands over fields and ends of rows.  Knows no sweep.
 */
#include "run/target_table.h"

#include <csv.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/files.h"
#include "invset/memory.h"

enum { N_FIELDS = 3, FIELD_BYTES = 512, MAX_FILE_BYTES = 64 << 20 };

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* A pass over the file.  libcsv's callbacks cannot stop it, so after an error they do nothing. */
typedef struct {
  const isn_target_group_t *group;
  isn_target_table_t *table;
  isn_status_t status;
  int line;       /* where the current row begins, from 1 */
  int more_lines; /* line ends inside its quotes */
  bool after_cr;  /* the line end before was a CR, to which an LF belongs */
  bool any_row;   /* header included */
  int n_fields;
  char fields[N_FIELDS][FIELD_BYTES];
} scan_t;

void isn_target_table_clear(isn_target_table_t *table)
{
  free(table->rows);
  free(table->row_of);
  *table = (isn_target_table_t){0};
}

/* The whole field as a number, also one that is not finite. */
static bool read_number(const char *text, double *number)
{
  char *end;
  *number = strtod(text, &end);
  return end != text && *end == '\0';
}

static isn_status_t read_bound(const char *name, const char *text, double *bound)
{
  if (!read_number(text, bound))
    ISN_FAIL(ISN_ERR_INPUT, "%s: found '%s', want a number", name, text);
  if (!(fabs(*bound) <= (double)FLT_MAX))
    ISN_FAIL(ISN_ERR_INPUT, "%s: found %s, want a finite number", name, text);
  return ISN_OK;
}

static isn_status_t read_neuron(const isn_target_group_t *group, const char *text, int *neuron)
{
  int last;
  if (text[0] == '\0')
    ISN_FAIL(ISN_ERR_INPUT, "neuron: found nothing, want the name of a class or a number from 0");
  if (text[strspn(text, "0123456789")] != '\0')
    return isn_target_group_find(group, text, neuron);
  (void)isn_sweep_numbers(text, neuron, &last); /* digits it has */
  return isn_target_group_check(group, *neuron);
}

static bool is_header(const scan_t *scan)
{
  double number;
  return !scan->any_row && !read_number(scan->fields[1], &number) &&
         !read_number(scan->fields[2], &number);
}

static isn_status_t take_row(scan_t *scan)
{
  isn_target_table_t *table = scan->table;
  isn_target_row_t row = {.line = scan->line};
  double low, high;
  if (scan->n_fields != N_FIELDS)
    ISN_FAIL(ISN_ERR_INPUT,
             "found %d field%s, want 3: neuron, low, high (a name with commas stands in quotes)",
             scan->n_fields, scan->n_fields == 1 ? "" : "s");
  if (is_header(scan))
    return ISN_OK;
  ISN_TRY(read_neuron(scan->group, scan->fields[0], &row.neuron));
  ISN_TRY(read_bound("low", scan->fields[1], &low));
  ISN_TRY(read_bound("high", scan->fields[2], &high));
  row.window[0] = (float)low;
  row.window[1] = (float)high;
  if (row.window[0] >= row.window[1])
    ISN_FAIL(ISN_ERR_INPUT, "found low %s and high %s, want low below high", scan->fields[1],
             scan->fields[2]);
  int before = table->row_of[row.neuron];
  if (before >= 0)
    ISN_FAIL(ISN_ERR_INPUT, "neuron %s: found %s %d in line %d, too, want one row for each",
             scan->fields[0], isn_target_group_word(scan->group), row.neuron,
             table->rows[before].line);
  table->row_of[row.neuron] = table->n;
  table->rows[table->n++] = row;
  return ISN_OK;
}

static void on_field(void *text, size_t n_bytes, void *data)
{
  scan_t *scan = data;
  const char *bytes = text;
  scan->after_cr = false;
  for (size_t i = 0; i < n_bytes; i++)
    scan->more_lines += bytes[i] == '\n';
  int field = scan->n_fields++;
  if (field >= N_FIELDS || scan->status != ISN_OK)
    return;
  if (n_bytes >= FIELD_BYTES)
    scan->status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__,
                                 "%s:%d: found a field of %zu bytes, want at most %d",
                                 scan->group->options->table, scan->line, n_bytes, FIELD_BYTES - 1);
  else
    snprintf(scan->fields[field], FIELD_BYTES, "%.*s", (int)n_bytes, bytes);
}

/* @param[in] end the letter that ends the line, -1 at the end of the file */
static void on_row(int end, void *data)
{
  scan_t *scan = data;
  bool is_second = end == '\n' && scan->after_cr && scan->n_fields == 0;
  if (scan->n_fields > 0 && scan->status == ISN_OK) {
    scan->status = take_row(scan);
    scan->any_row = true;
    if (scan->status != ISN_OK)
      isn_error_prefix("%s:%d", scan->group->options->table, scan->line);
  }
  if (!is_second)
    scan->line += 1 + scan->more_lines;
  scan->after_cr = end == '\r';
  scan->more_lines = 0;
  scan->n_fields = 0;
}

static isn_status_t parse(scan_t *scan, const char *text)
{
  struct csv_parser parser;
  /* Every line end is reported, so that lines can be counted. */
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
    ISN_FAIL(ISN_ERR_MEMORY, "%s: no memory", scan->group->options->table);
  size_t n = strlen(text);
  bool parsed = csv_parse(&parser, text, n, on_field, on_row, scan) == n &&
                csv_fini(&parser, on_field, on_row, scan) == 0;
  int error = csv_error(&parser);
  csv_free(&parser);
  if (scan->status != ISN_OK)
    return scan->status;
  if (!parsed && error != CSV_EPARSE)
    ISN_FAIL(ISN_ERR_MEMORY, "%s: %s", scan->group->options->table, csv_strerror(error));
  if (!parsed)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: found a quote that is open or stands within a field, want quotes around the "
             "whole field, and two for one inside",
             scan->group->options->table, scan->line);
  if (scan->table->n == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: found no rows, want neuron, low, high",
             scan->group->options->table);
  return ISN_OK;
}

/* The most rows that a text can have. */
static size_t most_rows(const char *text)
{
  size_t n = 1;
  for (; *text; text++)
    n += *text == '\n' || *text == '\r';
  return n;
}

isn_status_t isn_target_table_read(const isn_target_group_t *group, isn_target_table_t *table)
{
  isn_status_t status;
  char *text = NULL;
  *table = (isn_target_table_t){0};
  ISN_TRY_GOTO(isn_file_read_text(group->options->table, "table of windows", MAX_FILE_BYTES, &text),
               done);
  ISN_TRY_GOTO(isn_alloc(&table->rows, most_rows(text), "rows of a table"), done);
  ISN_TRY_GOTO(isn_alloc(&table->row_of, group->n_choices, "rows of a table"), done);
  for (int neuron = 0; neuron < group->n_choices; neuron++)
    table->row_of[neuron] = -1;
  scan_t scan = {.group = group, .table = table, .line = 1};
  bool marked = strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0;
  status = parse(&scan, marked ? text + strlen(byte_order_mark) : text);
done:
  free(text);
  return status;
}
