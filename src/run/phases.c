/* The phases of a run; see phases.h. */
#include "phases.h"

#include <stdlib.h>
#include <time.h>

#include "chain.h"
#include "invset/memory.h"
#include "letters.h"
#include "progress.h"
#include "worker.h"

/* Rank 0 looks this often whether the others are done. */
static const struct timespec WAIT = {.tv_nsec = 2000000};

static bool is_root(const run_t *run)
{
  return isn_comm_rank(run->comm) == 0;
}

/* Write a block to the file and count it. */
static isn_status_t record_block(run_t *run, int target, int file_block,
                                 const isn_run_block_t *block, double seconds)
{
  int64_t accepted = 0;
  ISN_TRY(isn_run_file_write_block(run->file, target, file_block, block, seconds));
  for (int i = 0; i < block->n; i++)
    accepted += block->status[i] == ISN_SAMPLE_ACCEPTED;
  ISN_TRY(isn_board_add(run->board, BOARD_ACCEPTED, accepted));
  return isn_board_add(run->board, BOARD_BLOCKS, 1);
}

static isn_status_t record_chain(run_t *run, const chain_t *chain)
{
  return record_block(run, chain->target, chain_current_block(chain), &chain->out,
                      run_clock() - chain->began);
}

/* Take all letters out of the box; seeds are recorded unless rank 0 has failed already. */
static isn_status_t read_letters(run_t *run, bool record)
{
  letter_t letter;
  for (;;) {
    ISN_TRY(letter_receive(run, &letter));
    if (!letter.came)
      return ISN_OK;
    if (letter.farewell) {
      run->n_farewells++;
      continue;
    }
    isn_status_t status =
        record ? record_block(run, letter.target, 0, &letter.block, letter.seconds) : ISN_OK;
    isn_run_block_free(&letter.block);
    ISN_TRY(status);
  }
}

static isn_status_t between_steps(run_t *run)
{
  if (!is_root(run))
    return ISN_OK;
  ISN_TRY(read_letters(run, true));
  return progress_show(run);
}

/* Rank 0 stays at its letter box until every other rank has said farewell, whatever happened, so
 * that nobody waits for it in vain. */
static isn_status_t wait_for_farewells(run_t *run, isn_status_t status)
{
  bool stopped;
  while (run->n_farewells < isn_comm_size(run->comm) - 1) {
    ISN_TRY(isn_board_flag(run->board, &stopped)); /* serves those who ask for work */
    isn_status_t now = read_letters(run, status == ISN_OK);
    if (now == ISN_OK && status == ISN_OK)
      now = progress_show(run);
    if (now != ISN_OK && status == ISN_OK) {
      status = now;
      ISN_TRY(worker_call_stop(run));
    }
    nanosleep(&WAIT, NULL);
  }
  run->n_farewells = 0;
  return status;
}

static isn_status_t run_phase(run_t *run, const phase_plan_t *plan)
{
  isn_status_t status = worker_run(run, plan);
  if (status != ISN_OK)
    ISN_TRY(worker_call_stop(run));
  if (is_root(run))
    status = wait_for_farewells(run, status);
  else
    ISN_TRY(letter_send_farewell(run));
  return worker_agree(run, status);
}

static isn_status_t open_seed_chain(const run_t *run, int64_t work, chain_t **chain)
{
  if (*block_state(run, (int)work, 0) != ISN_BLOCK_EMPTY)
    return ISN_OK;
  return chain_open(run, (int)work, SEED_CHAIN, chain);
}

static isn_status_t deliver_seeds(run_t *run, const chain_t *chain)
{
  return is_root(run) ? record_chain(run, chain) : letter_send_seeds(run, chain);
}

isn_status_t phase_seeds(run_t *run)
{
  phase_plan_t plan = {.counter = BOARD_SEED_WORK,
                       .n_work = run->targets.n,
                       .open = open_seed_chain,
                       .deliver = deliver_seeds,
                       .between_steps = between_steps};
  return run_phase(run, &plan);
}

/* Chains of different targets come first, so that a target's chains are spread over the run. */
static isn_status_t open_chain(const run_t *run, int64_t work, chain_t **chain)
{
  int target = (int)(work % run->targets.n), id = (int)(work / run->targets.n);
  return chain_open(run, target, id, chain);
}

isn_status_t phase_chains(run_t *run)
{
  phase_plan_t plan = {.counter = BOARD_CHAIN_WORK,
                       .n_work = (int64_t)run->targets.n * run->options->sampling.chains,
                       .open = open_chain,
                       .deliver = record_chain,
                       .between_steps = between_steps};
  return run_phase(run, &plan);
}

isn_status_t phase_broadcast_seeds(run_t *run)
{
  isn_status_t status = ISN_OK;
  size_t sum_bytes = (size_t)run->layout.encoding_size * sizeof(double);
  for (int t = 0; t < run->targets.n && status == ISN_OK && is_root(run); t++)
    status = chain_read_seed_moments(run, t, &run->seeds[t]);
  ISN_TRY(isn_comm_agree(run->comm, status));
  for (int t = 0; t < run->targets.n; t++) {
    isn_moments_t *seeds = &run->seeds[t];
    ISN_TRY(isn_comm_broadcast(run->comm, &seeds->m, sizeof seeds->m));
    ISN_TRY(isn_comm_broadcast(run->comm, seeds->sum, sum_bytes));
    ISN_TRY(isn_comm_broadcast(run->comm, &seeds->sum_squares, sizeof seeds->sum_squares));
  }
  return ISN_OK;
}
