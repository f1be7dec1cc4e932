/** @file test_weights.c
 *  Weights files: what is read (HDF5, also with legacy shapes), and every way in which one can be
 *  the wrong file.
 */
#include "base/scratch.h"
#include "harness.h"
#include "invset/caffe.h"

/** Two layers with weights: c has (2, 3, 3, 3) and (2), ip has (4, 98) only. */
static const char net[] = "input: 'x' input_shape { dim: 1 dim: 3 dim: 9 dim: 9 }\n"
                          "layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c'\n"
                          "  convolution_param { num_output: 2 kernel_size: 3 } }\n"
                          "layer { name: 'group/ip' type: 'InnerProduct' bottom: 'c' top: 'ip'\n"
                          "  inner_product_param { num_output: 4 bias_term: false } }\n";

typedef struct {
  const char *name;
  int n_axes, dims[6];
} dataset_t;

static const dataset_t kernel = {"data/c/0", 4, {2, 3, 3, 3}}, bias = {"data/c/1", 1, {2}},
                       matrix = {"data/group/ip/0", 2, {4, 98}};

/** Make a weights file of up to four datasets that hold 0, 1, 2, ...; one number of the first may
 * be replaced. */
static int make_file(const char *path, const dataset_t *sets[4], float replaced)
{
  static float numbers[512];
  isn_blob_file_t *file;
  TEST_REQUIRE(isn_blob_file_create(path, &file));
  for (int s = 0; s < 4 && sets[s]; s++) {
    for (int i = 0; i < 512; i++)
      numbers[i] = (float)i;
    if (s == 0)
      numbers[7] = replaced;
    TEST_OK(isn_blob_file_write(file, sets[s]->name, sets[s]->n_axes, sets[s]->dims, numbers));
  }
  TEST_REQUIRE(isn_blob_file_close(file));
  return 0;
}

static int check_good(scratch_t *scratch, isn_net_spec_t *spec)
{
  static const dataset_t legacy_bias = {"data/c/1", 4, {1, 1, 1, 2}},
                         legacy_matrix = {"data/group/ip/0", 4, {1, 1, 4, 98}},
                         other = {"data/other/0", 1, {3}};
  const dataset_t *plain[4] = {&kernel, &bias, &matrix, NULL};
  const dataset_t *legacy[4] = {&kernel, &legacy_bias, &legacy_matrix, &other};
  int n_unused = -1;
  if (make_file(scratch_path(scratch, "plain"), plain, 7.5f))
    return 1;
  TEST_OK(isn_caffe_load_weights(scratch->path, spec, &n_unused));
  TEST_CHECK(n_unused == 0);
  TEST_CHECK(spec->layers[0].weights[0].data[7] == 7.5f);
  TEST_CHECK(spec->layers[0].weights[1].data[1] == 1.0f);
  TEST_CHECK(spec->layers[1].weights[0].data[391] == 391.0f);
  if (make_file(scratch_path(scratch, "legacy"), legacy, 6.5f))
    return 1;
  TEST_OK(isn_caffe_load_weights(scratch->path, spec, &n_unused));
  TEST_CHECK(n_unused == 1 && spec->layers[0].weights[0].data[7] == 6.5f);
  TEST_OK(isn_caffe_load_weights(scratch->path, spec, NULL));
  return 0;
}

static const struct {
  dataset_t sets[3];
  float number; /**< in place of the first blob's eighth */
  const char *message;
} bad[] = {
    {{kernel, bias}, 7, "has no layer 'group/ip'"},
    {{{"data/c/0", 4, {2, 3, 9, 1}}, bias, matrix},
     7,
     "layer 'c', blob 0: the file has 2 x 3 x 9 x 1, the net wants 2 x 3 x 3 x 3"},
    {{{"data/c/0", 1, {54}}, bias, matrix}, 7, "the file has 54, the net wants 2 x 3 x 3 x 3"},
    {{{"data/c/0", 6, {2, 1, 2, 3, 3, 3}}, bias, matrix}, 7, "the file has 2 x 1 x 2 x 3 x 3 x 3"},
    {{{"data/c/0", 0, {0}}, bias, matrix}, 7, "the file has a single number"},
    {{kernel, {"data/c/2", 1, {2}}, matrix}, 7, "there is no dataset 'c/1'"},
    {{kernel, {"other/c/1", 1, {2}}, matrix},
     7,
     "layer 'c' has 1 blobs in the file, the net wants 2"},
    {{kernel, {"data/c/1/deep", 1, {2}}, matrix}, 7, "'c/1' is not a dataset"},
    {{{"weights/c/0", 1, {9}}}, 7, "has no group '/data'"},
    {{kernel, bias, matrix}, NAN, "layer 'c', blob 0: number 7 of 54 is nan"},
    {{kernel, bias, matrix}, -INFINITY, "number 7 of 54 is -inf"},
};

