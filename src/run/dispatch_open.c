/* Finding out from the file what has been done, target by target, when a run begins; see
 * dispatch.h. */
#include <stdlib.h>
#include <string.h>

#include "dispatch_internal.h"
#include "invset/memory.h"
#include "probe.h"
#include "progress.h"

/* Accepted samples of each block of a target.  @param[out] accepted (B) */
static isn_status_t count_accepted(run_t *run, int target, int *accepted)
{
  const isn_run_layout_t *layout = &run->layout;
  size_t n = (size_t)layout->n_slots;
  unsigned char *sample_status = NULL;
  float *activation = NULL, *steps = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&sample_status, n, "status of samples"), done);
  ISN_TRY_GOTO(isn_alloc(&activation, n * (size_t)layout->max_neurons, "activations"), done);
  ISN_TRY_GOTO(isn_alloc(&steps, n, "steps of samples"), done);
  ISN_TRY_GOTO(isn_run_file_samples(run->file, target, sample_status, activation, steps), done);
  memset(accepted, 0, (size_t)isn_run_n_blocks(layout) * sizeof *accepted);
  for (int s = 0; s < layout->n_slots; s++)
    accepted[s / layout->block_size] += sample_status[s] == ISN_SAMPLE_ACCEPTED;
done:
  free(sample_status);
  free(activation);
  free(steps);
  return status;
}

isn_status_t dispatch_set_windows(run_t *run, int target, const isn_run_reach_t *found)
{
  float *reach = NULL;
  ISN_TRY(isn_alloc(&reach, found->n, "reach of a target"));
  run->dispatch->reach[target] = reach;
  run->dispatch->probe_steps += (double)found->steps;
  probe_best(&run->layout, found, reach);
  isn_targets_set_reach(&run->targets, target, reach);
  return isn_run_file_write_windows(run->file, target,
                                    (const float(*)[2])run->targets.targets[target].windows);
}

/* Whether a target's window is known, or its reach is in the file. */
static isn_status_t recall_window(run_t *run, int target, bool *known)
{
  isn_run_reach_t reach = {0};
  isn_status_t status;
  *known = !isn_targets_is_relative(&run->targets, target);
  if (*known)
    return ISN_OK;
  ISN_TRY(isn_run_reach_alloc(&run->layout, run->targets.targets[target].n_neurons, &reach));
  ISN_TRY_GOTO(isn_run_file_read_reach(run->file, target, &reach, known), done);
  if (*known)
    ISN_TRY_GOTO(dispatch_set_windows(run, target, &reach), done);
done:
  isn_run_reach_free(&reach);
  return status;
}

/* Blocks of each chain that are there without a gap, and whether one of them got nothing in. */
static void look_at_chains(run_t *run, int target, const int *accepted, int *done, bool *ended)
{
  for (int j = 0; j < run->options->sampling.chains; j++) {
    int n = chain_n_blocks(run, j), q = 0;
    ended[j] = false;
    for (; q < n && !ended[j]; q++) {
      int block = chain_file_block(run, j, q);
      if (*block_state(run, target, block) == ISN_BLOCK_EMPTY)
        break;
      ended[j] = accepted[block] == 0 && !run_walks(run);
    }
    done[j] = q;
    if (ended[j])
      progress_skip_blocks(run, n - q);
  }
}

/* Begin a target where earlier attempts have left it. */
static isn_status_t begin_target(run_t *run, int target, int *accepted, int *done, bool *ended)
{
  dispatch_t *dispatch = run->dispatch;
  bool known;
  int n_blocks = isn_run_n_blocks(&run->layout);
  ISN_TRY(recall_window(run, target, &known));
  if (!known) {
    schedule_begin(dispatch->schedule, target, PIECE_PROBE);
  } else if (!isn_targets_has_window(&run->targets, target)) {
    schedule_end(dispatch->schedule, target);
    progress_skip_blocks(run, n_blocks);
  } else if (!run_walks(run) && *block_state(run, target, 0) == ISN_BLOCK_EMPTY) {
    schedule_begin(dispatch->schedule, target, PIECE_SEEDS);
  } else {
    ISN_TRY(count_accepted(run, target, accepted));
    for (int b = 0; b < n_blocks; b++)
      dispatch->n_accepted[target] += accepted[b];
    if (accepted[0] == 0 && !run_walks(run)) {
      schedule_end(dispatch->schedule, target);
      progress_skip_blocks(run, n_blocks - 1);
    } else {
      look_at_chains(run, target, accepted, done, ended);
      schedule_begin_rounds(dispatch->schedule, target, done, ended);
    }
  }
  return ISN_OK;
}

