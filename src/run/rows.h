/* What the rows of a batch have to do with targets: values of neurons out of the engine's blobs,
 * seeds of gradients into them.  All calls are local. */
#ifndef ISN_RUN_ROWS_H
#define ISN_RUN_ROWS_H

#include "context.h"

/* Neurons [first, first + n) of a target, whose values a block observes. */
typedef struct {
  int target, first, n;
} observed_t;

/* Values of the neurons for a row of the last forward pass.  @param[out] values (n) */
void rows_values(const run_t *run, observed_t neurons, int row, float *values);

/* Where a backward pass begins. */
enum {
  PASS_NO_BLOB = -1,  /* at the encoding alone */
  PASS_ALL_BLOBS = -2 /* at every blob of the run; else at the one of this number */
};

/* The pass that a gradient belongs to: its seeds lie in one blob if its neurons do. */
int rows_pass(const run_t *run, observed_t neurons, isn_gradient_t gradient);

/* Put a gradient's seeds on the engine for a row.  @param[in] value_seed (n), not read without */
void rows_put_seeds(const run_t *run, observed_t neurons, int row, isn_gradient_t gradient,
                    const float *value_seed);

/* Carry the seeds of some rows back, all of one pass. */
ISN_MUST_USE isn_status_t rows_backward(const run_t *run, int pass, bool with_encoding,
                                        isn_rows_t rows);

#endif
