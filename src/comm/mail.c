/** @file mail.c
 *  Messages from rank to rank that nobody waits for: posted, looked for, received.  Knows nothing
 * of what the bytes mean; all ranks have one byte order.
 */
#include <stdlib.h>
#include <string.h>

#include "comm/comm_internal.h"
#include "invset/memory.h"

/* Free the posts that are gone; those still on their way stay. */
static isn_status_t sweep_posts(isn_comm_t *comm, bool wait)
{
  for (isn_post_t **link = &comm->posts; *link;) {
    isn_post_t *post = *link;
    int gone = wait;
    if (wait)
      ISN_TRY_MPI(MPI_Wait(&post->request, MPI_STATUS_IGNORE), "send");
    else
      ISN_TRY_MPI(MPI_Test(&post->request, &gone, MPI_STATUS_IGNORE), "send");
    if (gone) {
      *link = post->next;
      free(post);
    } else {
      link = &post->next;
    }
  }
  return ISN_OK;
}

isn_status_t isn_comm_post(isn_comm_t *comm, int to, int tag, const void *bytes, size_t n_bytes)
{
  unsigned char *block = NULL;
  if (n_bytes > ISN_COMM_PIECE_BYTES)
    ISN_FAIL(ISN_ERR_ARG, "a message of %zu bytes, at most %d can be posted", n_bytes,
             (int)ISN_COMM_PIECE_BYTES);
  ISN_TRY(sweep_posts(comm, false));
  ISN_TRY(isn_alloc(&block, sizeof(isn_post_t) + n_bytes, "message"));
  isn_post_t *post = (isn_post_t *)block;
  if (n_bytes > 0)
    memcpy(post->bytes, bytes, n_bytes);
  int code = MPI_Isend(post->bytes, (int)n_bytes, MPI_BYTE, to, tag, comm->all, &post->request);
  if (code != MPI_SUCCESS)
    free(post);
  ISN_TRY_MPI(code, "send");
  post->next = comm->posts;
  comm->posts = post;
  return ISN_OK;
}

isn_status_t isn_comm_flush(isn_comm_t *comm)
{
  return sweep_posts(comm, true);
}

isn_status_t isn_comm_poll(isn_comm_t *comm, int tag, isn_comm_mail_t *mail)
{
  int waiting = 0, n_bytes = 0;
  MPI_Status message;
  *mail = (isn_comm_mail_t){0};
  ISN_TRY_MPI(MPI_Iprobe(MPI_ANY_SOURCE, tag, comm->all, &waiting, &message), "look for a message");
  if (!waiting)
    return ISN_OK;
  ISN_TRY_MPI(MPI_Get_count(&message, MPI_BYTE, &n_bytes), "look for a message");
  *mail = (isn_comm_mail_t){true, message.MPI_SOURCE, (size_t)n_bytes};
  return ISN_OK;
}

isn_status_t isn_comm_receive(isn_comm_t *comm, int tag, const isn_comm_mail_t *mail, void *bytes)
{
  ISN_TRY_MPI(
      MPI_Recv(bytes, (int)mail->n_bytes, MPI_BYTE, mail->from, tag, comm->all, MPI_STATUS_IGNORE),
      "receive");
  return ISN_OK;
}
