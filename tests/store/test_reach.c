/** @file test_reach.c
 *  Reaches and windows that are found during a run, and reading back what ranks have written while
 *  the run goes on: every rank sees what any rank has written before a barrier.
 */
#include "harness.h"

#include <stdlib.h>
#include <unistd.h>

#include "invset/memory.h"
#include "made_run.h"

static isn_comm_t *comm;
static char path[64];

static int begin_run(const isn_run_layout_t *layout, isn_run_file_t **file)
{
  if (isn_comm_rank(comm) == 0) {
    isn_run_path_state_t state;
    unlink(path);
    TEST_REQUIRE(isn_run_file_inspect(path, layout, &state));
    TEST_REQUIRE(isn_run_file_create(path, layout));
  }
  TEST_REQUIRE(isn_comm_barrier(comm));
  TEST_REQUIRE(isn_run_file_open(comm, path, layout, file));
  return 0;
}

static void check_reach(isn_run_file_t *file, const isn_run_layout_t *layout, int target,
                        bool wanted)
{
  isn_run_reach_t reach;
  bool known = !wanted;
  TEST_OK(isn_run_reach_alloc(layout, layout->targets[target].n_neurons, &reach));
  TEST_OK(isn_run_file_read_reach(file, target, &reach, &known));
  TEST_CHECK_MSG(known == wanted, "target %d", target);
  if (wanted && layout->probe_starts > 0)
    TEST_CHECK(made_reach_equal(layout, target, &reach));
  isn_run_reach_free(&reach);
}

/* What may not be asked for.  MADE_PROBED and MADE_GREY have 2 and 1 neurons. */
static void check_requests(isn_run_file_t *file, const isn_run_layout_t *layout)
{
  isn_run_reach_t reach;
  bool known;
  float windows[2][2] = {{1, 2}, {3, 4}};
  const float(*const given)[2] = (const float(*)[2])windows;
  TEST_ERROR(isn_run_reach_alloc(layout, 3, &reach), ISN_ERR_ARG, "reach of 3 neurons");
  TEST_OK(isn_run_reach_alloc(layout, 2, &reach));
  TEST_ERROR(isn_run_file_read_reach(file, 2, &reach, &known), ISN_ERR_ARG, "target 2");
  TEST_ERROR(isn_run_file_read_reach(file, 1, &reach, &known), ISN_ERR_ARG,
             "1 neurons, its reach 2");
  if (isn_comm_rank(comm) == 0) {
    TEST_ERROR(isn_run_file_write_reach(file, 1, &reach), ISN_ERR_ARG, "1 neurons, its reach 2");
    TEST_ERROR(isn_run_file_write_windows(file, -1, given), ISN_ERR_ARG, "target -1");
    if (layout->probe_starts == 0)
      TEST_ERROR(isn_run_file_write_reach(file, 0, &reach), ISN_ERR_ARG, "no place for reaches");
  } else {
    TEST_ERROR(isn_run_file_write_reach(file, 0, &reach), ISN_ERR_ARG, "written by rank 0");
    TEST_ERROR(isn_run_file_write_windows(file, 0, given), ISN_ERR_ARG, "written by rank 0");
  }
  isn_run_reach_free(&reach);
}

/* Target 0 first, then its blocks, one after the other by the ranks in turn. */
static void write_target(isn_run_file_t *file, const isn_run_layout_t *layout, int target)
{
  isn_run_block_t data;
  if (isn_comm_rank(comm) == 0 && layout->probe_starts > 0)
    TEST_OK(made_write_reach(file, layout, target, target));
  for (int b = isn_comm_rank(comm); b < isn_run_n_blocks(layout); b += isn_comm_size(comm)) {
    TEST_OK(made_block(layout, target, b, &data));
    TEST_OK(isn_run_file_write_block(file, target, b, &data, 0.0));
    isn_run_block_free(&data);
  }
}

static void check_blocks(isn_run_file_t *file, const isn_run_layout_t *layout, int target)
{
  isn_run_block_t data;
  for (int b = 0; b < isn_run_n_blocks(layout); b++) {
    TEST_OK(isn_run_block_alloc(layout, isn_run_block_count(layout, b), &data));
    TEST_OK(isn_run_file_read_block(file, target, b, &data));
    TEST_CHECK_MSG(made_block_equal(layout, target, b, &data), "block %d of target %d", b, target);
    isn_run_block_free(&data);
  }
}

/* Only target 0 is there; each slot of it is as it was made. */
static void check_samples(isn_run_file_t *file, const isn_run_layout_t *layout)
{
  unsigned char status[23], states[64];
  float activation[2 * 23], steps[23];
  const int n_blocks = isn_run_n_blocks(layout), m = layout->max_neurons;
  isn_run_block_t made;
  TEST_OK(isn_run_file_states(file, states));
  for (int b = 0; b < n_blocks * layout->n_targets; b++)
    TEST_CHECK_MSG((states[b] != ISN_BLOCK_EMPTY) == (b < n_blocks), "block %d", b);
  TEST_OK(isn_run_file_samples(file, 1, status, activation, steps));
  for (int s = 0; s < layout->n_slots; s++)
    TEST_CHECK(status[s] == ISN_SAMPLE_EMPTY && isnan(activation[s * m]) && isnan(steps[s]));
  TEST_OK(isn_run_file_samples(file, 0, status, activation, steps));
  for (int s = 0; s < layout->n_slots; s++) {
    const int i = s % layout->block_size;
    TEST_OK(made_block(layout, 0, s / layout->block_size, &made));
    TEST_CHECK(status[s] == made.status[i] && steps[s] == made.steps[i]);
    TEST_CHECK(memcmp(activation + s * m, made.activation + i * m, sizeof *activation) == 0);
    isn_run_block_free(&made);
  }
}

