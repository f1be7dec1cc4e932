/* Small networks with known inverse sets; see toy.h. */
#include "toy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "invset/memory.h"

static isn_backend_t *backend;

void toy_open(int argc, char **argv)
{
  if (device_open(argc, argv, &backend) == ISN_OK)
    return;
  fprintf(stderr, "toy: %s\n", isn_error_message());
  exit(1);
}

isn_backend_t *toy_backend(void)
{
  return backend;
}

void toy_close(void)
{
  isn_backend_close(backend);
}

void toy_init(toy_t *toy, int size, int n_neurons)
{
  *toy = (toy_t){.size = size,
                 .n_neurons = n_neurons,
                 .nan_above = INFINITY,
                 .start_key = {.seed = 1, .purpose = ISN_RANDOM_TEST, .target = 1},
                 .failing_draw = -1};
  for (int k = 0; k < size; k++)
    toy->code_max[k] = 1.0F;
  for (int k = 0; k < n_neurons; k++) {
    toy->windows[k][0] = -1.0;
    toy->windows[k][1] = 1.0;
  }
}

void toy_random_weights(toy_t *toy, int k, uint64_t seed)
{
  isn_random_key_t key = {.seed = seed, .purpose = ISN_RANDOM_TEST, .target = 2};
  isn_random_normal(&key, (size_t)toy->size, toy->w[k]);
}

isn_problem_t toy_problem(const toy_t *toy, isn_step_rule_t rule)
{
  double length = sqrt(toy->size / 12.0); /* of a uniform code of the unit cube, from its centre */
  return (isn_problem_t){.code_size = toy->size,
                         .encoding_size = toy->size,
                         .n_neurons = toy->n_neurons,
                         .windows = (const double(*)[2])toy->windows,
                         .code_min = toy->code_min,
                         .code_max = toy->code_max,
                         .rule = rule,
                         .step = 0.45 * length,
                         .aim = 0.05,
                         .newton_cap = length,
                         .kick = 0.3 * length,
                         .patience = rule == ISN_STEP_NEWTON ? 4 : 20,
                         .max_steps = 100,
                         .max_starts = 5,
                         .classic_step = 0.05 * length,
                         .classic_rho = 1.0};
}

double toy_activation(const toy_t *toy, int k, const float *code)
{
  double f = toy->b[k];
  for (int i = 0; i < toy->size; i++) {
    double c = (double)code[i], away = c - toy->centre[i];
    f += toy->w[k][i] * c - toy->curvature * away * away;
  }
  return (double)code[0] > toy->nan_above ? NAN : f;
}

void toy_range(const toy_t *toy, int k, double range[2])
{
  range[0] = range[1] = toy->b[k];
  for (int i = 0; i < toy->size; i++) {
    double w = toy->w[k][i], low = (double)toy->code_min[i], high = (double)toy->code_max[i];
    range[0] += fmin(w * low, w * high);
    range[1] += fmax(w * low, w * high);
  }
}

isn_status_t toy_evaluate(void *context, int n, const float *codes, float *activations,
                          float *encodings)
{
  toy_t *toy = context;
  size_t bytes = (size_t)n * (size_t)toy->size * sizeof(float);
  memcpy(toy->codes, codes, bytes);
  memcpy(encodings, codes, bytes);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < toy->n_neurons; k++)
      activations[i * toy->n_neurons + k] =
          (float)toy_activation(toy, k, codes + (size_t)i * (size_t)toy->size);
  toy->n_forward += n;
  return ISN_OK;
}

isn_status_t toy_carry_back(void *context, int i, isn_gradient_t of, const float *value_seed,
                            const float *encoding_seed, float *code_gradient)
{
  (void)of; /* the toy's values are logarithms of probabilities, if someone wants these */
  toy_t *toy = context;
  const float *code = toy->codes + (size_t)i * (size_t)toy->size;
  for (int j = 0; j < toy->size; j++) {
    double gradient = (double)encoding_seed[j];
    for (int k = 0; k < toy->n_neurons; k++)
      gradient += (double)value_seed[k] *
                  (toy->w[k][j] - 2.0 * toy->curvature * ((double)code[j] - toy->centre[j]));
    code_gradient[j] = (float)gradient;
  }
  toy->n_backward++;
  return ISN_OK;
}

