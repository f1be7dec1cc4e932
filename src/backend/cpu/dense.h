/** @file dense.h
 *  Products of a few rows with a large weight matrix, for inner products.
 *
 *  OpenBLAS's sgemm copies the whole matrix into its own order first, which for a batch of ten
 * takes longer than the product; and it rounds a row differently depending on how many rows there
 * are and on the row's place.  Here the matrix is read once, where it lies, for all rows, and what
 * is done to a row does not depend on the others.  Knows no layers.
 */
#ifndef INVSET_DENSE_H
#define INVSET_DENSE_H

enum { ISN_DENSE_MAX_ROWS = 32 }; /**< more gain nothing, and would leave the cache */

/** y[r] += W x[r]  or  y[r] += W^T x[r]  for each row; W is (m, n) as stored.
 *  @param[in] n_rows 1 to ISN_DENSE_MAX_ROWS
 *  @param[in] x, y   (n_rows) addresses of rows; none may overlap another */
typedef void isn_dense_product_t(int n_rows, int m, int n, const float *w, const float *const *x,
                                 float *const *y);

/** The products for one kind of processor. */
typedef struct {
  const char *name;
  isn_dense_product_t *multiply;            /**< W x: x[r] (n), y[r] (m) */
  isn_dense_product_t *multiply_transposed; /**< W^T x: x[r] (m), y[r] (n) */
} isn_dense_t;

/** What runs best on this processor.  @return static */
const isn_dense_t *isn_dense_choose(void);

/** All there are that run here, for tests.  @param[out] out (2)  @return their number */
int isn_dense_list(const isn_dense_t *out[2]);

#endif
