/** @file board.c
 *  Counters in an MPI window on rank 0, changed by atomic one-sided operations.
 *
 *  Progress: on one node, and over networks with remote atomics, rank 0 takes no part.  Over plain
 *  TCP Open MPI emulates the operations, and rank 0 serves them only while it is inside MPI; so
 *  every call here lets MPI make progress first, and rank 0 should call one at each of its steps.
 */
#include <stdlib.h>
#include <string.h>

#include "comm/comm_internal.h"
#include "invset/memory.h"

struct isn_board {
  isn_comm_t *comm; /* borrowed */
  MPI_Win window;
  int n;
};

/* Zero the counters on rank 0, and show that to all before the first operation. */
static isn_status_t start_counters(isn_board_t *board, int64_t *counters)
{
  ISN_TRY_MPI(MPI_Win_set_errhandler(board->window, MPI_ERRORS_RETURN), "board");
  /* One epoch for the whole life of the board; there are no conflicting locks to check for. */
  ISN_TRY_MPI(MPI_Win_lock_all(MPI_MODE_NOCHECK, board->window), "board");
  if (board->comm->rank == 0)
    memset(counters, 0, (size_t)board->n * sizeof *counters);
  ISN_TRY_MPI(MPI_Win_sync(board->window), "board");
  return ISN_OK;
}

isn_status_t isn_board_create(isn_comm_t *comm, int n, isn_board_t **out)
{
  isn_status_t status;
  isn_board_t *board = NULL;
  int64_t *counters;
  if (n < 1)
    ISN_FAIL(ISN_ERR_ARG, "a board of %d counters, wanted at least 1", n);
  status = isn_alloc(&board, 1, "board");
  ISN_TRY_GOTO(isn_comm_agree(comm, status), failed);
  board->comm = comm;
  board->n = n;
  MPI_Aint n_bytes = comm->rank == 0 ? (MPI_Aint)((size_t)n * sizeof *counters) : 0;
  ISN_TRY_MPI_GOTO(MPI_Win_allocate(n_bytes, (int)sizeof *counters, MPI_INFO_NULL, comm->all,
                                    &counters, &board->window),
                   failed, "board");
  /* If this fails the window is not freed: MPI itself is broken then. */
  status = start_counters(board, counters);
  ISN_TRY_GOTO(isn_comm_agree(comm, status), failed);
  *out = board;
  return ISN_OK;
failed:
  free(board);
  return status;
}

void isn_board_destroy(isn_board_t *board)
{
  if (!board)
    return;
  /* The counters are not read any more: an error here has nothing left to spoil. */
  (void)MPI_Win_unlock_all(board->window);
  (void)MPI_Win_free(&board->window);
  free(board);
}

/* See the head of the file. */
static isn_status_t make_progress(isn_board_t *board)
{
  int is_there;
  ISN_TRY_MPI(
      MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, board->comm->all, &is_there, MPI_STATUS_IGNORE),
      "board");
  return ISN_OK;
}

isn_status_t isn_board_add(isn_board_t *board, int counter, int64_t value, int64_t *before)
{
  int64_t old;
  if (counter < 0 || counter >= board->n)
    ISN_FAIL(ISN_ERR_ARG, "counter %d of a board of %d", counter, board->n);
  ISN_TRY(make_progress(board));
  ISN_TRY_MPI(MPI_Fetch_and_op(&value, &old, MPI_INT64_T, 0, counter, MPI_SUM, board->window),
              "board");
  ISN_TRY_MPI(MPI_Win_flush(0, board->window), "board");
  if (before)
    *before = old;
  return ISN_OK;
}

/* MPI promises atomic elements for accumulates only, so reading is an accumulate of nothing. */
isn_status_t isn_board_read(isn_board_t *board, int64_t *values)
{
  ISN_TRY(make_progress(board));
  ISN_TRY_MPI(MPI_Get_accumulate(NULL, 0, MPI_INT64_T, values, board->n, MPI_INT64_T, 0, 0,
                                 board->n, MPI_INT64_T, MPI_NO_OP, board->window),
              "board");
  ISN_TRY_MPI(MPI_Win_flush(0, board->window), "board");
  return ISN_OK;
}
