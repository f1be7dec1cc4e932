/* Rank 0's desk; see dispatch.h.  What it knows of a target can be told from the file, so a killed
 * run loses nothing that was here. */
#include "dispatch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch_internal.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "progress.h"
#include "record.h"
#include "worker.h"

/* Rank 0 looks this often whether the others are done, and they whether they may go. */
static const struct timespec WAIT = {.tv_nsec = 1000000};

/* ---- the fixed samples of a target --------------------------------------------------------- */

/* All samples of a round that is over join the fixed ones, chain by chain. */
static isn_status_t fold_round(run_t *run, int target, int round)
{
  dispatch_t *dispatch = run->dispatch;
  fixed_t *fixed = &dispatch->fixed[target];
  for (int j = 0; j < run->options->sampling.chains; j++) {
    isn_moments_t made = {0};
    if (fixed->rounds && fixed->rounds[j].size > 0) {
      made = fixed->rounds[j];
      fixed->rounds[j] = (isn_moments_t){0};
    } else { /* by an earlier attempt, if at all */
      int first, last;
      schedule_round_blocks(dispatch->schedule, j, round, &first, &last);
      ISN_TRY(fixed_read_round(run, target, j, first, last, &made));
    }
    isn_moments_join(&fixed->moments, &made);
    isn_moments_free(&made);
  }
  return ISN_OK;
}

/* The fixed samples of a target that earlier attempts have brought to a round. */
static isn_status_t recall_fixed(run_t *run, int target, int round)
{
  fixed_t *fixed = &run->dispatch->fixed[target];
  if (fixed->moments.size > 0)
    return ISN_OK;
  if (run_walks(run))
    return isn_moments_alloc(run->layout.encoding_size, &fixed->moments);
  ISN_TRY(fixed_read_seeds(run, target, fixed));
  for (int r = 0; r < round; r++)
    ISN_TRY(fold_round(run, target, r));
  return ISN_OK;
}

/* ---- letters ------------------------------------------------------------------------------- */

void dispatch_counts(const run_t *run, dispatch_counts_t *counts)
{
  const dispatch_t *dispatch = run->dispatch;
  *counts = (dispatch_counts_t){0};
  for (int t = 0; t < run->targets.n; t++) {
    int n = dispatch->n_accepted[t];
    if (!schedule_is_finished(dispatch->schedule, t))
      counts->n_under_way++;
    else if (n == run->layout.n_slots)
      counts->n_full++;
    else if (n > 0)
      counts->n_partly++;
    else
      counts->n_not_reached++;
  }
}

bool dispatch_is_dry(const run_t *run)
{
  return schedule_n_ready(run->dispatch->schedule) == 0;
}

double dispatch_reach(const run_t *run, int target, int neuron)
{
  const float *reach = run->dispatch ? run->dispatch->reach[target] : NULL;
  return reach ? (double)reach[neuron] : (double)NAN;
}

double dispatch_probe_steps(const run_t *run)
{
  return run->dispatch->probe_steps;
}

static void say_finished(const run_t *run, int target)
{
  const isn_run_target_t *about = &run->targets.targets[target];
  int n = run->dispatch->n_accepted[target];
  char fields[160];
  isn_log_verbose("%s: finished, %d of %d samples", about->label, n, run->layout.n_slots);
  snprintf(fields, sizeof fields, "\"target\": %d, \"unit\": %d, \"accepted\": %d, \"of\": %d",
           target, about->neurons[0], n, run->layout.n_slots);
  isn_log_event("target", fields);
}

/* A piece is done: what follows from it becomes ready. */
static isn_status_t go_on(run_t *run, const piece_t *piece, bool reached)
{
  dispatch_t *dispatch = run->dispatch;
  schedule_done(dispatch->schedule, piece, reached);
  bool finished = schedule_is_finished(dispatch->schedule, piece->target);
  if (!finished && piece->kind == PIECE_ROUND &&
      schedule_round(dispatch->schedule, piece->target) > piece->round)
    ISN_TRY(fold_round(run, piece->target, piece->round));
  if (finished) {
    fixed_free(&dispatch->fixed[piece->target], run->options->sampling.chains);
    say_finished(run, piece->target);
  }
  return ISN_OK;
}

