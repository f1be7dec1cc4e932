/** @file test_inspect.c
 *  What isn_run_file_inspect() says of everything that may lie at an output path, and that it
 *  changes none of it.  No MPI is needed: it is what rank 0 does alone.
 */
#include "harness.h"

#include <hdf5.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "invset/memory.h"
#include "made_run.h"

static const char folder[] = "store-inspect";
static const char path[] = "store-inspect/run.h5";
static isn_run_path_state_t state;

static void put_bytes(const char *name, const void *bytes, size_t n)
{
  FILE *file = fopen(name, "wb");
  TEST_CHECK(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static long long size_of(const char *name)
{
  struct stat info;
  return stat(name, &info) == 0 ? (long long)info.st_size : -1;
}

/* The message, and that neither the guard nor the file's size has changed. */
static void refused(const isn_run_layout_t *layout, const char *text)
{
  const long long size = size_of(path);
  TEST_ERROR(isn_run_file_inspect(path, layout, &state), ISN_ERR_INPUT, text);
  TEST_CHECK(strstr(isn_error_message(), path) != NULL);
  TEST_CHECK(size_of(path) == size);
  TEST_CHECK(access("store-inspect/run.h5.lock", F_OK) != 0);
}

static void check_foreign(const isn_run_layout_t *layout)
{
  TEST_CHECK(mkdir(path, 0777) == 0);
  refused(layout, "folder");
  rmdir(path);
  put_bytes(path, "", 0);
  refused(layout, "empty");
  TEST_CHECK(size_of(path) == 0);
  put_bytes(path, "\x01 random bytes that are no file format at all, and long enough", 60);
  refused(layout, "no HDF5 file");
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  TEST_CHECK(file >= 0 && H5Fclose(file) >= 0);
  refused(layout, "no run file: it has no attribute 'Conventions'");
  unlink(path);
  TEST_CHECK(symlink("nowhere", path) == 0);
  refused(layout, "there is no file");
  unlink(path);
}

/* The file at path was made with the plain layout. */
static void check_other_run(made_kind_t kind)
{
  isn_run_layout_t other;
  TEST_OK(made_layout(kind, &other));
  TEST_OK(made_replace(&other.settings,
                       "sampling.block = 5\nsampling.seed = 7\ntargets[0].window = [10, 20]\n"));
  refused(&other, "sampling.seed is 1 in the file and 7 in the config");
  TEST_CHECK(strstr(isn_error_message(), "--restart") != NULL);
  TEST_OK(made_replace(&other.settings,
                       "sampling.block = 5\nsampling.rule = classic\nsampling.seed = 1\n"
                       "targets[0].window = [10, 20]\n"));
  refused(&other, "sampling.rule is absent in the file and classic in the config");
  TEST_OK(made_replace(&other.settings, "sampling.block = 5\nsampling.seed = 1\n"));
  refused(&other, "targets[0].window is [10, 20] in the file and absent in the config");
  isn_run_layout_clear(&other);

  TEST_OK(made_layout(kind, &other));
  const char original = other.models[1].sha256[0];
  other.models[1].sha256[0] = original == 'a' ? 'b' : 'a';
  refused(&other, "another classifier weights: SHA-256");
  TEST_CHECK(strstr(isn_error_message(), other.models[1].sha256) != NULL);
  other.models[1].sha256[0] = original;
  other.targets[0].neurons[0] = 5;
  refused(&other, "unit 0 of 'fc8' (counted from 0, 'class 0') in the file and unit 5 of 'fc8'");
  other.targets[0].neurons[0] = 0;
  other.targets[0].blobs[0][2] = '7';
  refused(&other, "unit 0 of 'fc8' (counted from 0, 'class 0') in the file and unit 0 of 'fc7'");
  other.targets[0].blobs[0][2] = '8';
  other.targets[1].units[0] = 169;
  refused(&other, "the largest of 9 unit(s) from unit 100 on in the file and of 169 in the config");
  other.targets[1].units[0] = 9;
  TEST_OK(made_replace(&other.method, "another"));
  refused(&other, "made with another method: 'invset' in the file and 'another' in the config");
  TEST_OK(made_replace(&other.method, "invset"));
  other.probe_starts = 4;
  refused(&other,
          "number of ascents by which reaches are found is 3 in the file and 4 in the config");
  other.probe_starts = 3;
  TEST_OK(made_replace(&other.models[1].path, "elsewhere/the-same-file.caffemodel"));
  TEST_OK(made_replace(&other.config_text, "# the same settings, written in another way"));
  TEST_OK(isn_run_file_inspect(path, &other, &state));
  TEST_CHECK(state == ISN_RUN_PATH_PARTIAL);
  isn_run_file_unlock(path);
  isn_run_layout_clear(&other);
}

/* A window that is not known yet is no difference; any other is. */
static void check_windows(made_kind_t kind)
{
  isn_run_layout_t other;
  TEST_OK(made_layout(kind, &other));
  other.targets[2].windows[0][1] = 99.0f;
  refused(&other,
          "target 2 ('class 2') has window [12, 22] in the file and [12, 99] in the config");
  other.targets[2].windows[0][1] = 22.0f;
  made_windows(&other, 0, other.targets[0].windows);
  refused(&other, "has window not known yet in the file and [10, 20] in the config");
  other.targets[0].windows[0][0] = NAN;
  other.targets[2].windows[0][1] = INFINITY;
  refused(&other, "has window [12, 22] in the file and >= 12 in the config");
  other.targets[2].windows[0][1] = 22.0f;
  other.targets[2].quantities[0] = ISN_QUANTITY_PROBABILITY;
  refused(&other, "has window [12, 22] in the file and p in [12, 22] in the config");
  other.targets[2].quantities[0] = ISN_QUANTITY_ACTIVATION;
  other.targets[0].windows[0][0] = other.targets[2].windows[0][0] = NAN;
  TEST_OK(isn_run_file_inspect(path, &other, &state));
  isn_run_file_unlock(path);
  other.targets[0].units[0] = 0;
  TEST_ERROR(isn_run_file_inspect(path, &other, &state), ISN_ERR_ARG, "0 units from unit 0 on");
  isn_run_layout_clear(&other);
}

static void put_version(int64_t version)
{
  hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
  TEST_CHECK(H5Pset_file_locking(fapl, 0, 1) >= 0);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, fapl);
  hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  TEST_CHECK(attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &version) >= 0);
  TEST_CHECK(H5Aclose(attribute) >= 0 && H5Fclose(file) >= 0 && H5Pclose(fapl) >= 0);
}

