/* Chains of blocks; see chain.h.  A chain's state between blocks can be told from the file alone,
 * so a resumed run, or another rank in the next round, goes on with the same numbers. */
#include "chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "invset/memory.h"
#include "pool.h"
#include "record.h"

enum { SEED_CHAIN = -1 };

typedef struct {
  task_t task;                /* first: a task is its chain */
  int id;                     /* SEED_CHAIN or 0 .. chains-1 */
  int n_blocks;               /* blocks that the chain has to make, over all rounds and attempts */
  int next, last;             /* block being made, and the first that is not of this round */
  isn_moments_t fixed;        /* the target's, then also own blocks of this round */
  isn_moments_t made;         /* own accepted samples of this round; of size 0 without a refresh */
  float *previous;            /* (K, D) codes of the last block */
  unsigned char *previous_ok; /* (K) whether that sample was accepted */
  float *summits; /* (n_summits, D) the codes of the target's reaches, as far as probed */
  int n_summits;
  float *seed_codes; /* (K, D) accepted seeds */
  int n_seeds;
  bool recombine_first;  /* the seeds needed many starts */
  const float **parents; /* (2 K) into seed_codes and previous */
  isn_run_block_t out;   /* results of the block being made */
  int n_accepted;        /* samples, in this attempt */
} chain_t;

static int current_file_block(const chain_t *chain)
{
  return chain->id == SEED_CHAIN ? 0 : chain_file_block(chain->task.run, chain->id, chain->next);
}

/* Some fresh starts of a target whose reach is known begin near the code that reaches it, each such
 * one half as far from it as the one before: units that are 0 almost everywhere have a gradient
 * there. */
enum { POOL_DRAWS = 2 };

static bool starts_near_summit(const chain_t *chain, int draw)
{
  return chain->n_summits > 0 && draw >= POOL_DRAWS && draw % 2 == 0;
}

static isn_status_t summit_start(const chain_t *chain, int draw, const isn_random_key_t *key,
                                 float *code)
{
  const run_t *run = chain->task.run;
  int turn = (draw - POOL_DRAWS) / 2, size = run->problem.code_size;
  const float *summit = chain->summits + (size_t)(turn % chain->n_summits) * (size_t)size;
  double length = run->problem.kick * pow(0.5, turn / chain->n_summits);
  return pool_displace(run, key, length, summit, code);
}

/* isn_start_fn: a chain's fresh starts take places of the pool in turn with the other chains', so
 * that no two samples of a target start alike. */
static isn_status_t fresh_start(void *context, int sample, int draw, float *code)
{
  chain_t *chain = context;
  const run_t *run = chain->task.run;
  int64_t turns = run->options->sampling.chains + 1, k = run->layout.block_size;
  int64_t fresh = chain->next / run->start_blocks;
  int64_t n_fresh = chain->n_blocks / run->start_blocks + 1;
  int64_t number = fresh * k + sample + draw * k * n_fresh;
  isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                          .purpose = ISN_RANDOM_JITTER,
                          .target = random_target(run, chain->task.piece.target),
                          .chain = (uint32_t)(chain->id + 1),
                          .block = (uint32_t)chain->next,
                          .sample = (uint32_t)sample,
                          .draw = (uint32_t)draw};
  if (run_walks(run))
    return pool_random(run, chain->task.piece.target, number * turns + chain->id, code);
  if (starts_near_summit(chain, draw))
    return summit_start(chain, draw, &key, code);
  return pool_start(run->pool, chain->task.piece.target, number * turns + chain->id + 1, &key,
                    code);
}

/* Keep the codes of a finished block: the next one goes on from them. */
static void keep_codes(chain_t *chain, const isn_run_block_t *block)
{
  const isn_run_layout_t *layout = &chain->task.run->layout;
  memset(chain->previous_ok, 0, (size_t)layout->block_size);
  memcpy(chain->previous, block->code,
         (size_t)block->n * (size_t)layout->code_size * sizeof *block->code);
  for (int i = 0; i < block->n; i++)
    chain->previous_ok[i] =
        block->status[i] == ISN_SAMPLE_ACCEPTED || block->status[i] == ISN_SAMPLE_OUTSIDE;
}

/* Take a finished block of this round into the chain: its accepted samples become fixed. */
static void fix_block(chain_t *chain, const isn_run_block_t *block)
{
  size_t e = (size_t)chain->task.run->layout.encoding_size;
  keep_codes(chain, block);
  for (int i = 0; i < block->n && !run_walks(chain->task.run); i++) {
    if (!chain->previous_ok[i])
      continue;
    isn_moments_add(&chain->fixed, block->encoding + (size_t)i * e);
    if (chain->made.size > 0)
      isn_moments_add(&chain->made, block->encoding + (size_t)i * e);
  }
}

