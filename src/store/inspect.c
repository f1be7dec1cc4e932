/** @file inspect.c
 *  What lies at the output path of a run: nothing, this run's file, or something to be refused.
 *  Opens files for reading only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hdf5_check.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "store/compare.h"
#include "store/disk.h"
#include "store/layout.h"
#include "store/path.h"

/* What a killed run left while it made its file; the guard is ours, so nobody is making it now. */
static isn_status_t remove_temporary(const char *path)
{
  char *temporary;
  ISN_TRY(isn_path_join(path, ISN_PATH_CREATING, &temporary));
  int failed = unlink(temporary) != 0 && errno != ENOENT;
  int error = errno;
  isn_status_t status = ISN_OK;
  if (failed)
    status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__,
                           "cannot remove the left-over '%s': %s", temporary, strerror(error));
  free(temporary);
  return status;
}

/* Finished if the run says so and no target that was filled lacks a block: one with a damaged
 * record is made again.  Targets that were not filled were left early, so blocks of theirs may be
 * missing. */
static isn_status_t find_state(isn_run_reader_t *reader, isn_run_path_state_t *state)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const size_t n_targets = (size_t)layout->n_targets, n_blocks = (size_t)isn_run_n_blocks(layout);
  isn_status_t status = ISN_OK;
  isn_run_summary_t *summaries = NULL;
  unsigned char *states = NULL;
  bool complete;
  double pool_steps;
  ISN_TRY_GOTO(isn_alloc(&summaries, n_targets, "summaries"), done);
  ISN_TRY_GOTO(isn_alloc(&states, n_targets * n_blocks, "states of the blocks"), done);
  ISN_TRY_GOTO(isn_run_reader_summaries(reader, &complete, summaries, &pool_steps), done);
  ISN_TRY_GOTO(isn_run_reader_states(reader, states), done);
  for (size_t t = 0; t < n_targets; t++)
    if (summaries[t].status == ISN_TARGET_FULL &&
        memchr(states + t * n_blocks, ISN_BLOCK_EMPTY, n_blocks))
      complete = false;
  *state = complete ? ISN_RUN_PATH_FINISHED : ISN_RUN_PATH_PARTIAL;
done:
  free(summaries);
  free(states);
  return status;
}

static isn_status_t inspect_file(const char *path, const isn_run_layout_t *layout,
                                 isn_run_path_state_t *state)
{
  isn_status_t status = ISN_OK;
  isn_run_reader_t *reader;
  uint64_t surplus;
  ISN_TRY(isn_path_check_hdf5(path, &surplus));
  if (surplus > 0)
    isn_log_warning("'%s' has %llu bytes after its end, which are cut off when it is written", path,
                    (unsigned long long)surplus);
  ISN_TRY(isn_run_reader_open(path, &reader));
  ISN_TRY_GOTO(isn_compare_layouts(path, isn_run_reader_layout(reader), layout), done);
  ISN_TRY_GOTO(find_state(reader, state), done);
  if (*state == ISN_RUN_PATH_PARTIAL && access(path, R_OK | W_OK) != 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "'%s' is not finished and may not be written: %s", path,
                  strerror(errno));
done:
  isn_run_reader_close(reader);
  return status;
}

static isn_status_t look(const char *path, const isn_run_layout_t *layout,
                         isn_run_path_state_t *state)
{
  struct stat info;
  ISN_TRY(remove_temporary(path));
  if (lstat(path, &info) == 0)
    return inspect_file(path, layout, state);
  if (errno != ENOENT)
    ISN_FAIL(ISN_ERR_INPUT, "cannot look at '%s': %s", path, strerror(errno));
  *state = ISN_RUN_PATH_FREE;
  return ISN_OK;
}

isn_status_t isn_run_file_inspect(const char *path, const isn_run_layout_t *layout,
                                  isn_run_path_state_t *state)
{
  isn_h5_quiet();
  ISN_TRY(isn_store_layout_check(layout, ISN_ERR_ARG));
  ISN_TRY(isn_disk_make_folders(path));
  ISN_TRY(isn_guard_take(path));
  isn_status_t status = look(path, layout, state);
  if (status != ISN_OK)
    isn_guard_drop();
  return status;
}
