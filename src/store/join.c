/** @file join.c
 *  Putting slices together: the whole file is made empty, as for a run, then filled block by block
 *  from the slices, each checked against its CRC.  See run_join.h.
 */
#include "invset/run_join.h"

#include <stdlib.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "store/inspect.h"
#include "store/reader.h"
#include "store/slice_list.h"
#include "store/write.h"

/* Copies from one slice. */
typedef struct {
  isn_run_reader_t *from;      /* the slice */
  const unsigned char *states; /* (its T, B) */
  isn_run_file_t *to;
  const unsigned char *done; /* (T, B) of the whole file: what an earlier attempt has left */
  int first;                 /* target of the whole that is the slice's target 0 */
} copy_t;

static isn_status_t copy_block(const copy_t *copy, int target, int block)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(copy->from);
  const isn_rows_at_t at = {target, block, 1};
  isn_store_provenance_t provenance;
  isn_run_block_t data;
  isn_status_t status;
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, block), &data));
  ISN_TRY_GOTO(isn_run_reader_block(copy->from, target, block, &data), done);
  ISN_TRY_GOTO(isn_datasets_read(&copy->from->datasets, ISN_STORE_PROVENANCE, &at, &provenance),
               done);
  ISN_TRY_GOTO(isn_write_block_of(copy->to, copy->first + target, block, &data, &provenance), done);
done:
  isn_run_block_free(&data);
  return status;
}

/* What the probe of a target found; of one that was not probed there is nothing. */
static isn_status_t copy_reach(const copy_t *copy, int target)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(copy->from);
  isn_run_reach_t reach;
  isn_status_t status;
  bool known;
  if (layout->probe_starts == 0)
    return ISN_OK;
  ISN_TRY(isn_run_reach_alloc(layout, layout->targets[target].n_neurons, &reach));
  ISN_TRY_GOTO(isn_run_reader_reach(copy->from, target, &reach, &known), done);
  if (known)
    ISN_TRY_GOTO(isn_run_file_write_reach(copy->to, copy->first + target, &reach), done);
done:
  isn_run_reach_free(&reach);
  return status;
}

/* Everything of a target but its summary.  Blocks that a target left early lacks stay empty. */
static isn_status_t copy_target(const copy_t *copy, int target)
{
  const size_t n_blocks = (size_t)isn_run_n_blocks(isn_run_reader_layout(copy->from));
  const unsigned char *states = copy->states + (size_t)target * n_blocks;
  const unsigned char *done = copy->done + (size_t)(copy->first + target) * n_blocks;
  for (int b = 0; b < (int)n_blocks; b++)
    if (states[b] != ISN_BLOCK_EMPTY && done[b] == ISN_BLOCK_EMPTY)
      ISN_TRY(copy_block(copy, target, b));
  return copy_reach(copy, target);
}

/* States of all blocks of a file.  @param[out] states caller's, free() */
static isn_status_t read_states(isn_run_reader_t *reader, unsigned char **states)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const size_t n = (size_t)layout->n_targets * (size_t)isn_run_n_blocks(layout);
  ISN_TRY(isn_alloc(states, n, "states of the blocks"));
  return isn_run_reader_states(reader, *states);
}

static isn_status_t copy_slice(const isn_slice_file_t *file, copy_t copy)
{
  isn_status_t status;
  unsigned char *states = NULL;
  ISN_TRY(isn_run_reader_open(file->path, &copy.from));
  ISN_TRY_GOTO(read_states(copy.from, &states), done);
  copy.states = states;
  for (int t = 0; t < file->n_targets; t++)
    ISN_TRY_GOTO(copy_target(&copy, t), done);
done:
  free(states);
  isn_run_reader_close(copy.from);
  return status;
}

static isn_status_t copy_all(const isn_slice_list_t *list, isn_run_file_t *to,
                             const unsigned char *done)
{
  copy_t copy = {.to = to, .done = done};
  for (int i = 0; i < list->n; i++) {
    ISN_TRY(copy_slice(&list->files[i], copy));
    copy.first += list->files[i].n_targets;
    isn_log_info("%d of %d slices: %s", i + 1, list->n, list->files[i].path);
  }
  ISN_TRY(isn_run_file_sync(to));
  return isn_run_file_write_summaries(to, list->summaries, list->pool_steps);
}

/* Fill a file that is there, empty or in part. */
static isn_status_t fill(isn_comm_t *comm, const char *path, const isn_slice_list_t *list)
{
  isn_run_file_t *file = NULL;
  isn_run_reader_t *reader;
  unsigned char *done = NULL;
  ISN_TRY(isn_run_reader_open(path, &reader));
  isn_status_t status = read_states(reader, &done);
  isn_run_reader_close(reader);
  if (status == ISN_OK)
    status = isn_run_file_open(comm, path, &list->layout, &file);
  if (status == ISN_OK)
    status = copy_all(list, file, done);
  free(done);
  isn_status_t closed = isn_run_file_close(file);
  return status != ISN_OK ? status : closed;
}

/* Look at the place, make the file if there is none, and fill it; the guard is held meanwhile. */
static isn_status_t join(isn_comm_t *comm, const char *path, const isn_slice_list_t *list)
{
  static const isn_compare_words_t words = {"in the slices",
                                            "name another file, or move this one away"};
  isn_run_path_state_t state;
  isn_status_t status = ISN_OK;
  ISN_TRY(isn_inspect_path(path, &list->layout, &words, &state));
  if (state == ISN_RUN_PATH_FINISHED)
    isn_log_info("%s is complete already: nothing to do", path);
  else if (state == ISN_RUN_PATH_FREE)
    status = isn_run_file_create(path, &list->layout);
  else
    isn_log_info("%s: going on from an earlier attempt", path);
  if (status == ISN_OK && state != ISN_RUN_PATH_FINISHED)
    status = fill(comm, path, list);
  isn_run_file_unlock(path);
  return status;
}

isn_status_t isn_run_file_join(isn_comm_t *comm, const char *path, int n, const char *const *slices)
{
  isn_slice_list_t list;
  if (isn_comm_size(comm) != 1)
    ISN_FAIL(ISN_ERR_INPUT, "joining is work for one process, not for %d ranks",
             isn_comm_size(comm));
  isn_status_t status = isn_slice_list_read(n, slices, &list);
  if (status == ISN_OK)
    status = join(comm, path, &list);
  isn_slice_list_clear(&list);
  return status;
}