/* Encodings of a block that the file does not keep: run its codes again, which gives the same bits.
 */
static isn_status_t recover_encodings(const run_t *run, isn_run_block_t *block)
{
  size_t d = (size_t)run->layout.code_size, e = (size_t)run->layout.encoding_size;
  int *rows = NULL;
  isn_status_t status;
  memcpy(isn_engine_codes(run->engine), block->code, (size_t)block->n * d * sizeof(float));
  ISN_TRY_GOTO(isn_alloc(&rows, block->n, "rows of a block"), done);
  for (int i = 0; i < block->n; i++)
    rows[i] = i;
  ISN_TRY_GOTO(isn_engine_forward(run->engine, block->n), done);
  ISN_TRY_GOTO(isn_engine_confirm(run->engine, (isn_rows_t){block->n, rows}), done);
  for (int i = 0; i < block->n; i++)
    ISN_TRY_GOTO(isn_vectors_get(run->vectors, block->encoding + (size_t)i * e,
                                 isn_engine_row(run->engine, i).encoding, e),
                 done);
  status = isn_vectors_run(run->vectors);
done:
  free(rows);
  return status;
}

isn_status_t chain_read_block(const run_t *run, int target, int file_block, isn_run_block_t *block)
{
  ISN_TRY(isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, file_block), block));
  isn_status_t status = isn_run_file_read_block(run->file, target, file_block, block);
  if (status == ISN_OK && !run->layout.with_encodings)
    status = recover_encodings(run, block);
  if (status != ISN_OK)
    isn_run_block_free(block);
  return status;
}

/* Codes of the target's accepted seeds, as rank 0 recorded them. */
static isn_status_t take_seeds(chain_t *chain)
{
  const run_t *run = chain->task.run;
  size_t d = (size_t)run->layout.code_size;
  isn_run_block_t seeds = {0};
  double restarts = 0.0;
  ISN_TRY(isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, 0), &seeds));
  isn_status_t status = isn_run_file_read_block(run->file, chain->task.piece.target, 0, &seeds);
  for (int i = 0; i < seeds.n && status == ISN_OK; i++) {
    restarts += seeds.restarts[i];
    if (seeds.status[i] == ISN_SAMPLE_ACCEPTED)
      memcpy(chain->seed_codes + d * (size_t)chain->n_seeds++, seeds.code + (size_t)i * d,
             d * sizeof(float));
  }
  chain->recombine_first = restarts > CHAIN_HARD_RESTARTS * seeds.n;
  isn_run_block_free(&seeds);
  return status;
}

/* Codes of the block before this round's first; its encodings are in the target's fixed set. */
static isn_status_t take_previous(chain_t *chain)
{
  const run_t *run = chain->task.run;
  int file_block = chain_file_block(run, chain->id, chain->next - 1);
  isn_run_block_t block = {0};
  ISN_TRY(isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, file_block), &block));
  isn_status_t status =
      isn_run_file_read_block(run->file, chain->task.piece.target, file_block, &block);
  if (status == ISN_OK)
    keep_codes(chain, &block);
  isn_run_block_free(&block);
  return status;
}

/* Parents of recombined starts: the seeds and the chain's last block, so their number stays small
 * whatever the number of samples. */
static int collect_parents(chain_t *chain)
{
  size_t d = (size_t)chain->task.run->layout.code_size;
  int n = 0;
  if (run_walks(chain->task.run))
    return 0;
  for (int i = 0; i < chain->n_seeds; i++)
    chain->parents[n++] = chain->seed_codes + (size_t)i * d;
  for (int i = 0; chain->next > 0 && i < chain->task.run->layout.block_size; i++)
    if (chain->previous_ok[i])
      chain->parents[n++] = chain->previous + (size_t)i * d;
  return n;
}

static isn_status_t begin_block(chain_t *chain)
{
  const run_t *run = chain->task.run;
  int n = isn_run_block_count(&run->layout, current_file_block(chain));
  bool fresh = chain->next % run->start_blocks == 0;
  isn_block_begin_t begin = {.n = n,
                             .fixed = &chain->fixed,
                             .previous = fresh ? NULL : chain->previous,
                             .previous_ok = chain->previous_ok,
                             .n_parents = collect_parents(chain),
                             .parents = chain->parents,
                             .recombine_first = chain->recombine_first,
                             .key = {.seed = (uint64_t)run->options->sampling.seed,
                                     .purpose = ISN_RANDOM_START,
                                     .target = random_target(run, chain->task.piece.target),
                                     .chain = (uint32_t)(chain->id + 1),
                                     .block = (uint32_t)chain->next},
                             .start = fresh_start,
                             .context = chain};
  chain->task.began = run_clock();
  ISN_TRY(isn_run_block_alloc(&run->layout, n, &chain->out));
  return isn_block_begin(chain->task.block, &begin);
}

