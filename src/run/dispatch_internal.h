/* What the files of the dispatch share. */
#ifndef ISN_RUN_DISPATCH_INTERNAL_H
#define ISN_RUN_DISPATCH_INTERNAL_H

#include "dispatch.h"
#include "fixed.h"
#include "schedule.h"

/* The rest of a chain's round, on its way from one rank to another. */
typedef struct rest {
  struct rest *next; /* owned */
  piece_t piece;
  isn_moments_t fixed, made; /* owned */
} rest_t;

struct dispatch {
  schedule_t *schedule;
  fixed_t *fixed;           /* (T) owned */
  float **reach;            /* (T) each (M) of the target, or NULL if its window is not relative */
  double probe_steps;       /* sample-steps of the probes that are done */
  int *n_accepted;          /* (T) samples so far */
  int *wants, *out;         /* (size) pieces that each rank has room for, and has */
  bool *recalled;           /* (size) whether a rank was asked for the rest of a piece */
  rest_t *rests;            /* that have come back, owned */
  bool *told_over, *left;   /* (size) */
  int n_left;               /* ranks that have said farewell */
  order_t *own;             /* (max_own) orders for rank 0 itself */
  int n_own, max_own, turn; /* turn: rank that is looked at first */
};

/* Set the windows of a relative target from its reach, in memory and in the file. */
ISN_MUST_USE isn_status_t dispatch_set_windows(run_t *run, int target,
                                               const isn_run_reach_t *found);

#endif
