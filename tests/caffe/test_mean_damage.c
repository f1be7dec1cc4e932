/** @file test_mean_damage.c
 *  Mean files that were cut off at any place are refused; with any byte changed they are refused or
 *  give numbers that a mean may have.  Never a crash, whatever the sanitizers can see included.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/caffe.h"
#include "invset/files.h"
#include "mean_files.h"

enum { C = 3, SIDE = 32, N = C * SIDE * SIDE, N_CUTS = 200, N_CHANGES = 500, MAX_BYTES = 1 << 20 };

static const isn_shape_t shape = {3, C, SIDE, SIDE};
static const char damaged[] = "test_mean_damage.bin";

static unsigned next_random(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void test_cuts(const char *path, const unsigned char *bytes, size_t n)
{
  float mean[N];
  for (size_t i = 0; i < N_CUTS; i++) {
    size_t left = i < N_CUTS / 2 ? i : n * i / N_CUTS; /* every place of the header */
    if (left >= n)
      continue;
    TEST_CHECK(mean_write_bytes(damaged, bytes, left) == 0);
    isn_status_t status = isn_caffe_read_mean(damaged, shape, mean);
    TEST_CHECK_MSG(status == ISN_ERR_INPUT, "%s cut after %zu of %zu bytes: %s", path, left, n,
                   isn_status_text(status));
  }
}

/* Half of the changes in the first 300 bytes, where the headers are. */
static void test_changes(const char *path, unsigned char *bytes, size_t n, int *n_taken)
{
  unsigned state = 1;
  float mean[N];
  for (int i = 0; i < N_CHANGES; i++) {
    size_t place = next_random(&state) % (i % 2 == 0 && n > 300 ? 300 : n);
    unsigned char before = bytes[place];
    bytes[place] = (unsigned char)(before ^ (1 + next_random(&state) % 255));
    TEST_CHECK(mean_write_bytes(damaged, bytes, n) == 0);
    isn_status_t status = isn_caffe_read_mean(damaged, shape, mean);
    TEST_CHECK_MSG(status == ISN_OK || status == ISN_ERR_INPUT, "%s, byte %zu: %s", path, place,
                   isn_status_text(status));
    for (int k = 0; status == ISN_OK && k < N; k++)
      TEST_CHECK(mean[k] >= 0.0f && mean[k] <= 255.0f);
    *n_taken += status == ISN_OK;
    bytes[place] = before;
  }
}

static void test_file(const char *path, bool checked)
{
  unsigned char *bytes;
  size_t n;
  int n_taken = 0;
  float mean[N];
  TEST_OK(isn_caffe_read_mean(path, shape, mean));
  TEST_OK(isn_file_read_bytes(path, "mean", MAX_BYTES, &bytes, &n));
  test_cuts(path, bytes, n);
  test_changes(path, bytes, n, &n_taken);
  printf("  %s: %d of %d changes still give a mean\n", path, n_taken, N_CHANGES);
  if (checked) /* but for changes of the header's text nothing passes the checksum */
    TEST_CHECK_MSG(n_taken < N_CHANGES / 3, "%d", n_taken);
  free(bytes);
}

int main(void)
{
  static const char npy[] = "test_mean_damage.npy", mat[] = "test_mean_damage.mat";
  static float values[N];
  unsigned state = 7;
  for (int i = 0; i < N; i++)
    values[i] = (float)(next_random(&state) % 25500) / 100.0f;
  const mat_array_t array = {"image_mean", 3, {SIDE, SIDE, C}, values};
  test_file(ISN_TEST_DATA "/caffe/data/cifar10_mean.binaryproto", false);
  TEST_CHECK(mean_write_npy(npy, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 32, 32), }",
                            values, sizeof values) == 0);
  test_file(npy, false);
  TEST_CHECK(mean_write_mat(mat, MAT_PLAIN, 1, &array) == 0);
  test_file(mat, false);
  TEST_CHECK(mean_write_mat(mat, MAT_ZLIB, 1, &array) == 0);
  test_file(mat, true);
  remove(npy);
  remove(mat);
  remove(damaged);
  TEST_END();
}
