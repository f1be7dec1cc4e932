/* What the files of the dispatch share. */
#ifndef ISN_RUN_DISPATCH_INTERNAL_H
#define ISN_RUN_DISPATCH_INTERNAL_H

#include "dispatch.h"
#include "fixed.h"
#include "schedule.h"

struct dispatch {
  schedule_t *schedule;
  fixed_t *fixed;           /* (T) owned */
  float **reach;            /* (T) each (M) of the target, or NULL if its window is not relative */
  double probe_steps;       /* sample-steps of the probes that are done */
  int *n_accepted;          /* (T) samples so far */
  int *wants, *out;         /* (size) pieces that each rank has room for, and has */
  bool *told_over, *left;   /* (size) */
  int n_left;               /* ranks that have said farewell */
  order_t *own;             /* (max_own) orders for rank 0 itself */
  int n_own, max_own, turn; /* turn: rank that is looked at first */
};

/* Set the windows of a relative target from its reach, in memory and in the file. */
ISN_MUST_USE isn_status_t dispatch_set_windows(run_t *run, int target,
                                               const isn_run_reach_t *found);

#endif
