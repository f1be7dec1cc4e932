/** @file path.c
 *  Names beside an output path, and the first look at a file there.  Knows HDF5's first bytes only.
 */
#include "store/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/files.h"
#include "invset/memory.h"
#include "invset/run_file.h"
#include "store/disk.h"

isn_status_t isn_path_join(const char *path, const char *suffix, char **out)
{
  const size_t bytes = strlen(path) + strlen(suffix) + 1;
  ISN_TRY(isn_alloc(out, bytes, "name of a file"));
  snprintf(*out, bytes, "%s%s", path, suffix);
  return ISN_OK;
}

/* Superblock of version 2 or 3: signature (8), version, size of offsets, size of lengths, flags,
 * base address (8), extension address (8), end of file (8); little-endian. */
enum { SUPERBLOCK_BYTES = 36, AT_VERSION = 8, AT_OFFSET_SIZE = 9, AT_END = 28 };

static uint64_t little_endian(const unsigned char *bytes, int n)
{
  uint64_t value = 0;
  for (int i = n - 1; i >= 0; i--)
    value = value << 8 | bytes[i];
  return value;
}

isn_status_t isn_path_check_hdf5(const char *path, uint64_t *surplus_bytes)
{
  static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  unsigned char head[SUPERBLOCK_BYTES] = {0};
  struct stat info;
  *surplus_bytes = 0;
  ISN_TRY(isn_file_check(path, "run file"));
  FILE *file = fopen(path, "rb");
  if (!file || fstat(fileno(file), &info) != 0) {
    int error = errno;
    if (file)
      fclose(file);
    ISN_FAIL(ISN_ERR_INPUT, "run file: cannot read '%s': %s", path, strerror(error));
  }
  size_t n = fread(head, 1, sizeof head, file);
  fclose(file); /* nothing was written */
  if (n < sizeof signature || memcmp(head, signature, sizeof signature) != 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' is no HDF5 file (its first bytes are another format's)", path);
  if (n < sizeof head || (head[AT_VERSION] != 2 && head[AT_VERSION] != 3) ||
      head[AT_OFFSET_SIZE] != 8)
    return ISN_OK; /* not by invset; the attributes will tell */
  uint64_t end = little_endian(head + AT_END, 8), size = (uint64_t)info.st_size;
  if (size < end)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is truncated: it has %llu bytes of %llu; fetch the whole file again", path,
             (unsigned long long)size, (unsigned long long)end);
  *surplus_bytes = size - end;
  return ISN_OK;
}

/* First name PATH.old-1, PATH.old-2, ... that is free. */
static isn_status_t free_name(const char *path, char **out)
{
  const size_t bytes = strlen(path) + 32;
  struct stat info;
  ISN_TRY(isn_alloc(out, bytes, "name of the old run file"));
  for (int i = 1; i < 100000; i++) {
    snprintf(*out, bytes, "%s.old-%d", path, i);
    if (lstat(*out, &info) != 0 && errno == ENOENT)
      return ISN_OK;
  }
  free(*out);
  ISN_FAIL(ISN_ERR_INPUT, "there is no free name '%s.old-N' to set the old file aside: delete some",
           path);
}

isn_status_t isn_run_file_set_aside(const char *path, char **moved_to)
{
  struct stat info;
  *moved_to = NULL;
  if (lstat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return ISN_OK;
  ISN_TRY(isn_guard_take(path)); /* never from under a run that still writes to it */
  ISN_TRY(free_name(path, moved_to));
  if (rename(path, *moved_to) != 0) {
    int error = errno;
    free(*moved_to);
    *moved_to = NULL;
    ISN_FAIL(ISN_ERR_INPUT, "cannot set '%s' aside: %s", path, strerror(error));
  }
  return isn_disk_sync_folder_of(path);
}
