/** @file slice_list.c
 *  The slices of a run: which file holds which, whether they make up one run, and what that run is.
 *  Knows no blocks.
 */
#include "store/slice_list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "store/inspect.h"
#include "store/reader.h"

#define HOW_TO_SAMPLE                                                                              \
  "`invset sample CONFIG --slice %d/%d`, with the CONFIG and --set of the others"

/* --- which file holds which slice --- */

static isn_status_t look_at(isn_slice_file_t *file)
{
  isn_run_reader_t *reader;
  ISN_TRY(isn_run_reader_open(file->path, &reader));
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  file->n_targets = layout->n_targets;
  isn_status_t status = isn_slice_read(file->path, layout, &file->slice);
  isn_run_reader_close(reader);
  return status;
}

static int compare_parts(const void *a, const void *b)
{
  const isn_slice_t *x = &((const isn_slice_file_t *)a)->slice;
  const isn_slice_t *y = &((const isn_slice_file_t *)b)->slice;
  return (x->part > y->part) - (x->part < y->part);
}

/* Numbers of the missing slices, in words; the list is sorted and has none twice. */
static isn_status_t fail_missing(const isn_slice_list_t *list)
{
  const int n_parts = list->files[0].slice.n_parts;
  int first = 0, n_missing = 0, next = 0;
  char numbers[256] = "";
  size_t length = 0;
  for (int part = 1; part <= n_parts; part++) {
    if (next < list->n && list->files[next].slice.part == part) {
      next++;
      continue;
    }
    first = n_missing++ == 0 ? part : first;
    if (length < sizeof numbers - 32)
      length += (size_t)snprintf(numbers + length, sizeof numbers - length, "%s%d",
                                 n_missing > 1 ? ", " : "", part);
    else if (numbers[length - 1] != '.')
      length += (size_t)snprintf(numbers + length, sizeof numbers - length, ", ...");
  }
  ISN_FAIL(ISN_ERR_INPUT,
           "%d of %d slices of the run are missing: %s; name their files too, or make them: for "
           "slice %d, " HOW_TO_SAMPLE,
           n_missing, n_parts, numbers, first, first, n_parts);
}

static isn_status_t check_parts(const isn_slice_list_t *list)
{
  const isn_slice_file_t *files = list->files;
  for (int i = 1; i < list->n; i++) {
    const isn_slice_t *a = &files[i - 1].slice, *b = &files[i].slice;
    if (a->n_parts != b->n_parts)
      ISN_FAIL(
          ISN_ERR_INPUT,
          "'%s' is slice %d of %d, but '%s' is slice %d of %d: join slices of one run, cut into "
          "as many parts",
          files[i].path, b->part, b->n_parts, files[i - 1].path, a->part, a->n_parts);
    if (a->part == b->part)
      ISN_FAIL(ISN_ERR_INPUT,
               "slice %d of %d is there twice: '%s' and '%s'; name each slice's file once", a->part,
               a->n_parts, files[i - 1].path, files[i].path);
  }
  return list->n < files[0].slice.n_parts ? fail_missing(list) : ISN_OK;
}

/* Each slice must have the part of the targets that is its own. */
static isn_status_t check_targets(const isn_slice_list_t *list, int n_targets)
{
  for (int i = 0; i < list->n; i++) {
    const isn_slice_file_t *file = &list->files[i];
    const int wanted = isn_slice_first_target(i + 2, list->n, n_targets) -
                       isn_slice_first_target(i + 1, list->n, n_targets);
    if (file->n_targets != wanted)
      ISN_FAIL(ISN_ERR_INPUT,
               "'%s' has %d targets, but slice %d of %d of a run of %d targets has %d: it is of "
               "another run; join slices of one run only",
               file->path, file->n_targets, i + 1, list->n, n_targets, wanted);
  }
  return ISN_OK;
}

static isn_status_t count_targets(const isn_slice_list_t *list, int *n_targets)
{
  int64_t sum = 0;
  for (int i = 0; i < list->n; i++)
    sum += list->files[i].n_targets;
  if (sum > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "the slices have %lld targets, more than the %d of a run file",
             (long long)sum, INT_MAX);
  *n_targets = (int)sum;
  return check_targets(list, *n_targets);
}

/* --- the whole run --- */

