/** @file test_disk_full.c
 *  No room: before a file is made, while blocks are written under a file-size limit (ulimit -f),
 * and on a small disk that is full (where this test may mount one).  Whatever happens, the file
 * opens and every block that is marked is right.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_run.h"

static const char folder[] = "store-disk";
static const char path[] = "store-disk/run.h5";

/* 100 TB asked for: refused before anything is made. */
static void check_too_big(void)
{
  isn_run_layout_t layout;
  TEST_OK(made_layout(MADE_COLOUR, &layout));
  layout.n_slots = 500000000;
  layout.code_size = 65536;
  TEST_ERROR(isn_run_file_create(path, &layout), ISN_ERR_INPUT, "needs 393.76 TB");
  TEST_CHECK(strstr(isn_error_message(), "are free") != NULL);
  TEST_CHECK(access(path, F_OK) != 0 && access("store-disk/run.h5.creating", F_OK) != 0);
  isn_run_layout_clear(&layout);
}

static void limit_file_size(rlim_t bytes)
{
  struct rlimit limit;
  TEST_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = bytes;
  TEST_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Only the soft limit is changed, so it can be taken back. */
static void check_limit(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  unlink(path);
  limit_file_size(100000);
  TEST_ERROR(isn_run_file_create(path, layout), ISN_ERR_INPUT, "file-size limit (ulimit -f) is");
  TEST_CHECK(access(path, F_OK) != 0 && access("store-disk/run.h5.creating", F_OK) != 0);
  limit_file_size(RLIM_INFINITY);
  TEST_OK(isn_run_file_create(path, layout));
  limit_file_size(280000); /* it ends among the pictures */
  TEST_ERROR(made_write(comm, path, layout), ISN_ERR_IO,
             "file-size limit (ulimit -f) is 280.00 kB");
  limit_file_size(RLIM_INFINITY);
  TEST_CHECK(made_file_right(path, true));
  TEST_CHECK(!made_file_right(path, false));
  TEST_OK(made_write(comm, path, layout));
  TEST_CHECK(made_file_right(path, false));
}

/* A disk of 1 MiB that only this process sees, and that goes with it. */
static bool mount_small_disk(void)
{
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("none", folder, "tmpfs", 0, "size=1m") == 0;
}

/* Fill a disk with another file. */
static void fill_disk(const char *name)
{
  static const char zeros[4096];
  int fd = open(name, O_WRONLY | O_CREAT, 0666);
  while (fd >= 0 && write(fd, zeros, sizeof zeros) > 0)
    continue;
  TEST_CHECK(fd >= 0 && errno == ENOSPC);
  close(fd);
}

/* Give the reserved space back, as on a file system that cannot reserve. */
static void drop_reservation(const char *dataset)
{
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, dataset, H5P_DEFAULT);
  const off_t offset = (off_t)H5Dget_offset(set), size = (off_t)H5Dget_storage_size(set);
  H5Dclose(set);
  H5Fclose(file);
  int fd = open(path, O_RDWR);
  TEST_CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) == 0);
  close(fd);
}

static void check_small_disk(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  unlink(path);
  fill_disk("store-disk/filler");
  TEST_ERROR(isn_run_file_create(path, layout), ISN_ERR_INPUT, "0 bytes are free");
  unlink("store-disk/filler");
  TEST_OK(isn_run_file_create(path, layout));
  fill_disk("store-disk/filler");
  TEST_OK(made_write(comm, path, layout)); /* its space is reserved */
  TEST_CHECK(made_file_right(path, false));
  unlink("store-disk/filler");
  unlink(path);
  TEST_OK(isn_run_file_create(path, layout));
  drop_reservation("image");
  fill_disk("store-disk/filler");
  TEST_ERROR(made_write(comm, path, layout), ISN_ERR_IO, "the disk is full: 0 bytes are free");
  TEST_CHECK(made_file_right(path, true) && !made_file_right(path, false));
  unlink("store-disk/filler");
  TEST_OK(made_write(comm, path, layout));
  TEST_CHECK(made_file_right(path, false));
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_run_layout_t layout;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(made_layout(MADE_PLAIN, &layout)); /* so that pictures come first in the file */
  if (mkdir(folder, 0777) != 0 && errno != EEXIST)
    return 1;
  check_too_big();
  check_limit(comm, &layout);
  unlink(path);
  if (mount_small_disk()) {
    check_small_disk(comm, &layout);
  } else {
    printf("not tested: a full disk (cannot mount one here: %s)\n", strerror(errno));
  }
  isn_run_layout_clear(&layout);
  isn_comm_close(comm);
  TEST_END();
}
