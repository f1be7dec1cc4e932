/** @file log.c
 *  Lines for people on standard error and JSON lines in a file.  Knows neither ranks nor MPI: it is
 *  told whether it is the one that speaks.
 */
#include "invset/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = ISN_ERROR_BYTES + 256, STATUS_BYTES = 512, DEFAULT_COLUMNS = 80 };

/* The one global of this room: a process has one standard error, and a logger passed through every
 * call would be in every signature.  Used by the main thread only. */
static struct {
  isn_log_level_t level;
  bool speaker;
  bool line_open; /* the cursor stands behind a status line */
  FILE *json;
  char json_path[1024]; /* for the message when writing to it fails */
} log_state = {ISN_LOG_NORMAL, true, false, NULL, ""};

void isn_log_setup(isn_log_level_t level, bool speaker)
{
  log_state.level = level;
  log_state.speaker = speaker;
}

/* Standard error is the last resort: if writing there fails, there is nobody left to tell. */
static void print_line(const char *prefix, const char *text)
{
  fprintf(stderr, "%s%s%s\n", log_state.line_open ? "\n" : "", prefix, text);
  fflush(stderr);
  log_state.line_open = false;
}

/* A full disk must not stop a run that has hours of work to save: the log ends with a warning. */
static void give_up_json(void)
{
  char text[LINE_BYTES];
  snprintf(text, sizeof text, "writing the log '%s' failed (%s); it ends here", log_state.json_path,
           strerror(errno));
  fclose(log_state.json);
  log_state.json = NULL;
  print_line("invset: warning: ", text);
}

static void put_json_string(FILE *file, const char *text)
{
  fputc('"', file);
  for (const char *c = text; *c; c++) {
    if (*c == '"' || *c == '\\')
      fprintf(file, "\\%c", *c);
    else if ((unsigned char)*c < 0x20)
      fprintf(file, "\\u%04x", (unsigned)(unsigned char)*c);
    else
      fputc(*c, file);
  }
  fputc('"', file);
}

static void put_json_time(FILE *file)
{
  struct timespec now = {0, 0};
  struct tm utc;
  char text[32] = "";
  clock_gettime(CLOCK_REALTIME, &now);
  if (gmtime_r(&now.tv_sec, &utc))
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  fprintf(file, "{\"time\": \"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

/* A line is flushed at once, so that a killed job leaves whole lines. */
static void end_json_line(void)
{
  fputs("}\n", log_state.json);
  if (fflush(log_state.json) != 0 || ferror(log_state.json))
    give_up_json();
}

static void put_json_message(const char *level, const char *text)
{
  if (!log_state.json)
    return;
  put_json_time(log_state.json);
  fprintf(log_state.json, ", \"level\": \"%s\", \"message\": ", level);
  put_json_string(log_state.json, text);
  end_json_line();
}

isn_status_t isn_log_open_json(const char *path)
{
  if (!log_state.speaker)
    return ISN_OK;
  FILE *file = fopen(path, "a");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "cannot open the log '%s' for writing: %s", path, strerror(errno));
  isn_log_close();
  log_state.json = file;
  snprintf(log_state.json_path, sizeof log_state.json_path, "%s", path);
  return ISN_OK;
}

void isn_log_close(void)
{
  if (log_state.json && fclose(log_state.json) != 0)
    print_line("invset: warning: closing the log failed: ", strerror(errno));
  log_state.json = NULL;
}

/* Make the text of a message from the caller's variable arguments. */
#define FORMAT_LINE(text, format)                                                                  \
  char text[LINE_BYTES];                                                                           \
  va_list args;                                                                                    \
  va_start(args, format);                                                                          \
  vsnprintf(text, sizeof text, format, args);                                                      \
  va_end(args)

void isn_log_info(const char *format, ...)
{
  if (!log_state.speaker)
    return;
  FORMAT_LINE(text, format);
  if (log_state.level >= ISN_LOG_NORMAL)
    print_line("", text);
  put_json_message("info", text);
}

void isn_log_verbose(const char *format, ...)
{
  if (!log_state.speaker)
    return;
  FORMAT_LINE(text, format);
  if (log_state.level >= ISN_LOG_VERBOSE)
    print_line("", text);
  put_json_message("verbose", text);
}

void isn_log_warning(const char *format, ...)
{
  if (!log_state.speaker)
    return;
  FORMAT_LINE(text, format);
  if (log_state.level >= ISN_LOG_NORMAL)
    print_line("invset: warning: ", text);
  put_json_message("warning", text);
}

void isn_log_error(const char *format, ...)
{
  FORMAT_LINE(text, format);
  print_line("invset: error: ", text);
  put_json_message("error", text);
}

void isn_log_event(const char *name, const char *fields)
{
  if (!log_state.json)
    return;
  put_json_time(log_state.json);
  fputs(", \"event\": ", log_state.json);
  put_json_string(log_state.json, name);
  if (fields[0])
    fprintf(log_state.json, ", %s", fields);
  end_json_line();
}

bool isn_log_is_terminal(void)
{
  return log_state.speaker && log_state.level >= ISN_LOG_NORMAL && isatty(STDERR_FILENO) == 1;
}

/* One column is left free, or some terminals wrap the line and the next one is drawn below it. */
static int terminal_columns(void)
{
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    return size.ws_col - 1;
  return DEFAULT_COLUMNS - 1;
}

void isn_log_status_line(const char *format, ...)
{
  if (!isn_log_is_terminal())
    return;
  char text[STATUS_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  fprintf(stderr, "\r\033[K%.*s", terminal_columns(), text);
  fflush(stderr);
  log_state.line_open = true;
}

void isn_log_end_status_line(void)
{
  if (log_state.line_open)
    fputc('\n', stderr);
  log_state.line_open = false;
}
