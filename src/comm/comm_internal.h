/** @file comm_internal.h
 *  Private to comm: what isn_comm_t is, and the long transfers with the length of their pieces as
 *  an argument, so that a test has several pieces without moving 2 GiB.
 */
#ifndef INVSET_COMM_COMM_INTERNAL_H
#define INVSET_COMM_COMM_INTERNAL_H

#include "comm/comm_mpi.h"

enum { ISN_COMM_PIECE_BYTES = 1 << 30 /**< most bytes of one MPI call, whose counts are int */ };

/** A posted message that is still on its way. */
typedef struct isn_post {
  struct isn_post *next; /**< owned */
  MPI_Request request;
  char bytes[]; /**< must stay until the request is complete */
} isn_post_t;

struct isn_comm {
  MPI_Comm all; /**< our own copy of the world */
  int rank, size, local_rank, local_size;
  isn_post_t *posts;     /**< messages on their way, owned */
  int *counts, *offsets; /**< (size), owned: scratch of isn_comm_all_gather() */
  char host[MPI_MAX_PROCESSOR_NAME];
};

/** isn_comm_broadcast() from any rank in pieces of at most piece_bytes.  Collective.
 *  @param[in] piece_bytes 1 .. INT_MAX */
ISN_MUST_USE isn_status_t isn_comm_broadcast_pieces(isn_comm_t *comm, int from, void *bytes,
                                                    size_t n_bytes, size_t piece_bytes);

/** isn_comm_all_gather(): in one call if all blocks together have at most piece_bytes, else block
 *  by block in pieces.  Collective. */
ISN_MUST_USE isn_status_t isn_comm_all_gather_pieces(isn_comm_t *comm, const void *mine,
                                                     const int64_t *counts, void *all,
                                                     size_t piece_bytes);

#endif
