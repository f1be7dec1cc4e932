/** @file folder.c
 *  Looks through a folder for picture files.  Opens none of them.
 */
#include "pictures/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "invset/memory.h"

/* Deeper than any data set; links may lead round in a circle. */
enum { MOST_DEPTH = 16, FIRST_ROOM = 1024 };

typedef struct {
  const char *root, *what; /* borrowed */
  isn_folder_t *folder;
} search_t;

static bool is_picture_name(const char *name)
{
  static const char *const endings[] = {".png", ".jpg", ".jpeg"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
    if (strcasecmp(dot, endings[i]) == 0)
      return true;
  return false;
}

/* @param[in] name taken over */
static isn_status_t add(isn_folder_t *folder, char *name, int64_t size)
{
  if (folder->n == folder->room) {
    const int64_t room = folder->room == 0 ? FIRST_ROOM : 2 * folder->room;
    char **names = realloc(folder->names, (size_t)room * sizeof *names);
    folder->names = names ? names : folder->names;
    int64_t *sizes = names ? realloc(folder->sizes, (size_t)room * sizeof *sizes) : NULL;
    folder->sizes = sizes ? sizes : folder->sizes;
    if (!sizes) {
      free(name);
      ISN_FAIL(ISN_ERR_MEMORY, "list of %lld pictures: no memory", (long long)room);
    }
    folder->room = room;
  }
  folder->names[folder->n] = name;
  folder->sizes[folder->n++] = size;
  return ISN_OK;
}

/* "a" and "b" as "a/b"; "" and "b" as "b".  @param[out] out free() */
static isn_status_t join(const char *before, const char *name, char **out)
{
  const size_t bytes = strlen(before) + strlen(name) + 2;
  ISN_TRY(isn_alloc(out, bytes, "name of a file"));
  snprintf(*out, bytes, "%s%s%s", before, before[0] ? "/" : "", name);
  return ISN_OK;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_seen(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static isn_status_t search(const search_t *about, const char *below, int depth);

/* @param[in] name below the root, taken over */
static isn_status_t look_at(const search_t *about, char *name, int depth)
{
  char *path = NULL;
  struct stat info;
  isn_status_t status = join(about->root, name, &path);
  if (status == ISN_OK && stat(path, &info) != 0)
    status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "%s: cannot look at '%s': %s",
                           about->what, path, strerror(errno));
  else if (status == ISN_OK && S_ISDIR(info.st_mode))
    status = search(about, name, depth + 1);
  else if (status == ISN_OK && S_ISREG(info.st_mode) && is_picture_name(name)) {
    status = add(about->folder, name, (int64_t)info.st_size);
    name = NULL;
  }
  free(path);
  free(name);
  return status;
}

/* @param[in] below the folder's name below the root, "" for the root */
static isn_status_t search(const search_t *about, const char *below, int depth)
{
  char *path = NULL;
  struct dirent **entries = NULL;
  isn_status_t status = ISN_OK;
  if (depth > MOST_DEPTH)
    ISN_FAIL(ISN_ERR_INPUT, "%s: folders of '%s' lie deeper than %d, as '%s'; do links go round?",
             about->what, about->root, (int)MOST_DEPTH, below);
  if (below[0])
    ISN_TRY(join(about->root, below, &path));
  const int n = scandir(path ? path : about->root, &entries, is_seen, by_name);
  if (n < 0)
    status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "%s: cannot read the folder '%s': %s",
                           about->what, path ? path : about->root, strerror(errno));
  for (int i = 0; i < n; i++) {
    char *name = NULL;
    if (status == ISN_OK)
      status = join(below, entries[i]->d_name, &name);
    if (status == ISN_OK)
      status = look_at(about, name, depth);
    free(entries[i]);
  }
  free(entries);
  free(path);
  return status;
}

isn_status_t isn_folder_list(const char *path, const char *what, isn_folder_t *folder)
{
  *folder = (isn_folder_t){0};
  const search_t about = {path, what, folder};
  isn_status_t status = search(&about, "", 0);
  if (status != ISN_OK)
    isn_folder_clear(folder);
  return status;
}

void isn_folder_clear(isn_folder_t *folder)
{
  for (int64_t i = 0; i < folder->n; i++)
    free(folder->names[i]);
  free(folder->names);
  free(folder->sizes);
  *folder = (isn_folder_t){0};
}
