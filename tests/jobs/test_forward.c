/** @file test_forward.c
 *  `invset forward` with the bundled classifier: blobs against the float64 reference, gradients
 *  against differences of its own outputs, and what it must refuse.
 */
#include "base/scratch.h"
#include "invset/caffe.h"
#include "program.h"

#define NET ISN_SOURCE_DIR "/models/fashion/classifier.prototxt"
#define WEIGHTS ISN_SOURCE_DIR "/models/fashion/classifier.caffemodel.h5"
#define REFERENCE ISN_TEST_DATA "/fashion/reference.h5"

enum { N = 8, PIXELS = 28 * 28, UNIT = 7 };

static program_t program;
static char in[128], out[128];

static isn_status_t read_array(const char *path, const char *name, size_t count, float *values)
{
  isn_blob_file_t *file;
  float *data;
  int n_axes, dims[8];
  size_t found = 1;
  ISN_TRY(isn_blob_file_open(path, &file));
  isn_status_t status = isn_blob_file_read(file, name, &n_axes, dims, &data);
  isn_status_t closed = isn_blob_file_close(file);
  ISN_TRY(status);
  ISN_TRY(closed);
  for (int i = 0; i < n_axes; i++)
    found *= (size_t)dims[i];
  if (found == count)
    memcpy(values, data, count * sizeof *values);
  free(data);
  if (found != count)
    ISN_FAIL(ISN_ERR_CHECK, "%s of %s has %zu numbers, wanted %zu", name, path, found, count);
  return ISN_OK;
}

static isn_status_t write_input(const float *images, int h)
{
  const int dims[4] = {N, 1, h, PIXELS / h};
  isn_blob_file_t *file;
  unlink(in);
  ISN_TRY(isn_blob_file_create(in, &file));
  isn_status_t status = isn_blob_file_write(file, "input/data", 4, dims, images);
  isn_status_t closed = isn_blob_file_close(file);
  return status != ISN_OK ? status : closed;
}

static void run(const char *options)
{
  unlink(out);
  program_run(&program, "forward %s '%s' '%s' '%s' '%s'", options, NET, WEIGHTS, in, out);
}

static void check_blob(const char *blob, const char *reference, size_t count)
{
  static float found[N * 64 * 49], wanted[N * 64 * 49];
  double difference = INFINITY;
  TEST_OK(read_array(out, blob, count, found));
  TEST_OK(read_array(REFERENCE, reference, count, wanted));
  TEST_NORM_DIFFERENCE(found, wanted, count, difference);
  TEST_CHECK_MSG(difference < 1e-5, "%s: relative difference %g", blob, difference);
}

static void test_blobs(void)
{
  run("");
  PROGRAM_CHECK(&program, 0, "8 samples, 14 blobs");
  check_blob("forward/pool5", "pool5", N * 576);
  check_blob("forward/fc6", "fc6", N * 256);
  check_blob("forward/fc7", "fc7", N * 256);
  check_blob("forward/fc8", "fc8", N * 10);
  program_run(&program, "forward '%s' '%s' '%s' '%s'", NET, WEIGHTS, in, out);
  PROGRAM_CHECK(&program, 2, out); /* never overwrites */
  check_blob("forward/fc8", "fc8", N * 10);
}

/* Batches do not show: 3 + 3 + 2 samples give the same bits as 8. */
static void test_batches(void)
{
  float all[N * 10], parts[N * 10];
  float gradient_all[N * PIXELS], gradient_parts[N * PIXELS];
  run("--blob fc8 --grad 'fc8[7]' --batch 8");
  TEST_OK(read_array(out, "forward/fc8", N * 10, all));
  TEST_OK(read_array(out, "gradient/data", N * PIXELS, gradient_all));
  run("--blob fc8 --grad 'fc8[7]' --batch 3");
  PROGRAM_CHECK(&program, 0, "8 samples, 1 blobs and a gradient");
  TEST_OK(read_array(out, "forward/fc8", N * 10, parts));
  TEST_OK(read_array(out, "gradient/data", N * PIXELS, gradient_parts));
  TEST_CHECK(memcmp(all, parts, sizeof all) == 0);
  TEST_CHECK(memcmp(gradient_all, gradient_parts, sizeof gradient_all) == 0);
  TEST_ERROR(read_array(out, "forward/fc7", N * 256, all), ISN_ERR_INPUT, "forward/fc7");
}

/* Along its own direction a gradient's length is the slope: (f(x + eps u) - f(x - eps u)) / 2 eps,
 * u = gradient / length. */
