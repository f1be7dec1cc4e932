/** @file dense.c
 *  Both products go through the matrix in blocks of a few of its rows and SPAN of its columns.
 *  While a block, in the nearest cache, meets all rows of x in groups of up to GROUP, the block
 *  below it is fetched.  The loops are written once, on vectors of LANES numbers, and compiled for
 *  each kind of processor.
 */
#include "backend/cpu/dense.h"

#include <stdbool.h>
#include <stddef.h>

#define INLINE static inline __attribute__((always_inline))

enum {
  LANES = 8,
  GROUP = 4,      /* rows of x at a time */
  DOT_HEIGHT = 3, /* rows of W at a time: GROUP * DOT_HEIGHT sums stay in registers */
  SUM_HEIGHT = 8, /* likewise for the transposed product, each of whose sums is added to y */
  SPAN = 1024     /* columns of a block */
};

typedef float vector_t __attribute__((vector_size(4 * LANES)));
typedef float unaligned_t __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* A block of W: `height` rows from w on, `pitch` apart. */
typedef struct {
  int height, width;
  size_t pitch;
  const float *w, *next; /* next: the block below, or w itself */
} block_t;

INLINE void fetch(const block_t *block, int height, size_t column)
{
  for (int o = 0; o < height; o++)
    __builtin_prefetch(block->next + (size_t)o * block->pitch + column);
}

INLINE float total(const vector_t *v)
{
  return (((*v)[0] + (*v)[4]) + ((*v)[2] + (*v)[6])) + (((*v)[1] + (*v)[5]) + ((*v)[3] + (*v)[7]));
}

/* y[r][o] += sum over the block's columns of w[o][i] x[r][i].  `rows` and `height` are constants
 * where this is inlined. */
INLINE void dot_block(const block_t *block, int rows, int height, const float *const *x,
                      size_t x_begin, float *const *y, size_t y_begin, bool do_fetch)
{
  vector_t sum[GROUP][DOT_HEIGHT] = {{{0}}};
  size_t i = 0, width = (size_t)block->width;
  for (; i + LANES <= width; i += LANES) {
    vector_t w[DOT_HEIGHT];
    for (int o = 0; o < height; o++)
      w[o] = *(const unaligned_t *)(block->w + (size_t)o * block->pitch + i);
    if (do_fetch)
      fetch(block, height, i);
    for (int r = 0; r < rows; r++) {
      vector_t xr = *(const unaligned_t *)(x[r] + x_begin + i);
      for (int o = 0; o < height; o++)
        sum[r][o] += xr * w[o];
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int o = 0; o < height; o++) {
      float rest = 0.0F;
      for (size_t j = i; j < width; j++)
        rest += x[r][x_begin + j] * block->w[(size_t)o * block->pitch + j];
      y[r][y_begin + (size_t)o] += total(&sum[r][o]) + rest;
    }
  }
}

/* y[r][i] += sum over the block's rows of w[o][i] x[r][o].  `wide` vectors of y at a time:
 * 2 where the registers hold GROUP * 2 of them, else 1. */
INLINE void sum_block(const block_t *block, int rows, int height, int wide, const float *const *x,
                      size_t x_begin, float *const *y, size_t y_begin, bool do_fetch)
{
  size_t i = 0, width = (size_t)block->width, step = (size_t)wide * LANES;
  for (; i + step <= width; i += step) {
    vector_t sum[GROUP][2] = {{{0}}};
    if (do_fetch)
      fetch(block, height, i);
    for (int o = 0; o < height; o++) {
      for (int v = 0; v < wide; v++) {
        size_t at = (size_t)o * block->pitch + i + (size_t)v * LANES;
        vector_t w = *(const unaligned_t *)(block->w + at);
        for (int r = 0; r < rows; r++)
          sum[r][v] += w * x[r][x_begin + (size_t)o];
      }
    }
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < wide; v++)
        *(unaligned_t *)(y[r] + y_begin + i + (size_t)v * LANES) += sum[r][v];
    }
  }
  for (; i < width; i++) {
    for (int r = 0; r < rows; r++) {
      float sum = 0.0F;
      for (int o = 0; o < height; o++)
        sum += block->w[(size_t)o * block->pitch + i] * x[r][x_begin + (size_t)o];
      y[r][y_begin + i] += sum;
    }
  }
}

INLINE block_t make_block(int m, int n, const float *w, int row, int column, int height)
{
  block_t block = {.height = m - row < height ? m - row : height,
                   .width = n - column < SPAN ? n - column : SPAN,
                   .pitch = (size_t)n};
  block.w = w + (size_t)row * block.pitch + (size_t)column;
  bool last = row + 2 * height > m;
  block.next = last ? block.w : block.w + (size_t)height * block.pitch;
  return block;
}

