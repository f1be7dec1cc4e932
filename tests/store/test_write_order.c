/** @file test_write_order.c
 *  The order on which everything rests, seen in the calls that reach the kernel: a block's data,
 * then fdatasync, then its record; nothing else is written between open and close but the
 * superblock, unchanged.  And what happens if the disk says no.  pwrite and fdatasync are our own
 * here; those of the C library stand behind them.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <hdf5.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "made_run.h"

static const char path[] = "store-order/run.h5";

/* What lies where in the file. */
typedef struct {
  off_t begin, end;
  enum { DATA, BLOCK_RECORD, REACH, REACH_RECORD } kind;
} extent_t;
static extent_t extents[64];
static int n_extents;

/* What the calls have done so far. */
static struct {
  bool watch;
  ino_t inode;
  int data_writes, records, syncs, superblocks, strangers, early_records;
  int reach_writes, reach_records, early_reach_records;
  int unsynced;                          /* data writes since the last fdatasync */
  int fail_write_after, fail_sync_after; /* calls that still succeed; -1: all */
} seen;

static bool is_our_file(int fd)
{
  struct stat info;
  return seen.watch && fstat(fd, &info) == 0 && info.st_ino == seen.inode;
}

static void note_write(off_t offset, size_t n, const void *bytes)
{
  char before[64];
  for (int i = 0; i < n_extents; i++) {
    if (offset < extents[i].begin || offset + (off_t)n > extents[i].end)
      continue;
    switch (extents[i].kind) {
    case BLOCK_RECORD:
      seen.records++;
      seen.early_records += seen.unsynced > 0 || n != 16;
      break;
    case REACH: /* it has a CRC instead of the fdatasync */
      seen.reach_writes++;
      break;
    case REACH_RECORD:
      seen.reach_records++;
      seen.early_reach_records += seen.reach_writes != 3 * seen.reach_records || n != 16;
      break;
    default:
      seen.data_writes++;
      seen.unsynced++;
    }
    return;
  }
  FILE *file = fopen(path, "rb");
  bool same = offset == 0 && n <= sizeof before && file && fread(before, 1, n, file) == n &&
              memcmp(before, bytes, n) == 0;
  if (file)
    fclose(file);
  seen.superblocks += same;
  seen.strangers += !same;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t offset)
{
  if (is_our_file(fd)) {
    if (seen.fail_write_after == 0) {
      errno = ENOSPC;
      return -1;
    }
    seen.fail_write_after -= seen.fail_write_after > 0;
    note_write(offset, n, bytes);
  }
  return syscall(SYS_pwrite64, fd, bytes, n, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
  return pwrite64(fd, bytes, n, offset);
}

int fdatasync(int fd)
{
  if (is_our_file(fd)) {
    if (seen.fail_sync_after == 0) {
      errno = EIO;
      return -1;
    }
    seen.fail_sync_after -= seen.fail_sync_after > 0;
    seen.syncs++;
    seen.unsynced = 0;
  }
  return (int)syscall(SYS_fdatasync, fd);
}

static herr_t add_extent(hid_t file, const char *name, const H5O_info_t *info, void *unused)
{
  (void)unused;
  if (info->type != H5O_TYPE_DATASET)
    return 0;
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  const off_t begin = (off_t)H5Dget_offset(set);
  extent_t extent = {begin, begin + (off_t)H5Dget_storage_size(set), DATA};
  if (strcmp(name, "blocks/record") == 0)
    extent.kind = BLOCK_RECORD;
  else if (strncmp(name, "reach/", 6) == 0)
    extent.kind = strcmp(name, "reach/record") == 0 ? REACH_RECORD : REACH;
  extents[n_extents++] = extent;
  return H5Dclose(set);
}

static void start_watching(void)
{
  struct stat info;
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  n_extents = 0;
  TEST_CHECK(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add_extent, NULL, H5O_INFO_BASIC) >= 0);
  TEST_CHECK(H5Fclose(file) >= 0 && stat(path, &info) == 0);
  memset(&seen, 0, sizeof seen);
  seen.watch = true;
  seen.inode = info.st_ino;
  seen.fail_write_after = seen.fail_sync_after = -1;
}

