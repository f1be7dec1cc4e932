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
#include "store/disk.h"
#include "store/inspect.h"
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

isn_status_t isn_inspect_finished(isn_run_reader_t *reader, bool *finished)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const size_t n_targets = (size_t)layout->n_targets, n_blocks = (size_t)isn_run_n_blocks(layout);
  isn_status_t status = ISN_OK;
  isn_run_summary_t *summaries = NULL;
  unsigned char *states = NULL;
  double pool_steps;
  ISN_TRY_GOTO(isn_alloc(&summaries, n_targets, "summaries"), done);
  ISN_TRY_GOTO(isn_alloc(&states, n_targets * n_blocks, "states of the blocks"), done);
  ISN_TRY_GOTO(isn_run_reader_summaries(reader, finished, summaries, &pool_steps), done);
  ISN_TRY_GOTO(isn_run_reader_states(reader, states), done);
  for (size_t t = 0; t < n_targets; t++)
    if (summaries[t].status == ISN_TARGET_FULL &&
        memchr(states + t * n_blocks, ISN_BLOCK_EMPTY, n_blocks))
      *finished = false;
done:
  free(summaries);
  free(states);
  return status;
}

static isn_status_t inspect_file(const char *path, const isn_run_layout_t *layout,
                                 const isn_compare_words_t *words, isn_run_path_state_t *state)
{
  isn_status_t status = ISN_OK;
  isn_run_reader_t *reader;
  uint64_t surplus;
  bool finished;
  ISN_TRY(isn_path_check_hdf5(path, &surplus));
  if (surplus > 0)
    isn_log_warning("'%s' has %llu bytes after its end, which are cut off when it is written", path,
                    (unsigned long long)surplus);
  ISN_TRY(isn_run_reader_open(path, &reader));
  ISN_TRY_GOTO(isn_compare_layouts(path, isn_run_reader_layout(reader), layout, words), done);
  ISN_TRY_GOTO(isn_inspect_finished(reader, &finished), done);
  *state = finished ? ISN_RUN_PATH_FINISHED : ISN_RUN_PATH_PARTIAL;
  if (*state == ISN_RUN_PATH_PARTIAL && access(path, R_OK | W_OK) != 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "'%s' is not finished and may not be written: %s", path,
                  strerror(errno));
done:
  isn_run_reader_close(reader);
  return status;
}

static isn_status_t look(const char *path, const isn_run_layout_t *layout,
                         const isn_compare_words_t *words, isn_run_path_state_t *state)
{
  struct stat info;
  ISN_TRY(remove_temporary(path));
  if (lstat(path, &info) == 0)
    return inspect_file(path, layout, words, state);
  if (errno != ENOENT)
    ISN_FAIL(ISN_ERR_INPUT, "cannot look at '%s': %s", path, strerror(errno));
  *state = ISN_RUN_PATH_FREE;
  return ISN_OK;
}

isn_status_t isn_inspect_path(const char *path, const isn_run_layout_t *layout,
                              const isn_compare_words_t *words, isn_run_path_state_t *state)
{
  isn_h5_quiet();
  ISN_TRY(isn_store_layout_check(layout, ISN_ERR_ARG));
  ISN_TRY(isn_disk_make_folders(path));
  ISN_TRY(isn_guard_take(path));
  isn_status_t status = look(path, layout, words, state);
  if (status != ISN_OK)
    isn_guard_drop();
  return status;
}

isn_status_t isn_run_file_inspect(const char *path, const isn_run_layout_t *layout,
                                  isn_run_path_state_t *state)
{
  static const isn_compare_words_t words = {
      "in the config",
      "name another output.file, or give --restart, which sets the old file aside"};
  return isn_inspect_path(path, layout, &words, state);
}
