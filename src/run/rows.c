/* Values of neurons and seeds of gradients, row by row; see rows.h. */
#include "rows.h"

#include <string.h>

static int blob_of(const run_t *run, observed_t neurons, int k)
{
  return run->targets.blob[neurons.target][neurons.first + k];
}

void rows_values(const run_t *run, observed_t neurons, int row, float *values)
{
  const isn_run_target_t *target = &run->targets.targets[neurons.target];
  for (int k = 0; k < neurons.n; k++) {
    int b = blob_of(run, neurons, k);
    values[k] = isn_target_value(target, neurons.first + k, isn_engine_blob(run->engine, b, row),
                                 isn_engine_blob_count(run->engine, b), NULL);
  }
}

int rows_pass(const run_t *run, observed_t neurons, isn_gradient_t gradient)
{
  if (!isn_gradient_has_values(gradient.kind))
    return PASS_NO_BLOB;
  if (gradient.kind == ISN_GRADIENT_VALUE)
    return blob_of(run, neurons, gradient.neuron);
  for (int k = 1; k < neurons.n; k++)
    if (blob_of(run, neurons, k) != blob_of(run, neurons, 0))
      return PASS_ALL_BLOBS;
  return blob_of(run, neurons, 0);
}

static void clear_seed(const run_t *run, int blob, int row)
{
  memset(isn_engine_blob_seed(run->engine, blob, row), 0,
         isn_engine_blob_count(run->engine, blob) * sizeof(float));
}

void rows_put_seeds(const run_t *run, observed_t neurons, int row, isn_gradient_t gradient,
                    const float *value_seed)
{
  const isn_run_target_t *target = &run->targets.targets[neurons.target];
  int pass = rows_pass(run, neurons, gradient);
  if (pass == PASS_NO_BLOB)
    return;
  for (int b = 0; b < run->targets.n_blobs; b++)
    if (pass == PASS_ALL_BLOBS || pass == b)
      clear_seed(run, b, row);
  for (int k = 0; k < neurons.n; k++) {
    int b = blob_of(run, neurons, k);
    const float *blob = isn_engine_blob(run->engine, b, row);
    float *seed = isn_engine_blob_seed(run->engine, b, row);
    size_t units = isn_engine_blob_count(run->engine, b);
    if (value_seed[k] == 0.0F)
      continue;
    if (gradient.kind == ISN_GRADIENT_LOG_PROBABILITY)
      isn_target_add_log_probability_seed(target, neurons.first + k, blob, units, value_seed[k],
                                          seed);
    else
      isn_target_add_seed(target, neurons.first + k, blob, units, value_seed[k], seed);
  }
}

isn_status_t rows_backward(const run_t *run, int pass, bool with_encoding, isn_rows_t rows)
{
  if (pass == PASS_ALL_BLOBS)
    return isn_engine_backward(run->engine, run->targets.n_blobs, run->all_blobs, with_encoding,
                               rows);
  return isn_engine_backward(run->engine, pass == PASS_NO_BLOB ? 0 : 1, &pass, with_encoding, rows);
}
