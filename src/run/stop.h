/* Signals that end a run early: SIGTERM, SIGINT, and SIGUSR1, which Slurm sends before the limit.
 */
#ifndef ISN_RUN_STOP_H
#define ISN_RUN_STOP_H

#include <stdbool.h>

#include "invset/status.h"

/* Note these signals from now on instead of dying of them. */
ISN_MUST_USE isn_status_t stop_watch_begin(void);
/* Give the signals back to whom they belonged. */
void stop_watch_end(void);
/* Whether one came. */
bool stop_requested(void);

#endif