static void check_order(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  const int blocks = layout->n_targets * isn_run_n_blocks(layout), parts = 9, summaries = 8;
  const int windows = 2;
  start_watching();
  TEST_OK(made_write(comm, path, layout));
  seen.watch = false;
  TEST_CHECK_MSG(seen.records == blocks, "%d of %d", seen.records, blocks);
  TEST_CHECK_MSG(seen.data_writes == blocks * (parts + 1) + summaries + windows, "%d",
                 seen.data_writes);
  TEST_CHECK(seen.syncs >= blocks + 3 && seen.unsynced == 0);
  TEST_CHECK(seen.early_records == 0 && seen.strangers == 0 && seen.superblocks <= 1);
  TEST_CHECK(seen.reach_records == layout->n_targets && seen.early_reach_records == 0);
  TEST_CHECK(made_file_right(path, false));
}

/* The k-th of the four writes of a reach fails, and the window's is the fifth: what was not written
 * whole is not there. */
static void check_reach_failure(isn_comm_t *comm, const isn_run_layout_t *layout, int writes)
{
  isn_run_file_t *file;
  isn_run_reach_t reach;
  bool known = true;
  unlink(path);
  TEST_OK(isn_run_file_create(path, layout));
  TEST_OK(isn_run_file_open(comm, path, layout, &file));
  start_watching();
  seen.fail_write_after = writes;
  TEST_ERROR(made_write_reach(file, layout, 0, 0), ISN_ERR_IO, path);
  TEST_CHECK(seen.reach_records == (writes == 4));
  seen.watch = false;
  TEST_OK(isn_run_reach_alloc(layout, 1, &reach));
  TEST_OK(isn_run_file_read_reach(file, 0, &reach, &known));
  TEST_CHECK(known == (writes == 4));
  isn_run_reach_free(&reach);
  TEST_OK(isn_run_file_close(file));
  TEST_CHECK(made_file_right(path, true) && !made_file_right(path, false));
}

/* The k-th write, or sync, of a block fails; then there must be no record of it. */
static void check_failure(isn_comm_t *comm, const isn_run_layout_t *layout, int writes, int syncs)
{
  isn_run_file_t *file;
  isn_run_block_t data;
  unlink(path);
  TEST_OK(isn_run_file_create(path, layout));
  TEST_OK(made_block(layout, 0, 0, &data));
  TEST_OK(isn_run_file_open(comm, path, layout, &file));
  start_watching();
  seen.fail_write_after = writes;
  seen.fail_sync_after = syncs;
  TEST_ERROR(isn_run_file_write_block(file, 0, 0, &data, 0.0), ISN_ERR_IO, path);
  TEST_CHECK(seen.records == 0);
  seen.watch = false;
  TEST_OK(isn_run_file_close(file));
  TEST_CHECK(made_file_right(path, true) && !made_file_right(path, false));
  isn_run_block_free(&data);
}

/* A finished block is written over with other data, and that fails half-way: it must be EMPTY, for
 * its old data are not whole any more. */
static void check_overwriting(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  isn_run_file_t *file;
  isn_run_block_t data;
  unlink(path);
  TEST_OK(isn_run_file_create(path, layout));
  TEST_OK(made_block(layout, 0, 0, &data));
  TEST_OK(isn_run_file_open(comm, path, layout, &file));
  TEST_OK(isn_run_file_write_block(file, 0, 0, &data, 0.0));
  data.code[0] += 1.0f;
  start_watching();
  seen.fail_write_after = 4;
  TEST_ERROR(isn_run_file_write_block(file, 0, 0, &data, 0.0), ISN_ERR_IO, path);
  TEST_CHECK(seen.records == 1 && seen.early_records == 0 && seen.syncs == 1);
  seen.watch = false;
  TEST_OK(isn_run_file_close(file));
  TEST_CHECK(made_file_right(path, true) && !made_file_right(path, false));
  isn_run_block_free(&data);
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_run_layout_t layout;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(made_layout(MADE_COLOUR, &layout));
  unlink(path);
  TEST_REQUIRE(isn_run_file_create(path, &layout));
  check_order(comm, &layout);
  for (int k = 0; k < 11; k++) /* nine parts, provenance, record */
    check_failure(comm, &layout, k, -1);
  check_failure(comm, &layout, -1, 0);
  for (int k = 0; k < 5; k++)
    check_reach_failure(comm, &layout, k);
  check_overwriting(comm, &layout);
  isn_run_layout_clear(&layout);
  isn_comm_close(comm);
  TEST_END();
}