/* Tell rank 0 that this task is done.  @param[in] letter with the chain's moments, which rank 0 may
 * take over if it is this rank */
static isn_status_t report(chain_t *chain, letter_t *letter)
{
  run_t *run = chain->task.run;
  chain->task.finished = true;
  isn_status_t status = work_report(run, letter);
  chain->made = letter->made;
  if (letter->kind == LETTER_REST)
    chain->fixed = letter->fixed;
  return status;
}

/* This round's blocks are made: tell rank 0.  @param[in] go_on false if the chain ends here */
static isn_status_t finish(chain_t *chain, bool go_on)
{
  letter_t letter = {.kind = LETTER_ROUND,
                     .piece = chain->task.piece,
                     .go_on = go_on,
                     .n = chain->n_accepted,
                     .n_skipped = go_on ? 0 : chain->n_blocks - chain->next,
                     .made = chain->made};
  return report(chain, &letter);
}

/* Another rank is idle: it may have the rest of this round's blocks. */
static isn_status_t give_back(chain_t *chain)
{
  letter_t letter = {.kind = LETTER_REST,
                     .piece = chain->task.piece,
                     .n = chain->n_accepted,
                     .made = chain->made,
                     .fixed = chain->fixed};
  letter.piece.first = chain->next;
  return report(chain, &letter);
}

/* Whether a block ends its chain. */
static bool is_barren(const run_t *run, int n_accepted)
{
  return n_accepted == 0 && !run_walks(run);
}

/* Go over the blocks that are in the file already, then begin the next, if the round has one.  A
 * chain none of whose samples got in ends there: the rest would fare no better. */
static isn_status_t resume_chain(chain_t *chain)
{
  const run_t *run = chain->task.run;
  int target = chain->task.piece.target;
  while (chain->next < chain->last) {
    int file_block = current_file_block(chain);
    if (*block_state(run, target, file_block) == ISN_BLOCK_EMPTY)
      return begin_block(chain);
    isn_run_block_t done = {0};
    ISN_TRY(chain_read_block(run, target, file_block, &done));
    fix_block(chain, &done);
    bool barren = is_barren(run, record_accepted(&done));
    isn_run_block_free(&done);
    chain->next++;
    if (barren)
      return finish(chain, false);
  }
  return finish(chain, true);
}

static isn_status_t settle(task_t *task, int sample, int row)
{
  chain_t *chain = (chain_t *)task;
  const isn_run_layout_t *layout = &task->run->layout;
  const isn_run_target_t *target = &task->run->targets.targets[task->piece.target];
  isn_run_block_t *out = &chain->out;
  isn_block_result_t result;
  size_t i = (size_t)sample, d = (size_t)layout->code_size, e = (size_t)layout->encoding_size,
         m = (size_t)layout->max_neurons,
         pixels = (size_t)layout->channels * (size_t)layout->height * (size_t)layout->width;
  isn_block_result(task->block, sample, &result);
  memcpy(out->code + i * d, result.code, d * sizeof(float));
  memcpy(out->encoding + i * e, result.encoding, e * sizeof(float));
  for (int k = 0; k < layout->max_neurons; k++)
    out->activation[i * m + (size_t)k] =
        k < task->n_neurons ? isn_target_stored(target, k, result.values[k]) : NAN;
  out->status[i] = result.accepted        ? ISN_SAMPLE_ACCEPTED
                   : run_walks(task->run) ? ISN_SAMPLE_OUTSIDE
                                          : ISN_SAMPLE_NOT_REACHED;
  out->steps[i] = (float)result.steps;
  out->restarts[i] = result.restarts;
  out->chain[i] = chain->id;
  out->chain_block[i] = chain->next;
  return isn_engine_ask_picture(task->run->engine, task->run->vectors, row,
                                out->image + i * pixels);
}

static isn_status_t advance(task_t *task)
{
  chain_t *chain = (chain_t *)task;
  double seconds = run_clock() - task->began;
  int n_accepted = record_accepted(&chain->out);
  if (chain->id == SEED_CHAIN) {
    letter_t letter = {
        .kind = LETTER_SEEDS, .piece = task->piece, .seconds = seconds, .block = chain->out};
    task->finished = true;
    return work_report(task->run, &letter);
  }
  ISN_TRY(
      record_block(task->run, task->piece.target, current_file_block(chain), &chain->out, seconds));
  chain->n_accepted += n_accepted;
  fix_block(chain, &chain->out);
  isn_run_block_free(&chain->out);
  chain->next++;
  if (is_barren(task->run, n_accepted))
    return finish(chain, false);
  return task->run->recalled && chain->next < chain->last ? give_back(chain) : resume_chain(chain);
}

