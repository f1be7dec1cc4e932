/** @file test_info_run.c
 *  `invset info` on run files: finished, unfinished, and files that are none.
 */
#include "base/scratch.h"
#include "program.h"
#include "small_run.h"

enum { FINISHED, UNFINISHED, N_RUNS };

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
  PROGRAM_CHECK(&program, 0, "code of 2 numbers, encoding of 2, grey picture of 6 x 4 pixels");
  PROGRAM_CHECK(&program, 0, "sha256 aaaaaaaa");
  PROGRAM_CHECK(&program, 0, "sneaker, fc8[7] in [20, 30] ");
  PROGRAM_CHECK(&program, 0, "  full\n");
  PROGRAM_CHECK(&program, 0, "  partly reached (nearest activation 22)\n");
  PROGRAM_CHECK(&program, 0, "fc8[3] in [20, 30] and fc8[5] in [1.5, 2.5] ");
  PROGRAM_CHECK(&program, 0, "  not reached (nearest activation 4.25)\n");
  /* 30 + 24 + 30 steps and 16 of the pool, over 7 accepted samples */
  PROGRAM_CHECK(&program, 0,
                "total: 7 of 15 samples accepted; 100 sample-steps, 16 of them for "
                "the pool of starts; 14.3 per accepted sample\n");
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
  TEST_CHECK(program_count(&program, "not finished") == SMALL_TARGETS);
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
  static const char *const files[] = {"done.h5", "going.h5", "cut.h5", "empty.h5", NULL};
  static const small_run_t kinds[N_RUNS] = {{1, true, true}, {3, false, false}};
  char runs[N_RUNS][128];
  const char *const paths[N_RUNS] = {runs[FINISHED], runs[UNFINISHED]};
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  for (int i = 0; i < N_RUNS; i++)
    snprintf(runs[i], sizeof runs[i], "%s", scratch_path(&scratch, files[i]));
  TEST_REQUIRE(small_run_make(N_RUNS, paths, kinds));
  test_finished(runs[FINISHED]);
  test_unfinished(runs[UNFINISHED]);
  test_bad(&scratch, runs[FINISHED]);
  scratch_close(&scratch, files);
  TEST_END();
}
