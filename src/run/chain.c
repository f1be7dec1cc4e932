/* Chains of blocks; see chain.h.  A chain's state between blocks can be told from the file alone,
 * so a resumed run goes on with the same numbers. */
#include "chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "pool.h"

/* First starts of a chain are recombined from the seeds if these gave up so many starts on average:
 * then fresh starts are a waste. */
static const double HARD_RESTARTS = 0.5;

int chain_current_block(const chain_t *chain)
{
  return chain->id == SEED_CHAIN ? 0 : chain_file_block(chain->run, chain->id, chain->next);
}

/* isn_start_fn: a chain's fresh starts take places of the pool in turn with the other chains', so
 * that no two samples of a target start alike. */
static isn_status_t fresh_start(void *context, int sample, int draw, float *code)
{
  chain_t *chain = context;
  const run_t *run = chain->run;
  int64_t turns = run->options->sampling.chains + 1, k = run->layout.block_size;
  int64_t fresh = chain->next / run->options->sampling.chain_length;
  int64_t n_fresh = chain->n_blocks / run->options->sampling.chain_length + 1;
  int64_t number = fresh * k + sample + draw * k * n_fresh;
  isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                          .purpose = ISN_RANDOM_JITTER,
                          .target = (uint32_t)chain->target,
                          .chain = (uint32_t)(chain->id + 1),
                          .block = (uint32_t)chain->next,
                          .sample = (uint32_t)sample,
                          .draw = (uint32_t)draw};
  return pool_start(run->pool, chain->target, number * turns + chain->id + 1, &key, code);
}

/* Blocks of chain id: the target's blocks but the first, dealt out in turn. */
static int count_blocks(const run_t *run, int id)
{
  int others = isn_run_n_blocks(&run->layout) - 1, chains = run->options->sampling.chains;
  return id == SEED_CHAIN ? 1 : (others - id + chains - 1) / chains;
}

/* Take a finished block into the chain: its accepted samples become fixed. */
static void fix_block(chain_t *chain, const isn_run_block_t *block)
{
  const isn_run_layout_t *layout = &chain->run->layout;
  size_t d = (size_t)layout->code_size, e = (size_t)layout->encoding_size;
  memset(chain->previous_ok, 0, (size_t)layout->block_size);
  for (int i = 0; i < block->n; i++) {
    memcpy(chain->previous + (size_t)i * d, block->code + (size_t)i * d, d * sizeof(float));
    chain->previous_ok[i] = block->status[i] == ISN_SAMPLE_ACCEPTED;
    if (chain->previous_ok[i])
      isn_moments_add(&chain->fixed, block->encoding + (size_t)i * e);
  }
}

static int count_accepted(const isn_run_block_t *block)
{
  int n = 0;
  for (int i = 0; i < block->n; i++)
    n += block->status[i] == ISN_SAMPLE_ACCEPTED;
  return n;
}

/* Encodings of a block that the file does not keep: run its codes again, which gives the same bits.
 */
static isn_status_t recover_encodings(const run_t *run, isn_run_block_t *block)
{
  size_t d = (size_t)run->layout.code_size, e = (size_t)run->layout.encoding_size;
  memcpy(isn_engine_codes(run->engine), block->code, (size_t)block->n * d * sizeof(float));
  ISN_TRY(isn_engine_forward(run->engine, block->n));
  for (int i = 0; i < block->n; i++)
    memcpy(block->encoding + (size_t)i * e, isn_engine_encoding(run->engine, i), e * sizeof(float));
  return ISN_OK;
}

/* Read a finished block of a target with its encodings. */
static isn_status_t read_block(const run_t *run, int target, int file_block, isn_run_block_t *block)
{
  ISN_TRY(isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, file_block), block));
  isn_status_t status = isn_run_reader_block(run->reader, target, file_block, block);
  if (status == ISN_OK && !run->layout.with_encodings)
    status = recover_encodings(run, block);
  if (status != ISN_OK)
    isn_run_block_free(block);
  return status;
}