static isn_status_t take_reach(run_t *run, const letter_t *letter)
{
  int target = letter->piece.target;
  ISN_TRY(isn_run_file_write_reach(run->file, target, &letter->reach));
  ISN_TRY(dispatch_set_windows(run, target, &letter->reach));
  bool reached = isn_targets_has_window(&run->targets, target);
  if (!reached)
    progress_skip_blocks(run, isn_run_n_blocks(&run->layout));
  return go_on(run, &letter->piece, reached);
}

static isn_status_t take_seeds(run_t *run, const letter_t *letter)
{
  dispatch_t *dispatch = run->dispatch;
  int target = letter->piece.target;
  ISN_TRY(record_block(run, target, 0, &letter->block, letter->seconds));
  dispatch->n_accepted[target] += record_accepted(&letter->block);
  bool reached = dispatch->n_accepted[target] > 0;
  if (reached)
    ISN_TRY(fixed_set_seeds(run, &letter->block, &dispatch->fixed[target]));
  else
    progress_skip_blocks(run, isn_run_n_blocks(&run->layout) - 1);
  return go_on(run, &letter->piece, reached);
}

static isn_status_t take_round(run_t *run, letter_t *letter)
{
  dispatch_t *dispatch = run->dispatch;
  int target = letter->piece.target;
  dispatch->n_accepted[target] += letter->n;
  progress_skip_blocks(run, letter->n_skipped);
  if (letter->made.size > 0)
    ISN_TRY(fixed_note_round(run, &dispatch->fixed[target], letter->piece.chain, &letter->made));
  return go_on(run, &letter->piece, letter->go_on);
}

/* The rest of a piece has come back, for a rank that is idle. */
static isn_status_t take_rest(run_t *run, letter_t *letter)
{
  dispatch_t *dispatch = run->dispatch;
  rest_t *rest = NULL;
  ISN_TRY(isn_alloc(&rest, 1, "rest of a chain"));
  *rest = (rest_t){dispatch->rests, letter->piece, letter->fixed, letter->made};
  letter->fixed = letter->made = (isn_moments_t){0};
  dispatch->rests = rest;
  dispatch->n_accepted[letter->piece.target] += letter->n;
  isn_log_verbose("%s: from block %d on, chain %d goes from rank %d to an idle one",
                  run->targets.targets[letter->piece.target].label, letter->piece.first,
                  letter->piece.chain, letter->from);
  schedule_put_back(dispatch->schedule, &letter->piece);
  return ISN_OK;
}

/* A piece is done, or its rest given back. */
static isn_status_t take_piece(run_t *run, letter_t *letter)
{
  dispatch_t *dispatch = run->dispatch;
  dispatch->out[letter->from]--;
  dispatch->recalled[letter->from] = false; /* it may have had no chain to give: then ask again */
  switch (letter->kind) {
  case LETTER_REACH:
    return take_reach(run, letter);
  case LETTER_SEEDS:
    return take_seeds(run, letter);
  case LETTER_ROUND:
    return take_round(run, letter);
  case LETTER_REST:
    return take_rest(run, letter);
  default:
    ISN_FAIL(ISN_ERR_MPI, "a letter of kind %d from rank %d", (int)letter->kind, letter->from);
  }
}

/* @param[in,out] letter its moments may be taken over */
static isn_status_t take_letter(run_t *run, letter_t *letter)
{
  dispatch_t *dispatch = run->dispatch;
  if (letter->kind == LETTER_WANT) {
    dispatch->wants[letter->from] += letter->n;
  } else if (letter->kind == LETTER_FAREWELL) {
    dispatch->left[letter->from] = true;
    dispatch->wants[letter->from] = 0;
    dispatch->n_left++;
  } else {
    return take_piece(run, letter);
  }
  return ISN_OK;
}

/* Take all letters out of the box.  @param[in] record false: after an error, when nothing may be
 * written any more, but nobody may be left waiting either */
