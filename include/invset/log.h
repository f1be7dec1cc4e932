/** @file log.h
 *  Messages of a run: lines for people on standard error, and JSON lines for programs.
 *
 *  Only the rank that was told to be the speaker prints; the others are silent.  All functions are
 *  local.  Results of a verb (what `info` shows) go to standard output and not through here.
 */
#ifndef INVSET_LOG_H
#define INVSET_LOG_H

#include <stdbool.h>

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ISN_LOG_QUIET = 0, ISN_LOG_NORMAL = 1, ISN_LOG_VERBOSE = 2 } isn_log_level_t;

/** Set who speaks and how much.  @param[in] speaker false on all ranks but one */
void isn_log_setup(isn_log_level_t level, bool speaker);

/** Also append every message as a JSON line {"time": ..., "level": ..., "message": ...} to a file.
 *  No effect on a rank that does not speak.  @return ISN_ERR_INPUT if it cannot be opened */
ISN_MUST_USE isn_status_t isn_log_open_json(const char *path);

/** Close the JSON file, if one is open. */
void isn_log_close(void);

/** Say a line (level NORMAL): what a user wants to know. */
void isn_log_info(const char *format, ...) ISN_PRINTF(1, 2);
/** Say a line with -v only. */
void isn_log_verbose(const char *format, ...) ISN_PRINTF(1, 2);
/** Say "invset: warning: ..." unless quiet. */
void isn_log_warning(const char *format, ...) ISN_PRINTF(1, 2);
/** Say "invset: error: ...", always, on any rank. */
void isn_log_error(const char *format, ...) ISN_PRINTF(1, 2);

/** Write a progress event as a JSON line only.  @param[in] fields JSON members without braces,
 *  as `"blocks": 12, "rate": 3.5` */
void isn_log_event(const char *name, const char *fields);

/** Draw over the progress line of the terminal (level NORMAL, speaker, standard error is a
 *  terminal); does nothing otherwise.  The next message first ends that line. */
void isn_log_status_line(const char *format, ...) ISN_PRINTF(1, 2);

/** End the progress line, if one is open, before something else is written to standard error. */
void isn_log_end_status_line(void);

/** Whether isn_log_status_line draws. */
bool isn_log_is_terminal(void);

#ifdef __cplusplus
}
#endif
#endif
