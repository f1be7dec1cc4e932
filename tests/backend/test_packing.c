/** @file test_packing.c
 *  Plain data to packed ones and back, factors of gradients, and what is done with packed numbers
 *  outside layers.  Where data are not packed the calls refuse.
 *      test_packing [cpu|cuda] [fp32|tf32|fp16]
 */
#include "device.h"
#include "harness.h"

enum { BATCH = 5, MOST = 2048 };

static float *new_blob(isn_backend_t *backend, size_t n, const float *host)
{
  float *blob = NULL;
  if (isn_backend_alloc(backend, n, "test data", &blob) != ISN_OK)
    abort();
  device_put(backend, blob, host, n);
  return blob;
}

/* Numbers that half precision holds exactly. */
static void fill(float *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    x[i] = (float)((int)(i * 37 % 1001) - 500) / 4.0F;
}

/* There and back, by way of factors, in samples of which some are not aligned. */
static int check_shape(isn_backend_t *backend, isn_shape_t shape)
{
  static const float factors[BATCH] = {1.0F, 4.0F, 0.5F, 16.0F, 0.125F};
  size_t count = isn_shape_count(shape), n = BATCH * count;
  float host[MOST], nan[MOST];
  fill(host, n);
  for (size_t i = 0; i < n; i++)
    nan[i] = NAN;
  float *plain = new_blob(backend, n, host), *packed = new_blob(backend, n, nan);
  float *back = new_blob(backend, n, nan), *scales = new_blob(backend, BATCH, factors);
  TEST_REQUIRE(isn_backend_pack(backend, shape, BATCH, plain, scales, packed));
  TEST_REQUIRE(isn_backend_unpack(backend, shape, BATCH, packed, NULL, back));
  float *scaled = device_get(backend, back, n);
  TEST_REQUIRE(isn_backend_unpack(backend, shape, BATCH, packed, scales, back));
  float *same = device_get(backend, back, n);
  for (size_t i = 0; i < n; i++)
    TEST_CHECK_MSG(same[i] == host[i] && scaled[i] == host[i] * factors[i / count],
                   "(%d, %d, %d), number %zu: %g, %g", shape.c, shape.h, shape.w, i,
                   (double)same[i], (double)scaled[i]);
  free(scaled);
  free(same);
  isn_backend_free(backend, plain);
  isn_backend_free(backend, packed);
  isn_backend_free(backend, back);
  isn_backend_free(backend, scales);
  return 0;
}

/* y := y + x, y := x, y := 0 for some samples, others as they were. */
static int check_sums(isn_backend_t *backend, int count)
{
  static const int rows[] = {0, 1, 3, 4};
  isn_shape_t shape = {1, count, 1, 1};
  size_t n = (size_t)count * BATCH;
  float host[MOST];
  fill(host, n);
  float *plain = new_blob(backend, n, host), *x = new_blob(backend, n, host);
  float *y = new_blob(backend, n, host);
  static const float factor[] = {2.0F, 1.0F, 0.0F};
  for (int op = 0; op < 3; op++) {
    TEST_REQUIRE(isn_backend_pack(backend, shape, BATCH, plain, NULL, x));
    TEST_REQUIRE(isn_backend_pack(backend, shape, BATCH, plain, NULL, y));
    if (op == 0)
      TEST_REQUIRE(isn_backend_add(backend, y, x, (size_t)count, (isn_rows_t){4, rows}));
    if (op == 1)
      TEST_REQUIRE(isn_backend_copy(backend, y, x, (size_t)count, (isn_rows_t){4, rows}));
    if (op == 2)
      TEST_REQUIRE(isn_backend_zero(backend, y, (size_t)count, (isn_rows_t){4, rows}));
    TEST_REQUIRE(isn_backend_unpack(backend, shape, BATCH, y, NULL, x));
    float *got = device_get(backend, x, n);
    for (size_t i = 0; i < n; i++)
      TEST_CHECK_MSG(got[i] == host[i] * (i / (size_t)count == 2 ? 1.0F : factor[op]),
                     "operation %d, %d numbers, number %zu: %g", op, count, i, (double)got[i]);
    free(got);
  }
  isn_backend_free(backend, plain);
  isn_backend_free(backend, x);
  isn_backend_free(backend, y);
  return 0;
}