static isn_status_t read_letters(run_t *run, bool record)
{
  for (;;) {
    letter_t letter;
    bool came;
    isn_status_t status = ISN_OK;
    ISN_TRY(letter_receive(run, &letter, &came));
    if (!came)
      return ISN_OK;
    if (record || letter.kind == LETTER_FAREWELL)
      status = take_letter(run, &letter);
    letter_free(&letter);
    ISN_TRY(status);
  }
}

/* ---- orders -------------------------------------------------------------------------------- */

/* What a chain has brought with it, if this piece is one that came back. */
static bool recall_rest(dispatch_t *dispatch, const piece_t *piece, order_t *order)
{
  for (rest_t **link = &dispatch->rests; *link; link = &(*link)->next) {
    rest_t *rest = *link;
    if (rest->piece.target != piece->target || rest->piece.chain != piece->chain)
      continue;
    order->fixed = rest->fixed;
    order->made = rest->made;
    *link = rest->next;
    free(rest);
    return true;
  }
  return false;
}

/* @param[out] order order_free() */
static isn_status_t make_order(run_t *run, const piece_t *piece, order_t *order)
{
  dispatch_t *dispatch = run->dispatch;
  int target = piece->target, n = run->targets.targets[target].n_neurons;
  isn_status_t status;
  *order = (order_t){.piece = *piece};
  if (piece->kind != PIECE_PROBE && dispatch->reach[target]) {
    ISN_TRY_GOTO(isn_alloc(&order->reach, n, "reach of a target"), fail);
    memcpy(order->reach, dispatch->reach[target], (size_t)n * sizeof *order->reach);
  }
  if (piece->kind == PIECE_ROUND && !recall_rest(dispatch, piece, order)) {
    ISN_TRY_GOTO(recall_fixed(run, target, piece->round), fail);
    ISN_TRY_GOTO(isn_moments_alloc(run->layout.encoding_size, &order->fixed), fail);
    isn_moments_copy(&order->fixed, &dispatch->fixed[target].moments);
  }
  return ISN_OK;
fail:
  order_free(order);
  return status;
}

/* The rank that wants work, has the least, and no more than its share: or the first to ask would
 * take everything of a small run.  @return -1 if there is none */
static int choose_rank(dispatch_t *dispatch, int size)
{
  int n = schedule_n_ready(dispatch->schedule) + schedule_n_out(dispatch->schedule);
  int share = (n + size - 1) / size, chosen = -1;
  for (int i = 0; i < size; i++) {
    int rank = (dispatch->turn + i) % size;
    if (dispatch->wants[rank] > 0 && dispatch->out[rank] < share &&
        (chosen < 0 || dispatch->out[rank] < dispatch->out[chosen]))
      chosen = rank;
  }
  if (chosen >= 0)
    dispatch->turn = (chosen + 1) % size;
  return chosen;
}

static isn_status_t give_order(run_t *run, int rank, const piece_t *piece)
{
  dispatch_t *dispatch = run->dispatch;
  order_t order;
  ISN_TRY(make_order(run, piece, &order));
  dispatch->wants[rank]--;
  dispatch->out[rank]++;
  if (rank == 0) {
    dispatch->own[dispatch->n_own++] = order;
    return ISN_OK;
  }
  isn_status_t status = order_send(run, rank, &order);
  order_free(&order);
  return status;
}

/* No piece is ready, and some ranks have none: as many others, that have several, are to give back
 * the rest of one when they can. */
static isn_status_t recall_pieces(run_t *run)
{
  dispatch_t *dispatch = run->dispatch;
  int size = isn_comm_size(run->comm), n_idle = 0;
  for (int rank = 0; rank < size; rank++)
    n_idle += (dispatch->out[rank] == 0 && dispatch->wants[rank] > 0) - dispatch->recalled[rank];
  for (; n_idle > 0; n_idle--) {
    const order_t recall = {.recall = true};
    int most = -1;
    for (int rank = 0; rank < size; rank++)
      if (dispatch->out[rank] > 1 && !dispatch->recalled[rank] &&
          (most < 0 || dispatch->out[rank] > dispatch->out[most]))
        most = rank;
    if (most < 0)
      return ISN_OK;
    dispatch->recalled[most] = true;
    if (most == 0)
      run->recalled = true;
    else
      ISN_TRY(order_send(run, most, &recall));
  }
  return ISN_OK;
}

