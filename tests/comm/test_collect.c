/** @file test_collect.c
 *  Broadcast and all-gather in one piece and in several; sums.
 */
#include <stdlib.h>

#include "comm/comm_internal.h"
#include "harness.h"

enum { N_BYTES = 1000 };

/* Piece lengths: one, a divisor of N_BYTES, no divisor, exact, more than needed. */
static const size_t PIECES[] = {1, 250, 333, N_BYTES, 4096};
enum { N_PIECES = sizeof PIECES / sizeof PIECES[0] };

static char byte_of(int rank, size_t i)
{
  return (char)((unsigned)rank * 31u + (unsigned)i * 7u + (unsigned)(i >> 8));
}

static void fill(char *bytes, int rank, size_t n_bytes)
{
  for (size_t i = 0; i < n_bytes; i++)
    bytes[i] = byte_of(rank, i);
}

static size_t count_wrong(const char *bytes, int rank, size_t n_bytes)
{
  size_t n_wrong = 0;
  for (size_t i = 0; i < n_bytes; i++)
    n_wrong += bytes[i] != byte_of(rank, i);
  return n_wrong;
}

/* From every rank, and the byte behind the end stays as it was. */
static void test_broadcast(isn_comm_t *comm, size_t piece_bytes)
{
  for (int from = 0; from < isn_comm_size(comm); from++) {
    char bytes[N_BYTES + 1];
    memset(bytes, 'x', sizeof bytes);
    if (isn_comm_rank(comm) == from)
      fill(bytes, from, N_BYTES);
    TEST_OK(isn_comm_broadcast_pieces(comm, from, bytes, N_BYTES, piece_bytes));
    TEST_CHECK_MSG(count_wrong(bytes, from, N_BYTES) == 0, "pieces of %zu", piece_bytes);
    TEST_CHECK(bytes[N_BYTES] == 'x');
  }
}

static void test_strings(isn_comm_t *comm)
{
  static const char *const texts[] = {"sneaker", "", "a\nb \xc3\xa4"};
  TEST_OK(isn_comm_broadcast(comm, NULL, 0));
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    char buffer[32], *text = isn_comm_rank(comm) == 0 ? buffer : NULL;
    strcpy(buffer, texts[i]);
    TEST_OK(isn_comm_broadcast_string(comm, &text));
    TEST_CHECK(text && strcmp(text, texts[i]) == 0);
    if (isn_comm_rank(comm) != 0)
      free(text);
  }
}

/* Unequal blocks, one of them empty (with one rank: once the only one). */
static void test_all_gather(isn_comm_t *comm, size_t piece_bytes, int empty_rank)
{
  static const int64_t lengths[] = {N_BYTES, 17, 444};
  char mine[N_BYTES], all[3 * N_BYTES + 1];
  int64_t counts[3];
  size_t offset = 0;
  int rank = isn_comm_rank(comm), size = isn_comm_size(comm);
  for (int r = 0; r < size; r++)
    counts[r] = r == empty_rank ? 0 : lengths[r];
  fill(mine, rank, N_BYTES);
  memset(all, 'x', sizeof all);
  TEST_OK(
      isn_comm_all_gather_pieces(comm, counts[rank] > 0 ? mine : NULL, counts, all, piece_bytes));
  for (int r = 0; r < size; r++) {
    TEST_CHECK_MSG(count_wrong(all + offset, r, (size_t)counts[r]) == 0,
                   "block of rank %d, pieces of %zu", r, piece_bytes);
    offset += (size_t)counts[r];
  }
  TEST_CHECK(all[offset] == 'x');
}

static void test_numbers(isn_comm_t *comm)
{
  double size = isn_comm_size(comm), rank = isn_comm_rank(comm);
  double sums[2] = {rank, 1.0}, largest[2] = {rank, -rank};
  TEST_OK(isn_comm_sum(comm, sums, 2));
  TEST_CHECK(sums[0] == size * (size - 1.0) / 2.0 && sums[1] == size);
  TEST_OK(isn_comm_max(comm, largest, 2));
  TEST_CHECK(largest[0] == size - 1.0 && largest[1] == 0.0);
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  for (int i = 0; i < N_PIECES; i++) {
    test_broadcast(comm, PIECES[i]);
    for (int empty_rank = -1; empty_rank < isn_comm_size(comm); empty_rank++)
      test_all_gather(comm, PIECES[i], empty_rank);
  }
  test_strings(comm);
  test_numbers(comm);
  TEST_OK(isn_comm_barrier(comm));
  isn_comm_close(comm);
  TEST_END();
}
