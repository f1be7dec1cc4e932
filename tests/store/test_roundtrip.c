/** @file test_roundtrip.c
 *  What ranks write is what the reader reads, bit for bit: blocks, summaries, layout.
 */
#include "harness.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_run.h"

static int rank_0_checks_new(const char *path, const isn_run_layout_t *layout)
{
  isn_run_path_state_t state;
  unlink(path);
  TEST_REQUIRE(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FREE);
  TEST_REQUIRE(isn_run_file_create(path, layout));
  TEST_ERROR(isn_run_file_create(path, layout), ISN_ERR_INPUT, "exists already");
  TEST_REQUIRE(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_PARTIAL);
  struct stat info;
  TEST_CHECK(stat(path, &info) == 0 && (uint64_t)info.st_size <= isn_run_file_bytes(layout));
  return 0;
}

static void check_layout(const isn_run_layout_t *found, const isn_run_layout_t *wanted)
{
  TEST_CHECK(found->n_targets == wanted->n_targets && found->n_slots == wanted->n_slots);
  TEST_CHECK(found->block_size == wanted->block_size && found->code_size == wanted->code_size);
  TEST_CHECK(found->encoding_size == wanted->encoding_size);
  TEST_CHECK(found->with_encodings == wanted->with_encodings);
  TEST_CHECK(found->channels == wanted->channels && found->height == wanted->height);
  TEST_CHECK(found->width == wanted->width && found->max_neurons == wanted->max_neurons);
  TEST_CHECK(found->probe_starts == wanted->probe_starts);
  TEST_CHECK(strcmp(found->config_text, wanted->config_text) == 0);
  TEST_CHECK(strcmp(found->settings, wanted->settings) == 0);
  TEST_CHECK(strcmp(found->method, wanted->method) == 0);
  TEST_CHECK(strcmp(found->program_version, wanted->program_version) == 0);
  TEST_CHECK(strcmp(found->git_revision, wanted->git_revision) == 0);
  TEST_CHECK(found->n_models == wanted->n_models);
  for (int m = 0; m < wanted->n_models; m++) {
    TEST_CHECK(strcmp(found->models[m].role, wanted->models[m].role) == 0);
    TEST_CHECK(strcmp(found->models[m].path, wanted->models[m].path) == 0);
    TEST_CHECK(strcmp(found->models[m].sha256, wanted->models[m].sha256) == 0);
  }
  for (int t = 0; t < wanted->n_targets; t++) {
    const isn_run_target_t *a = &found->targets[t], *b = &wanted->targets[t];
    TEST_CHECK(strcmp(a->label, b->label) == 0);
    TEST_CHECK(a->n_neurons == b->n_neurons);
    for (int k = 0; k < b->n_neurons; k++) {
      TEST_CHECK(strcmp(a->blobs[k], b->blobs[k]) == 0 && a->quantities[k] == b->quantities[k]);
      TEST_CHECK(a->neurons[k] == b->neurons[k] && a->units[k] == b->units[k]);
      TEST_CHECK((isnan(a->windows[k][0]) && isnan(a->windows[k][1]) && isnan(b->windows[k][0]) &&
                  isnan(b->windows[k][1])) ||
                 memcmp(a->windows[k], b->windows[k], sizeof a->windows[k]) == 0);
    }
  }
}

static void check_summaries(isn_run_reader_t *reader, int n_targets, bool wanted_complete)
{
  isn_run_summary_t found[3];
  bool complete = !wanted_complete;
  double pool_steps;
  TEST_OK(isn_run_reader_summaries(reader, &complete, found, &pool_steps));
  TEST_CHECK(complete == wanted_complete);
  TEST_CHECK(wanted_complete ? pool_steps == 1000.0 : isnan(pool_steps));
  for (int t = 0; t < n_targets; t++) {
    const isn_run_summary_t made = made_summary(t);
    TEST_CHECK(found[t].status == (wanted_complete ? made.status : ISN_TARGET_UNFINISHED));
    if (!wanted_complete)
      continue;
    TEST_CHECK(found[t].n_accepted == made.n_accepted && found[t].steps == made.steps);
    TEST_CHECK(found[t].activation_mean == made.activation_mean);
    TEST_CHECK(isnan(found[t].activation_std) == isnan(made.activation_std));
    TEST_CHECK(found[t].best_activation == made.best_activation);
  }
}

/* The grey run's reader takes states in the order [target][block]; sample 10 is not reached, 21
 * outside. */
static void check_states(isn_run_reader_t *reader, const isn_run_layout_t *layout)
{
  unsigned char states[64];
  const int per_target = isn_run_n_blocks(layout);
  TEST_OK(isn_run_reader_states(reader, states));
  for (int b = 0; b < per_target * layout->n_targets; b++) {
    const int first = b % per_target * layout->block_size;
    const int end = first + isn_run_block_count(layout, b % per_target);
    const bool failed = (first <= 10 && 10 < end) || (first <= 21 && 21 < end);
    TEST_CHECK_MSG(states[b] == (failed ? ISN_BLOCK_FAILED : ISN_BLOCK_DONE), "block %d: %d", b,
                   states[b]);
  }
}

static int rank_0_checks_written(const char *path, const isn_run_layout_t *layout)
{
  isn_run_path_state_t state;
  isn_run_reader_t *reader;
  TEST_REQUIRE(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FINISHED);
  isn_run_file_unlock(path);
  TEST_REQUIRE(isn_run_reader_open(path, &reader));
  check_summaries(reader, layout->n_targets, true);
  check_states(reader, layout);
  isn_run_reader_close(reader);
  TEST_CHECK(made_file_right(path, false));
  unlink(path);
  return 0;
}

static int try_kind(isn_comm_t *comm, made_kind_t kind, const char *path)
{
  isn_run_layout_t layout;
  isn_run_reader_t *reader;
  const bool first = isn_comm_rank(comm) == 0;
  TEST_REQUIRE(made_layout(kind, &layout));
  if (first && rank_0_checks_new(path, &layout))
    isn_comm_abort(comm, 1);
  if (first) {
    TEST_REQUIRE(isn_run_reader_open(path, &reader));
    check_layout(isn_run_reader_layout(reader), &layout);
    check_summaries(reader, layout.n_targets, false);
    isn_run_reader_close(reader);
  }
  TEST_REQUIRE(isn_comm_barrier(comm));
  TEST_OK(made_write(comm, path, &layout));
  if (first && rank_0_checks_written(path, &layout))
    isn_comm_abort(comm, 1);
  isn_run_layout_clear(&layout);
  return 0;
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  char path[64];
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  for (int kind = MADE_COLOUR; kind < MADE_N_KINDS; kind++) {
    snprintf(path, sizeof path, "store-roundtrip-np%d/run-%d.h5", isn_comm_size(comm), kind);
    if (try_kind(comm, (made_kind_t)kind, path))
      isn_comm_abort(comm, 1);
  }
  isn_comm_close(comm);
  TEST_END();
}