static isn_status_t tell_over(run_t *run, int rank)
{
  const order_t over = {.over = true};
  if (rank == 0 || run->dispatch->told_over[rank])
    return ISN_OK;
  run->dispatch->told_over[rank] = true;
  return order_send(run, rank, &over);
}

static isn_status_t hand_out(run_t *run)
{
  dispatch_t *dispatch = run->dispatch;
  int size = isn_comm_size(run->comm);
  while (schedule_n_ready(dispatch->schedule) > 0) {
    piece_t piece;
    int rank = choose_rank(dispatch, size);
    if (rank < 0)
      return ISN_OK;
    (void)schedule_take(dispatch->schedule, &piece);
    ISN_TRY(give_order(run, rank, &piece));
  }
  ISN_TRY(recall_pieces(run));
  for (int rank = 0; rank < size && schedule_n_left(dispatch->schedule) == 0; rank++)
    ISN_TRY(tell_over(run, rank));
  return ISN_OK;
}

isn_status_t dispatch_serve(run_t *run)
{
  ISN_TRY(read_letters(run, true));
  return hand_out(run);
}

/* ---- every rank ---------------------------------------------------------------------------- */

int work_first_wants(const run_t *run)
{
  return isn_engine_batch(run->engine) / run->layout.block_size;
}

isn_status_t work_want(run_t *run, int n)
{
  letter_t letter = {.kind = LETTER_WANT, .n = n};
  return work_report(run, &letter);
}

isn_status_t work_report(run_t *run, letter_t *letter)
{
  return is_root(run) ? take_letter(run, letter) : letter_send(run, letter);
}

isn_status_t work_take(run_t *run, order_t *order, bool *came)
{
  dispatch_t *dispatch = run->dispatch;
  if (!is_root(run))
    return order_receive(run, order, came);
  *order = (order_t){0};
  *came = dispatch->n_own > 0;
  if (*came) {
    *order = dispatch->own[0];
    memmove(dispatch->own, dispatch->own + 1, (size_t)--dispatch->n_own * sizeof *dispatch->own);
  } else if (schedule_n_left(dispatch->schedule) == 0) {
    *came = order->over = true;
  }
  return ISN_OK;
}

/* Rank 0 stays at its letter box until every other rank has said farewell, whatever happened. */
static isn_status_t wait_for_all(run_t *run, isn_status_t status)
{
  int size = isn_comm_size(run->comm);
  while (run->dispatch->n_left < size - 1) {
    bool stopped;
    ISN_TRY(isn_board_flag(run->board, &stopped)); /* serves the board */
    isn_status_t now = read_letters(run, status == ISN_OK || status == ISN_ERR_STOPPED);
    if (now != ISN_OK) {
      ISN_TRY(worker_call_stop(run));
      status = now;
    }
    for (int rank = 1; rank < size; rank++)
      if (run->dispatch->left[rank])
        ISN_TRY(tell_over(run, rank));
    nanosleep(&WAIT, NULL);
  }
  for (int rank = 1; rank < size; rank++)
    ISN_TRY(tell_over(run, rank));
  return status;
}

/* The others say farewell and wait until rank 0 has heard it, so that no order comes later. */
static isn_status_t say_farewell(run_t *run, bool told_over)
{
  const letter_t farewell = {.kind = LETTER_FAREWELL};
  ISN_TRY(letter_send(run, &farewell));
  while (!told_over) {
    order_t order;
    bool came;
    ISN_TRY(order_receive(run, &order, &came));
    told_over = came && order.over;
    order_free(&order);
    if (!came)
      nanosleep(&WAIT, NULL);
  }
  return ISN_OK;
}

isn_status_t work_leave(run_t *run, isn_status_t status, bool told_over)
{
  if (status != ISN_OK)
    ISN_TRY(worker_call_stop(run));
  if (is_root(run))
    status = wait_for_all(run, status);
  else
    ISN_TRY(say_farewell(run, told_over));
  ISN_TRY(isn_comm_flush(run->comm));
  return status;
}
