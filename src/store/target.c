/** @file target.c
 *  The arrays of a recorded target, and its neurons and windows in words.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "invset/run_file.h"
#include "invset/target_words.h"

isn_status_t isn_run_target_alloc(int n, isn_run_target_t *target)
{
  ISN_TRY(isn_alloc(&target->blobs, n, "blobs of a target"));
  ISN_TRY(isn_alloc(&target->neurons, n, "neurons of a target"));
  ISN_TRY(isn_alloc(&target->units, n, "units of a target"));
  ISN_TRY(isn_alloc(&target->quantities, n, "quantities of a target"));
  ISN_TRY(isn_alloc(&target->windows, n, "windows of a target"));
  target->n_neurons = n;
  return ISN_OK;
}

void isn_run_target_free(isn_run_target_t *target)
{
  free(target->blobs);
  free(target->neurons);
  free(target->units);
  free(target->quantities);
  free(target->windows);
  *target = (isn_run_target_t){0};
}

isn_target_words_t isn_target_unit_words(const isn_run_target_t *target, int k)
{
  isn_target_words_t out;
  const int first = target->neurons[k], last = first + target->units[k] - 1;
  if (last > first)
    snprintf(out.text, sizeof out.text, "max of %s[%d..%d]", target->blobs[k], first, last);
  else
    snprintf(out.text, sizeof out.text, "%s[%d]", target->blobs[k], first);
  return out;
}

/* The end of a name in a label: what joins it to the next one, or the label's end. */
static const char *name_end(const char *name)
{
  for (; *name; name++)
    if (strncmp(name, " + ", 3) == 0 || strncmp(name, " - ", 3) == 0)
      break;
  return name;
}

isn_target_words_t isn_target_neuron_words(const isn_run_target_t *target, int k)
{
  isn_target_words_t out;
  const char *name = target->label, *found = NULL;
  int n = 0;
  for (;; n++) {
    const char *end = name_end(name);
    if (n == k)
      found = name;
    if (*end == '\0')
      break;
    name = end + strlen(" + ");
  }
  /* A label that is full may have lost the end of a name. */
  if (n + 1 != target->n_neurons || strlen(target->label) == ISN_RUN_LABEL_BYTES - 1)
    return isn_target_unit_words(target, k);
  snprintf(out.text, sizeof out.text, "%.*s", (int)(name_end(found) - found), found);
  return out;
}

isn_target_words_t isn_target_window_words(const isn_run_target_t *target, int k)
{
  isn_target_words_t out = {""};
  const double low = (double)target->windows[k][0], high = (double)target->windows[k][1];
  if (isnan(low) || isnan(high))
    return out;
  if (target->quantities[k] == ISN_QUANTITY_PROBABILITY)
    snprintf(out.text, sizeof out.text, "p in [%g, %g]", low, high);
  else if (isinf(low))
    snprintf(out.text, sizeof out.text, "<= %g", high);
  else if (isinf(high))
    snprintf(out.text, sizeof out.text, ">= %g", low);
  else
    snprintf(out.text, sizeof out.text, "[%g, %g]", low, high);
  return out;
}

isn_target_words_t isn_target_in_window_words(const isn_run_target_t *target, int k)
{
  isn_target_words_t window = isn_target_window_words(target, k), out;
  if (window.text[0] != '[')
    return window;
  snprintf(out.text, sizeof out.text, "in %.100s", window.text);
  return out;
}

void isn_target_attempt_words(const isn_run_target_t *target, const float *activation, char *out,
                              size_t bytes)
{
  size_t used = 0;
  out[0] = '\0';
  for (int k = 0; k < target->n_neurons && used < bytes; k++)
    used += (size_t)snprintf(out + used, bytes - used, "%s%s %.4g (window %s)", k > 0 ? ", " : "",
                             isn_target_neuron_words(target, k).text,
                             (double)activation[k] + 0.0 /* not -0 */,
                             isn_target_window_words(target, k).text);
  if (used >= bytes)
    memcpy(out + bytes - sizeof "...", "...", sizeof "...");
}
