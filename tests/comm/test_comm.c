/** @file test_comm.c
 *  Who is who, and agreeing on errors.
 */
#include <stdlib.h>

#include "comm/comm_mpi.h"
#include "harness.h"

static void test_ranks(isn_comm_t *comm)
{
  double n_ranks = 1.0, n_nodes = isn_comm_local_rank(comm) == 0;
  int rank = isn_comm_rank(comm), size = isn_comm_size(comm);
  TEST_CHECK(rank >= 0 && rank < size);
  TEST_OK(isn_comm_sum(comm, &n_ranks, 1));
  TEST_CHECK(n_ranks == (double)size);
  /* These tests run on one node, where the local rank is the rank. */
  TEST_OK(isn_comm_sum(comm, &n_nodes, 1));
  TEST_CHECK(n_nodes == 1.0);
  TEST_CHECK(isn_comm_local_rank(comm) == rank);
  TEST_CHECK(isn_comm_local_size(comm) == size);
  TEST_CHECK(isn_comm_host(comm)[0] != '\0');

  int mpi_size;
  TEST_CHECK(MPI_Comm_size(isn_comm_mpi(comm), &mpi_size) == MPI_SUCCESS && mpi_size == size);
  const char *started_size = getenv("OMPI_COMM_WORLD_SIZE");
  TEST_CHECK(size == (started_size ? atoi(started_size) : 1));
}

/* As a rank does that met an error of its own. */
static isn_status_t fail_here(isn_status_t code, int rank)
{
  ISN_FAIL(code, "disk of rank %d is full", rank);
}

/* Every set of failing ranks, as bits of `failing`: the lowest one's error reaches all. */
static void test_agree(isn_comm_t *comm, int failing)
{
  static const isn_status_t codes[] = {ISN_ERR_IO, ISN_ERR_MEMORY, ISN_ERR_STOPPED};
  int rank = isn_comm_rank(comm), size = isn_comm_size(comm);
  isn_status_t status = failing >> rank & 1 ? fail_here(codes[rank], rank) : ISN_OK;
  if (failing == 0) {
    TEST_OK(isn_comm_agree(comm, status));
    return;
  }
  int lowest = 0;
  while (!(failing >> lowest & 1))
    lowest++;
  char prefix[32] = "", wanted[64];
  if (size > 1)
    snprintf(prefix, sizeof prefix, "rank %d: ", lowest);
  snprintf(wanted, sizeof wanted, "%sdisk of rank %d is full", prefix, lowest);
  TEST_ERROR(isn_comm_agree(comm, status), codes[lowest], wanted);
  TEST_CHECK(strcmp(isn_error_message(), wanted) == 0);
  TEST_CHECK_MSG(strncmp(isn_error_place(), "test_comm.c:", 12) == 0, "%s", isn_error_place());
}

static void test_opened_once(void)
{
  isn_comm_t *again = NULL;
  TEST_ERROR(isn_comm_open(NULL, NULL, &again), ISN_ERR_ARG, "started before");
  TEST_CHECK(again == NULL);
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_comm_close(NULL);
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  test_ranks(comm);
  for (int failing = 0; failing < 1 << isn_comm_size(comm); failing++)
    test_agree(comm, failing);
  test_opened_once();
  TEST_OK(isn_comm_barrier(comm));
  isn_comm_close(comm);
  TEST_END();
}
