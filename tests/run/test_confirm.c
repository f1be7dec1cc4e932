/** @file test_confirm.c
 *  A search in lower precision: rows that are confirmed have the values and pictures of a search in
 *  float32, the others keep their values and have no pictures, and gradients stay those of the
 *  search.
 *      test_confirm [cpu|cuda] [tf32|fp16]
 */
#include <stdlib.h>

#include "device.h"
#include "fashion_engine.h"
#include "harness.h"

enum {
  BATCH = 40,
  CODE = 64,
  FC8 = 10,
  PIXELS = 28 * 28,
  N_CONFIRMED = 14 /* more than go at once */
};

static isn_status_t open_engine(isn_backend_t *backend, isn_precision_t precision,
                                isn_engine_t **engine)
{
  ISN_TRY(
      fashion_engine_open(backend, "mean = 73.0;", FASHION_OWN_ENCODER, BATCH, precision, engine));
  fashion_engine_fill(*engine, BATCH);
  return ISN_OK;
}

/* What an engine has of its last forward pass, and the gradients of unit 7.  Pictures are of rows
 * in FP32 alone. */
typedef struct {
  float fc8[BATCH][FC8], encoding[BATCH][CODE], gradient[BATCH * CODE];
  unsigned char image[BATCH][PIXELS];
} results_t;

static isn_status_t read_row(isn_engine_t *engine, isn_vectors_t *vectors, int row, results_t *out)
{
  isn_engine_row_t r = isn_engine_row(engine, row);
  isn_engine_blob_row_t fc8 = isn_engine_blob_row(engine, 0, row);
  ISN_TRY(isn_vectors_clear(vectors, fc8.seed, FC8));
  ISN_TRY(isn_vectors_add_unit(vectors, 7, 1.0F));
  ISN_TRY(isn_vectors_get(vectors, out->fc8[row], fc8.values, FC8));
  return isn_vectors_get(vectors, out->encoding[row], r.encoding, CODE);
}

static isn_status_t read_all(isn_engine_t *engine, isn_vectors_t *vectors, results_t *out)
{
  int all[BATCH];
  for (int row = 0; row < BATCH; row++) {
    all[row] = row;
    ISN_TRY(read_row(engine, vectors, row, out));
  }
  ISN_TRY(isn_vectors_run(vectors));
  ISN_TRY(isn_engine_carry_back(engine, 1, &(int){0}, false, (isn_rows_t){BATCH, all}));
  for (int row = 0; row < BATCH; row++)
    ISN_TRY(isn_vectors_get(vectors, out->gradient + row * CODE,
                            isn_engine_row(engine, row).code_gradient, CODE));
  return isn_vectors_run(vectors);
}

/* @param[in] pictures rows whose pictures are to be had */
static int read_results(isn_backend_t *backend, isn_engine_t *engine, isn_rows_t pictures,
                        results_t *out)
{
  isn_vectors_t *vectors = NULL;
  TEST_REQUIRE(isn_vectors_create(backend, &vectors));
  TEST_REQUIRE(read_all(engine, vectors, out));
  isn_vectors_destroy(vectors);
  for (int i = 0; i < pictures.n; i++)
    TEST_REQUIRE(isn_engine_picture(engine, pictures.index[i], out->image[pictures.index[i]]));
  return 0;
}

static int n_different_pixels(const unsigned char *a, const unsigned char *b)
{
  int n = 0;
  for (int i = 0; i < PIXELS; i++)
    n += a[i] != b[i];
  return n;
}

static bool same_row(const results_t *a, const results_t *b, int row)
{
  return memcmp(a->fc8[row], b->fc8[row], sizeof a->fc8[row]) == 0 &&
         memcmp(a->encoding[row], b->encoding[row], sizeof a->encoding[row]) == 0;
}

/* Backward passes of cuDNN may add in another order each time. */
static void check_gradients(const results_t *a, const results_t *b)
{
  double difference;
  TEST_NORM_DIFFERENCE(a->gradient, b->gradient, BATCH * CODE, difference);
  TEST_CHECK_MSG(difference < 1e-5, "gradients differ by %g", difference);
}

