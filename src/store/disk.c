/** @file disk.c
 *  Folders, space and durability of files.  Knows no format.
 */
#define _GNU_SOURCE /* fallocate */
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "invset/memory.h"

void isn_disk_bytes_text(uint64_t bytes, char out[ISN_BYTES_TEXT])
{
  static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  double value = (double)bytes;
  int unit = 0;
  while (value >= 1000.0 && unit < 5) {
    value /= 1000.0;
    unit++;
  }
  snprintf(out, ISN_BYTES_TEXT, "%.*f %s", unit == 0 ? 0 : 2, value, units[unit]);
}

isn_status_t isn_disk_folder(const char *path, char **out)
{
  ISN_TRY(isn_alloc_string(out, path));
  char *slash = strrchr(*out, '/');
  if (!slash) {
    free(*out);
    return isn_alloc_string(out, ".");
  }
  slash[slash == *out] = '\0'; /* "/file" lies in "/" */
  return ISN_OK;
}

static isn_status_t make_folder(const char *folder, const char *path)
{
  struct stat info;
  if (mkdir(folder, 0777) == 0)
    return ISN_OK;
  int error = errno;
  if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
    return ISN_OK;
  if (error == EEXIST)
    error = ENOTDIR;
  ISN_FAIL(ISN_ERR_INPUT, "cannot make folder '%s' for '%s': %s", folder, path, strerror(error));
}

isn_status_t isn_disk_make_folders(const char *path)
{
  isn_status_t status = ISN_OK;
  char *folder;
  ISN_TRY(isn_disk_folder(path, &folder));
  for (char *slash = strchr(folder + 1, '/'); slash && status == ISN_OK;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    status = make_folder(folder, path);
    *slash = '/';
  }
  if (status == ISN_OK)
    status = make_folder(folder, path);
  free(folder);
  return status;
}

isn_status_t isn_disk_free_bytes(const char *path, uint64_t *bytes)
{
  char *folder;
  struct statvfs info;
  ISN_TRY(isn_disk_folder(path, &folder));
  int failed = statvfs(folder, &info);
  free(folder);
  if (failed)
    ISN_FAIL(ISN_ERR_INPUT, "cannot find the free space for '%s': %s", path, strerror(errno));
  *bytes = (uint64_t)info.f_bavail * (uint64_t)info.f_frsize;
  return ISN_OK;
}

/* The largest file that this process may write. */
static uint64_t size_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return UINT64_MAX;
  return (uint64_t)limit.rlim_cur;
}

isn_status_t isn_disk_check_space(const char *path, uint64_t bytes)
{
  uint64_t free_bytes = 0;
  char needed[ISN_BYTES_TEXT], there[ISN_BYTES_TEXT];
  ISN_TRY(isn_disk_free_bytes(path, &free_bytes));
  isn_disk_bytes_text(bytes, needed);
  if (free_bytes < bytes) {
    isn_disk_bytes_text(free_bytes, there);
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' needs %s, and %s are free: ask for fewer samples, leave out encodings "
             "(output.encodings), or name another disk in output.file",
             path, needed, there);
  }
  if (size_limit() < bytes) {
    isn_disk_bytes_text(size_limit(), there);
    ISN_FAIL(ISN_ERR_INPUT, "'%s' needs %s, and the file-size limit (ulimit -f) is %s: raise it",
             path, needed, there);
  }
  return ISN_OK;
}

void isn_disk_explain(const char *path, char out[ISN_DISK_TEXT])
{
  char there[ISN_BYTES_TEXT], missing[ISN_BYTES_TEXT];
  struct stat info;
  struct statvfs disk;
  out[0] = '\0';
  if (stat(path, &info) != 0 || statvfs(path, &disk) != 0)
    return;
  uint64_t free_bytes = (uint64_t)disk.f_bavail * (uint64_t)disk.f_frsize;
  uint64_t size = (uint64_t)info.st_size, on_disk = (uint64_t)info.st_blocks * 512;
  uint64_t to_come = size > on_disk ? size - on_disk : 0;
  if (size_limit() < size) {
    isn_disk_bytes_text(size_limit(), there);
    isn_disk_bytes_text(size, missing);
    snprintf(out, ISN_DISK_TEXT, "; the file has %s, and the file-size limit (ulimit -f) is %s",
             missing, there);
  } else if (free_bytes < to_come) {
    isn_disk_bytes_text(free_bytes, there);
    isn_disk_bytes_text(to_come - free_bytes, missing);
    snprintf(out, ISN_DISK_TEXT,
             "; the disk is full: %s are free, %s more are needed; make room and start the same "
             "command again",
             there, missing);
  }
}

isn_status_t isn_disk_reserve(int fd, const char *path, uint64_t bytes)
{
  while (fallocate(fd, 0, 0, (off_t)bytes) != 0) {
    if (errno == EINTR)
      continue;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
      char needed[ISN_BYTES_TEXT];
      isn_disk_bytes_text(bytes, needed);
      ISN_FAIL(ISN_ERR_INPUT, "cannot reserve %s for '%s': %s", needed, path, strerror(errno));
    }
    break; /* this file system cannot; slots get their space as they are written */
  }
  return ISN_OK;
}

isn_status_t isn_disk_sync_folder_of(const char *path)
{
  char *folder;
  ISN_TRY(isn_disk_folder(path, &folder));
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failed = fd < 0 || fsync(fd) != 0;
  int error = errno;
  if (fd >= 0)
    close(fd);
  free(folder);
  if (failed && error != EINVAL) /* EINVAL: this file system has no such thing as a folder's sync */
    ISN_FAIL(ISN_ERR_IO, "cannot bring the folder of '%s' to the disk: %s", path, strerror(error));
  return ISN_OK;
}

isn_status_t isn_disk_ignore_xfsz(struct sigaction *before)
{
  struct sigaction ignore;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  if (sigaction(SIGXFSZ, &ignore, before) != 0)
    ISN_FAIL(ISN_ERR_IO, "cannot ignore SIGXFSZ: %s", strerror(errno));
  return ISN_OK;
}

void isn_disk_restore_xfsz(const struct sigaction *before)
{
  sigaction(SIGXFSZ, before, NULL); /* cannot fail for this signal and a valid action */
}