static void close_chain(task_t *task)
{
  chain_t *chain = (chain_t *)task;
  isn_block_destroy(task->block);
  isn_moments_free(&chain->fixed);
  isn_moments_free(&chain->made);
  free(chain->previous);
  free(chain->previous_ok);
  free(chain->summits);
  free(chain->seed_codes);
  free(chain->parents);
  isn_run_block_free(&chain->out);
  free(chain);
}

static isn_status_t alloc_chain(chain_t *chain, const isn_problem_t *problem)
{
  const isn_run_layout_t *layout = &chain->task.run->layout;
  size_t k = (size_t)layout->block_size, d = (size_t)layout->code_size;
  ISN_TRY(
      isn_block_create(chain->task.run->backend, problem, layout->block_size, &chain->task.block));
  ISN_TRY(isn_alloc(&chain->previous, k * d, "codes of a chain"));
  ISN_TRY(isn_alloc(&chain->previous_ok, k, "codes of a chain"));
  ISN_TRY(isn_alloc(&chain->seed_codes, k * d, "codes of seeds"));
  return isn_alloc(&chain->parents, 2 * k, "parents of a chain");
}

/* A chain at the beginning of a round. */
static isn_status_t begin_round(chain_t *chain, order_t *order)
{
  const run_t *run = chain->task.run;
  int refresh = run_refresh(run);
  chain->fixed = order->fixed;
  chain->made = order->made;
  order->fixed = order->made = (isn_moments_t){0};
  round_blocks(chain->n_blocks, refresh, order->piece.round, &chain->next, &chain->last);
  chain->next = order->piece.first;
  if (refresh > 0 && chain->made.size == 0)
    ISN_TRY(isn_moments_alloc(run->layout.encoding_size, &chain->made));
  if (!run_walks(run))
    ISN_TRY(take_seeds(chain));
  if (chain->next > 0)
    ISN_TRY(take_previous(chain));
  return resume_chain(chain);
}

/* Keep the codes of the neurons that were probed. */
static void keep_summits(chain_t *chain, isn_run_reach_t *reach)
{
  const run_t *run = chain->task.run;
  const size_t d = (size_t)run->layout.code_size;
  for (int k = 0; k < reach->n; k++)
    if (isn_targets_neuron_is_relative(&run->targets, chain->task.piece.target, k))
      memmove(reach->code + d * (size_t)chain->n_summits++, reach->code + d * (size_t)k,
              d * sizeof *reach->code);
  chain->summits = reach->code;
  reach->code = NULL;
}

/* The codes that the target's probe has found. */
static isn_status_t take_summits(chain_t *chain)
{
  const run_t *run = chain->task.run;
  isn_run_reach_t reach = {0};
  bool known;
  if (!isn_targets_is_relative(&run->targets, chain->task.piece.target))
    return ISN_OK;
  ISN_TRY(isn_run_reach_alloc(&run->layout, chain->task.n_neurons, &reach));
  isn_status_t status =
      isn_run_file_read_reach(run->file, chain->task.piece.target, &reach, &known);
  if (status == ISN_OK && !known)
    status = isn_error_set(ISN_ERR_IO, __FILE__, __LINE__, "%s: the reach of target %d is lost",
                           run->options->output.file, chain->task.piece.target);
  if (status == ISN_OK)
    keep_summits(chain, &reach);
  isn_run_reach_free(&reach);
  return status;
}

static isn_status_t begin_seeds(chain_t *chain)
{
  ISN_TRY(take_summits(chain));
  ISN_TRY(isn_moments_alloc(chain->task.run->layout.encoding_size, &chain->fixed));
  return begin_block(chain);
}

isn_status_t chain_open(run_t *run, order_t *order, task_t **out)
{
  static const task_kind_t kind = {settle, advance, close_chain};
  const isn_run_target_t *target = &run->targets.targets[order->piece.target];
  bool seeds = order->piece.kind == PIECE_SEEDS;
  isn_problem_t problem = run->problem;
  chain_t *chain = NULL;
  isn_status_t status;
  problem.n_neurons = target->n_neurons;
  problem.windows = (const double(*)[2])run->targets.windows[order->piece.target];
  ISN_TRY(isn_alloc(&chain, 1, "chain"));
  chain->task =
      (task_t){.kind = &kind, .run = run, .piece = order->piece, .n_neurons = target->n_neurons};
  chain->id = seeds ? SEED_CHAIN : order->piece.chain;
  chain->n_blocks = seeds ? 1 : chain_n_blocks(run, chain->id);
  ISN_TRY_GOTO(alloc_chain(chain, &problem), fail);
  ISN_TRY_GOTO(seeds ? begin_seeds(chain) : begin_round(chain, order), fail);
  *out = &chain->task;
  return ISN_OK;
fail:
  close_chain(&chain->task);
  return status;
}
