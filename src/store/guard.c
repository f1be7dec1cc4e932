/** @file guard.c
 *  The guard of an output path: a lock on PATH.lock, whose text says who has it.  HDF5's MPI-IO
 *  driver takes no lock, so without it two jobs could write one file.  The kernel drops the lock
 *  when the process ends, however it ends.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "invset/run_file.h"
#include "store/path.h"

enum { OWNER_BYTES = 256, MAX_TRIES = 100 };

/* The one guard of this process.  Global because it belongs to the process as its locks do, and
 * lives from the first look at the path, before there is any handle, until after the last. */
static struct {
  int fd; /* -1: none; 0 is never a lock file's */
  char *path, *lock_path;
} guard = {.fd = -1};

static isn_status_t fail_locked(int fd, const char *path)
{
  char owner[OWNER_BYTES] = "";
  ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
  owner[n > 0 ? n : 0] = '\0';
  owner[strcspn(owner, "\n")] = '\0';
  ISN_FAIL(ISN_ERR_INPUT, "'%s' is being written by another run (%s): wait for it, or stop it",
           path, owner[0] ? owner : "it has not said which");
}

/* A run that ends removes its lock file; one that waited may have opened the old one. */
static bool is_current(int fd, const char *lock_path)
{
  struct stat held, named;
  return fstat(fd, &held) == 0 && stat(lock_path, &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

/* Open and lock.  The lock is of the open file description, so that closing another descriptor of
 * the same file, as libraries do, does not drop it. */
static isn_status_t lock(const char *path, const char *lock_path, int *out)
{
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  for (int i = 0; i < MAX_TRIES; i++) {
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
      ISN_FAIL(ISN_ERR_INPUT,
               "cannot write '%s': %s; the folder of output.file must be one that may be written",
               lock_path, strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
      if (errno == EAGAIN || errno == EACCES) {
        isn_status_t status = fail_locked(fd, path);
        close(fd);
        return status;
      }
      isn_log_warning("'%s' cannot be guarded (%s): see to it that no second run writes it", path,
                      strerror(errno));
      *out = fd;
      return ISN_OK;
    }
    if (is_current(fd, lock_path)) {
      *out = fd;
      return ISN_OK;
    }
    close(fd);
  }
  ISN_FAIL(ISN_ERR_INPUT, "'%s' is removed again and again while it is being locked", lock_path);
}

/* For the message of whoever comes second; without it the lock is as good. */
static void name_owner(int fd)
{
  char host[64] = "unknown", text[OWNER_BYTES];
  const char *job = getenv("SLURM_JOB_ID");
  if (gethostname(host, sizeof host) != 0)
    snprintf(host, sizeof host, "unknown");
  host[sizeof host - 1] = '\0';
  int n = snprintf(text, sizeof text, "host %s, process %ld%s%s\n", host, (long)getpid(),
                   job ? ", Slurm job " : "", job ? job : "");
  if (n >= (int)sizeof text)
    n = (int)sizeof text - 1;
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
    isn_log_verbose("the lock file does not say who holds it: %s", strerror(errno));
}

isn_status_t isn_guard_take(const char *path)
{
  isn_status_t status = ISN_OK;
  char *lock_path = NULL, *copy = NULL;
  int fd;
  if (guard.fd >= 0 && strcmp(guard.path, path) == 0)
    return ISN_OK;
  if (guard.fd >= 0)
    ISN_FAIL(ISN_ERR_ARG, "this process guards '%s' and cannot guard '%s' too", guard.path, path);
  ISN_TRY_GOTO(isn_alloc_string(&copy, path), failed);
  ISN_TRY_GOTO(isn_path_join(path, ISN_PATH_LOCK, &lock_path), failed);
  ISN_TRY_GOTO(lock(path, lock_path, &fd), failed);
  name_owner(fd);
  guard.fd = fd;
  guard.path = copy;
  guard.lock_path = lock_path;
  return ISN_OK;
failed:
  free(copy);
  free(lock_path);
  return status;
}

void isn_guard_drop(void)
{
  if (guard.fd < 0)
    return;
  unlink(guard.lock_path); /* first, while nobody else can have it; a left-over does no harm */
  close(guard.fd);
  free(guard.path);
  free(guard.lock_path);
  guard.fd = -1;
  guard.path = NULL;
  guard.lock_path = NULL;
}

void isn_run_file_unlock(const char *path)
{
  if (guard.fd >= 0 && strcmp(guard.path, path) == 0)
    isn_guard_drop();
}
