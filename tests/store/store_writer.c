/** @file store_writer.c
 *  The made-up run as a program, for tests that need processes of their own.
 *      store_writer create PATH         inspect, and create the file if there is none
 *      store_writer write PATH [COUNT]  create if needed, then write the missing blocks again and
 *                                       again (COUNT times, default 1), then the summaries
 *      store_writer probed PATH         write, for the run MADE_PROBED instead of MADE_COLOUR
 *      store_writer check PATH          exit 0 if every block that is marked is right
 *  Exit code: that of the error, with its message on standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_run.h"

static isn_status_t prepare(const char *path, const isn_run_layout_t *layout)
{
  isn_run_path_state_t state;
  ISN_TRY(isn_run_file_inspect(path, layout, &state));
  return state == ISN_RUN_PATH_FREE ? isn_run_file_create(path, layout) : ISN_OK;
}

static isn_status_t write_runs(isn_comm_t *comm, const char *path, const isn_run_layout_t *layout,
                               int count)
{
  isn_status_t status = isn_comm_rank(comm) == 0 ? prepare(path, layout) : ISN_OK;
  ISN_TRY(isn_comm_agree(comm, status));
  for (int i = 0; i < count; i++)
    ISN_TRY(made_write(comm, path, layout));
  return ISN_OK;
}

/* Only writing needs MPI, whose start takes longer than everything else here. */
static isn_status_t write_with_mpi(int argc, char **argv, const isn_run_layout_t *layout)
{
  isn_comm_t *comm;
  ISN_TRY(isn_comm_open(&argc, &argv, &comm));
  isn_status_t status = write_runs(comm, argv[2], layout, argc > 3 ? atoi(argv[3]) : 1);
  isn_comm_close(comm);
  return status;
}

static isn_status_t check(const char *path)
{
  if (made_file_right(path, true))
    return ISN_OK;
  ISN_FAIL(ISN_ERR_CHECK, "'%s': a block is wrong: %s", path, isn_error_message());
}

static isn_status_t run(int argc, char **argv, const isn_run_layout_t *layout)
{
  const char *verb = argc > 2 ? argv[1] : "";
  if (strcmp(verb, "create") == 0)
    return prepare(argv[2], layout);
  if (strcmp(verb, "write") == 0 || strcmp(verb, "probed") == 0)
    return write_with_mpi(argc, argv, layout);
  if (strcmp(verb, "check") == 0)
    return check(argv[2]);
  ISN_FAIL(ISN_ERR_INPUT, "unknown verb '%s'", verb);
}

int main(int argc, char **argv)
{
  isn_run_layout_t layout;
  const bool probed = argc > 1 && strcmp(argv[1], "probed") == 0;
  isn_status_t status = made_layout(probed ? MADE_PROBED : MADE_COLOUR, &layout);
  if (status == ISN_OK)
    status = run(argc, argv, &layout);
  if (status != ISN_OK)
    fprintf(stderr, "store_writer: %s\n", isn_error_message());
  isn_run_layout_clear(&layout);
  return isn_status_exit_code(status);
}
