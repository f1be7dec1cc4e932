/** @file test_vectors.c
 *  Work on many vectors at once, each kind of job against its definition in double, in queues of
 *  none, one and many.  Moves: test_moves.c.
 *      test_vectors [cpu|cuda]
 */
#include "device.h"
#include "harness.h"
#include "invset/picture.h"
#include "invset/vectors.h"
#include "noise.h"

enum { N = 150, SIZE = 700 /* more than the threads of a block */ };

static isn_backend_t *backend;
static isn_vectors_t *vectors;

/* Backend memory with noise in it, and what it holds. */
static float *device_noise(size_t n, unsigned seed, double scale, float *host)
{
  float *data = NULL;
  make_noise(n, seed, scale, host);
  if (isn_backend_alloc(backend, n, "noise", &data) != ISN_OK)
    exit(1);
  device_put(backend, data, host, n);
  return data;
}

/* Number of an odd length for each job. */
static size_t length_of(int job)
{
  return (size_t)(job * 37 % SIZE + 1);
}

/* Host to backend, from there to another place, and back. */
static void test_copies(int n)
{
  static float host[N * SIZE], back[N * SIZE];
  float *from = NULL, *to = NULL;
  TEST_OK(isn_backend_alloc(backend, N * SIZE, "from", &from));
  TEST_OK(isn_backend_alloc(backend, N * SIZE, "to", &to));
  make_noise(N * SIZE, 1, 1.0, host);
  memset(back, 0, sizeof back);
  for (int i = 0; i < n; i++)
    TEST_OK(isn_vectors_set(vectors, from + i * SIZE, host + i * SIZE, length_of(i)));
  TEST_OK(isn_vectors_run(vectors)); /* copies would come before sets */
  for (int i = 0; i < n; i++) {
    TEST_OK(isn_vectors_copy(vectors, to + (n - 1 - i) * SIZE, from + i * SIZE, length_of(i)));
    TEST_OK(isn_vectors_get(vectors, back + i * SIZE, to + (n - 1 - i) * SIZE, SIZE));
  }
  TEST_OK(isn_vectors_run(vectors));
  for (int i = 0; i < n; i++)
    for (size_t k = 0; k < SIZE; k++)
      TEST_CHECK(back[(size_t)i * SIZE + k] ==
                 (k < length_of(i) ? host[(size_t)i * SIZE + k] : 0.0F));
  TEST_OK(isn_vectors_run(vectors)); /* it has forgotten all of them */
  isn_backend_free(backend, from);
  isn_backend_free(backend, to);
}

/* The largest of a stretch, the first of equals. */
static void test_picks(void)
{
  static float host[N * SIZE], values[N];
  int places[N];
  float *data = device_noise(N * SIZE, 2, 1.0, host);
  for (int i = 1; i < N; i += 3)
    for (size_t k = 0; k < SIZE; k++) /* few different ones */
      host[(size_t)i * SIZE + k] = (float)((int)(4.0F * host[(size_t)i * SIZE + k]));
  device_put(backend, data, host, N * SIZE);
  for (int i = 0; i < N; i++)
    TEST_OK(isn_vectors_pick(vectors, data + i * SIZE, i % 2 ? length_of(i) : 1, &values[i],
                             &places[i]));
  TEST_OK(isn_vectors_run(vectors));
  for (int i = 0; i < N; i++) {
    size_t best = 0;
    for (size_t k = 1; i % 2 && k < length_of(i); k++)
      if (host[(size_t)i * SIZE + k] > host[(size_t)i * SIZE + best])
        best = k;
    TEST_CHECK_MSG(values[i] == host[(size_t)i * SIZE + best] && places[i] == (int)best,
                   "job %d: %g at %d, wanted %zu", i, (double)values[i], places[i], best);
  }
  isn_backend_free(backend, data);
}

static void test_finite(void)
{
  static float host[N * SIZE];
  const float odd[3] = {NAN, INFINITY, -INFINITY};
  unsigned char is_finite[N];
  float *data = device_noise(N * SIZE, 3, 1e38, host);
  for (int i = 0; i < N; i += 2) /* somewhere, also at either end, and just behind the end */
    host[(size_t)i * SIZE + (size_t)(i * 5) % (length_of(i) + 1)] = odd[i % 3];
  device_put(backend, data, host, N * SIZE);
  memset(is_finite, 7, sizeof is_finite);
  for (int i = 0; i < N; i++)
    TEST_OK(isn_vectors_finite(vectors, data + i * SIZE, length_of(i), &is_finite[i]));
  TEST_OK(isn_vectors_run(vectors));
  int n_not = 0;
  for (int i = 0; i < N; i++) {
    bool finite = i % 2 != 0 || (size_t)(i * 5) % (length_of(i) + 1) == length_of(i);
    TEST_CHECK_MSG(is_finite[i] == finite, "job %d: %d", i, is_finite[i]);
    n_not += !finite;
  }
  TEST_CHECK(n_not > 10);
  isn_backend_free(backend, data);
}