static isn_status_t begin_targets(run_t *run)
{
  int n_chains = run->options->sampling.chains;
  int *accepted = NULL, *done = NULL;
  bool *ended = NULL;
  isn_status_t status;
  ISN_TRY_GOTO(isn_alloc(&accepted, isn_run_n_blocks(&run->layout), "accepted samples"), end);
  ISN_TRY_GOTO(isn_alloc(&done, n_chains, "blocks of chains"), end);
  ISN_TRY_GOTO(isn_alloc(&ended, n_chains, "ends of chains"), end);
  for (int t = 0; t < run->targets.n; t++)
    ISN_TRY_GOTO(begin_target(run, t, accepted, done, ended), end);
end:
  free(accepted);
  free(done);
  free(ended);
  return status;
}

static isn_status_t alloc_dispatch(run_t *run)
{
  dispatch_t *dispatch = NULL;
  size_t n_targets = (size_t)run->targets.n, size = (size_t)isn_comm_size(run->comm);
  ISN_TRY(isn_alloc(&dispatch, 1, "dispatch"));
  run->dispatch = dispatch;
  dispatch->max_own = isn_engine_batch(run->engine);
  ISN_TRY(isn_alloc(&dispatch->fixed, n_targets, "fixed samples"));
  ISN_TRY(isn_alloc(&dispatch->reach, n_targets, "reaches"));
  ISN_TRY(isn_alloc(&dispatch->n_accepted, n_targets, "accepted samples"));
  ISN_TRY(isn_alloc(&dispatch->wants, size, "ranks"));
  ISN_TRY(isn_alloc(&dispatch->out, size, "ranks"));
  ISN_TRY(isn_alloc(&dispatch->recalled, size, "ranks"));
  ISN_TRY(isn_alloc(&dispatch->told_over, size, "ranks"));
  ISN_TRY(isn_alloc(&dispatch->left, size, "ranks"));
  for (size_t rank = 0; rank < size; rank++)
    dispatch->wants[rank] = work_first_wants(run);
  return isn_alloc(&dispatch->own, dispatch->max_own, "orders");
}

static isn_status_t create_schedule(run_t *run)
{
  int n_chains = run->options->sampling.chains, *blocks = NULL;
  ISN_TRY(isn_alloc(&blocks, n_chains, "blocks of chains"));
  for (int j = 0; j < n_chains; j++)
    blocks[j] = chain_n_blocks(run, j);
  isn_status_t status = schedule_create(run->targets.n, n_chains, blocks, run_refresh(run),
                                        !run_walks(run), &run->dispatch->schedule);
  free(blocks);
  return status;
}

isn_status_t dispatch_open(run_t *run)
{
  ISN_TRY(alloc_dispatch(run));
  ISN_TRY(create_schedule(run));
  return begin_targets(run);
}

void dispatch_close(run_t *run)
{
  dispatch_t *dispatch = run->dispatch;
  if (!dispatch)
    return;
  for (int t = 0; t < run->targets.n; t++) {
    if (dispatch->fixed)
      fixed_free(&dispatch->fixed[t], run->options->sampling.chains);
    if (dispatch->reach)
      free(dispatch->reach[t]);
  }
  for (int i = 0; i < dispatch->n_own; i++)
    order_free(&dispatch->own[i]);
  while (dispatch->rests) {
    rest_t *rest = dispatch->rests;
    dispatch->rests = rest->next;
    isn_moments_free(&rest->fixed);
    isn_moments_free(&rest->made);
    free(rest);
  }
  schedule_destroy(dispatch->schedule);
  free(dispatch->fixed);
  free(dispatch->reach);
  free(dispatch->n_accepted);
  free(dispatch->wants);
  free(dispatch->out);
  free(dispatch->recalled);
  free(dispatch->told_over);
  free(dispatch->left);
  free(dispatch->own);
  free(dispatch);
  run->dispatch = NULL;
}
