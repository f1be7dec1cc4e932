/** @file test_mean.c
 *  Mean files: the two real means of ImageNet against each other, and every format with numbers
 *  that tell each place apart.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/caffe.h"
#include "mean_files.h"

enum { C = 3, H = 5, W = 8, N = C * H * W, SIDE = 227, PLANE = SIDE * SIDE };

#define MEANS ISN_TEST_DATA "/caffe/data"
#define BINARYPROTO ISN_SOURCE_DIR "/models/caffenet/imagenet_mean.binaryproto"

static const isn_shape_t whole = {3, C, H, W}, caffenet = {3, C, SIDE, SIDE};
static const char npy[] = "test_mean.npy", mat[] = "test_mean.mat";

/* A number for each place of a mean of C x H x W. */
static float at(int c, int y, int x)
{
  return (float)(64 * c + 8 * y + x) + 0.5f;
}

static double largest_difference(const float *a, const float *b, size_t n)
{
  double largest = 0.0;
  for (size_t i = 0; i < n; i++)
    largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
  return largest;
}

/* Which of the two orientations a .mat has, only another file of the same mean can say. */
static int test_imagenet(void)
{
  static const double channel_means[C] = {102.981, 115.946, 122.771}; /* of the central 227x227 */
  static float proto[C * PLANE], matlab[C * PLANE], turned[C * PLANE];
  TEST_REQUIRE(isn_caffe_read_mean(BINARYPROTO, caffenet, proto));
  for (int c = 0; c < C; c++) {
    double sum = 0.0;
    for (int i = 0; i < PLANE; i++)
      sum += (double)proto[c * PLANE + i];
    TEST_CHECK_MSG(fabs(sum / PLANE - channel_means[c]) < 6e-4, "%d: %f", c, sum / PLANE);
  }
  TEST_REQUIRE(isn_caffe_read_mean(MEANS "/ilsvrc_2012_mean.mat", caffenet, matlab));
  double difference = largest_difference(proto, matlab, C * PLANE);
  TEST_CHECK_MSG(difference > 0.0 && difference < 0.0126, "%f", difference);
  for (int c = 0; c < C; c++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        turned[(c * SIDE + x) * SIDE + y] = matlab[(c * SIDE + y) * SIDE + x];
  difference = largest_difference(proto, turned, C * PLANE);
  TEST_CHECK_MSG(difference > 5.0, "the orientation does not show: %f", difference);
  return 0;
}

/* The file must give at(c, top + y, left + x). */
static void check_file(const char *path, isn_shape_t shape, int top, int left)
{
  float mean[N] = {0}, *m = mean;
  TEST_OK(isn_caffe_read_mean(path, shape, mean));
  for (int c = 0; c < shape.c; c++)
    for (int y = 0; y < shape.h; y++)
      for (int x = 0; x < shape.w; x++, m++)
        TEST_CHECK_MSG(*m == at(c, top + y, left + x), "%s (%d, %d, %d): %f", path, c, y, x,
                       (double)*m);
}

static void test_mat(void)
{
  static float hwc[N], whc[N];
  for (int c = 0; c < C; c++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        hwc[y + H * (x + W * c)] = at(c, y, x);
        whc[x + W * (y + H * c)] = at(c, y, x);
      }
  const float other[2] = {1.0f, 2.0f};
  const mat_array_t image = {"image_mean", 3, {H, W, C}, hwc},
                    data = {"mean_data", 3, {W, H, C}, whc};
  const mat_array_t brief = {"m", 3, {H, W, C}, hwc}, grey = {"image_mean", 2, {H, W}, hwc};
  const mat_array_t several[] = {{"other", 2, {1, 2}, other}, image, {"more", 2, {1, 2}, other}};
  for (int kind = MAT_PLAIN; kind <= MAT_BIG_ENDIAN; kind++) {
    const mat_array_t *const good[] = {&image, &data, &brief};
    for (int i = 0; i < 3; i++) {
      TEST_CHECK(mean_write_mat(mat, (mat_kind_t)kind, 1, good[i]) == 0);
      check_file(mat, whole, 0, 0);
    }
    TEST_CHECK(mean_write_mat(mat, (mat_kind_t)kind, 3, several) == 0);
    check_file(mat, (isn_shape_t){3, C, 2, 3}, 1, 2); /* (5 - 2) / 2, (8 - 3) / 2 */
    TEST_CHECK(mean_write_mat(mat, (mat_kind_t)kind, 1, &grey) == 0);
    check_file(mat, (isn_shape_t){3, 1, H, W}, 0, 0);
  }
  float mean[N];
  const mat_array_t unclear[] = {brief, {"other", 2, {1, 2}, other}};
  TEST_CHECK(mean_write_mat(mat, MAT_PLAIN, 2, unclear) == 0);
  TEST_ERROR(isn_caffe_read_mean(mat, whole, mean), ISN_ERR_INPUT, "call the mean image_mean");
  remove(mat);
}

#define DICT(type, order, shape)                                                                   \
  "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static void test_npy(void)
{
  float values[N], mean[N], three[C] = {1.0f, 2.0f, 3.0f};
  double doubles[N];
  for (int i = 0; i < N; i++)
    doubles[i] = (double)(values[i] = at(i / (H * W), i / W % H, i % W));
  TEST_CHECK(mean_write_npy(npy, DICT("<f4", "False", "(3, 5, 8)"), values, sizeof values) == 0);
  check_file(npy, whole, 0, 0);
  check_file(npy, (isn_shape_t){3, C, 4, 8}, 0, 0);
  TEST_CHECK(mean_write_npy(npy, DICT("<f8", "False", "(1,3, 5,8)"), doubles, sizeof doubles) == 0);
  check_file(npy, (isn_shape_t){3, C, 3, 6}, 1, 1);
  TEST_CHECK(mean_write_npy(npy, DICT("<f4", "False", "(5, 8)"), values, 4 * H * W) == 0);
  check_file(npy, (isn_shape_t){3, 1, H, W}, 0, 0);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT,
             "the mean is 5 x 8, wanted 3 numbers, or");
  TEST_CHECK(mean_write_npy(npy, DICT("<f4", "False", "(3,)"), three, sizeof three) == 0);
  TEST_OK(isn_caffe_read_mean(npy, whole, mean));
  for (int i = 0; i < N; i++)
    TEST_CHECK(mean[i] == three[i / (H * W)]);
}