isn_status_t toy_start(void *context, int sample, int draw, float *code)
{
  toy_t *toy = context;
  double uniform[TOY_MAX_SIZE];
  isn_random_key_t key = toy->start_key;
  key.sample = (uint32_t)sample;
  key.draw = (uint32_t)draw;
  if (toy->failing_draw >= 0 && draw >= toy->failing_draw)
    ISN_FAIL(ISN_ERR_IO, "toy: no start for draw %d", draw);
  isn_random_uniform(&key, (size_t)toy->size, uniform);
  for (int k = 0; k < toy->size; k++)
    code[k] = (float)((double)toy->code_min[k] +
                      uniform[k] * ((double)toy->code_max[k] - (double)toy->code_min[k]));
  toy->n_starts++;
  return ISN_OK;
}

isn_block_begin_t toy_begin(toy_t *toy, int n, const isn_moments_t *fixed)
{
  return (isn_block_begin_t){.n = n,
                             .fixed = fixed,
                             .key = {.seed = 1, .purpose = ISN_RANDOM_START},
                             .start = toy_start,
                             .context = toy};
}

isn_status_t toy_code(isn_block_t *block, int sample, size_t size, float *code)
{
  isn_vectors_t *vectors = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_vectors_create(backend, &vectors), done);
  ISN_TRY_GOTO(isn_block_update(block, vectors), done);
  ISN_TRY_GOTO(isn_vectors_get(vectors, code, isn_block_code(block, sample), size), done);
  status = isn_vectors_run(vectors);
done:
  isn_vectors_destroy(vectors);
  return status;
}

isn_status_t toy_seeds(const toy_t *toy, const isn_block_t *block, int sample,
                       isn_gradient_t gradient, float *value_seed, float *encoding_seed)
{
  isn_vectors_t *vectors = NULL;
  isn_status_t status;
  memset(value_seed, 0, (size_t)toy->n_neurons * sizeof *value_seed);
  memset(encoding_seed, 0, (size_t)toy->size * sizeof *encoding_seed);
  ISN_TRY_GOTO(isn_vectors_create(backend, &vectors), done);
  if (isn_gradient_has_values(gradient.kind))
    isn_block_weights(block, sample, gradient, value_seed);
  if (isn_gradient_has_encoding(gradient.kind))
    ISN_TRY_GOTO(isn_block_spread(block, vectors, sample, gradient, encoding_seed, false), done);
  status = isn_vectors_run(vectors);
done:
  isn_vectors_destroy(vectors);
  return status;
}

static isn_status_t look(toy_t *toy, isn_block_t *block, isn_vectors_t *vectors, const int *active,
                         int n)
{
  ISN_TRY(isn_block_update(block, vectors));
  ISN_TRY(isn_vectors_run(vectors));
  for (int i = 0; i < n; i++) {
    float activation[TOY_MAX_NEURONS], *encoding = isn_block_encoding(block, active[i]);
    ISN_TRY(toy_evaluate(toy, 1, isn_block_code(block, active[i]), activation, encoding));
    isn_block_observe(block, active[i], activation, true);
  }
  isn_block_decide(block);
  ISN_TRY(isn_block_fetch(block, vectors));
  ISN_TRY(isn_vectors_run(vectors));
  ISN_TRY(isn_block_renew(block));
  ISN_TRY(isn_block_update(block, vectors));
  return isn_vectors_run(vectors);
}

isn_status_t toy_look(toy_t *toy, isn_block_t *block, int *active, int *n)
{
  isn_vectors_t *vectors = NULL;
  *n = isn_block_active(block, active);
  ISN_TRY(isn_vectors_create(backend, &vectors));
  isn_status_t status = look(toy, block, vectors, active, *n);
  isn_vectors_destroy(vectors);
  return status;
}

