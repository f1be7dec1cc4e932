/* The probe of a target: how far each of its neurons can be driven, by gradient ascent from the
 * rows of the pool that drive it most.  Windows relative to reach follow from it. */
#ifndef ISN_RUN_PROBE_H
#define ISN_RUN_PROBE_H

#include "task.h"

ISN_MUST_USE isn_status_t probe_open(run_t *run, const piece_t *piece, task_t **out);

/* The problem of one neuron's ascent. */
isn_problem_t ascent_problem(const run_t *run);

/* The largest activation of each neuron over its starts; NaN if none was ever finite.
 * @param[out] best (found->n) */
void probe_best(const isn_run_layout_t *layout, const isn_run_reach_t *found, float *best);

#endif
