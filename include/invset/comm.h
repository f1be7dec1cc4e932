/** @file comm.h
 *  The ranks of a run and what they say to each other.  MPI behind one file; its types appear
 *  nowhere else.
 *
 *  "Collective" means: every rank of the communicator calls it, in the same order.  MPI's errors
 *  come back as ISN_ERR_MPI with MPI's words.  Only the thread that opened may call.
 */
#ifndef INVSET_COMM_H
#define INVSET_COMM_H

#include <stdbool.h>
#include <stdint.h>

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_comm isn_comm_t;

/** Start MPI and join all ranks.  Collective; once per process.  Works without mpirun (one rank).
 *  After an error a program says so and exits; mpirun then ends the other ranks.
 *  @param[in,out] argc, argv main's, or NULL
 *  @param[out]    out        isn_comm_close()
 *  @return ISN_ERR_MPI, ISN_ERR_MEMORY; ISN_ERR_ARG the second time */
ISN_MUST_USE isn_status_t isn_comm_open(int *argc, char ***argv, isn_comm_t **out);

/** Leave and end MPI.  Collective.  NULL is fine. */
void isn_comm_close(isn_comm_t *comm);

/** End all ranks at once with this exit code; for errors while others may wait.  Local; does not
 *  return. */
void isn_comm_abort(isn_comm_t *comm, int exit_code);

int isn_comm_rank(const isn_comm_t *comm);         /**< 0 .. size-1.  Local. */
int isn_comm_size(const isn_comm_t *comm);         /**< Local. */
int isn_comm_local_rank(const isn_comm_t *comm);   /**< rank within its node, from 0.  Local. */
int isn_comm_local_size(const isn_comm_t *comm);   /**< ranks of this node.  Local. */
const char *isn_comm_host(const isn_comm_t *comm); /**< name of the node, owned by comm.  Local. */

/** Agree on an error.  Collective.  If any rank brings one, all return the status of the lowest
 *  failing rank, and isn_error_message() and isn_error_place() are that rank's on all ranks, the
 *  message with "rank R: " before it if there are several ranks.
 *  @param[in] status this rank's; if not ISN_OK, its message is still this thread's last */
ISN_MUST_USE isn_status_t isn_comm_agree(isn_comm_t *comm, isn_status_t status);

/** Broadcast bytes from rank 0 (any length, also over 2 GiB).  Collective. */
ISN_MUST_USE isn_status_t isn_comm_broadcast(isn_comm_t *comm, void *bytes, size_t n_bytes);

/** Broadcast a string from rank 0.  Collective.  All ranks return the same status.
 *  @param[in,out] text rank 0: the string, borrowed; others: set, caller's, free() */
ISN_MUST_USE isn_status_t isn_comm_broadcast_string(isn_comm_t *comm, char **text);

/** Collect blocks of different length on all ranks, in rank order.  Collective.
 *  @param[in]  counts  (size) bytes of each rank, the same on all ranks
 *  @param[in]  mine    (counts[rank]), may be NULL if that is 0; no part of all
 *  @param[out] all     (sum of counts), host; may be over 2 GiB */
ISN_MUST_USE isn_status_t isn_comm_all_gather(isn_comm_t *comm, const void *mine,
                                              const int64_t *counts, void *all);

/** Post a message to another rank.  The bytes are copied and travel when the network and the
 *  receiver take them; messages to one rank with one tag arrive in the order in which they were
 *  posted.  Local; never waits.
 *  @param[in] tag     0 .. 32767, names the kind of message
 *  @param[in] n_bytes at most 1 GiB
 *  @return ISN_ERR_ARG: too long; ISN_ERR_MEMORY; ISN_ERR_MPI */
ISN_MUST_USE isn_status_t isn_comm_post(isn_comm_t *comm, int to, int tag, const void *bytes,
                                        size_t n_bytes);

/** Wait until all messages that this rank has posted are gone.  Local; their receivers must take
 *  them meanwhile. */
ISN_MUST_USE isn_status_t isn_comm_flush(isn_comm_t *comm);

/** A message that waits to be received. */
typedef struct {
  bool waiting;   /**< false: there is none, and nothing else is set */
  int from;       /**< its sender */
  size_t n_bytes; /**< its length */
} isn_comm_mail_t;

/** Look whether a message with this tag waits.  Local; does not wait. */
ISN_MUST_USE isn_status_t isn_comm_poll(isn_comm_t *comm, int tag, isn_comm_mail_t *mail);

/** Receive a message that isn_comm_poll() has found.  Local.
 *  @param[out] bytes (mail->n_bytes) */
ISN_MUST_USE isn_status_t isn_comm_receive(isn_comm_t *comm, int tag, const isn_comm_mail_t *mail,
                                           void *bytes);

/** Replace n numbers by their sums over all ranks, or by the largest.  Collective.  All ranks get
 *  the same bits, but the rounding of a sum may depend on the number of ranks. */
ISN_MUST_USE isn_status_t isn_comm_sum(isn_comm_t *comm, double *values, int n);
ISN_MUST_USE isn_status_t isn_comm_max(isn_comm_t *comm, double *values, int n);

ISN_MUST_USE isn_status_t isn_comm_barrier(isn_comm_t *comm); /**< Collective. */

/** A board of 64-bit counters that rank 0 keeps for all: progress is counted and a stop called on
 *  it.  Other ranks send it small messages and never wait; rank 0 serves these in each of its own
 * calls, so it makes one now and then (isn_board_flag() will do).
 */
typedef struct isn_board isn_board_t;

/** Make a board of n zeros.  Collective.
 *  @param[in]  flag counter that all ranks hear of when it is no longer 0
 *  @param[out] out  isn_board_destroy() */
ISN_MUST_USE isn_status_t isn_board_create(isn_comm_t *comm, int n, int flag, isn_board_t **out);
/** Collective.  NULL is fine on all ranks alike. */
ISN_MUST_USE isn_status_t isn_board_destroy(isn_board_t *board);
/** Add to a counter.  Local; does not wait.  @return ISN_ERR_ARG: no such counter */
ISN_MUST_USE isn_status_t isn_board_add(isn_board_t *board, int counter, int64_t value);
/** Whether the flag's counter is not 0, as far as this rank has heard.  Local; does not wait. */
ISN_MUST_USE isn_status_t isn_board_flag(isn_board_t *board, bool *set);
/** Read all counters.  Local; rank 0 only.  @param[out] values (n) */
ISN_MUST_USE isn_status_t isn_board_read(isn_board_t *board, int64_t *values);

#ifdef __cplusplus
}
#endif
#endif