static isn_status_t check_finished(isn_run_reader_t *reader, const isn_slice_file_t *file)
{
  bool finished;
  ISN_TRY(isn_inspect_finished(reader, &finished));
  if (!finished)
    ISN_FAIL(ISN_ERR_INPUT, "'%s', slice %d of %d, is not finished; go on with " HOW_TO_SAMPLE,
             file->path, file->slice.part, file->slice.n_parts, file->slice.part,
             file->slice.n_parts);
  return ISN_OK;
}

/* The whole takes its first slice's layout, with room for all targets. */
static isn_status_t begin_whole(isn_slice_list_t *list, isn_run_reader_t *reader, int n_targets)
{
  isn_run_layout_t *whole = &list->layout, *slice = &reader->layout;
  isn_run_target_t *targets;
  ISN_TRY(isn_alloc(&targets, n_targets, "targets of the whole run"));
  *whole = *slice;
  whole->n_targets = n_targets;
  whole->targets = targets;
  /* The rest is the whole's now; the slice has but its targets left, to be taken next. */
  *slice = (isn_run_layout_t){.n_targets = slice->n_targets, .targets = slice->targets};
  isn_slice_forget(whole);
  return ISN_OK;
}

/* A slice after the first must be of the same run. */
static isn_status_t compare_with_whole(const isn_slice_list_t *list, isn_run_reader_t *reader)
{
  char place[512];
  const isn_compare_words_t words = {place, "join slices of one run only"};
  snprintf(place, sizeof place, "in '%s'", list->files[0].path);
  isn_slice_forget(&reader->layout);
  ISN_TRY(isn_compare_runs(reader->path, &reader->layout, &list->layout, &words));
  if (strcmp(reader->layout.program_version, list->layout.program_version) != 0 ||
      strcmp(reader->layout.git_revision, list->layout.git_revision) != 0)
    isn_log_warning("'%s' was made by invset %s (revision %s), '%s' by %s (revision %s)",
                    reader->path, reader->layout.program_version, reader->layout.git_revision,
                    list->files[0].path, list->layout.program_version, list->layout.git_revision);
  return ISN_OK;
}

/* Take over a slice's targets and summaries, from target `first` of the whole on. */
static isn_status_t take_slice(isn_slice_list_t *list, int i, int n_targets, int first)
{
  isn_run_reader_t *reader;
  isn_status_t status = ISN_OK;
  bool complete;
  ISN_TRY(isn_run_reader_open(list->files[i].path, &reader));
  ISN_TRY_GOTO(check_finished(reader, &list->files[i]), done);
  ISN_TRY_GOTO(
      isn_run_reader_summaries(reader, &complete, list->summaries + first, &list->pool_steps),
      done);
  if (i == 0)
    ISN_TRY_GOTO(begin_whole(list, reader, n_targets), done);
  else
    ISN_TRY_GOTO(compare_with_whole(list, reader), done);
  const size_t bytes = (size_t)list->files[i].n_targets * sizeof *list->layout.targets;
  memcpy(list->layout.targets + first, reader->layout.targets, bytes);
  memset(reader->layout.targets, 0, bytes); /* their arrays have gone over */
done:
  isn_run_reader_close(reader);
  return status;
}

isn_status_t isn_slice_list_read(int n, const char *const *paths, isn_slice_list_t *list)
{
  int n_targets = 0, first = 0;
  *list = (isn_slice_list_t){.n = n};
  ISN_TRY(isn_alloc(&list->files, n, "slices"));
  for (int i = 0; i < n; i++) {
    list->files[i].path = paths[i];
    ISN_TRY(look_at(&list->files[i]));
  }
  qsort(list->files, (size_t)n, sizeof *list->files, compare_parts);
  ISN_TRY(check_parts(list));
  ISN_TRY(count_targets(list, &n_targets));
  ISN_TRY(isn_alloc(&list->summaries, n_targets, "summaries of the whole run"));
  for (int i = 0; i < n; i++) {
    ISN_TRY(take_slice(list, i, n_targets, first));
    first += list->files[i].n_targets;
  }
  return ISN_OK;
}

void isn_slice_list_clear(isn_slice_list_t *list)
{
  isn_run_layout_clear(&list->layout);
  free(list->summaries);
  free(list->files);
  *list = (isn_slice_list_t){0};
}
