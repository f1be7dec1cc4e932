/** @file test_info_run.c
 *  `invset info` on run files: finished, unfinished, with reaches, and files that are none.
 */
#include "base/scratch.h"
#include "program.h"
#include "small_run.h"

enum { FINISHED, UNFINISHED, PROBED, PROBING, OUTSIDE, N_RUNS };

static program_t program;

static void test_finished(const char *path)
{
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 0, "made by invset 9.8.7 (revision abcdef)");
  PROGRAM_CHECK(&program, 0, "complete: 8 of 9 blocks finished");
  /* The missing block is of a target that was left early: no fault. */
  TEST_CHECK(!strstr(program.output, "warning: "));
  TEST_CHECK(program_count(&program, "not complete") == 0);
  PROGRAM_CHECK(&program, 0, "3 targets, 5 samples each, in blocks of 2");
  PROGRAM_CHECK(&program, 0, "(revision abcdef), method invset\n");
  PROGRAM_CHECK(&program, 0, "code of 2 numbers, encoding of 2, grey picture of 6 x 4 pixels");
  PROGRAM_CHECK(&program, 0, "sha256 aaaaaaaa");
  PROGRAM_CHECK(&program, 0, "sneaker, fc8[7] in [20, 30] ");
  PROGRAM_CHECK(&program, 0, "  full\n");
  PROGRAM_CHECK(&program, 0, "  partly reached (nearest activation 22)\n");
  PROGRAM_CHECK(&program, 0, "fc8[3] in [20, 30] and fc8[5] in [1.5, 2.5] ");
  PROGRAM_CHECK(
      &program, 0,
      "  not reached (nearest attempt: dress 20 (window [20, 30]), sandal 1 (window [1.5, "
      "2.5]))\n");
  /* 30 + 24 + 30 steps and 16 of the pool, over 7 accepted samples */
  PROGRAM_CHECK(&program, 0,
                "total: 7 of 15 samples accepted; 100 sample-steps, 16 of them for "
                "the pool of starts; 14.3 per accepted sample\n");
  PROGRAM_CHECK(&program, 0, "\ntargets: 1 full, 1 partly reached, 1 not reached\ntotal: ");
  TEST_CHECK(program_count(&program, "reach  ") == 0); /* no such column */
  TEST_CHECK(program_count(&program, "samples = 5") == 0);
  program_run(&program, "info -v '%s'", path);
  PROGRAM_CHECK(&program, 0, "sampling: { samples = 5; };");
}

/* Accepted samples are counted from the blocks; costs are not known yet. */
static void test_unfinished(const char *path)
{
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 0, "not complete: 8 of 9 blocks finished");
  PROGRAM_CHECK(&program, 0, "encodings not stored, RGB picture");
  PROGRAM_CHECK(&program, 0, "total: 7 of 15 samples accepted\n");
  TEST_CHECK(program_count(&program, "  not finished\n") == SMALL_TARGETS);
  PROGRAM_CHECK(&program, 0, "\ntargets: 3 not finished\ntotal: ");
}

/* A row of the table, from the left; its long texts do not widen the others. */
static void check_row(const char *target, const char *accepted, const char *costs,
                      const char *reach, const char *status)
{
  char row[256];
  snprintf(row, sizeof row, "\n%-64s  %15s  %s  %10s  %s\n", target, accepted, costs, reach,
           status);
  PROGRAM_CHECK(&program, 0, row);
}

static void test_probed(const char *path)
{
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 0, "complete: 5 of 9 blocks finished");
  TEST_CHECK(!strstr(program.output, "warning: "));
  check_row("target", "accepted", "steps/sample     mean f      std f", "reach", "status");
  check_row("sneaker, fc8[7] in [20, 30]", "5 / 5", "         6.0         22        1.5", "40.5",
            "full");
  check_row("bag, max of fc8[8..16] in [20, 30]", "2 / 5", "        12.0         22          1",
            "50", "partly reached (nearest activation 22)");
  check_row(
      "dress + sandal with a strap around the heel, fc8[3] (no window) and fc8[5] (no window)",
      "0 / 5", "           -          -          -", "-1.5 and -", "out of reach");
  PROGRAM_CHECK(&program, 0, "\ntargets: 1 full, 1 partly reached, 1 out of reach\ntotal: ");
  /* 30 + 24 steps, 16 of the pool and 3 x 8 of the reaches, over 7 accepted samples */
  PROGRAM_CHECK(&program, 0,
                "total: 7 of 15 samples accepted; 94 sample-steps, 16 of them for the pool of "
                "starts and 24 for the reaches; 13.4 per accepted sample\n");
  TEST_CHECK(program_count(&program, "nan") == 0);
}