static isn_status_t move(toy_t *toy, isn_block_t *block, isn_vectors_t *vectors, const int *active,
                         int n)
{
  for (int i = 0; i < n; i++) {
    const isn_gradient_t *wanted;
    int n_wanted = isn_block_wanted(block, active[i], &wanted);
    for (int g = 0; g < n_wanted; g++) {
      float value_seed[TOY_MAX_NEURONS], encoding_seed[TOY_MAX_SIZE];
      ISN_TRY(toy_seeds(toy, block, active[i], wanted[g], value_seed, encoding_seed));
      memcpy(toy->codes, isn_block_code(block, active[i]), (size_t)toy->size * sizeof(float));
      ISN_TRY(toy_carry_back(toy, 0, wanted[g], value_seed, encoding_seed,
                             isn_block_learn(block, active[i], g)));
    }
  }
  ISN_TRY(isn_block_ask_step(block, vectors));
  ISN_TRY(isn_vectors_run(vectors));
  isn_block_step(block);
  return ISN_OK;
}

isn_status_t toy_move(toy_t *toy, isn_block_t *block, const int *active, int n)
{
  isn_vectors_t *vectors = NULL;
  ISN_TRY(isn_vectors_create(backend, &vectors));
  isn_status_t status = move(toy, block, vectors, active, n);
  isn_vectors_destroy(vectors);
  return status;
}

/* ---- a chain -------------------------------------------------------------------------------- */

/* Take a finished block's results; accepted ones become fixed. */
static void take_results(const isn_block_t *block, int first, int n, isn_moments_t *fixed,
                         toy_samples_t *out)
{
  size_t size = (size_t)out->size;
  for (int i = 0; i < n; i++) {
    isn_block_result_t result;
    isn_block_result(block, i, &result);
    memcpy(out->codes + (size_t)(first + i) * size, result.code, size * sizeof(float));
    out->steps[first + i] = result.steps;
    out->is_in[first + i] = result.accepted;
    out->n_accepted += result.accepted;
    out->restarts += result.restarts;
    if (result.accepted)
      isn_moments_add(fixed, result.encoding);
  }
}

/* The accepted ones of samples first .. first + n - 1. */
static int collect(const toy_samples_t *samples, int first, int n, const float **parents)
{
  int found = 0;
  for (int i = first; i < first + n; i++)
    if (samples->is_in[i])
      parents[found++] = samples->codes + (size_t)i * (size_t)samples->size;
  return found;
}

isn_status_t toy_chain(toy_t *toy, const isn_problem_t *problem, int block_size, int n_blocks,
                       toy_samples_t *out)
{
  isn_block_t *block = NULL;
  isn_moments_t fixed = {0};
  isn_status_t status;
  const float *parents[2 * TOY_MAX_BLOCK];
  int n = block_size * n_blocks;
  *out = (toy_samples_t){.n = n, .size = toy->size};
  ISN_TRY_GOTO(isn_alloc(&out->codes, (size_t)n * (size_t)toy->size, "codes"), done);
  ISN_TRY_GOTO(isn_alloc(&out->steps, n, "steps"), done);
  ISN_TRY_GOTO(isn_alloc(&out->is_in, n, "states"), done);
  ISN_TRY_GOTO(isn_moments_alloc(toy->size, &fixed), done);
  ISN_TRY_GOTO(isn_block_create(backend, problem, block_size, &block), done);
  for (int b = 0; b < n_blocks; b++) {
    int before = (b - 1) * block_size;
    isn_block_begin_t begin = toy_begin(toy, block_size, &fixed);
    begin.key.block = toy->start_key.block = (uint32_t)b;
    if (b > 0) {
      begin.previous = out->codes + (size_t)before * (size_t)toy->size;
      begin.previous_ok = out->is_in + before;
      begin.n_parents = collect(out, 0, block_size, parents);
      if (b > 1)
        begin.n_parents += collect(out, before, block_size, parents + begin.n_parents);
      begin.parents = parents;
    }
    ISN_TRY_GOTO(isn_block_begin(block, &begin), done);
    ISN_TRY_GOTO(isn_block_solve(block, toy_evaluate, toy_carry_back, toy), done);
    take_results(block, b * block_size, block_size, &fixed, out);
  }
done:
  isn_block_destroy(block);
  isn_moments_free(&fixed);
  return status;
}

void toy_samples_free(toy_samples_t *samples)
{
  free(samples->codes);
  free(samples->steps);
  free(samples->is_in);
  *samples = (toy_samples_t){0};
}