/* Rows of zeros but for a few units, one of which gets two weights. */
static void test_units(void)
{
  static float host[N * SIZE], back[N * SIZE];
  float *data = device_noise(N * SIZE, 4, 1.0, host);
  for (int i = 0; i < N; i++) {
    TEST_OK(isn_vectors_clear(vectors, data + i * SIZE, length_of(i)));
    for (int u = 0; u < i % 4; u++)
      TEST_OK(isn_vectors_add_unit(vectors, (size_t)(u % 2) * (length_of(i) - 1), 0.5F + (float)u));
    TEST_OK(isn_vectors_get(vectors, back + i * SIZE, data + i * SIZE, SIZE));
  }
  TEST_OK(isn_vectors_run(vectors));
  for (int i = 0; i < N; i++) {
    memset(host + i * SIZE, 0, length_of(i) * sizeof *host);
    for (int u = 0; u < i % 4; u++)
      host[(size_t)i * SIZE + (size_t)(u % 2) * (length_of(i) - 1)] += 0.5F + (float)u;
    TEST_CHECK(memcmp(back + i * SIZE, host + i * SIZE, SIZE * sizeof *back) == 0);
  }
  isn_backend_free(backend, data);
}

enum { BLOCK = 5, FIXED = 9 };

/* Seeds of each encoding of a block, against the sum over all others' distances. */
static void check_spread(int size, int n, int m, double sign, bool add)
{
  static float host[BLOCK * SIZE], before[BLOCK * SIZE], seeds[BLOCK * SIZE], fixed[FIXED * SIZE];
  static double sum[SIZE];
  float *encodings = device_noise((size_t)n * (size_t)size, 5, 10.0, host), *bits = NULL;
  float *seed = device_noise((size_t)n * (size_t)size, 6, 1.0, before);
  make_noise((size_t)m * (size_t)size, 7, 10.0, fixed);
  for (int k = 0; k < size; k++) {
    sum[k] = 0.0;
    for (int j = 0; j < m; j++)
      sum[k] += (double)fixed[j * size + k];
  }
  TEST_OK(isn_backend_alloc(backend, 2 * (size_t)size, "sum", &bits));
  TEST_OK(isn_vectors_set(vectors, bits, (const float *)(const void *)sum, 2 * (size_t)size));
  for (int i = 0; i < n; i++) {
    const isn_spread_job_t job = {.seed = seed + i * size,
                                  .add = add,
                                  .size = size,
                                  .n = n,
                                  .self = i,
                                  .encodings = encodings,
                                  .m = m,
                                  .sum = (const double *)(const void *)bits,
                                  .sign = sign,
                                  .divisor = fmax(1.0, m + n - 1)};
    TEST_OK(isn_vectors_spread(vectors, &job));
  }
  TEST_OK(isn_vectors_get(vectors, seeds, seed, (size_t)n * (size_t)size));
  TEST_OK(isn_vectors_run(vectors));
  for (int i = 0; i < n; i++)
    for (int k = 0; k < size; k++) {
      double want = 0.0, e = (double)host[i * size + k];
      for (int j = 0; j < m + n; j++)
        want += 2.0 * (e - (double)(j < m ? fixed[j * size + k] : host[(j - m) * size + k]));
      want = sign * want / fmax(1.0, m + n - 1) + (add ? (double)before[i * size + k] : 0.0);
      TEST_CHECK_MSG(fabs((double)seeds[i * size + k] - want) < 1e-5 * (1.0 + fabs(want)),
                     "%d: %g, wanted %g", k, (double)seeds[i * size + k], want);
    }
  isn_backend_free(backend, encodings);
  isn_backend_free(backend, seed);
  isn_backend_free(backend, bits);
}

/* As bytes, like isn_picture_store(). */
static void check_pictures(isn_shape_t shape, bool per_pixel, bool rgb, float scale)
{
  enum { PICTURES = 3, PIXELS = 3 * 9 * 11 };
  static float values[PICTURES * PIXELS];
  unsigned char images[PICTURES][PIXELS], want[PIXELS];
  float mean[PIXELS];
  size_t count = isn_shape_count(shape);
  float *device_mean = device_noise(count, 8, 100.0, mean);
  float *data = device_noise(PICTURES * count, 9, 150.0 * (double)scale, values);
  isn_picture_format_t format = {device_mean, per_pixel, rgb, scale};
  for (int i = 0; i < PICTURES; i++)
    TEST_OK(isn_vectors_picture(vectors, shape, &format, data + (size_t)i * count, images[i]));
  TEST_OK(isn_vectors_run(vectors));
  format.mean = mean;
  for (int i = 0; i < PICTURES; i++) {
    isn_picture_store(shape, &format, values + (size_t)i * count, want);
    TEST_CHECK(memcmp(images[i], want, count) == 0);
  }
  isn_backend_free(backend, device_mean);
  isn_backend_free(backend, data);
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(isn_vectors_create(backend, &vectors));
  TEST_OK(isn_vectors_run(vectors)); /* nothing to do */
  test_copies(0);
  test_copies(1);
  test_copies(N);
  test_picks();
  test_finite();
  test_units();
  check_spread(SIZE, BLOCK, FIXED, 1.0, false);
  check_spread(SIZE, BLOCK, FIXED, -1.0, true);
  check_spread(3, BLOCK, 0, 1.0, false);
  check_spread(1, 1, 0, 1.0, false); /* alone: 0 */
  check_pictures((isn_shape_t){3, 1, 9, 11}, false, false, 1.0F);
  check_pictures((isn_shape_t){3, 3, 9, 11}, false, false, 1.0F);
  check_pictures((isn_shape_t){3, 3, 9, 11}, true, true, 0.017F);
  isn_vectors_destroy(vectors);
  isn_vectors_destroy(NULL);
  isn_backend_close(backend);
  TEST_END();
}
