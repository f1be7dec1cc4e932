/* What the rows of a batch have to do with targets: values of neurons out of the engine's blobs,
 * seeds of gradients into them.  All calls are local. */
#ifndef ISN_RUN_ROWS_H
#define ISN_RUN_ROWS_H

#include "context.h"

/* Neurons [first, first + n) of a target, whose values a block observes. */
typedef struct {
  int target, first, n;
} observed_t;

/* Values of the neurons for a row of the last forward pass, from its blobs on the host.
 * @param[out] values (n) */
void rows_values(const run_t *run, observed_t neurons, int row, float *values);

/* The same for rows that stay in backend memory: put into the queue what brings the values, or what
 * they follow from, and when that is done complete them.
 * @param[out] values (n)  @param[out] places (n) which of its units each neuron's value is of */
ISN_MUST_USE isn_status_t rows_ask_values(const run_t *run, observed_t neurons, int row,
                                          float *values, int *places);
void rows_complete_values(const run_t *run, observed_t neurons, int row, float *values);

/* Where a backward pass begins. */
enum {
  PASS_NO_BLOB = -1,  /* at the encoding alone */
  PASS_ALL_BLOBS = -2 /* at every blob of the run; else at the one of this number */
};

/* The pass that a gradient belongs to: its seeds lie in one blob if its neurons do. */
int rows_pass(const run_t *run, observed_t neurons, isn_gradient_t gradient);

/* Put a gradient's seeds on the engine's arrays on the host for a row.
 * @param[in] value_seed (n), not read without */
void rows_put_seeds(const run_t *run, observed_t neurons, int row, isn_gradient_t gradient,
                    const float *value_seed);

/* Put what makes a gradient's seeds on values in backend memory into the queue.
 * @param[in] places (n) of rows_ask_values() */
ISN_MUST_USE isn_status_t rows_ask_seeds(const run_t *run, observed_t neurons, int row,
                                         isn_gradient_t gradient, const float *value_seed,
                                         const int *places);

/* Whether seeds on values of a pass lie where those on the encoding do. */
bool rows_pass_encodes(const run_t *run, int pass);

/* Carry the seeds of some rows back, all of one pass: those in backend memory. */
ISN_MUST_USE isn_status_t rows_carry_back(const run_t *run, int pass, bool with_encoding,
                                          isn_rows_t rows);

/* The same with those on the host. */
ISN_MUST_USE isn_status_t rows_backward(const run_t *run, int pass, bool with_encoding,
                                        isn_rows_t rows);

#endif
