/* Drives one block with callbacks: for tests and small problems.  The distributed run has its own
 * loop over many blocks in one batch (src/run), with the same order of calls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "block_internal.h"
#include "invset/memory.h"

typedef struct {
  isn_block_t *block;
  isn_vectors_t *vectors;
  isn_evaluate_fn *evaluate;
  isn_carry_back_fn *carry_back;
  void *context; /* of these */
  int n;         /* active samples */
  int *samples;  /* (n) which they are */
  float *codes, *values, *encodings, *code_gradient, *value_seed, *encoding_seed; /* host */
  float *spread;                                                                  /* (E) backend */
} solver_t;

static void close_solver(solver_t *s)
{
  isn_vectors_destroy(s->vectors);
  free(s->samples);
  free(s->codes);
  free(s->values);
  free(s->encodings);
  free(s->code_gradient);
  free(s->value_seed);
  free(s->encoding_seed);
  isn_backend_free(s->block->backend, s->spread);
}

static isn_status_t open_solver(solver_t *s)
{
  const isn_problem_t *problem = &s->block->problem;
  size_t rows = (size_t)s->block->max_samples, d = (size_t)problem->code_size,
         m = (size_t)problem->n_neurons, e = (size_t)problem->encoding_size;
  ISN_TRY(isn_vectors_create(s->block->backend, &s->vectors));
  ISN_TRY(isn_alloc(&s->samples, rows, "active samples"));
  ISN_TRY(isn_alloc(&s->codes, rows * d, "codes"));
  ISN_TRY(isn_alloc(&s->values, rows * m, "values"));
  ISN_TRY(isn_alloc(&s->encodings, rows * e, "encodings"));
  ISN_TRY(isn_alloc(&s->code_gradient, d, "gradient"));
  ISN_TRY(isn_alloc(&s->value_seed, m, "seed"));
  ISN_TRY(isn_alloc(&s->encoding_seed, e, "seed"));
  return isn_backend_alloc(s->block->backend, e, "seed", &s->spread);
}

static bool all_finite(const float *x, int n)
{
  for (int k = 0; k < n; k++)
    if (!isfinite(x[k]))
      return false;
  return true;
}

/* Evaluate the active samples' codes and tell the block. */
static isn_status_t look(solver_t *s)
{
  isn_block_t *block = s->block;
  int d = block->problem.code_size, m = block->problem.n_neurons, e = block->problem.encoding_size;
  ISN_TRY(isn_block_update(block, s->vectors));
  for (int i = 0; i < s->n; i++)
    ISN_TRY(isn_vectors_get(s->vectors, s->codes + (size_t)i * (size_t)d,
                            isn_block_code(block, s->samples[i]), (size_t)d));
  ISN_TRY(isn_vectors_run(s->vectors));
  ISN_TRY(s->evaluate(s->context, s->n, s->codes, s->values, s->encodings));
  for (int i = 0; i < s->n; i++) {
    const float *encoding = s->encodings + (size_t)i * (size_t)e;
    ISN_TRY(
        isn_vectors_set(s->vectors, isn_block_encoding(block, s->samples[i]), encoding, (size_t)e));
    isn_block_observe(block, s->samples[i], s->values + (size_t)i * (size_t)m,
                      all_finite(encoding, e));
  }
  return isn_vectors_run(s->vectors);
}

static isn_status_t decide(solver_t *s)
{
  isn_block_decide(s->block);
  ISN_TRY(isn_block_fetch(s->block, s->vectors));
  ISN_TRY(isn_vectors_run(s->vectors));
  ISN_TRY(isn_block_renew(s->block));
  ISN_TRY(isn_block_update(s->block, s->vectors));
  return isn_vectors_run(s->vectors);
}

/* The seeds of a gradient, on the host. */
static isn_status_t make_seeds(solver_t *s, int sample, isn_gradient_t gradient)
{
  const isn_problem_t *problem = &s->block->problem;
  size_t e = (size_t)problem->encoding_size;
  memset(s->value_seed, 0, (size_t)problem->n_neurons * sizeof(float));
  memset(s->encoding_seed, 0, e * sizeof(float));
  if (isn_gradient_has_values(gradient.kind))
    isn_block_weights(s->block, sample, gradient, s->value_seed);
  if (isn_gradient_has_encoding(gradient.kind)) {
    ISN_TRY(isn_block_spread(s->block, s->vectors, sample, gradient, s->spread, false));
    ISN_TRY(isn_vectors_get(s->vectors, s->encoding_seed, s->spread, e));
  }
  return isn_vectors_run(s->vectors);
}

/* The wanted gradients of the i-th active sample. */
static isn_status_t fetch_gradients(solver_t *s, int i)
{
  const isn_gradient_t *wanted;
  int n = isn_block_wanted(s->block, s->samples[i], &wanted);
  for (int g = 0; g < n; g++) {
    ISN_TRY(make_seeds(s, s->samples[i], wanted[g]));
    ISN_TRY(
        s->carry_back(s->context, i, wanted[g], s->value_seed, s->encoding_seed, s->code_gradient));
    ISN_TRY(isn_vectors_set(s->vectors, isn_block_learn(s->block, s->samples[i], g),
                            s->code_gradient, (size_t)s->block->problem.code_size));
    ISN_TRY(isn_vectors_run(s->vectors));
  }
  return ISN_OK;
}

static isn_status_t step(solver_t *s)
{
  ISN_TRY(isn_block_ask_step(s->block, s->vectors));
  ISN_TRY(isn_vectors_run(s->vectors));
  isn_block_step(s->block);
  return ISN_OK;
}

isn_status_t isn_block_solve(isn_block_t *block, isn_evaluate_fn *evaluate,
                             isn_carry_back_fn *carry_back, void *context)
{
  solver_t s = {.block = block, .evaluate = evaluate, .carry_back = carry_back, .context = context};
  isn_status_t status;
  ISN_TRY_GOTO(open_solver(&s), done);
  while ((s.n = isn_block_active(block, s.samples)) > 0) {
    ISN_TRY_GOTO(look(&s), done);
    ISN_TRY_GOTO(decide(&s), done);
    for (int i = 0; i < s.n; i++)
      ISN_TRY_GOTO(fetch_gradients(&s, i), done);
    ISN_TRY_GOTO(step(&s), done);
  }
done:
  close_solver(&s);
  return status;
}
