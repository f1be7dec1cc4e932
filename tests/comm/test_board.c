/** @file test_board.c
 *  The board: counts of all ranks arrive, and all hear of the flag.
 */
#include "harness.h"
#include "invset/comm.h"

enum { SUM_OF_ITEMS, N_FINISHED, STOP, N_COUNTERS, N_ITEMS = 1000 };

/* Rank 0 serves the others until they have finished. */
static void serve_others(isn_comm_t *comm, isn_board_t *board, int64_t *values)
{
  do {
    if (isn_board_read(board, values) != ISN_OK)
      return;
  } while (values[N_FINISHED] < isn_comm_size(comm));
}

/* Every rank adds its share of the items. */
static void test_counts(isn_comm_t *comm, isn_board_t *board)
{
  int64_t values[N_COUNTERS];
  for (int item = isn_comm_rank(comm); item < N_ITEMS; item += isn_comm_size(comm))
    TEST_OK(isn_board_add(board, SUM_OF_ITEMS, item));
  TEST_OK(isn_board_add(board, N_FINISHED, 1));
  if (isn_comm_rank(comm) == 0) {
    serve_others(comm, board, values);
    TEST_CHECK(values[SUM_OF_ITEMS] == (int64_t)N_ITEMS * (N_ITEMS - 1) / 2);
  } else {
    TEST_ERROR(isn_board_read(board, values), ISN_ERR_ARG, "rank 0 alone");
  }
  TEST_OK(isn_comm_barrier(comm)); /* what follows changes the counters again */
}

/* Numbers above 32 bits, below zero, and counters that do not exist. */
static void test_values(isn_comm_t *comm, isn_board_t *board)
{
  const int64_t large = (int64_t)1 << 40;
  int64_t values[N_COUNTERS], before = (int64_t)N_ITEMS * (N_ITEMS - 1) / 2;
  if (isn_comm_rank(comm) == isn_comm_size(comm) - 1)
    TEST_OK(isn_board_add(board, SUM_OF_ITEMS, -before - large));
  if (isn_comm_rank(comm) == 0) {
    do {
      TEST_OK(isn_board_read(board, values));
    } while (values[SUM_OF_ITEMS] == before);
    TEST_CHECK(values[SUM_OF_ITEMS] == -large);
  }
  TEST_ERROR(isn_board_add(board, N_COUNTERS, 1), ISN_ERR_ARG, "counter 3 of a board of 3");
  TEST_ERROR(isn_board_add(board, -1, 1), ISN_ERR_ARG, "counter -1");
}

/* The last rank calls a stop; all hear of it, as rank 0 goes on calling the board. */
static void test_flag(isn_comm_t *comm, isn_board_t *board)
{
  bool set = true;
  TEST_OK(isn_board_flag(board, &set));
  TEST_CHECK(!set);
  TEST_OK(isn_comm_barrier(comm));
  if (isn_comm_rank(comm) == isn_comm_size(comm) - 1) {
    TEST_OK(isn_board_add(board, STOP, 1));
    TEST_OK(isn_board_add(board, STOP, 1));
  }
  while (!set)
    if (isn_board_flag(board, &set) != ISN_OK)
      break;
  TEST_CHECK(set);
}

/* A board is taken down with everything still on its way. */
static void test_abandoned(isn_comm_t *comm)
{
  isn_board_t *board;
  TEST_OK(isn_board_create(comm, 1, 0, &board));
  for (int i = 0; i < 100; i++)
    TEST_OK(isn_board_add(board, 0, 1));
  TEST_OK(isn_board_destroy(board));
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_board_t *board;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_ERROR(isn_board_create(comm, 0, 0, &board), ISN_ERR_ARG, "0 counters");
  TEST_REQUIRE(isn_board_create(comm, N_COUNTERS, STOP, &board));
  test_counts(comm, board);
  test_values(comm, board);
  test_flag(comm, board);
  TEST_OK(isn_board_destroy(board));
  TEST_OK(isn_board_destroy(NULL));
  test_abandoned(comm);
  isn_comm_close(comm);
  TEST_END();
}
