/** @file status.c
 *  Status codes in words, and the message of the last error of each thread.
 *  Knows nothing of who shows the message.
 */
#include "invset/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_BYTES = 128 };

/* Thread-local, because a message travels beside the status that a call returns, as errno does. */
static _Thread_local char error_message[ISN_ERROR_BYTES];
static _Thread_local char error_place[PLACE_BYTES];

static const struct {
  int exit_code;
  const char *text;
} STATUSES[] = {
#define STATUS_ROW(code, exit_code, text) {exit_code, text},
    ISN_STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

const char *isn_status_text(isn_status_t status)
{
  return (unsigned)status < ISN_N_STATUS ? STATUSES[status].text : "unknown status";
}

int isn_status_exit_code(isn_status_t status)
{
  return (unsigned)status < ISN_N_STATUS ? STATUSES[status].exit_code : 1;
}

const char *isn_error_message(void)
{
  return error_message;
}

const char *isn_error_place(void)
{
  return error_place;
}

isn_status_t isn_error_set(isn_status_t code, const char *file, int line, const char *format, ...)
{
  assert(code != ISN_OK);
  /* Made aside, since the arguments may point to the message that is replaced. */
  char text[ISN_ERROR_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  memcpy(error_message, text, sizeof text);

  const char *slash = strrchr(file, '/');
  snprintf(error_place, sizeof error_place, "%s:%d", slash ? slash + 1 : file, line);
  return code;
}

void isn_error_prefix(const char *format, ...)
{
  char prefix[ISN_ERROR_BYTES], joined[2 * ISN_ERROR_BYTES + 2];
  va_list args;
  va_start(args, format);
  vsnprintf(prefix, sizeof prefix, format, args);
  va_end(args);
  snprintf(joined, sizeof joined, "%s: %s", prefix, error_message);
  memcpy(error_message, joined, sizeof error_message - 1); /* the last byte is always zero */
}
