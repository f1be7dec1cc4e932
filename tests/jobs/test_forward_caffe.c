/** @file test_forward_caffe.c
 *  `invset forward` on a published net, as a user checks an import: every blob and the gradient
 * that Caffe itself computed, see tests/data/caffe/ORIGIN.md.
 */
#include <stdbool.h>

#include "base/scratch.h"
#include "invset/caffe.h"
#include "program.h"

#define MODEL ISN_TEST_DATA "/caffe/models/cifar10_quick"

static void check_array(isn_blob_file_t *found_file, isn_blob_file_t *wanted_file, const char *name)
{
  int n_axes[2], dims[2][8];
  float *found = NULL, *wanted = NULL;
  size_t count = 1;
  double difference = INFINITY;
  TEST_OK(isn_blob_file_read(found_file, name, &n_axes[0], dims[0], &found));
  TEST_OK(isn_blob_file_read(wanted_file, name, &n_axes[1], dims[1], &wanted));
  bool same_shape = found && wanted && n_axes[0] == n_axes[1];
  for (int i = 0; same_shape && i < n_axes[0]; i++) {
    same_shape = dims[0][i] == dims[1][i];
    count *= (size_t)dims[0][i];
  }
  TEST_CHECK_MSG(same_shape, "%s: the shapes differ", name);
  if (same_shape)
    TEST_NORM_DIFFERENCE(found, wanted, count, difference);
  TEST_CHECK_MSG(difference < 1e-5, "%s: relative difference %g", name, difference);
  free(found);
  free(wanted);
}

int main(void)
{
  static const char *const files[] = {"out.h5", NULL};
  static const char *const names[] = {"forward/conv1", "forward/pool1", "forward/conv2",
                                      "forward/pool2", "forward/conv3", "forward/pool3",
                                      "forward/ip1",   "forward/ip2",   "gradient/data"};
  static program_t program;
  isn_blob_file_t *found, *wanted;
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  const char *out = scratch_path(&scratch, "out.h5");
  program_run(&program, "forward --grad 'ip2[5]' '%s.prototxt' '%s.caffemodel.h5' '%s.ref.h5' '%s'",
              MODEL, MODEL, MODEL, out);
  PROGRAM_CHECK(&program, 0, "2 samples");
  TEST_REQUIRE(isn_blob_file_open(out, &found));
  TEST_REQUIRE(isn_blob_file_open(MODEL ".ref.h5", &wanted));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    check_array(found, wanted, names[i]);
  TEST_OK(isn_blob_file_close(found));
  TEST_OK(isn_blob_file_close(wanted));
  scratch_close(&scratch, files);
  TEST_END();
}