/* A pixel may be rounded the other way where cuDNN sums in another order for another batch. */
static void check_confirmed(const results_t *strict, const results_t *confirmed, int row)
{
  double fc8, encoding;
  int n = n_different_pixels(strict->image[row], confirmed->image[row]);
  TEST_NORM_DIFFERENCE(confirmed->fc8[row], strict->fc8[row], FC8, fc8);
  TEST_NORM_DIFFERENCE(confirmed->encoding[row], strict->encoding[row], CODE, encoding);
  TEST_CHECK_MSG(n <= 2, "row %d: %d pixels differ", row, n);
  TEST_CHECK_MSG(n > 0 || (fc8 < 1e-5 && encoding < 1e-5), "row %d: %g %g", row, fc8, encoding);
}

static int check_rows(const results_t *strict, const results_t *search, const results_t *confirmed,
                      isn_rows_t rows)
{
  int n_changed = 0;
  for (int row = 0, i = 0; row < BATCH; row++) {
    if (i < rows.n && rows.index[i] == row) {
      check_confirmed(strict, confirmed, row);
      n_changed += memcmp(search->fc8[row], confirmed->fc8[row], sizeof search->fc8[row]) != 0;
      i++;
    } else {
      TEST_CHECK(same_row(search, confirmed, row));
    }
  }
  printf("%d of %d rows had other values\n", n_changed, rows.n);
  TEST_CHECK(n_changed > 0); /* else this test shows nothing */
  check_gradients(search, confirmed);
  return 0;
}

static int check_search(isn_backend_t *backend, isn_precision_t precision, const results_t *strict)
{
  isn_engine_t *engine = NULL;
  static results_t search, confirmed, again;
  int index[N_CONFIRMED];
  for (int i = 0; i < N_CONFIRMED; i++)
    index[i] = 2 * i + i % 2;
  isn_rows_t rows = {N_CONFIRMED, index};
  TEST_REQUIRE(open_engine(backend, precision, &engine));
  TEST_REQUIRE(isn_engine_forward(engine, BATCH));
  if (read_results(backend, engine, (isn_rows_t){0, NULL}, &search))
    return 1;
  TEST_REQUIRE(isn_engine_confirm(engine, (isn_rows_t){0, NULL}));
  TEST_REQUIRE(isn_engine_confirm(engine, rows));
  if (read_results(backend, engine, rows, &confirmed) ||
      check_rows(strict, &search, &confirmed, rows))
    return 1;
  TEST_ERROR(isn_engine_picture(engine, 1, confirmed.image[1]), ISN_ERR_ARG, "row 1");
  TEST_REQUIRE(isn_engine_forward(engine, BATCH)); /* nothing is left of it */
  TEST_ERROR(isn_engine_picture(engine, 0, confirmed.image[0]), ISN_ERR_ARG, "row 0");
  if (read_results(backend, engine, (isn_rows_t){0, NULL}, &again))
    return 1;
  check_gradients(&search, &again);
  isn_engine_close(engine);
  return 0;
}

int main(int argc, char **argv)
{
  static results_t strict, same;
  static const int some[2] = {1, 5};
  int index[BATCH];
  for (int row = 0; row < BATCH; row++)
    index[row] = row;
  const isn_rows_t all = {BATCH, index};
  isn_backend_t *backend = NULL;
  isn_engine_t *engine = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(open_engine(backend, ISN_PRECISION_FP32, &engine));
  TEST_REQUIRE(isn_engine_forward(engine, BATCH));
  if (read_results(backend, engine, all, &strict))
    return 1;
  TEST_OK(isn_engine_confirm(engine, (isn_rows_t){2, some})); /* it is in fp32 already */
  if (read_results(backend, engine, all, &same))
    return 1;
  for (int row = 0; row < BATCH; row++)
    TEST_CHECK(same_row(&strict, &same, row) &&
               n_different_pixels(strict.image[row], same.image[row]) == 0);
  check_gradients(&strict, &same);
  isn_engine_close(engine);
  if (isn_backend_is_host(backend))
    TEST_ERROR(open_engine(backend, ISN_PRECISION_TF32, &engine), ISN_ERR_INPUT, "fp32 alone");
  else if (check_search(backend, device_precision(argc, argv), &strict))
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