static void expect_npy(const char *dict, const char *words)
{
  const float values[N] = {0};
  float mean[N];
  TEST_CHECK(mean_write_npy(npy, dict, values, sizeof values) == 0);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT, words);
  TEST_CHECK(strncmp(isn_error_message(), npy, sizeof npy - 1) == 0);
}

static void test_refusals(void)
{
  float mean[N], bright[C] = {0.0f, 256.0f, 0.0f};
  expect_npy(DICT("<f4", "True", "(3, 5, 8)"), "Fortran order");
  expect_npy(DICT("<i4", "False", "(3, 5, 8)"), "numbers of type '<i4'");
  expect_npy(DICT("<f4", "False", "(3, 4, 8)"), "its shape has 96 numbers, but 480 bytes follow");
  expect_npy(DICT("<f4", "False", "(3, 4000000000, 8)"), "at most the 120 numbers");
  expect_npy(DICT("<f4", "False", "()"), "no shape");
  expect_npy(DICT("<f4", "False", "(8, 5, 3)"), "the mean is 8 x 5 x 3, wanted 3 numbers, or");
  expect_npy(DICT("<f4", "False", "(3, 8, 5)"), "at least 3 x 5 x 8");
  expect_npy("{'shape': (3, 5, 8)}", "lacks 'descr'");
  TEST_CHECK(mean_write_npy(npy, DICT("<f4", "False", "(3,)"), bright, sizeof bright) == 0);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT, "number 1 of the mean is 256");
  TEST_CHECK(mean_write_bytes(npy, "\x93NUMPY\x02\0\0\0", 10) == 0);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT, "version 2.0, wanted 1.0");
  TEST_CHECK(mean_write_bytes(npy, "104 117 123\n", 12) == 0);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT, "is no mean file");
  TEST_ERROR(isn_caffe_read_mean(MEANS "/cifar10_mean.binaryproto", caffenet, mean), ISN_ERR_INPUT,
             "the mean is 1 x 3 x 32 x 32, wanted 3 numbers, or channels x rows x columns of at "
             "least 3 x 227 x 227");
  remove(npy);
  TEST_ERROR(isn_caffe_read_mean(npy, whole, mean), ISN_ERR_INPUT, "there is no file");
}

int main(void)
{
  if (test_imagenet())
    return 1;
  test_mat();
  test_npy();
  test_refusals();
  TEST_END();
}
