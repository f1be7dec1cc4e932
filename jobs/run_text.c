/** @file run_text.c
 *  Parts of a run in words.  Knows no files.
 */
#include "run_text.h"

#include <stdio.h>
#include <string.h>

#include "invset/target_words.h"

/* " and max of conv5[169..337] in [20, 30]"; as snprintf. */
static int neuron_text(const isn_run_target_t *target, int i, char *out, size_t room)
{
  const isn_target_words_t window = isn_target_in_window_words(target, i);
  return snprintf(out, room, "%s %s %s", i == 0 ? "," : " and",
                  isn_target_unit_words(target, i).text,
                  window.text[0] ? window.text : "(no window)");
}

void isn_run_text_target(const isn_run_target_t *target, char out[ISN_RUN_TEXT_BYTES])
{
  size_t room = ISN_RUN_TEXT_BYTES, used = 0;
  int written = snprintf(out, room, "%s", target->label);
  for (int i = 0; i < target->n_neurons && written >= 0; i++) {
    used += (size_t)written;
    if (used >= room)
      break;
    written = neuron_text(target, i, out + used, room - used);
  }
  used += written > 0 ? (size_t)written : 0;
  if (used >= room)
    memcpy(out + room - sizeof "...", "...", sizeof "...");
}

const char *isn_run_text_status(isn_target_status_t status, bool keeps_outside)
{
  switch (status) {
  case ISN_TARGET_UNFINISHED:
    return "not finished";
  case ISN_TARGET_FULL:
    return keeps_outside ? "all in the window" : "full";
  case ISN_TARGET_PARTLY:
    return keeps_outside ? "some in the window" : "partly reached";
  case ISN_TARGET_NOT_REACHED:
    return keeps_outside ? "none in the window" : "not reached";
  }
  return "unknown status";
}
