/* The output file of a run; see output.h. */
#include "output.h"

#include <stdlib.h>

#include "invset/log.h"
#include "invset/memory.h"

isn_status_t output_set_aside(const run_t *run)
{
  const char *path = run->options->output.file;
  char *moved_to = NULL;
  isn_status_t status = isn_run_file_set_aside(path, &moved_to);
  if (moved_to)
    isn_log_info("%s was there already and is %s now", path, moved_to);
  free(moved_to);
  return status;
}

isn_status_t output_prepare(run_t *run, bool restart, isn_run_path_state_t *state)
{
  const char *path = run->options->output.file;
  isn_status_t status = ISN_OK;
  *state = ISN_RUN_PATH_FREE;
  if (is_root(run)) {
    if (restart)
      status = output_set_aside(run);
    if (status == ISN_OK)
      status = isn_run_file_inspect(path, &run->layout, state);
    if (status == ISN_OK && *state == ISN_RUN_PATH_FREE)
      status = isn_run_file_create(path, &run->layout);
  }
  ISN_TRY(isn_comm_agree(run->comm, status));
  return isn_comm_broadcast(run->comm, state, sizeof *state);
}

isn_status_t output_share_states(run_t *run)
{
  size_t n = (size_t)run->targets.n * (size_t)isn_run_n_blocks(&run->layout);
  isn_status_t status = isn_alloc(&run->states, n, "states of blocks");
  if (status == ISN_OK && is_root(run))
    status = isn_run_file_states(run->file, run->states);
  ISN_TRY(isn_comm_agree(run->comm, status));
  return isn_comm_broadcast(run->comm, run->states, n);
}
