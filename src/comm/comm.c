/** @file comm.c
 *  Starting and ending MPI, who is who, and agreeing on errors.  Knows nothing of what is sent.
 */
#include "invset/comm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm_internal.h"
#include "invset/memory.h"

isn_status_t isn_comm_mpi_error(int mpi_code, const char *what, const char *file, int line)
{
  char words[MPI_MAX_ERROR_STRING] = "";
  int length;
  if (MPI_Error_string(mpi_code, words, &length) != MPI_SUCCESS)
    snprintf(words, sizeof words, "error code %d", mpi_code);
  return isn_error_set(ISN_ERR_MPI, file, line, "%s: MPI says: %s", what, words);
}

/* ---- open and close ------------------------------------------------------------------------ */

static isn_status_t start_mpi(int *argc, char ***argv)
{
  int is_started, thread_level;
  ISN_TRY_MPI(MPI_Initialized(&is_started), "start of MPI");
  if (is_started)
    ISN_FAIL(ISN_ERR_ARG, "start of MPI: it was started before, and can be once only");
  ISN_TRY_MPI(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &thread_level), "start of MPI");
  /* MPI's default is to end the program at the first error. */
  ISN_TRY_MPI(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "start of MPI");
  return ISN_OK;
}

static isn_status_t find_local_rank(isn_comm_t *comm)
{
  MPI_Comm node;
  ISN_TRY_MPI(
      MPI_Comm_split_type(comm->all, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &node),
      "finding the ranks of this node");
  int code = MPI_Comm_rank(node, &comm->local_rank);
  if (code == MPI_SUCCESS)
    code = MPI_Comm_size(node, &comm->local_size);
  ISN_TRY_MPI(MPI_Comm_free(&node), "finding the ranks of this node");
  ISN_TRY_MPI(code, "finding the ranks of this node");
  return ISN_OK;
}

static isn_status_t join_ranks(isn_comm_t *comm)
{
  int host_length;
  ISN_TRY_MPI(MPI_Comm_dup(MPI_COMM_WORLD, &comm->all), "joining the ranks");
  ISN_TRY_MPI(MPI_Comm_rank(comm->all, &comm->rank), "joining the ranks");
  ISN_TRY_MPI(MPI_Comm_size(comm->all, &comm->size), "joining the ranks");
  ISN_TRY_MPI(MPI_Get_processor_name(comm->host, &host_length), "name of the node");
  ISN_TRY(isn_alloc(&comm->counts, comm->size, "counts of the ranks"));
  ISN_TRY(isn_alloc(&comm->offsets, comm->size, "offsets of the ranks"));
  return find_local_rank(comm);
}

isn_status_t isn_comm_open(int *argc, char ***argv, isn_comm_t **out)
{
  isn_status_t status = ISN_OK;
  isn_comm_t *comm = NULL;
  ISN_TRY(start_mpi(argc, argv));
  ISN_TRY(isn_alloc(&comm, 1, "communicator"));
  ISN_TRY_GOTO(join_ranks(comm), failed);
  *out = comm;
  return ISN_OK;
failed:
  /* No MPI_Finalize: it would wait for ranks that wait for this one. */
  free(comm->counts);
  free(comm->offsets);
  free(comm);
  return status;
}

void isn_comm_close(isn_comm_t *comm)
{
  if (!comm)
    return;
  /* All work is done and the files are closed: an error here has nothing left to spoil. */
  if (isn_comm_flush(comm) == ISN_OK)
    (void)MPI_Comm_free(&comm->all);
  (void)MPI_Finalize();
  free(comm->counts);
  free(comm->offsets);
  free(comm);
}

void isn_comm_abort(isn_comm_t *comm, int exit_code)
{
  MPI_Abort(comm ? comm->all : MPI_COMM_WORLD, exit_code);
}

/* ---- who is who ---------------------------------------------------------------------------- */

int isn_comm_rank(const isn_comm_t *comm)
{
  return comm->rank;
}

int isn_comm_size(const isn_comm_t *comm)
{
  return comm->size;
}

int isn_comm_local_rank(const isn_comm_t *comm)
{
  return comm->local_rank;
}

int isn_comm_local_size(const isn_comm_t *comm)
{
  return comm->local_size;
}

const char *isn_comm_host(const isn_comm_t *comm)
{
  return comm->host;
}

MPI_Comm isn_comm_mpi(const isn_comm_t *comm)
{
  return comm->all;
}

/* ---- agreeing on errors -------------------------------------------------------------------- */

/* What the lowest failing rank tells the others; all ranks run the same program, so it goes as
 * bytes. */
typedef struct {
  isn_status_t status;
  int line;
  char file[64];
  char message[ISN_ERROR_BYTES];
} error_report_t;

/* Take the last error apart; its place is "file:line". */
static void fill_report(error_report_t *report, isn_status_t status)
{
  const char *place = isn_error_place();
  const char *colon = strrchr(place, ':');
  memset(report, 0, sizeof *report);
  report->status = status;
  report->line = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
  snprintf(report->file, sizeof report->file, "%.*s", colon ? (int)(colon - place) : 0, place);
  snprintf(report->message, sizeof report->message, "%s", isn_error_message());
}

isn_status_t isn_comm_agree(isn_comm_t *comm, isn_status_t status)
{
  if (comm->size == 1)
    return status;
  int mine = status == ISN_OK ? comm->size : comm->rank;
  int lowest = comm->size;
  ISN_TRY_MPI(MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, comm->all), "agreeing on errors");
  if (lowest == comm->size)
    return ISN_OK;

  error_report_t report;
  if (comm->rank == lowest)
    fill_report(&report, status);
  ISN_TRY_MPI(MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, lowest, comm->all),
              "telling all ranks of an error");
  return isn_error_set(report.status, report.file, report.line, "rank %d: %s", lowest,
                       report.message);
}
