/** @file test_dense.c
 *  The products of inner products: right numbers for all heights, widths and numbers of rows, by
 *  all the code that this processor can run, and the same bits for a row whatever its company.
 */
#include <stdbool.h>

#include "backend/cpu/dense.h"
#include "harness.h"

enum { MAX_M = 21, MAX_N = 2100, MAX_ROWS = ISN_DENSE_MAX_ROWS };

static float w[MAX_M * MAX_N], x[MAX_ROWS * MAX_N], y[MAX_ROWS * MAX_N];

static void multiply(const isn_dense_t *dense, bool transposed, int rows, int m, int n)
{
  const float *from[MAX_ROWS];
  float *to[MAX_ROWS];
  for (int r = 0; r < rows; r++) {
    from[r] = x + r * MAX_N;
    to[r] = y + r * MAX_N;
  }
  (transposed ? dense->multiply_transposed : dense->multiply)(rows, m, n, w, from, to);
}

/* Small whole numbers: every order of adding gives the same.  y is added to, and not written beyond
 * its end. */
static void check_numbers(const isn_dense_t *dense, bool transposed, int rows, int m, int n)
{
  int n_from = transposed ? m : n, n_to = transposed ? n : m;
  for (int i = 0; i < m * n; i++)
    w[i] = (float)(i % 7 - 3);
  for (int i = 0; i < MAX_ROWS * MAX_N; i++) {
    x[i] = (float)(i % 11 - 5);
    y[i] = (float)(i % 5);
  }
  multiply(dense, transposed, rows, m, n);
  int n_wrong = 0;
  for (int r = 0; r < MAX_ROWS; r++)
    for (int o = 0; o < MAX_N; o++) {
      float sum = (float)((r * MAX_N + o) % 5);
      for (int i = 0; r < rows && o < n_to && i < n_from; i++)
        sum += x[r * MAX_N + i] * (transposed ? w[i * n + o] : w[o * n + i]);
      n_wrong += y[r * MAX_N + o] != sum;
    }
  TEST_CHECK_MSG(n_wrong == 0, "%s, %d rows by %dx%d%s: %d numbers", dense->name, rows, m, n,
                 transposed ? " transposed" : "", n_wrong);
}

/* The same row at all places of all numbers of rows, with numbers whose sums round. */
static void check_places(const isn_dense_t *dense, bool transposed, int m, int n)
{
  static float alone[MAX_N];
  int n_from = transposed ? m : n, n_to = transposed ? n : m;
  for (int i = 0; i < m * n; i++)
    w[i] = sinf((float)i);
  for (int r = 0; r < MAX_ROWS; r++)
    for (int i = 0; i < n_from; i++)
      x[r * MAX_N + i] = cosf((float)i);
  for (int rows = 1; rows <= MAX_ROWS; rows++) {
    memset(y, 0, sizeof y);
    multiply(dense, transposed, rows, m, n);
    if (rows == 1)
      memcpy(alone, y, sizeof alone);
    for (int r = 0; r < rows; r++)
      TEST_CHECK_MSG(memcmp(y + r * MAX_N, alone, (size_t)n_to * sizeof *y) == 0,
                     "%s, %dx%d%s: row %d of %d", dense->name, m, n,
                     transposed ? " transposed" : "", r, rows);
  }
}

int main(void)
{
  static const int sizes[][2] = {{1, 1},  {2, 3},  {3, 8},     {4, 7},     {8, 16},
                                 {9, 17}, {7, 33}, {16, 1024}, {17, 1040}, {MAX_M, MAX_N}};
  static const int row_counts[] = {1, 2, 3, 4, 5, 7, MAX_ROWS};
  const isn_dense_t *list[2];
  int n = isn_dense_list(list);
  TEST_CHECK(n >= 1 && isn_dense_choose() == list[0]);
  for (int d = 0; d < n; d++)
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
      for (int transposed = 0; transposed < 2; transposed++) {
        for (size_t r = 0; r < sizeof row_counts / sizeof row_counts[0]; r++)
          check_numbers(list[d], transposed, row_counts[r], sizes[s][0], sizes[s][1]);
        check_places(list[d], transposed, sizes[s][0], sizes[s][1]);
      }
  TEST_END();
}