static int check_factors(isn_backend_t *backend)
{
  enum { COUNT = 300 };
  static const float largest[BATCH] = {1.0F, 0.0F, -3e-6F, 1024.0F, 1025.0F};
  static const float wanted[BATCH] = {1024.0F, 0x1p126F, 268435456.0F, 1.0F, 0.5F}; /* of 1024 */
  float host[BATCH * COUNT] = {0}, one[BATCH] = {0};
  for (int s = 0; s < BATCH; s++) {
    host[s * COUNT + 17] = largest[s] / 3.0F;
    host[s * COUNT + 299 - 70 * s] = largest[s];
  }
  float *plain = new_blob(backend, BATCH * COUNT, host), *factors = new_blob(backend, BATCH, one);
  TEST_REQUIRE(isn_backend_find_factors(backend, COUNT, BATCH, plain, 1024.0F, true, factors));
  float *got = device_get(backend, factors, BATCH);
  for (int s = 0; s < BATCH; s++)
    TEST_CHECK_MSG(got[s] == wanted[s], "sample %d: %g", s, (double)got[s]);
  free(got);
  for (int s = 0; s < BATCH; s++) /* another blob: smaller ones change nothing, larger ones do */
    host[s * COUNT + 299 - 70 * s] = s == 0 ? 10.0F : largest[s] / 3.0F;
  device_put(backend, plain, host, BATCH * COUNT);
  TEST_REQUIRE(isn_backend_find_factors(backend, COUNT, BATCH, plain, 1024.0F, false, factors));
  got = device_get(backend, factors, BATCH);
  for (int s = 0; s < BATCH; s++)
    TEST_CHECK_MSG(got[s] == (s == 0 ? 64.0F : wanted[s]), "sample %d: %g", s, (double)got[s]);
  free(got);
  isn_backend_free(backend, plain);
  isn_backend_free(backend, factors);
  return 0;
}

/* What half precision has no room for is infinite. */
static int check_overflow(isn_backend_t *backend)
{
  static const float host[] = {65504.0F, 70000.0F, -1e9F, 1e-9F};
  float *plain = new_blob(backend, 4, host), *packed = new_blob(backend, 4, host);
  TEST_REQUIRE(isn_backend_pack(backend, (isn_shape_t){1, 4, 1, 1}, 1, plain, NULL, packed));
  TEST_REQUIRE(isn_backend_unpack(backend, (isn_shape_t){1, 4, 1, 1}, 1, packed, NULL, plain));
  float *got = device_get(backend, plain, 4);
  TEST_CHECK(got[0] == 65504.0F && isinf(got[1]) && isinf(got[2]) && got[2] < 0.0F &&
             got[3] == 0.0F);
  free(got);
  isn_backend_free(backend, plain);
  isn_backend_free(backend, packed);
  return 0;
}

int main(int argc, char **argv)
{
  static const isn_shape_t shapes[] = {{3, 3, 5, 7}, {3, 16, 2, 3}, {1, 37, 1, 1}, {1, 64, 1, 1},
                                       {3, 1, 4, 9}, {3, 12, 3, 5}, {3, 24, 1, 7}, {3, 7, 4, 2}};
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  if (isn_backend_packed_bytes(backend) == 0) {
    float x[4] = {0};
    TEST_ERROR(isn_backend_pack(backend, shapes[0], 1, x, NULL, x), ISN_ERR_ARG, "pack");
    isn_backend_close(backend);
    TEST_END();
  }
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    if (check_shape(backend, shapes[i]))
      return 1;
  if (check_sums(backend, 37) || check_sums(backend, 64) || check_factors(backend))
    return 1;
  if (isn_backend_packed_bytes(backend) == 2 && check_overflow(backend))
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