static void check_slope(const float *images, const char *options, const char *blob, int size,
                        int unit, double *lengths)
{
  enum { LONGEST = 256 };
  static float gradient[N * PIXELS], moved[N * PIXELS], ahead[N * LONGEST], behind[N * LONGEST];
  const float eps = 0.25f; /* grey levels */
  run(options);
  TEST_OK(read_array(out, "gradient/data", N * PIXELS, gradient));
  for (int side = 0; side < 2; side++) {
    for (int n = 0; n < N; n++) {
      double sum = 0.0;
      for (int i = 0; i < PIXELS; i++)
        sum += (double)gradient[n * PIXELS + i] * (double)gradient[n * PIXELS + i];
      lengths[n] = sqrt(sum);
      float scale = (side == 0 ? eps : -eps) / (float)lengths[n];
      for (int i = 0; i < PIXELS; i++)
        moved[n * PIXELS + i] = images[n * PIXELS + i] + scale * gradient[n * PIXELS + i];
    }
    TEST_OK(write_input(moved, 28));
    run("");
    TEST_OK(read_array(out, blob, (size_t)(N * size), side == 0 ? ahead : behind));
  }
  for (int n = 0; n < N; n++) {
    if (behind[n * size + unit] == 0.0f) /* behind a ReLU that is shut: no slope to compare */
      continue;
    double slope = (double)(ahead[n * size + unit] - behind[n * size + unit]) / (2.0 * eps);
    TEST_CHECK_MSG(fabs(slope - lengths[n]) < 0.02 * lengths[n],
                   "%s, sample %d: slope %g, gradient %g", blob, n, slope, lengths[n]);
  }
  TEST_OK(write_input(images, 28));
}

/* fc6 is changed in place by a ReLU, yet its gradient starts before it: no sample's is zero. */
static void test_gradients(const float *images)
{
  double lengths[N];
  check_slope(images, "--grad 'fc8[7]'", "forward/fc8", 10, UNIT, lengths);
  check_slope(images, "--grad 'fc6[5]'", "forward/fc6", 256, 5, lengths);
  for (int n = 0; n < N; n++)
    TEST_CHECK_MSG(lengths[n] > 0.0, "sample %d: the gradient of fc6[5] is zero", n);
}

/* A net whose layers have no weights needs no file of them; another says which layer does. */
static void test_without_weights(const float *images)
{
  float encodings[N * PIXELS];
  unlink(out);
  program_run(&program, "forward '%s' '%s' '%s'", ISN_SOURCE_DIR "/models/pixels/encoder.prototxt",
              in, out);
  PROGRAM_CHECK(&program, 0, "8 samples, 1 blobs");
  TEST_OK(read_array(out, "forward/code", N * PIXELS, encodings));
  TEST_CHECK(memcmp(encodings, images, sizeof encodings) == 0);
  unlink(out);
  program_run(&program, "forward '%s' '%s' '%s'", NET, in, out);
  PROGRAM_CHECK(&program, 2, "classifier.prototxt: layer 'conv1' needs weights");
}

static void test_refused(const float *images)
{
  run("--blob fc9");
  PROGRAM_CHECK(&program, 2, "fc9");
  run("--blob fc8 --blob fc8");
  PROGRAM_CHECK(&program, 2, "--blob fc8 is given twice");
  run("--grad 'fc8[10]'");
  PROGRAM_CHECK(&program, 2, "there is no unit [10,0,0]");
  TEST_CHECK(access(out, F_OK) != 0); /* nothing is written before all is known to fit */
  run("--grad fc8");
  PROGRAM_CHECK(&program, 2, "'fc8' names no unit");
  run("--grad 'conv1[3]'");
  PROGRAM_CHECK(&program, 2, "name the unit as conv1[c,y,x]");
  run("--grad 'data[0,0,0]'");
  PROGRAM_CHECK(&program, 2, "no layer makes blob 'data'");
  run("--backend abacus");
  PROGRAM_CHECK(&program, 2, "abacus");
  program_run(&program, "forward '%s' '%s' '%s' '%s'", NET, WEIGHTS, REFERENCE, out);
  PROGRAM_CHECK(&program, 2, "input/data");
  TEST_OK(write_input(images, 14));
  run("");
  PROGRAM_CHECK(&program, 2, "input/data has the shape 8x1x14x56, but");
  PROGRAM_CHECK(&program, 2, "wants Nx1x28x28");
}

int main(void)
{
  static const char *const files[] = {"in.h5", "out.h5", NULL};
  static float images[N * PIXELS];
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  snprintf(in, sizeof in, "%s", scratch_path(&scratch, "in.h5"));
  snprintf(out, sizeof out, "%s", scratch_path(&scratch, "out.h5"));
  TEST_REQUIRE(read_array(REFERENCE, "image", N * PIXELS, images));
  TEST_REQUIRE(write_input(images, 28));
  test_blobs();
  test_batches();
  test_gradients(images);
  test_without_weights(images);
  test_refused(images);
  scratch_close(&scratch, files);
  TEST_END();
}
