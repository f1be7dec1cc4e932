/* Drives one block with callbacks: for tests and small problems.  The distributed run has its own
 * loop over many blocks in one batch (src/run), with the same order of calls. */
#include <stdlib.h>
#include <string.h>

#include "block_internal.h"
#include "invset/memory.h"

typedef struct {
  int *samples; /* (n) active */
  float *codes, *values, *encodings, *code_gradient, *value_seed, *encoding_seed;
} buffers_t;

static void free_buffers(buffers_t *b)
{
  free(b->samples);
  free(b->codes);
  free(b->values);
  free(b->encodings);
  free(b->code_gradient);
  free(b->value_seed);
  free(b->encoding_seed);
}

static isn_status_t alloc_buffers(const isn_problem_t *problem, int n, buffers_t *b)
{
  size_t rows = (size_t)n, d = (size_t)problem->code_size, m = (size_t)problem->n_neurons,
         e = (size_t)problem->encoding_size;
  ISN_TRY(isn_alloc(&b->samples, rows, "active samples"));
  ISN_TRY(isn_alloc(&b->codes, rows * d, "codes"));
  ISN_TRY(isn_alloc(&b->values, rows * m, "values"));
  ISN_TRY(isn_alloc(&b->encodings, rows * e, "encodings"));
  ISN_TRY(isn_alloc(&b->code_gradient, d, "gradient"));
  ISN_TRY(isn_alloc(&b->value_seed, m, "seed"));
  return isn_alloc(&b->encoding_seed, e, "seed");
}

/* The wanted gradients of the i-th active sample. */
static isn_status_t fetch_gradients(isn_block_t *block, isn_carry_back_fn *carry_back,
                                    void *context, int i, buffers_t *b)
{
  const isn_problem_t *problem = &block->problem;
  const isn_gradient_t *wanted;
  int n = isn_block_wanted(block, b->samples[i], &wanted);
  for (int g = 0; g < n; g++) {
    memset(b->value_seed, 0, (size_t)problem->n_neurons * sizeof(float));
    memset(b->encoding_seed, 0, (size_t)problem->encoding_size * sizeof(float));
    isn_block_seeds(block, b->samples[i], wanted[g], b->value_seed, b->encoding_seed);
    ISN_TRY(carry_back(context, i, wanted[g], b->value_seed, b->encoding_seed, b->code_gradient));
    isn_block_learn(block, b->samples[i], g, b->code_gradient);
  }
  return ISN_OK;
}

isn_status_t isn_block_solve(isn_block_t *block, isn_evaluate_fn *evaluate,
                             isn_carry_back_fn *carry_back, void *context)
{
  const isn_problem_t *problem = &block->problem;
  size_t d = (size_t)problem->code_size, m = (size_t)problem->n_neurons,
         e = (size_t)problem->encoding_size;
  buffers_t b = {0};
  isn_status_t status;
  int n;
  ISN_TRY_GOTO(alloc_buffers(problem, block->max_samples, &b), done);
  while ((n = isn_block_active(block, b.samples)) > 0) {
    for (int i = 0; i < n; i++)
      memcpy(b.codes + (size_t)i * d, isn_block_code(block, b.samples[i]), d * sizeof(float));
    ISN_TRY_GOTO(evaluate(context, n, b.codes, b.values, b.encodings), done);
    for (int i = 0; i < n; i++)
      isn_block_observe(block, b.samples[i], b.values + (size_t)i * m, b.encodings + (size_t)i * e);
    ISN_TRY_GOTO(isn_block_decide(block), done);
    for (int i = 0; i < n; i++)
      ISN_TRY_GOTO(fetch_gradients(block, carry_back, context, i, &b), done);
    isn_block_step(block);
  }
done:
  free_buffers(&b);
  return status;
}