isn_status_t chain_read_seed_moments(const run_t *run, int target, isn_moments_t *moments)
{
  isn_run_block_t seeds = {0};
  ISN_TRY(read_block(run, target, 0, &seeds));
  for (int i = 0; i < seeds.n; i++)
    if (seeds.status[i] == ISN_SAMPLE_ACCEPTED)
      isn_moments_add(moments, seeds.encoding + (size_t)i * (size_t)run->layout.encoding_size);
  isn_run_block_free(&seeds);
  return ISN_OK;
}

/* The target's seeds, as rank 0 recorded them: moments were broadcast, codes are in the file. */
static isn_status_t take_seeds(chain_t *chain)
{
  const run_t *run = chain->run;
  size_t d = (size_t)run->layout.code_size;
  isn_run_block_t seeds = {0};
  double restarts = 0.0;
  isn_moments_copy(&chain->fixed, &run->seeds[chain->target]);
  ISN_TRY(isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, 0), &seeds));
  isn_status_t status = isn_run_reader_block(run->reader, chain->target, 0, &seeds);
  for (int i = 0; i < seeds.n && status == ISN_OK; i++) {
    restarts += seeds.restarts[i];
    if (seeds.status[i] == ISN_SAMPLE_ACCEPTED)
      memcpy(chain->seed_codes + d * (size_t)chain->n_seeds++, seeds.code + (size_t)i * d,
             d * sizeof(float));
  }
  chain->recombine_first = restarts > HARD_RESTARTS * seeds.n;
  isn_run_block_free(&seeds);
  return status;
}

/* Parents of recombined starts: the seeds and the chain's last block, so their number stays small
 * whatever the number of samples. */
static int collect_parents(chain_t *chain)
{
  size_t d = (size_t)chain->run->layout.code_size;
  int n = 0;
  for (int i = 0; i < chain->n_seeds; i++)
    chain->parents[n++] = chain->seed_codes + (size_t)i * d;
  for (int i = 0; chain->next > 0 && i < chain->run->layout.block_size; i++)
    if (chain->previous_ok[i])
      chain->parents[n++] = chain->previous + (size_t)i * d;
  return n;
}

static isn_status_t begin_block(chain_t *chain)
{
  const run_t *run = chain->run;
  int n = isn_run_block_count(&run->layout, chain_current_block(chain));
  bool fresh = chain->next % run->options->sampling.chain_length == 0;
  isn_block_begin_t begin = {.n = n,
                             .fixed = &chain->fixed,
                             .previous = fresh ? NULL : chain->previous,
                             .previous_ok = chain->previous_ok,
                             .n_parents = collect_parents(chain),
                             .parents = chain->parents,
                             .recombine_first = chain->recombine_first,
                             .key = {.seed = (uint64_t)run->options->sampling.seed,
                                     .purpose = ISN_RANDOM_START,
                                     .target = (uint32_t)chain->target,
                                     .chain = (uint32_t)(chain->id + 1),
                                     .block = (uint32_t)chain->next},
                             .start = fresh_start,
                             .context = chain};
  chain->began = run_clock();
  ISN_TRY(isn_run_block_alloc(&run->layout, n, &chain->out));
  return isn_block_begin(chain->block, &begin);
}

/* Go over the blocks that are in the file already, then begin the next, if the chain has one.  A
 * chain none of whose samples got in ends there: the rest would fare no better. */
static isn_status_t resume_chain(chain_t *chain)
{
  const run_t *run = chain->run;
  while (chain->next < chain->n_blocks) {
    int file_block = chain_current_block(chain);
    if (*block_state(run, chain->target, file_block) == ISN_BLOCK_EMPTY)
      return begin_block(chain);
    isn_run_block_t done = {0};
    ISN_TRY(read_block(run, chain->target, file_block, &done));
    fix_block(chain, &done);
    bool barren = count_accepted(&done) == 0;
    isn_run_block_free(&done);
    chain->next++;
    if (barren)
      break;
  }
  chain->finished = true;
  return ISN_OK;
}

