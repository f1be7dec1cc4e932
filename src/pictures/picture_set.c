/** @file picture_set.c
 *  Pictures of several sources under one count.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "invset/memory.h"
#include "pictures/folder.h"
#include "pictures/idx.h"
#include "pictures/picture_file.h"

typedef enum { SOURCE_IDX, SOURCE_FILE, SOURCE_FOLDER } source_kind_t;

typedef struct {
  source_kind_t kind;
  char *path;    /* owned */
  int64_t first; /* number of its first picture */
  int64_t n;
  isn_idx_t idx;       /* SOURCE_IDX */
  isn_folder_t folder; /* SOURCE_FOLDER */
} source_t;

struct isn_picture_set {
  char *what; /* for messages, owned */
  int n;
  source_t *sources; /* (n), owned */
  char digest[ISN_SHA256_TEXT];
};

/* By its first bytes: names say little of IDX files. */
static isn_status_t find_kind(const char *path, const char *what, source_kind_t *kind)
{
  struct stat info;
  unsigned char bytes[16];
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    *kind = SOURCE_FOLDER;
    return ISN_OK;
  }
  ISN_TRY(isn_file_check(path, what));
  FILE *file = fopen(path, "rb");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot read '%s': %s", what, path, strerror(errno));
  const size_t n = fread(bytes, 1, sizeof bytes, file);
  fclose(file); /* opened for reading: no data can be lost */
  if (!isn_picture_file_is(bytes, n) && !isn_idx_is(bytes, n))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: '%s' is neither an IDX file (plain or gzip'd), nor a PNG or JPEG file, nor a "
             "folder",
             what, path);
  *kind = isn_picture_file_is(bytes, n) ? SOURCE_FILE : SOURCE_IDX;
  return ISN_OK;
}

static isn_status_t open_source(const char *path, const char *what, source_t *source)
{
  ISN_TRY(isn_alloc_string(&source->path, path));
  ISN_TRY(find_kind(path, what, &source->kind));
  source->n = 1;
  if (source->kind == SOURCE_IDX) {
    ISN_TRY(isn_idx_read(path, what, &source->idx));
    source->n = source->idx.n;
  } else if (source->kind == SOURCE_FOLDER) {
    ISN_TRY(isn_folder_list(path, what, &source->folder));
    source->n = source->folder.n;
  }
  if (source->n == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the folder '%s' has no files *.png, *.jpg or *.jpeg", what, path);
  return ISN_OK;
}

/* One line for a file, or one for each picture of a folder. */
static isn_status_t describe(const source_t *source, FILE *out)
{
  char digest[ISN_SHA256_TEXT];
  if (source->kind == SOURCE_FOLDER) {
    for (int64_t i = 0; i < source->n; i++)
      fprintf(out, "%" PRId64 " %s\n", source->folder.sizes[i], source->folder.names[i]);
    return ISN_OK;
  }
  ISN_TRY(isn_file_sha256(source->path, digest));
  fprintf(out, "%s\n", digest);
  return ISN_OK;
}

static isn_status_t make_digest(isn_picture_set_t *set)
{
  char *text = NULL;
  size_t bytes = 0;
  isn_status_t status = ISN_OK;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    ISN_FAIL(ISN_ERR_MEMORY, "list of pictures: %s", strerror(errno));
  for (int i = 0; i < set->n && status == ISN_OK; i++)
    status = describe(&set->sources[i], out);
  bool failed = ferror(out) != 0;
  failed = fclose(out) != 0 || failed;
  if (status == ISN_OK && failed)
    status = isn_error_set(ISN_ERR_MEMORY, __FILE__, __LINE__, "list of pictures: no memory");
  if (status == ISN_OK)
    isn_bytes_sha256(text, bytes, set->digest);
  free(text);
  return status;
}

static isn_status_t open_all(const char *what, int n, const char *const *sources,
                             isn_picture_set_t *set)
{
  int64_t first = 0;
  ISN_TRY(isn_alloc_string(&set->what, what));
  ISN_TRY(isn_alloc(&set->sources, n, "sources of pictures"));
  for (int i = 0; i < n; i++) {
    set->n++; /* so that it is freed, however far it gets */
    ISN_TRY(open_source(sources[i], what, &set->sources[i]));
    set->sources[i].first = first;
    first += set->sources[i].n;
  }
  return make_digest(set);
}

isn_status_t isn_picture_set_open(const char *what, int n, const char *const *sources,
                                  isn_picture_set_t **out)
{
  isn_picture_set_t *set = NULL;
  if (n < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s: no source of pictures is named", what);
  ISN_TRY(isn_alloc(&set, 1, "set of pictures"));
  isn_status_t status = open_all(what, n, sources, set);
  if (status == ISN_OK)
    *out = set;
  else
    isn_picture_set_close(set);
  return status;
}

void isn_picture_set_close(isn_picture_set_t *set)
{
  if (!set)
    return;
  for (int i = 0; i < set->n; i++) {
    free(set->sources[i].path);
    isn_idx_clear(&set->sources[i].idx);
    isn_folder_clear(&set->sources[i].folder);
  }
  free(set->sources);
  free(set->what);
  free(set);
}

int64_t isn_picture_set_count(const isn_picture_set_t *set)
{
  const source_t *last = &set->sources[set->n - 1];
  return last->first + last->n;
}

const char *isn_picture_set_digest(const isn_picture_set_t *set)
{
  return set->digest;
}

static const source_t *source_of(const isn_picture_set_t *set, int64_t number)
{
  int i = set->n - 1;
  while (set->sources[i].first > number)
    i--;
  return &set->sources[i];
}

static isn_status_t read_listed(const isn_picture_set_t *set, const source_t *source,
                                const char *name, const isn_picture_size_t *size,
                                unsigned char *image)
{
  char *path = NULL;
  const size_t bytes = strlen(source->path) + strlen(name) + 2;
  ISN_TRY(isn_alloc(&path, bytes, "name of a picture"));
  snprintf(path, bytes, "%s/%s", source->path, name);
  isn_status_t status = isn_picture_file_read(path, set->what, size, image);
  free(path);
  return status;
}

isn_status_t isn_picture_set_read(const isn_picture_set_t *set, int64_t number,
                                  const isn_picture_size_t *size, unsigned char *image)
{
  if (number < 0 || number >= isn_picture_set_count(set))
    ISN_FAIL(ISN_ERR_ARG, "%s: there is no picture %" PRId64, set->what, number);
  const source_t *source = source_of(set, number);
  const int64_t place = number - source->first;
  if (source->kind == SOURCE_IDX)
    return isn_idx_picture(&source->idx, place, size, image);
  if (source->kind == SOURCE_FOLDER)
    return read_listed(set, source, source->folder.names[place], size, image);
  return isn_picture_file_read(source->path, set->what, size, image);
}

bool isn_picture_set_is_listed(const isn_picture_set_t *set, int64_t number)
{
  return source_of(set, number)->kind == SOURCE_FOLDER;
}
