/** @file scratch.h
 *  A folder for the files of one test, and files in it.
 */
#ifndef INVSET_TESTS_SCRATCH_H
#define INVSET_TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char folder[64];
  char path[128]; /**< of the file made last */
} scratch_t;

static inline int scratch_open(scratch_t *scratch)
{
  strcpy(scratch->folder, "/tmp/invset_test_XXXXXX");
  return mkdtemp(scratch->folder) != NULL;
}

/** Path of a file in the folder; valid until the next call. */
static inline const char *scratch_path(scratch_t *scratch, const char *name)
{
  snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->folder, name);
  return scratch->path;
}

/** Write a file and give its path. */
static inline const char *scratch_write(scratch_t *scratch, const char *name, const void *bytes,
                                        size_t n_bytes)
{
  FILE *file = fopen(scratch_path(scratch, name), "wb");
  if (!file || fwrite(bytes, 1, n_bytes, file) != n_bytes || fclose(file) != 0) {
    perror(scratch->path);
    exit(1);
  }
  return scratch->path;
}

/** Remove files by name, then the folder; the names end with NULL. */
static inline void scratch_close(scratch_t *scratch, const char *const *names)
{
  for (; *names; names++)
    unlink(scratch_path(scratch, *names));
  if (rmdir(scratch->folder) != 0)
    perror(scratch->folder);
}

#endif