static int try_during_run(made_kind_t kind)
{
  isn_run_layout_t layout;
  isn_run_file_t *file;
  isn_run_block_t data;
  TEST_REQUIRE(made_layout(kind, &layout));
  const bool probed = layout.probe_starts > 0;
  if (begin_run(&layout, &file))
    return 1;
  for (int t = 0; t < layout.n_targets; t++)
    check_reach(file, &layout, t, false);
  if (layout.max_neurons == 2)
    check_requests(file, &layout);
  TEST_REQUIRE(isn_comm_barrier(comm));
  write_target(file, &layout, 0);
  TEST_REQUIRE(isn_comm_barrier(comm));
  check_reach(file, &layout, 0, probed);
  check_reach(file, &layout, 1, false);
  check_blocks(file, &layout, 0);
  check_samples(file, &layout);
  TEST_OK(isn_run_block_alloc(&layout, layout.block_size, &data));
  TEST_ERROR(isn_run_file_read_block(file, 1, 0, &data), ISN_ERR_ARG, "not finished");
  isn_run_block_free(&data);
  TEST_REQUIRE(isn_run_file_close(file));
  if (isn_comm_rank(comm) == 0)
    TEST_CHECK(made_file_right(path, true) && !made_file_right(path, false));
  isn_run_layout_clear(&layout);
  return 0;
}

/* The run as it ends where target 1 is out of reach: no window, and so no blocks. */
static isn_status_t end_without_target_1(isn_run_file_t *file, const isn_run_layout_t *layout)
{
  isn_run_reach_t reach;
  const isn_run_summary_t summaries[2] = {{ISN_TARGET_FULL, 8, 1.0, 1.0, 1.0, 10.0},
                                          {ISN_TARGET_NOT_REACHED, 0, NAN, NAN, NAN, 0.0}};
  if (isn_comm_rank(comm) != 0)
    return ISN_OK;
  ISN_TRY(made_reach(layout, 1, &reach));
  isn_status_t status = isn_run_file_write_reach(file, 1, &reach);
  isn_run_reach_free(&reach);
  return status != ISN_OK ? status : isn_run_file_write_summaries(file, summaries, 0.0);
}

static void check_ended(const isn_run_layout_t *layout)
{
  isn_run_path_state_t state;
  isn_run_reader_t *reader;
  isn_run_summary_t summaries[2];
  bool complete, known;
  double pool_steps;
  isn_run_reach_t reach;
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FINISHED);
  isn_run_file_unlock(path);
  TEST_OK(isn_run_reader_open(path, &reader));
  const isn_run_layout_t *found = isn_run_reader_layout(reader);
  TEST_CHECK(isinf(found->targets[0].windows[1][1]));
  TEST_CHECK(isnan(found->targets[1].windows[0][0]) && isnan(found->targets[1].windows[0][1]));
  TEST_OK(isn_run_reader_summaries(reader, &complete, summaries, &pool_steps));
  TEST_CHECK(complete && summaries[1].status == ISN_TARGET_NOT_REACHED);
  TEST_OK(isn_run_reach_alloc(layout, 1, &reach));
  TEST_OK(isn_run_reader_reach(reader, 1, &reach, &known));
  TEST_CHECK(known && made_reach_equal(layout, 1, &reach));
  isn_run_reach_free(&reach);
  isn_run_reader_close(reader);
  unlink(path);
}

static int try_out_of_reach(void)
{
  isn_run_layout_t layout;
  isn_run_file_t *file;
  TEST_REQUIRE(made_layout(MADE_PROBED, &layout));
  if (begin_run(&layout, &file))
    return 1;
  write_target(file, &layout, 0);
  TEST_OK(isn_run_file_sync(file));
  TEST_REQUIRE(isn_comm_barrier(comm));
  TEST_OK(end_without_target_1(file, &layout));
  TEST_REQUIRE(isn_run_file_close(file));
  if (isn_comm_rank(comm) == 0)
    check_ended(&layout);
  isn_run_layout_clear(&layout);
  return 0;
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  snprintf(path, sizeof path, "store-reach-np%d/run.h5", isn_comm_size(comm));
  for (int kind = MADE_COLOUR; kind < MADE_N_KINDS; kind++) {
    if (try_during_run((made_kind_t)kind))
      isn_comm_abort(comm, 1);
  }
  if (try_out_of_reach())
    isn_comm_abort(comm, 1);
  isn_comm_close(comm);
  TEST_END();
}
