/* Moments of fixed samples, from blocks in memory or in the file; see fixed.h. */
#include "fixed.h"

#include <stdlib.h>

#include "chain.h"
#include "invset/memory.h"

void fixed_free(fixed_t *fixed, int n_chains)
{
  isn_moments_free(&fixed->moments);
  for (int j = 0; j < n_chains && fixed->rounds; j++)
    isn_moments_free(&fixed->rounds[j]);
  free(fixed->rounds);
  *fixed = (fixed_t){0};
}

/* In slot order, which decides the last bits. */
static void add_accepted(const run_t *run, const isn_run_block_t *block, isn_moments_t *moments)
{
  for (int i = 0; i < block->n; i++)
    if (block->status[i] == ISN_SAMPLE_ACCEPTED)
      isn_moments_add(moments, block->encoding + (size_t)i * (size_t)run->layout.encoding_size);
}

isn_status_t fixed_set_seeds(const run_t *run, const isn_run_block_t *seeds, fixed_t *fixed)
{
  ISN_TRY(isn_moments_alloc(run->layout.encoding_size, &fixed->moments));
  add_accepted(run, seeds, &fixed->moments);
  return ISN_OK;
}

isn_status_t fixed_read_seeds(const run_t *run, int target, fixed_t *fixed)
{
  isn_run_block_t seeds = {0};
  ISN_TRY(chain_read_block(run, target, 0, &seeds));
  isn_status_t status = fixed_set_seeds(run, &seeds, fixed);
  isn_run_block_free(&seeds);
  return status;
}

isn_status_t fixed_read_round(const run_t *run, int target, int chain, int first, int last,
                              isn_moments_t *moments)
{
  ISN_TRY(isn_moments_alloc(run->layout.encoding_size, moments));
  for (int q = first; q < last; q++) {
    int file_block = chain_file_block(run, chain, q);
    isn_run_block_t block = {0};
    if (*block_state(run, target, file_block) == ISN_BLOCK_EMPTY)
      continue;
    isn_status_t status = chain_read_block(run, target, file_block, &block);
    if (status != ISN_OK) {
      isn_moments_free(moments);
      return status;
    }
    add_accepted(run, &block, moments);
    isn_run_block_free(&block);
  }
  return ISN_OK;
}

isn_status_t fixed_note_round(const run_t *run, fixed_t *fixed, int chain, isn_moments_t *moments)
{
  if (!fixed->rounds)
    ISN_TRY(isn_alloc(&fixed->rounds, run->options->sampling.chains, "moments of a round"));
  isn_moments_free(&fixed->rounds[chain]);
  fixed->rounds[chain] = *moments;
  *moments = (isn_moments_t){0};
  return ISN_OK;
}