static int check_bad_contents(scratch_t *scratch, isn_net_spec_t *spec)
{
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const dataset_t *sets[4] = {NULL};
    for (int s = 0; s < 3 && bad[i].sets[s].name; s++)
      sets[s] = &bad[i].sets[s];
    if (make_file(scratch_path(scratch, "bad"), sets, bad[i].number))
      return 1;
    TEST_ERROR(isn_caffe_load_weights(scratch->path, spec, NULL), ISN_ERR_INPUT, bad[i].message);
    TEST_CHECK(strstr(isn_error_message(), scratch->path) != NULL);
    unlink(scratch->path);
  }
  return 0;
}

/** Copy the first n bytes of the good file. */
static const char *truncated(scratch_t *scratch, size_t n)
{
  static unsigned char bytes[1 << 16];
  FILE *file = fopen(scratch_path(scratch, "plain"), "rb");
  size_t found = file ? fread(bytes, 1, sizeof bytes, file) : 0;
  if (file)
    fclose(file);
  return scratch_write(scratch, "bad", bytes, n < found ? n : found - 1);
}

/** Files that are no weights at all, or only a part. */
static void check_bad_files(scratch_t *scratch, isn_net_spec_t *spec)
{
  static const struct {
    const char *bytes, *message;
    size_t n;
  } files[] = {
      {"", "is empty", 0},
      {"<!DOCTYPE html><html>", "begins with the byte 0x3c; is it a web page?", 21},
      {"name: 'lenet'\nlayer {}\n", "is neither a .caffemodel nor HDF5 (.caffemodel.h5)", 23},
      {"\n\n\nlayer {}\n", "has no layers; is this a .caffemodel?", 12},
      {"\x7f\x45\x4c\x46\x02\x01\x01\x00\x00", "begins with the byte 0x7f", 9},
      {"\x0a\x08"
       "CaffeNet\xa2\x06\x20",
       "asks for 32 bytes, but only 0 are left; the file is truncated or damaged", 13},
      {"\x0a\x08"
       "CaffeNet\xa2\x06\x03\x0a\x01"
       "d",
       "has no layer 'c', whose weights the net wants", 16},
      {"\x89HDF\r\n\x1a\n and no more", "cannot open", 20},
      {"\x89HD", "begins with the byte 0x89", 4},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    scratch_write(scratch, "bad", files[i].bytes, files[i].n);
    TEST_ERROR(isn_caffe_load_weights(scratch->path, spec, NULL), ISN_ERR_INPUT, files[i].message);
    TEST_CHECK(strstr(isn_error_message(), scratch->path) != NULL);
  }
  TEST_ERROR(isn_caffe_load_weights(scratch->folder, spec, NULL), ISN_ERR_INPUT, "folder");
  TEST_ERROR(isn_caffe_load_weights("/no/such.h5", spec, NULL), ISN_ERR_INPUT,
             "no file '/no/such.h5'");
  for (size_t n = 9; n < 6000; n += 300) {
    truncated(scratch, n);
    TEST_ERROR(isn_caffe_load_weights(scratch->path, spec, NULL), ISN_ERR_INPUT, scratch->path);
  }
}

int main(void)
{
  static const char *const files[] = {"plain", "legacy", "bad", NULL};
  scratch_t scratch;
  isn_net_spec_t *spec;
  TEST_CHECK(scratch_open(&scratch));
  TEST_REQUIRE(isn_caffe_parse_net(net, "net", &spec));
  if (check_good(&scratch, spec) || check_bad_contents(&scratch, spec))
    return 1;
  check_bad_files(&scratch, spec);
  isn_net_spec_destroy(spec);
  scratch_close(&scratch, files);
  TEST_END();
}
