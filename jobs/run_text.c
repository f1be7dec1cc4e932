/** @file run_text.c
 *  Parts of a run in words.  Knows no files.
 */
#include "run_text.h"

#include <stdio.h>
#include <string.h>

void isn_run_text_target(const isn_run_target_t *target, char out[ISN_RUN_TEXT_BYTES])
{
  size_t room = ISN_RUN_TEXT_BYTES, used = 0;
  int written = snprintf(out, room, "%s", target->label);
  for (int i = 0; i < target->n_neurons && written >= 0; i++) {
    used += (size_t)written;
    if (used >= room)
      break;
    written = snprintf(out + used, room - used, "%s %s[%d] in [%g, %g]", i == 0 ? "," : " and",
                       target->blob, target->neurons[i], (double)target->windows[i][0],
                       (double)target->windows[i][1]);
  }
  used += written > 0 ? (size_t)written : 0;
  if (used >= room)
    memcpy(out + room - sizeof "...", "...", sizeof "...");
}

const char *isn_run_text_status(isn_target_status_t status)
{
  switch (status) {
  case ISN_TARGET_UNFINISHED:
    return "not finished";
  case ISN_TARGET_FULL:
    return "full";
  case ISN_TARGET_PARTLY:
    return "partly reached";
  case ISN_TARGET_NOT_REACHED:
    return "not reached";
  }
  return "unknown status";
}
