/** @file files.c
 *  Whole files, with errors that name them and say what to do.  Knows no format.
 */
#include "invset/files.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/memory.h"

enum { READ_BYTES = 1 << 16 };

/* The commonest cause of a missing file is a job started in another folder. */
static isn_status_t fail_missing(const char *path, const char *what)
{
  char folder[512];
  if (path[0] == '/' || !getcwd(folder, sizeof folder))
    ISN_FAIL(ISN_ERR_INPUT, "%s: there is no file '%s'", what, path);
  ISN_FAIL(ISN_ERR_INPUT, "%s: there is no file '%s' (paths are relative to the working folder %s)",
           what, path, folder);
}

/* Open a file that isn_file_check() would pass. */
static isn_status_t open_checked(const char *path, const char *what, FILE **out, size_t *n_bytes)
{
  struct stat info;
  if (path[0] == '\0')
    ISN_FAIL(ISN_ERR_INPUT, "%s: the file name is empty", what);
  if (stat(path, &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail_missing(path, what);
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot look at '%s': %s", what, path, strerror(errno));
  }
  if (S_ISDIR(info.st_mode))
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is a folder, wanted a file", what, path);
  if (!S_ISREG(info.st_mode))
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is no regular file", what, path);
  if (info.st_size == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is empty", what, path);
  FILE *file = fopen(path, "rb");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot read '%s': %s", what, path, strerror(errno));
  *out = file;
  *n_bytes = (size_t)info.st_size;
  return ISN_OK;
}

isn_status_t isn_file_check(const char *path, const char *what)
{
  FILE *file;
  size_t n_bytes;
  ISN_TRY(open_checked(path, what, &file, &n_bytes));
  fclose(file); /* nothing was read or written */
  return ISN_OK;
}

isn_status_t isn_file_read_bytes(const char *path, const char *what, size_t max_bytes,
                                 unsigned char **bytes, size_t *n_bytes)
{
  isn_status_t status = ISN_OK;
  FILE *file;
  size_t n;
  unsigned char *read = NULL;
  ISN_TRY(open_checked(path, what, &file, &n));
  if (n > max_bytes)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: '%s' has %zu bytes, at most %zu are read", what, path,
                  n, max_bytes);
  ISN_TRY_GOTO(isn_alloc(&read, n + 1, what), done);
  if (fread(read, 1, n, file) != n)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: '%s' could not be read to its end: %s", what, path,
                  ferror(file) ? strerror(errno) : "it became shorter meanwhile");
  *bytes = read;
  *n_bytes = n;
  read = NULL;
done:
  free(read);
  fclose(file); /* opened for reading: no data can be lost */
  return status;
}

isn_status_t isn_file_read_text(const char *path, const char *what, size_t max_bytes, char **text)
{
  unsigned char *bytes = NULL;
  size_t n_bytes;
  ISN_TRY(isn_file_read_bytes(path, what, max_bytes, &bytes, &n_bytes));
  const unsigned char *zero = memchr(bytes, '\0', n_bytes);
  if (zero) {
    size_t place = (size_t)(zero - bytes);
    free(bytes);
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is no text: byte %zu is zero", what, path, place);
  }
  *text = (char *)bytes;
  return ISN_OK;
}

static void finish_sha256(struct sha256_ctx *state, char out[ISN_SHA256_TEXT])
{
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(state, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++) {
    out[2 * i] = digits[digest[i] >> 4];
    out[2 * i + 1] = digits[digest[i] & 15];
  }
  out[2 * sizeof digest] = '\0';
}

isn_status_t isn_file_sha256(const char *path, char out[ISN_SHA256_TEXT])
{
  isn_status_t status = ISN_OK;
  FILE *file;
  size_t n_bytes, n_read;
  uint8_t *part = NULL;
  struct sha256_ctx state;
  ISN_TRY(open_checked(path, "checksum", &file, &n_bytes));
  ISN_TRY_GOTO(isn_alloc(&part, READ_BYTES, "checksum of a file"), done);
  sha256_init(&state);
  while ((n_read = fread(part, 1, READ_BYTES, file)) > 0)
    sha256_update(&state, n_read, part);
  if (ferror(file))
    ISN_FAIL_GOTO(ISN_ERR_IO, done, "checksum: reading '%s' failed: %s", path, strerror(errno));
  finish_sha256(&state, out);
done:
  free(part);
  fclose(file);
  return status;
}

void isn_bytes_sha256(const void *bytes, size_t n_bytes, char out[ISN_SHA256_TEXT])
{
  struct sha256_ctx state;
  sha256_init(&state);
  sha256_update(&state, n_bytes, bytes);
  finish_sha256(&state, out);
}

isn_status_t isn_file_name_insert(const char *file, const char *part, char **out)
{
  static const char suffix[] = ".h5";
  const size_t n = strlen(file), n_suffix = strlen(suffix), bytes = n + strlen(part) + 1;
  const size_t n_stem = n > n_suffix && strcmp(file + n - n_suffix, suffix) == 0 ? n - n_suffix : n;
  ISN_TRY(isn_alloc(out, bytes, "name of a file"));
  snprintf(*out, bytes, "%.*s%s%s", (int)n_stem, file, part, file + n_stem);
  return ISN_OK;
}
