/** @file board.c
 *  The board: counters on rank 0, changed by small messages.
 *
 *  One-sided MPI would do without rank 0's help, but not everywhere: Debian's Open MPI has no
 *  one-sided component that works between nodes over TCP.  Messages work on every network.  Rank 0
 *  serves them in every call that it makes here.
 */
#include <stdlib.h>

#include "comm/comm_internal.h"
#include "invset/memory.h"

/* To rank 0: one tag, so that a rank's messages are served in the order in which it sent them. */
enum { TAG_REQUEST = 1, TAG_FLAG };
typedef enum { REQUEST_ADD, REQUEST_LEAVE } request_kind_t;

typedef struct {
  int64_t kind, counter, value;
} request_t;

enum { REQUEST_NUMBERS = 3 };

struct isn_board {
  MPI_Comm messages; /* own communicator: nobody else's messages are here */
  int rank, size, n;
  int flag; /* counter that all ranks hear of */
  bool flag_set;
  int64_t *counters; /* (n), rank 0's are the truth */
  int n_left;        /* rank 0: ranks that have said REQUEST_LEAVE */
};

isn_status_t isn_board_create(isn_comm_t *comm, int n, int flag, isn_board_t **out)
{
  isn_status_t status;
  isn_board_t *board = NULL;
  if (n < 1 || flag < 0 || flag >= n)
    ISN_FAIL(ISN_ERR_ARG, "a board of %d counters with flag %d", n, flag);
  ISN_TRY_GOTO(isn_alloc(&board, 1, "board"), agree);
  *board = (isn_board_t){.rank = comm->rank, .size = comm->size, .n = n, .flag = flag};
  status = isn_alloc(&board->counters, n, "board");
agree:
  ISN_TRY_GOTO(isn_comm_agree(comm, status), failed);
  ISN_TRY_MPI_GOTO(MPI_Comm_dup(comm->all, &board->messages), failed, "board");
  *out = board;
  return ISN_OK;
failed:
  if (board)
    free(board->counters);
  free(board);
  return status;
}

/* Rank 0: the flag went up, which all others must hear. */
static isn_status_t raise_flag(isn_board_t *board)
{
  int64_t value = 1;
  board->flag_set = true;
  for (int rank = 1; rank < board->size; rank++)
    ISN_TRY_MPI(MPI_Send(&value, 1, MPI_INT64_T, rank, TAG_FLAG, board->messages), "board");
  return ISN_OK;
}

static isn_status_t change(isn_board_t *board, int64_t counter, int64_t value)
{
  board->counters[counter] += value;
  if (!board->flag_set && board->counters[board->flag] != 0)
    return raise_flag(board);
  return ISN_OK;
}

/* Receive one request, from this rank or from MPI_ANY_SOURCE, and serve it. */
static isn_status_t serve_one(isn_board_t *board, int from)
{
  request_t request;
  MPI_Status message;
  ISN_TRY_MPI(MPI_Recv(&request, REQUEST_NUMBERS, MPI_INT64_T, from, TAG_REQUEST, board->messages,
                       &message),
              "board");
  if (request.kind == REQUEST_LEAVE) {
    board->n_left++;
    return ISN_OK;
  }
  return change(board, request.counter, request.value);
}

/* Rank 0: serve what has come. */
static isn_status_t serve(isn_board_t *board)
{
  for (;;) {
    int waiting = 0;
    MPI_Status message;
    ISN_TRY_MPI(MPI_Iprobe(MPI_ANY_SOURCE, TAG_REQUEST, board->messages, &waiting, &message),
                "board");
    if (!waiting)
      return ISN_OK;
    ISN_TRY(serve_one(board, message.MPI_SOURCE));
  }
}

/* A few bytes: MPI sends them off at once, whether rank 0 is listening or not. */
static isn_status_t send_request(isn_board_t *board, request_kind_t kind, int counter,
                                 int64_t value)
{
  request_t request = {kind, counter, value};
  ISN_TRY_MPI(MPI_Send(&request, REQUEST_NUMBERS, MPI_INT64_T, 0, TAG_REQUEST, board->messages),
              "board");
  return ISN_OK;
}

static isn_status_t check_counter(const isn_board_t *board, int counter)
{
  if (counter < 0 || counter >= board->n)
    ISN_FAIL(ISN_ERR_ARG, "counter %d of a board of %d", counter, board->n);
  return ISN_OK;
}

isn_status_t isn_board_add(isn_board_t *board, int counter, int64_t value)
{
  ISN_TRY(check_counter(board, counter));
  if (board->rank != 0)
    return send_request(board, REQUEST_ADD, counter, value);
  ISN_TRY(serve(board));
  return change(board, counter, value);
}

isn_status_t isn_board_flag(isn_board_t *board, bool *set)
{
  int waiting = 0;
  if (board->rank == 0)
    ISN_TRY(serve(board));
  else
    ISN_TRY_MPI(MPI_Iprobe(0, TAG_FLAG, board->messages, &waiting, MPI_STATUS_IGNORE), "board");
  *set = board->flag_set || waiting;
  return ISN_OK;
}

isn_status_t isn_board_read(isn_board_t *board, int64_t *values)
{
  if (board->rank != 0)
    ISN_FAIL(ISN_ERR_ARG, "rank %d cannot read the board: rank 0 alone has it", board->rank);
  ISN_TRY(serve(board));
  for (int i = 0; i < board->n; i++)
    values[i] = board->counters[i];
  return ISN_OK;
}

/* Leave nothing unreceived: rank 0 serves everyone to the end, then closes with a last flag
 * message, behind which none comes. */
static isn_status_t empty_mail(isn_board_t *board)
{
  int64_t last = 0;
  if (board->rank == 0) {
    while (board->n_left < board->size - 1)
      ISN_TRY(serve_one(board, MPI_ANY_SOURCE));
    for (int rank = 1; rank < board->size; rank++)
      ISN_TRY_MPI(MPI_Send(&last, 1, MPI_INT64_T, rank, TAG_FLAG, board->messages), "board");
    return ISN_OK;
  }
  ISN_TRY(send_request(board, REQUEST_LEAVE, 0, 0));
  do {
    ISN_TRY_MPI(MPI_Recv(&last, 1, MPI_INT64_T, 0, TAG_FLAG, board->messages, MPI_STATUS_IGNORE),
                "board");
  } while (last != 0);
  return ISN_OK;
}

isn_status_t isn_board_destroy(isn_board_t *board)
{
  if (!board)
    return ISN_OK;
  isn_status_t status = empty_mail(board);
  if (status == ISN_OK && MPI_Comm_free(&board->messages) != MPI_SUCCESS)
    status = isn_comm_mpi_error(MPI_ERR_COMM, "board", __FILE__, __LINE__);
  free(board->counters);
  free(board);
  return status;
}