/* A block at the lower edge, with fewer rows: one after the other, for one row of x after the
 * other.  Each sum is made as in a whole block. */
INLINE void dot_edge(const block_t *block, int rows, const float *const *x, size_t column,
                     float *const *y, size_t row)
{
  for (int o = 0; o < block->height; o++) {
    block_t one = *block;
    one.w += (size_t)o * one.pitch;
    for (int r = 0; r < rows; r++)
      dot_block(&one, 1, 1, x + r, column, y + r, row + (size_t)o, false);
  }
}

INLINE void multiply(int n_rows, int m, int n, const float *w, const float *const *x,
                     float *const *y)
{
  for (int column = 0; column < n; column += SPAN) {
    for (int row = 0; row < m; row += DOT_HEIGHT) {
      block_t block = make_block(m, n, w, row, column, DOT_HEIGHT);
      size_t from = (size_t)column, to = (size_t)row;
      if (block.height < DOT_HEIGHT) {
        dot_edge(&block, n_rows, x, from, y, to);
        continue;
      }
      int r = 0;
      for (; n_rows - r >= GROUP; r += GROUP)
        dot_block(&block, GROUP, DOT_HEIGHT, x + r, from, y + r, to, r == 0);
      if (n_rows - r == 3)
        dot_block(&block, 3, DOT_HEIGHT, x + r, from, y + r, to, r == 0);
      else if (n_rows - r == 2)
        dot_block(&block, 2, DOT_HEIGHT, x + r, from, y + r, to, r == 0);
      else if (n_rows - r == 1)
        dot_block(&block, 1, DOT_HEIGHT, x + r, from, y + r, to, r == 0);
    }
  }
}

INLINE void multiply_transposed(int wide, int n_rows, int m, int n, const float *w,
                                const float *const *x, float *const *y)
{
  for (int column = 0; column < n; column += SPAN) {
    for (int row = 0; row < m; row += SUM_HEIGHT) {
      block_t block = make_block(m, n, w, row, column, SUM_HEIGHT);
      size_t from = (size_t)row, to = (size_t)column;
      if (block.height < SUM_HEIGHT) {
        for (int r = 0; r < n_rows; r++)
          sum_block(&block, 1, block.height, wide, x + r, from, y + r, to, false);
        continue;
      }
      int r = 0;
      for (; n_rows - r >= GROUP; r += GROUP)
        sum_block(&block, GROUP, SUM_HEIGHT, wide, x + r, from, y + r, to, r == 0);
      if (n_rows - r == 3)
        sum_block(&block, 3, SUM_HEIGHT, wide, x + r, from, y + r, to, r == 0);
      else if (n_rows - r == 2)
        sum_block(&block, 2, SUM_HEIGHT, wide, x + r, from, y + r, to, r == 0);
      else if (n_rows - r == 1)
        sum_block(&block, 1, SUM_HEIGHT, wide, x + r, from, y + r, to, r == 0);
    }
  }
}

static void multiply_any(int n_rows, int m, int n, const float *w, const float *const *x,
                         float *const *y)
{
  multiply(n_rows, m, n, w, x, y);
}

static void multiply_transposed_any(int n_rows, int m, int n, const float *w, const float *const *x,
                                    float *const *y)
{
  multiply_transposed(1, n_rows, m, n, w, x, y);
}

static const isn_dense_t any = {"portable code", multiply_any, multiply_transposed_any};

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) static void
multiply_avx2(int n_rows, int m, int n, const float *w, const float *const *x, float *const *y)
{
  multiply(n_rows, m, n, w, x, y);
}

__attribute__((target("avx2,fma"))) static void multiply_transposed_avx2(int n_rows, int m, int n,
                                                                         const float *w,
                                                                         const float *const *x,
                                                                         float *const *y)
{
  multiply_transposed(2, n_rows, m, n, w, x, y);
}

static const isn_dense_t avx2 = {"AVX2", multiply_avx2, multiply_transposed_avx2};

int isn_dense_list(const isn_dense_t *out[2])
{
  int n = 0;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    out[n++] = &avx2;
  out[n++] = &any;
  return n;
}

#else

int isn_dense_list(const isn_dense_t *out[2])
{
  out[0] = &any;
  return 1;
}

#endif

const isn_dense_t *isn_dense_choose(void)
{
  const isn_dense_t *list[2];
  isn_dense_list(list);
  return list[0];
}
