/** @file test_join.c
 *  Slices put together are, byte for byte but for the provenance, the file of a run in one piece;
 *  and what is refused.
 */
#include "harness.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/memory.h"
#include "invset/run_join.h"
#include "made_run.h"

#define FOLDER "store-join/"
#define SLICE(i, n) FOLDER "run.slice-" #i "-of-" #n ".h5"
#define SETTINGS(slice, seed) "output.encodings = true\n" slice "sampling.seed = " seed "\n"

static const char whole_path[] = FOLDER "whole.h5", out[] = FOLDER "joined.h5";
static const char *const halves[] = {SLICE(2, 2), SLICE(1, 2)}; /* in any order */
static isn_comm_t *comm;

/* Targets `first` and on of the whole run, as a slice with these settings; without summaries if it
 * is not to be finished. */
static isn_status_t write_slice(isn_run_file_t *file, const isn_run_layout_t *whole, int first,
                                int n, bool finished)
{
  isn_run_summary_t summaries[3];
  for (int t = 0; t < n; t++) {
    summaries[t] = made_summary(first + t);
    ISN_TRY(made_write_reach(file, whole, first + t, t));
    for (int b = 0; b < isn_run_n_blocks(whole); b++) {
      isn_run_block_t data;
      ISN_TRY(made_block(whole, first + t, b, &data));
      isn_status_t status = isn_run_file_write_block(file, t, b, &data, 0.25);
      isn_run_block_free(&data);
      ISN_TRY(status);
    }
  }
  return finished ? isn_run_file_write_summaries(file, summaries, 1000) : ISN_OK;
}

static void make_slice(const char *path, const char *settings, int first, int n, bool finished)
{
  isn_run_layout_t whole, slice;
  isn_run_file_t *file;
  TEST_OK(made_layout(MADE_COLOUR, &whole));
  slice = whole;
  slice.n_targets = n;
  slice.targets = whole.targets + first;
  slice.settings = (char *)settings;
  slice.config_text = "sampling: { seed = 1; };\n#! --set run.slice=[1,2]\n# caf\xc3\xa9\n";
  unlink(path);
  TEST_OK(isn_run_file_create(path, &slice));
  TEST_OK(isn_run_file_open(comm, path, &slice, &file));
  TEST_OK(write_slice(file, &whole, first, n, finished));
  TEST_OK(isn_run_file_close(file));
  isn_run_layout_clear(&whole);
}

/* The file's bytes, those of the provenance set to zero.  @param[out] bytes caller's, free() */
static size_t read_bytes(const char *path, unsigned char **bytes)
{
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "provenance/blocks", H5P_DEFAULT);
  const size_t at = (size_t)H5Dget_offset(set), n = (size_t)H5Dget_storage_size(set);
  struct stat info = {0};
  H5Dclose(set);
  H5Fclose(file);
  *bytes = NULL;
  if (stat(path, &info) != 0 || isn_alloc(bytes, info.st_size, "bytes of a file") != ISN_OK)
    return 0;
  FILE *stream = fopen(path, "rb");
  size_t got = stream ? fread(*bytes, 1, (size_t)info.st_size, stream) : 0;
  if (stream)
    fclose(stream);
  if (got >= at + n)
    memset(*bytes + at, 0, n);
  return got;
}

static void check_joined(void)
{
  unsigned char *a, *b;
  const size_t n = read_bytes(whole_path, &a), m = read_bytes(out, &b);
  TEST_CHECK(made_file_right(out, false));
  TEST_CHECK_MSG(n == m && n > 0 && memcmp(a, b, n) == 0, "%zu and %zu bytes", n, m);
  free(a);
  free(b);
  TEST_CHECK(access(FOLDER "joined.h5.lock", F_OK) != 0);
}

static void refused(int n, const char *const *slices, const char *text)
{
  TEST_ERROR(isn_run_file_join(comm, out, n, slices), ISN_ERR_INPUT, text);
  TEST_CHECK(access(out, F_OK) != 0);
}

static void check_sets(void)
{
  const char *const twice[] = {SLICE(1, 2), SLICE(2, 2), SLICE(1, 2)};
  const char *const other[] = {SLICE(1, 2), FOLDER "other.h5"};
  const char *const whole[] = {SLICE(1, 2), whole_path};
  const char *const absent[] = {SLICE(1, 2), FOLDER "absent.h5"};
  refused(1, halves, "1 of 2 slices of the run are missing: 1; ");
  refused(1, halves + 1, "for slice 2, `invset sample CONFIG --slice 2/2`");
  refused(3, twice, "slice 1 of 2 is there twice: '" SLICE(1, 2) "' and '" SLICE(1, 2) "'");
  refused(2, whole, "'" FOLDER "whole.h5' is no slice but a whole run file");
  refused(2, absent, FOLDER "absent.h5");
  make_slice(other[1], SETTINGS("run.slice = [2, 3]\n", "1"), 1, 1, true);
  refused(2, other, "other.h5' is slice 2 of 3, but '" SLICE(1, 2) "' is slice 1 of 2");
  refused(1, other + 1, "2 of 3 slices of the run are missing: 1, 3; ");
  make_slice(other[1], SETTINGS("run.slice = [3, 2]\n", "1"), 1, 2, true);
  refused(2, other,
          "other.h5': dataset 'settings' has 'run.slice = [3, 2]', wanted 'run.slice = [I, N]'");
}

