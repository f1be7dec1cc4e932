/* One pool of codes, random ones or those of sampling.start, serves all targets: evaluated
 * forward once, every row gives the activations of all neurons.  Each target draws its fresh starts
 * from the rows that are nearest to its window. */
#ifndef ISN_RUN_POOL_H
#define ISN_RUN_POOL_H

#include "context.h"

/* Evaluate the pool, rows shared out over the ranks.  Collective.  run: engine, targets, problem,
 * board and options are set.
 * @param[out] out pool_destroy(), NULL if the run has no use for one  @return ISN_ERR_STOPPED after
 * a signal; what the engine returned
 */
ISN_MUST_USE isn_status_t pool_create(const run_t *run, pool_t **out);
void pool_destroy(pool_t *pool); /* NULL is fine */

int pool_size(const pool_t *pool); /* rows; 0 if there is none */

/* A random code, or one of the given ones, that no other number of this target has, for chains of a
 * run that walks; not one of the pool's.  @param[out] code (D) */
ISN_MUST_USE isn_status_t pool_random(const run_t *run, int target, int64_t number, float *code);

/* Rows of the pool of a run, all its slices alike. */
int pool_rows(const run_t *run);

/* Fresh start of a target: the place-th nearest row; places beyond the target's share go round
 * again with a random displacement, so that no start comes twice.
 * @param[in] key names the displacement  @param[out] code (D) */
ISN_MUST_USE isn_status_t pool_start(pool_t *pool, int target, int64_t place,
                                     const isn_random_key_t *key, float *code);

/* Displace a code in a random direction, within its bounds.
 * @param[in] length code units  @param[in] from (D)  @param[out] code (D), may be from */
ISN_MUST_USE isn_status_t pool_displace(const run_t *run, const isn_random_key_t *key,
                                        double length, const float *from, float *code);

/* Start of an ascent: the row with the place-th largest activation of a target's neuron.
 * @param[in] place from 0, below the number of rows  @param[out] code (D) */
ISN_MUST_USE isn_status_t pool_start_high(const pool_t *pool, int target, int neuron, int place,
                                          float *code);

#endif
