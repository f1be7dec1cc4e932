/** @file test_mail.c
 *  Messages from rank to rank: all at once in every direction without a deadlock, in order, of any
 *  length, also longer than what MPI sends without a waiting receiver.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/comm.h"

enum { TAG = 7, OTHER_TAG = 8, N_LENGTHS = 4, LONGEST = 3 << 20 };
static const size_t LENGTHS[N_LENGTHS] = {17, LONGEST, 0, 1000};

static unsigned char byte_of(int rank, int message, size_t i)
{
  return (unsigned char)((unsigned)rank * 31u + (unsigned)message * 5u + (unsigned)(i % 251));
}

static void post_to_all(isn_comm_t *comm, unsigned char *bytes)
{
  for (int m = 0; m < N_LENGTHS; m++)
    for (int to = 0; to < isn_comm_size(comm); to++) {
      if (to == isn_comm_rank(comm))
        continue;
      for (size_t i = 0; i < LENGTHS[m]; i++)
        bytes[i] = byte_of(isn_comm_rank(comm), m, i);
      TEST_OK(isn_comm_post(comm, to, TAG, bytes, LENGTHS[m]));
      memset(bytes, 0, LENGTHS[m]); /* the message has a copy */
    }
}

/* Take one message and see that it is the next of its sender. */
static void take(isn_comm_t *comm, const isn_comm_mail_t *mail, unsigned char *bytes, int *n_from)
{
  int m = n_from[mail->from]++;
  size_t n_wrong = 0;
  TEST_CHECK(m < N_LENGTHS && mail->n_bytes == LENGTHS[m % N_LENGTHS]);
  TEST_OK(isn_comm_receive(comm, TAG, mail, bytes));
  for (size_t i = 0; i < mail->n_bytes; i++)
    n_wrong += bytes[i] != byte_of(mail->from, m, i);
  TEST_CHECK_MSG(n_wrong == 0, "message %d of rank %d", m, mail->from);
}

static void test_all_to_all(isn_comm_t *comm)
{
  int n_from[8] = {0}, n_wanted = N_LENGTHS * (isn_comm_size(comm) - 1);
  unsigned char *bytes = malloc(LONGEST);
  isn_comm_mail_t mail;
  post_to_all(comm, bytes);
  for (int n = 0; n < n_wanted;) {
    TEST_OK(isn_comm_poll(comm, OTHER_TAG, &mail));
    TEST_CHECK(!mail.waiting);
    TEST_OK(isn_comm_poll(comm, TAG, &mail));
    if (mail.waiting) {
      take(comm, &mail, bytes, n_from);
      n++;
    }
  }
  TEST_OK(isn_comm_flush(comm));
  TEST_OK(isn_comm_barrier(comm));
  TEST_OK(isn_comm_poll(comm, TAG, &mail));
  TEST_CHECK(!mail.waiting);
  free(bytes);
}

static void test_errors(isn_comm_t *comm)
{
  char byte = 0;
  TEST_ERROR(isn_comm_post(comm, 0, TAG, &byte, ((size_t)1 << 30) + 1), ISN_ERR_ARG,
             "can be posted");
  /* No such rank: MPI returns the error, and does not end the program. */
  TEST_ERROR(isn_comm_post(comm, isn_comm_size(comm), 1, &byte, 1), ISN_ERR_MPI, "MPI_ERR_RANK");
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  test_all_to_all(comm);
  test_errors(comm);
  TEST_OK(isn_comm_barrier(comm));
  isn_comm_close(comm);
  TEST_END();
}