/* What is not known yet is told from what will never be. */
static void test_probing(const char *path)
{
  const char *costs = "           -          -          -";
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 0, "not complete: 3 of 9 blocks finished");
  check_row("sneaker, fc8[7] in [20, 30]", "5 / 5", costs, "40.5", "not finished");
  check_row("bag, max of fc8[8..16] (no window)", "0 / 5", costs, "-", "reach not known yet");
  PROGRAM_CHECK(&program, 0, "  -1.5 and -  out of reach\n");
  PROGRAM_CHECK(&program, 0,
                "\ntargets: 1 out of reach, 1 not finished, 1 reach not known yet\ntotal: ");
  TEST_CHECK(program_count(&program, "nan") == 0);
}

/* A method that keeps samples outside of the window has not failed to reach it. */
static void test_outside(const char *path)
{
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 0, "(revision abcdef), method ppgn\n");
  PROGRAM_CHECK(&program, 0, "  all in the window\n");
  PROGRAM_CHECK(&program, 0, "  some in the window\n");
  PROGRAM_CHECK(&program, 0, "  none in the window (nearest sample: dress 20 (window [20, 30]), ");
  PROGRAM_CHECK(&program, 0,
                "\ntargets: 1 all in the window, 1 some in the window, 1 none in the window\n");
  TEST_CHECK(!strstr(program.output, "reached"));
}

static void test_bad(scratch_t *scratch, const char *run)
{
  char path[128];
  program_run(&program, "info '%s' weights.caffemodel", run);
  PROGRAM_CHECK(&program, 2, "is an HDF5 file, wanted a net definition");
  program_run(&program, "info '%s'", scratch->folder);
  PROGRAM_CHECK(&program, 2, scratch->folder);
  program_run(&program, "info '%s/models/fashion/encoder.caffemodel.h5'", ISN_SOURCE_DIR);
  PROGRAM_CHECK(&program, 2, "encoder.caffemodel.h5");
  snprintf(path, sizeof path, "%s", scratch_write(scratch, "cut.h5", "\211HDF\r\n\032\n cut", 12));
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 2, path);
  snprintf(path, sizeof path, "%s", scratch_write(scratch, "empty.h5", "", 0));
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 2, "empty");
}

int main(void)
{
  static const char *const files[] = {"done.h5",    "going.h5", "probed.h5", "probing.h5",
                                      "outside.h5", "cut.h5",   "empty.h5",  NULL};
  static const small_run_t kinds[N_RUNS] = {{1, true, true, false, false},
                                            {3, false, false, false, false},
                                            {1, true, true, true, false},
                                            {3, true, false, true, false},
                                            {1, true, true, false, true}};
  char runs[N_RUNS][128];
  const char *const paths[N_RUNS] = {runs[FINISHED], runs[UNFINISHED], runs[PROBED], runs[PROBING],
                                     runs[OUTSIDE]};
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  for (int i = 0; i < N_RUNS; i++)
    snprintf(runs[i], sizeof runs[i], "%s", scratch_path(&scratch, files[i]));
  TEST_REQUIRE(small_run_make(N_RUNS, paths, kinds));
  test_finished(runs[FINISHED]);
  test_unfinished(runs[UNFINISHED]);
  test_probed(runs[PROBED]);
  test_probing(runs[PROBING]);
  test_outside(runs[OUTSIDE]);
  test_bad(&scratch, runs[FINISHED]);
  scratch_close(&scratch, files);
  TEST_END();
}
