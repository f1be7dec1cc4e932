/** @file run_text.c
 *  Parts of a run in words.  Knows no files.
 */
#include "run_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* " and max of conv5[169..337] in [20, 30]"; as snprintf. */
static int neuron_text(const isn_run_target_t *target, int i, char *out, size_t room)
{
  const char *word = i == 0 ? "," : " and";
  const int first = target->neurons[i], last = first + target->units[i] - 1;
  const double low = (double)target->windows[i][0], high = (double)target->windows[i][1];
  char units[32], window[64] = "(no window)";
  snprintf(units, sizeof units, last > first ? "%d..%d" : "%d", first, last);
  if (!isnan(low) && !isnan(high))
    snprintf(window, sizeof window, "in [%g, %g]", low, high);
  return snprintf(out, room, "%s %s%s[%s] %s", word, last > first ? "max of " : "", target->blob,
                  units, window);
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