static void check_runs(void)
{
  const char *const other[] = {SLICE(1, 2), FOLDER "other.h5"};
  const char *const swapped[] = {FOLDER "other.h5", FOLDER "more.h5"};
  make_slice(other[1], SETTINGS("run.slice = [2, 2]\n", "7"), 1, 2, true);
  refused(2, other,
          "'" FOLDER "other.h5' was made with other settings: sampling.seed is 7 in the file and 1 "
          "in '" SLICE(1, 2) "'; join slices of one run only");
  make_slice(other[1], SETTINGS("run.slice = [2, 2]\n", "1"), 1, 2, false);
  refused(2, other,
          "other.h5', slice 2 of 2, is not finished; go on with `invset sample CONFIG "
          "--slice 2/2`");
  make_slice(swapped[0], SETTINGS("run.slice = [1, 2]\n", "1"), 0, 2, true);
  make_slice(swapped[1], SETTINGS("run.slice = [2, 2]\n", "1"), 2, 1, true);
  refused(2, swapped, "other.h5' has 2 targets, but slice 1 of 2 of a run of 3 targets has 1");
}

/* What an earlier attempt has left is gone on with; another file is not touched. */
static void check_place(const isn_run_layout_t *whole)
{
  isn_run_layout_t other = *whole;
  isn_run_file_t *file;
  isn_run_block_t data;
  other.settings = (char *)SETTINGS("", "7");
  TEST_OK(isn_run_file_create(out, &other));
  TEST_ERROR(isn_run_file_join(comm, out, 2, halves), ISN_ERR_INPUT,
             "sampling.seed is 7 in the file and 1 in the slices; name another file, or move");
  TEST_CHECK(unlink(out) == 0);
  TEST_OK(isn_run_file_create(out, whole));
  TEST_OK(isn_run_file_open(comm, out, whole, &file));
  TEST_OK(made_block(whole, 1, 2, &data));
  TEST_OK(isn_run_file_write_block(file, 1, 2, &data, 0.25));
  TEST_OK(isn_run_file_close(file));
  isn_run_block_free(&data);
}

/* Spoil one byte of the slice's pictures, or mend it. */
static void flip_byte(const char *path)
{
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "image", H5P_DEFAULT);
  const long at = (long)H5Dget_offset(set) + (long)H5Dget_storage_size(set) - 1;
  H5Dclose(set);
  H5Fclose(file);
  FILE *stream = fopen(path, "r+b");
  int byte = stream && fseek(stream, at, SEEK_SET) == 0 ? fgetc(stream) : EOF;
  TEST_CHECK(byte != EOF && fseek(stream, at, SEEK_SET) == 0 && fputc(byte ^ 1, stream) != EOF);
  TEST_CHECK(stream && fclose(stream) == 0);
}

static void check_damage(const isn_run_layout_t *whole)
{
  isn_run_path_state_t state;
  flip_byte(halves[0]);
  TEST_ERROR(isn_run_file_join(comm, out, 2, halves), ISN_ERR_CHECK, "'" SLICE(2, 2) "': the data");
  TEST_OK(isn_run_file_inspect(out, whole, &state));
  TEST_CHECK(state == ISN_RUN_PATH_PARTIAL);
  isn_run_file_unlock(out);
  flip_byte(halves[0]);
}

int main(int argc, char **argv)
{
  isn_run_layout_t whole;
  if (system("rm -rf " FOLDER) != 0 || mkdir(FOLDER, 0777) != 0)
    return 1;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(made_layout(MADE_COLOUR, &whole));
  TEST_REQUIRE(made_replace(&whole.settings, SETTINGS("", "1")));
  TEST_REQUIRE(isn_run_file_create(whole_path, &whole));
  TEST_REQUIRE(made_write(comm, whole_path, &whole));
  make_slice(halves[1], SETTINGS("run.slice = [1, 2]\n", "1"), 0, 1, true);
  make_slice(halves[0], SETTINGS("run.slice = [2, 2]\n", "1"), 1, 2, true);
  check_sets();
  check_runs();
  for (int t = 0; t < whole.n_targets; t++) /* a join knows them from the start */
    made_windows(&whole, t, whole.targets[t].windows);
  check_place(&whole);
  check_damage(&whole);
  TEST_OK(isn_run_file_join(comm, out, 2, halves));
  check_joined();
  TEST_OK(isn_run_file_join(comm, out, 2, halves));
  check_joined();
  isn_run_layout_clear(&whole);
  isn_comm_close(comm);
  TEST_END();
}