static void check_version(const isn_run_layout_t *layout)
{
  isn_run_reader_t *reader;
  put_version(2);
  refused(layout, "has format version 2 (InvSet-1.0), wanted version 3 (InvSet-1.0): made by an "
                  "older invset; sample it anew or use that program");
  TEST_ERROR(isn_run_reader_open(path, &reader), ISN_ERR_INPUT, "format version 2");
  put_version(4);
  refused(layout, "made by a newer invset");
  put_version(ISN_RUN_FILE_VERSION);
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  isn_run_file_unlock(path);
}

static void check_length(const isn_run_layout_t *layout)
{
  const long long size = size_of(path);
  TEST_CHECK(truncate(path, size - 1) == 0);
  refused(layout, "truncated");
  TEST_CHECK(truncate(path, size + 10) == 0); /* the last byte is zero, and so are the new ones */
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_PARTIAL && size_of(path) == size + 10);
  isn_run_file_unlock(path);
  TEST_CHECK(truncate(path, size) == 0);
}

/* A second process has the guard; then it is killed, and its lock is gone with it. */
static void check_lock(const isn_run_layout_t *layout)
{
  int ready[2];
  char byte = 0, owner[64];
  TEST_CHECK(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    isn_run_path_state_t ignored;
    isn_status_t status = isn_run_file_inspect(path, layout, &ignored);
    if (status == ISN_OK && write(ready[1], "x", 1) == 1)
      pause();
    _exit(1);
  }
  TEST_CHECK(child > 0 && read(ready[0], &byte, 1) == 1);
  snprintf(owner, sizeof owner, "process %ld", (long)child);
  TEST_ERROR(isn_run_file_inspect(path, layout, &state), ISN_ERR_INPUT, "another run");
  TEST_CHECK(strstr(isn_error_message(), owner) != NULL);
  char *moved_to;
  TEST_ERROR(isn_run_file_set_aside(path, &moved_to), ISN_ERR_INPUT, owner);
  TEST_CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  close(ready[0]);
  close(ready[1]);
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  isn_run_file_unlock(path);
}

static void check_set_aside(const isn_run_layout_t *layout)
{
  char *moved_to;
  put_bytes("store-inspect/run.h5.old-1", "", 0);
  TEST_OK(isn_run_file_set_aside(path, &moved_to));
  TEST_CHECK(moved_to && strcmp(moved_to, "store-inspect/run.h5.old-2") == 0);
  TEST_CHECK(access(path, F_OK) != 0 && size_of("store-inspect/run.h5.old-2") > 0);
  free(moved_to);
  TEST_OK(isn_run_file_inspect(path, layout, &state)); /* its guard is ours already */
  TEST_CHECK(state == ISN_RUN_PATH_FREE);
  isn_run_file_unlock(path);
  TEST_OK(isn_run_file_set_aside(path, &moved_to));
  TEST_CHECK(!moved_to);
}

/* Root may write everywhere, so the bad folders are ones in which nobody may. */
static void check_folders(const isn_run_layout_t *layout)
{
  put_bytes("store-inspect/plain", "x", 1);
  TEST_ERROR(isn_run_file_inspect("store-inspect/plain/run.h5", layout, &state), ISN_ERR_INPUT,
             "cannot make folder 'store-inspect/plain' for 'store-inspect/plain/run.h5'");
  TEST_ERROR(isn_run_file_create("store-inspect/plain/run.h5", layout), ISN_ERR_INPUT, "folder");
  TEST_ERROR(isn_run_file_inspect("/proc/run.h5", layout, &state), ISN_ERR_INPUT,
             "cannot write '/proc/run.h5.lock'");
  TEST_ERROR(isn_run_file_create("/proc/run.h5", layout), ISN_ERR_INPUT, "/proc/run.h5");
  TEST_OK(isn_run_file_inspect("store-inspect/new/and//deep/run.h5", layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FREE);
  isn_run_file_unlock("store-inspect/new/and//deep/run.h5");
}

static int try_all(const isn_run_layout_t *layout)
{
  check_foreign(layout);
  put_bytes("store-inspect/run.h5.creating", "half made", 9);
  TEST_REQUIRE(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FREE && access("store-inspect/run.h5.creating", F_OK) != 0);
  TEST_REQUIRE(isn_run_file_create(path, layout));
  isn_run_file_unlock(path);
  check_other_run(MADE_COLOUR);
  check_windows(MADE_COLOUR);
  check_version(layout);
  check_length(layout);
  check_lock(layout);
  check_set_aside(layout);
  check_folders(layout);
  return 0;
}

int main(void)
{
  isn_run_layout_t layout;
  if (system("rm -rf store-inspect") != 0 || mkdir(folder, 0777) != 0)
    return 1;
  TEST_REQUIRE(made_layout(MADE_COLOUR, &layout));
  int failed = try_all(&layout);
  isn_run_layout_clear(&layout);
  if (failed)
    return 1;
  TEST_END();
}
