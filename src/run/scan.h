/* Looking through a data set: which of its pictures lie in the windows of which targets. */
#ifndef ISN_RUN_SCAN_H
#define ISN_RUN_SCAN_H

#include "context.h"
#include "invset/picture_files.h"
#include "invset/picture_nets.h"

/* Pictures that classifier and encoder get at once, and that a block of the file has. */
enum { SCAN_BATCH = 50 };

/* What is needed for it; all borrowed. */
typedef struct {
  const run_t *run; /* comm, targets, board and options are set */
  const isn_picture_set_t *set;
  isn_picture_size_t size;
  isn_picture_nets_t *nets; /* with the blobs of the targets, in their order */
} scanner_t;

/* What was found out of one target, on all ranks alike. */
typedef struct {
  int64_t n_inside;  /* pictures in the window */
  int n;             /* of these the first ones, as many as are kept */
  int64_t *numbers;  /* (n) of these, ascending, owned */
  double activation; /* the first neuron's in the picture that is nearest to all windows */
} found_t;

typedef struct {
  int64_t n_pictures, n_damaged; /* of the whole data set */
  int n_targets;
  found_t *targets; /* (n_targets), owned */
} scan_t;

/* Look through all pictures, shared out over the ranks.  Damaged ones of folders are left out and
 * the first of them named.  Collective.
 * @param[out] scan scan_clear()  @return ISN_ERR_STOPPED after a signal */
ISN_MUST_USE isn_status_t scan_pictures(const scanner_t *scanner, scan_t *scan);
void scan_clear(scan_t *scan); /* Safe on zeros.  Local. */

/* Activations of a target's neurons in a picture of the last batch of the nets.  Local.
 * @param[out] activation (M), NaN beyond the target's neurons
 * @return the largest distance to a window; 0 inside all of them */
double scan_activation(const scanner_t *scanner, int target, int row, float *activation);

#endif