static isn_status_t alloc_chain(chain_t *chain)
{
  const isn_run_layout_t *layout = &chain->run->layout;
  size_t k = (size_t)layout->block_size, d = (size_t)layout->code_size;
  ISN_TRY(isn_block_create(&chain->problem, layout->block_size, &chain->block));
  ISN_TRY(isn_moments_alloc(layout->encoding_size, &chain->fixed));
  ISN_TRY(isn_alloc(&chain->previous, k * d, "codes of a chain"));
  ISN_TRY(isn_alloc(&chain->previous_ok, k, "codes of a chain"));
  ISN_TRY(isn_alloc(&chain->seed_codes, k * d, "codes of seeds"));
  return isn_alloc(&chain->parents, 2 * k, "parents of a chain");
}

isn_status_t chain_open(const run_t *run, int target, int id, chain_t **out)
{
  chain_t *chain = NULL;
  isn_status_t status;
  ISN_TRY(isn_alloc(&chain, 1, "chain"));
  chain->run = run;
  chain->target = target;
  chain->id = id;
  chain->n_blocks = count_blocks(run, id);
  chain->problem = run->problem;
  chain->problem.n_neurons = run->targets.targets[target].n_neurons;
  chain->problem.windows = (const double(*)[2])run->targets.windows[target];
  ISN_TRY_GOTO(alloc_chain(chain), fail);
  if (id != SEED_CHAIN)
    ISN_TRY_GOTO(take_seeds(chain), fail);
  if (id != SEED_CHAIN && chain->n_seeds == 0)
    chain->finished = true; /* the target is out of reach */
  else
    ISN_TRY_GOTO(resume_chain(chain), fail);
  *out = chain;
  return ISN_OK;
fail:
  chain_close(chain);
  return status;
}

void chain_close(chain_t *chain)
{
  if (!chain)
    return;
  isn_block_destroy(chain->block);
  isn_moments_free(&chain->fixed);
  free(chain->previous);
  free(chain->previous_ok);
  free(chain->seed_codes);
  free(chain->parents);
  isn_run_block_free(&chain->out);
  free(chain);
}

isn_status_t chain_settle(chain_t *chain, int sample, int row)
{
  const isn_run_layout_t *layout = &chain->run->layout;
  isn_run_block_t *out = &chain->out;
  isn_block_result_t result;
  size_t i = (size_t)sample, d = (size_t)layout->code_size, e = (size_t)layout->encoding_size,
         m = (size_t)layout->max_neurons,
         pixels = (size_t)layout->channels * (size_t)layout->height * (size_t)layout->width;
  isn_block_result(chain->block, sample, &result);
  memcpy(out->code + i * d, result.code, d * sizeof(float));
  memcpy(out->encoding + i * e, result.encoding, e * sizeof(float));
  for (int k = 0; k < layout->max_neurons; k++)
    out->activation[i * m + (size_t)k] = k < chain->problem.n_neurons ? result.activation[k] : NAN;
  out->status[i] = result.accepted ? ISN_SAMPLE_ACCEPTED : ISN_SAMPLE_NOT_REACHED;
  out->steps[i] = (float)result.steps;
  out->restarts[i] = result.restarts;
  out->chain[i] = chain->id;
  out->chain_block[i] = chain->next;
  return isn_engine_picture(chain->run->engine, row, out->image + i * pixels);
}

isn_status_t chain_advance(chain_t *chain)
{
  bool barren = count_accepted(&chain->out) == 0;
  fix_block(chain, &chain->out);
  isn_run_block_free(&chain->out);
  chain->next++;
  if (!barren)
    return resume_chain(chain);
  chain->finished = true;
  return ISN_OK;
}
