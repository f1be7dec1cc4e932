/** @file verbs.c
 *  The table of verbs, and finding one by name.
 */
#include "verbs.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "invset/log.h"
#include "invset/near_miss.h"

static const isn_verb_t verbs[] = {
    {"sample", "sample inverse sets: the main job (MPI)", verb_sample},
    {"plan", "say what a run will take: memory, disk, work, time", verb_plan},
    {"join", "put the slices of a run together into one file", verb_join},
    {"dataset", "find the pictures of a data set that lie in the windows (MPI)", verb_dataset},
    {"check", "evaluate every stored picture and code again", verb_check},
    {"montage", "make a contact sheet (PNG) of a run's accepted samples", verb_montage},
    {"info", "show a run file, or a net with its shapes and costs", verb_info},
    {"forward", "run a net on given input, for comparison with Caffe", verb_forward},
};

enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

/* The one global of this folder: the return value of a verb says how it ended on every rank alike,
 * so who speaks, and whether that was done, has to travel beside it. */
static bool is_silent = false;

const isn_verb_t *isn_verbs(int *n)
{
  *n = N_VERBS;
  return verbs;
}

const isn_verb_t *isn_verbs_find(const char *name)
{
  for (int i = 0; i < N_VERBS; i++)
    if (!strcmp(verbs[i].name, name))
      return &verbs[i];
  return NULL;
}

const isn_verb_t *isn_verbs_nearest(const char *name)
{
  isn_near_misses_t near;
  isn_near_begin(&near, name);
  for (int i = 0; i < N_VERBS; i++)
    isn_near_offer(&near, verbs[i].name, strlen(verbs[i].name), i);
  return near.n > 0 ? &verbs[near.misses[0].index] : NULL;
}

void isn_verbs_stay_silent(void)
{
  is_silent = true;
}

void isn_verbs_print_error(const char *verb)
{
  if (!is_silent) {
    isn_log_end_status_line();
    fprintf(stderr, "invset %s: %s\n", verb, isn_error_message());
  }
  is_silent = true;
}
