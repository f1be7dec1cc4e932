/** @file test_board.c
 *  The board: items are handed out exactly once, whoever is busy.
 */
#include "harness.h"
#include "invset/comm.h"

enum { NEXT_ITEM, N_DONE, SUM_OF_ITEMS, N_COUNTERS, N_ITEMS = 1000 };

static void test_zeros(isn_comm_t *comm, isn_board_t *board)
{
  int64_t values[N_COUNTERS] = {-1, -1, -1};
  TEST_OK(isn_board_read(board, values));
  for (int i = 0; i < N_COUNTERS; i++)
    TEST_CHECK(values[i] == 0);
  TEST_OK(isn_comm_barrier(comm));
}

/* All ranks take items until there are none. */
static void take_items(isn_board_t *board, double *times_taken)
{
  int64_t item = 0;
  while (item < N_ITEMS) {
    isn_status_t status = isn_board_add(board, NEXT_ITEM, 1, &item);
    TEST_OK(status);
    if (status != ISN_OK || item >= N_ITEMS)
      return;
    times_taken[item] += 1.0;
    TEST_OK(isn_board_add(board, N_DONE, 1, NULL));
    TEST_OK(isn_board_add(board, SUM_OF_ITEMS, item, NULL));
  }
}

static void test_hand_out(isn_comm_t *comm, isn_board_t *board)
{
  static double times_taken[N_ITEMS];
  int64_t values[N_COUNTERS];
  take_items(board, times_taken);
  TEST_OK(isn_comm_barrier(comm));
  TEST_OK(isn_board_read(board, values));
  TEST_CHECK(values[NEXT_ITEM] == N_ITEMS + isn_comm_size(comm));
  TEST_CHECK(values[N_DONE] == N_ITEMS);
  TEST_CHECK(values[SUM_OF_ITEMS] == (int64_t)N_ITEMS * (N_ITEMS - 1) / 2);

  int n_wrong = 0;
  TEST_OK(isn_comm_sum(comm, times_taken, N_ITEMS));
  for (int i = 0; i < N_ITEMS; i++)
    n_wrong += times_taken[i] != 1.0;
  TEST_CHECK_MSG(n_wrong == 0, "%d of %d items not taken exactly once", n_wrong, N_ITEMS);
}

/* Numbers above 32 bits, below zero, and positions that do not exist. */
static void test_values(isn_comm_t *comm, isn_board_t *board)
{
  const int64_t large = (int64_t)1 << 40;
  int64_t before = -1, values[N_COUNTERS];
  TEST_OK(isn_comm_barrier(comm));
  if (isn_comm_rank(comm) == isn_comm_size(comm) - 1) {
    TEST_OK(isn_board_add(board, N_DONE, -N_ITEMS - large, &before));
    TEST_CHECK(before == N_ITEMS);
  }
  TEST_OK(isn_comm_barrier(comm));
  TEST_OK(isn_board_read(board, values));
  TEST_CHECK(values[N_DONE] == -large);
  TEST_ERROR(isn_board_add(board, N_COUNTERS, 1, NULL), ISN_ERR_ARG, "counter 3 of a board of 3");
  TEST_ERROR(isn_board_add(board, -1, 1, NULL), ISN_ERR_ARG, "counter -1");
}

/* The others see what rank 0 posts while it goes on calling the board: a stop called on it. */
static void test_stop(isn_comm_t *comm)
{
  isn_board_t *board;
  int64_t values[2] = {0, 0};
  TEST_OK(isn_board_create(comm, 2, &board));
  if (isn_comm_rank(comm) == 0)
    TEST_OK(isn_board_add(board, 0, 1, NULL));
  else
    while (values[0] == 0)
      if (isn_board_read(board, values) != ISN_OK)
        break;
  TEST_OK(isn_board_add(board, 1, 1, NULL));
  while (values[1] < isn_comm_size(comm))
    if (isn_board_read(board, values) != ISN_OK)
      break;
  TEST_CHECK(values[0] == 1 && values[1] == isn_comm_size(comm));
  isn_board_destroy(board);
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_board_t *board;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_ERROR(isn_board_create(comm, 0, &board), ISN_ERR_ARG, "0 counters");
  TEST_REQUIRE(isn_board_create(comm, N_COUNTERS, &board));
  test_zeros(comm, board);
  test_hand_out(comm, board);
  test_values(comm, board);
  isn_board_destroy(board);
  isn_board_destroy(NULL);
  test_stop(comm);
  isn_comm_close(comm);
  TEST_END();
}
