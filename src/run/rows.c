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

/* Whether a neuron's value, or its seeds, depend on its whole blob: these are computed on the host.
 */
static bool needs_blob(const run_t *run, observed_t neurons, int k)
{
  const isn_run_target_t *target = &run->targets.targets[neurons.target];
  return target->quantities[neurons.first + k] == ISN_QUANTITY_PROBABILITY ||
         run->problem.rule == ISN_STEP_PPGN;
}

isn_status_t rows_ask_values(const run_t *run, observed_t neurons, int row, float *values,
                             int *places)
{
  const isn_run_target_t *target = &run->targets.targets[neurons.target];
  for (int k = 0; k < neurons.n; k++) {
    int b = blob_of(run, neurons, k), unit = target->neurons[neurons.first + k];
    const float *blob = isn_engine_blob_row(run->engine, b, row).values;
    if (needs_blob(run, neurons, k))
      ISN_TRY(isn_engine_ask_blob(run->engine, run->vectors, b, row));
    else
      ISN_TRY(isn_vectors_pick(run->vectors, blob + unit, (size_t)target->units[neurons.first + k],
                               &values[k], &places[k]));
  }
  return ISN_OK;
}

void rows_complete_values(const run_t *run, observed_t neurons, int row, float *values)
{
  for (int k = 0; k < neurons.n; k++)
    if (needs_blob(run, neurons, k))
      rows_values(run, (observed_t){neurons.target, neurons.first + k, 1}, row, values + k);
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

static bool is_of_pass(int pass, int blob)
{
  return pass == PASS_ALL_BLOBS || pass == blob;
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
    if (is_of_pass(pass, b))
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

/* The seeds that depend on whole blobs, by way of the host. */
static isn_status_t ask_host_seeds(const run_t *run, observed_t neurons, int row,
                                   isn_gradient_t gradient, const float *value_seed)
{
  int pass = rows_pass(run, neurons, gradient);
  rows_put_seeds(run, neurons, row, gradient, value_seed);
  for (int b = 0; b < run->targets.n_blobs; b++)
    if (is_of_pass(pass, b))
      ISN_TRY(isn_engine_put_seed(run->engine, run->vectors, b, row));
  return ISN_OK;
}

isn_status_t rows_ask_seeds(const run_t *run, observed_t neurons, int row, isn_gradient_t gradient,
                            const float *value_seed, const int *places)
{
  const isn_run_target_t *target = &run->targets.targets[neurons.target];
  int pass = rows_pass(run, neurons, gradient);
  for (int k = 0; k < neurons.n; k++)
    if (needs_blob(run, neurons, k))
      return ask_host_seeds(run, neurons, row, gradient, value_seed);
  for (int b = 0; b < run->targets.n_blobs; b++) {
    if (!is_of_pass(pass, b))
      continue;
    ISN_TRY(isn_vectors_clear(run->vectors, isn_engine_blob_row(run->engine, b, row).seed,
                              isn_engine_blob_count(run->engine, b)));
    for (int k = 0; k < neurons.n; k++)
      if (blob_of(run, neurons, k) == b && value_seed[k] != 0.0F)
        ISN_TRY(isn_vectors_add_unit(
            run->vectors, (size_t)(target->neurons[neurons.first + k] + places[k]), value_seed[k]));
  }
  return ISN_OK;
}

bool rows_pass_encodes(const run_t *run, int pass)
{
  for (int b = 0; b < run->targets.n_blobs; b++)
    if (is_of_pass(pass, b) && isn_engine_encodes(run->engine, b))
      return true;
  return false;
}

/* Blobs of a pass.  @return their number */
static int pass_blobs(const run_t *run, const int *pass, const int **blobs)
{
  *blobs = *pass == PASS_ALL_BLOBS ? run->all_blobs : pass;
  return *pass == PASS_ALL_BLOBS ? run->targets.n_blobs : *pass == PASS_NO_BLOB ? 0 : 1;
}

isn_status_t rows_carry_back(const run_t *run, int pass, bool with_encoding, isn_rows_t rows)
{
  const int *blobs, n = pass_blobs(run, &pass, &blobs);
  return isn_engine_carry_back(run->engine, n, blobs, with_encoding, rows);
}

isn_status_t rows_backward(const run_t *run, int pass, bool with_encoding, isn_rows_t rows)
{
  const int *blobs, n = pass_blobs(run, &pass, &blobs);
  return isn_engine_backward(run->engine, n, blobs, with_encoding, rows);
}
