/** @file collect.c
 *  Moving bytes and sums between ranks, also more than the 2 GiB that one MPI call can.  Knows
 *  nothing of what the bytes mean; all ranks have one byte order.
 */
#include <stdlib.h>
#include <string.h>

#include "comm/comm_internal.h"
#include "invset/memory.h"

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* ---- one to all ---------------------------------------------------------------------------- */

isn_status_t isn_comm_broadcast_pieces(isn_comm_t *comm, int from, void *bytes, size_t n_bytes,
                                       size_t piece_bytes)
{
  char *next = bytes;
  for (size_t left = n_bytes; left > 0;) {
    size_t piece = smaller(left, piece_bytes);
    ISN_TRY_MPI(MPI_Bcast(next, (int)piece, MPI_BYTE, from, comm->all), "broadcast");
    next += piece;
    left -= piece;
  }
  return ISN_OK;
}

isn_status_t isn_comm_broadcast(isn_comm_t *comm, void *bytes, size_t n_bytes)
{
  return isn_comm_broadcast_pieces(comm, 0, bytes, n_bytes, ISN_COMM_PIECE_BYTES);
}

isn_status_t isn_comm_broadcast_string(isn_comm_t *comm, char **text)
{
  isn_status_t status = ISN_OK;
  uint64_t n_bytes = comm->rank == 0 ? strlen(*text) + 1 : 0;
  char *copy = NULL;
  ISN_TRY(isn_comm_broadcast(comm, &n_bytes, sizeof n_bytes));
  if (comm->rank != 0)
    status = isn_alloc(&copy, n_bytes, "a string from rank 0");
  ISN_TRY_GOTO(isn_comm_agree(comm, status), failed);
  ISN_TRY_GOTO(isn_comm_broadcast(comm, comm->rank == 0 ? *text : copy, n_bytes), failed);
  if (comm->rank != 0)
    *text = copy;
  return ISN_OK;
failed:
  free(copy);
  return status;
}

/* ---- all to all ---------------------------------------------------------------------------- */

static isn_status_t gather_in_one_call(isn_comm_t *comm, const void *mine, const int64_t *counts,
                                       void *all)
{
  int offset = 0;
  for (int rank = 0; rank < comm->size; rank++) {
    comm->counts[rank] = (int)counts[rank];
    comm->offsets[rank] = offset;
    offset += comm->counts[rank];
  }
  ISN_TRY_MPI(MPI_Allgatherv(mine, comm->counts[comm->rank], MPI_BYTE, all, comm->counts,
                             comm->offsets, MPI_BYTE, comm->all),
              "collecting blocks of all ranks");
  return ISN_OK;
}

isn_status_t isn_comm_all_gather_pieces(isn_comm_t *comm, const void *mine, const int64_t *counts,
                                        void *all, size_t piece_bytes)
{
  size_t n_bytes = 0;
  for (int rank = 0; rank < comm->size; rank++)
    n_bytes += (size_t)counts[rank];
  if (n_bytes <= piece_bytes)
    return gather_in_one_call(comm, mine, counts, all);

  char *block = all;
  for (int rank = 0; rank < comm->size; rank++) {
    size_t block_bytes = (size_t)counts[rank];
    if (rank == comm->rank && block_bytes > 0)
      memcpy(block, mine, block_bytes);
    ISN_TRY(isn_comm_broadcast_pieces(comm, rank, block, block_bytes, piece_bytes));
    block += block_bytes;
  }
  return ISN_OK;
}

isn_status_t isn_comm_all_gather(isn_comm_t *comm, const void *mine, const int64_t *counts,
                                 void *all)
{
  return isn_comm_all_gather_pieces(comm, mine, counts, all, ISN_COMM_PIECE_BYTES);
}

/* ---- numbers ------------------------------------------------------------------------------- */

isn_status_t isn_comm_sum(isn_comm_t *comm, double *values, int n)
{
  ISN_TRY_MPI(MPI_Allreduce(MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_SUM, comm->all), "sum");
  return ISN_OK;
}

isn_status_t isn_comm_max(isn_comm_t *comm, double *values, int n)
{
  ISN_TRY_MPI(MPI_Allreduce(MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_MAX, comm->all), "maximum");
  return ISN_OK;
}

isn_status_t isn_comm_barrier(isn_comm_t *comm)
{
  ISN_TRY_MPI(MPI_Barrier(comm->all), "barrier");
  return ISN_OK;
}
