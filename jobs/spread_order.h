/** @file spread_order.h
 *  Choose points that spread over a set: the point nearest to the mean first, then always the one
 *  farthest from all chosen so far (Gonzalez 1985).  A pure function, which knows no files.
 */
#ifndef INVSET_JOBS_SPREAD_ORDER_H
#define INVSET_JOBS_SPREAD_ORDER_H

#include "invset/status.h"

/** Choose.  Local.  Distances are Euclidean; of equal ones the point with the lower index wins.
 *  @param[in]  n        number of points, >= 1
 *  @param[in]  dim      numbers of a point
 *  @param[in]  points   (n, dim), finite
 *  @param[in]  n_wanted number of points to choose; all if there are fewer
 *  @param[out] order    (n_wanted) indices of the chosen ones, in the order of choice
 *  @param[out] n_chosen min(n, n_wanted)
 *  @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_spread_order(int n, int dim, const float *points, int n_wanted,
                                           int *order, int *n_chosen);

#endif
