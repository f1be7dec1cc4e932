/** @file test_models.c
 *  Third parties' trained models and our reduced pair against Caffe's own numbers: every blob of
 *  their reference files and one gradient, from definition and weights, and from the weights alone.
 */
#include <hdf5.h>
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "model_files.h"

#define MODELS ISN_TEST_DATA "/caffe/models/"
enum { MAX_BLOBS = 16, NAME_CHARS = 64, MAX_BATCH = 4 };

typedef enum { ALONE_WORKS, ALONE_HDF5, ALONE_PERMUTE } alone_t;

/** Blobs that the net from the weights alone does not have: Softmax was joined with a loss. */
static const struct {
  const char *name, *input;
  alone_t alone;
  const char *lacks[3];
} models[] = {
    {"mnist_lenet_v1", "data", ALONE_WORKS, {"prob"}},
    {"cifar10_full_v1", "data", ALONE_WORKS, {"prob"}},
    {"mnist_lenet_v2", "data", ALONE_WORKS, {"prob"}},
    {"cifar10_quick", "data", ALONE_HDF5, {NULL}},
    {"mtcnn_det1", "data12face", ALONE_WORKS, {"prob1"}},
    {"mtcnn_det2", "data24", ALONE_WORKS, {"prob1"}},
    {"upconv7_rgb", "input", ALONE_WORKS, {NULL}},
    {"plate_fine", "data", ALONE_WORKS, {NULL}},
    {"plate_segment", "data", ALONE_WORKS, {NULL}},
    {"face_slim320", "input", ALONE_PERMUTE, {NULL}},
    {"caffenet_reduced", "data", ALONE_WORKS, {"prob"}},
    {"generator_reduced", "feat", ALONE_WORKS, {NULL}},
};
enum { N_MODELS = sizeof models / sizeof *models };

/** What a reference file asks for. */
typedef struct {
  int n_blobs, target;
  char names[MAX_BLOBS][NAME_CHARS];
  int n_unit, unit[3];
} reference_t;

static void read_attributes(hid_t file, char *target, reference_t *reference)
{
  hid_t attribute = H5Aopen(file, "target_blob", H5P_DEFAULT), type = H5Aget_type(attribute);
  memset(target, 0, NAME_CHARS);
  TEST_CHECK(H5Tget_size(type) < NAME_CHARS && H5Aread(attribute, type, target) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  attribute = H5Aopen(file, "target_unit", H5P_DEFAULT);
  hid_t space = H5Aget_space(attribute);
  reference->n_unit = (int)H5Sget_simple_extent_npoints(space);
  TEST_CHECK(reference->n_unit >= 1 && reference->n_unit <= 3 &&
             H5Aread(attribute, H5T_NATIVE_INT, reference->unit) >= 0);
  H5Sclose(space);
  H5Aclose(attribute);
}

static bool is_lacking(const char *const lacks[3], const char *blob)
{
  for (int i = 0; i < 3; i++)
    if (lacks[i] && strcmp(lacks[i], blob) == 0)
      return true;
  return false;
}

/** List the blobs under forward/ and find the target among them (it is added if it is not there).
 */
static void read_reference(const char *path, const char *const lacks[3], reference_t *reference)
{
  char target[NAME_CHARS];
  H5G_info_t info;
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t group = H5Gopen2(file, "forward", H5P_DEFAULT);
  *reference = (reference_t){.target = -1};
  TEST_CHECK(file >= 0 && H5Gget_info(group, &info) >= 0 && info.nlinks <= MAX_BLOBS);
  read_attributes(file, target, reference);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    char *name = reference->names[reference->n_blobs];
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, NAME_CHARS, H5P_DEFAULT);
    if (strcmp(name, target) == 0)
      reference->target = reference->n_blobs;
    reference->n_blobs += is_lacking(lacks, name) ? 0 : 1;
  }
  TEST_CHECK(reference->target >= 0 && reference->n_blobs > 1);
  H5Gclose(group);
  H5Fclose(file);
}

/** Put one on the target unit of every sample and zero elsewhere. */
static void set_seed(isn_backend_t *backend, isn_net_t *net, const reference_t *reference,
                     int batch)
{
  isn_tensor_t seed = isn_net_seed(net, reference->target);
  const int *u = reference->unit;
  size_t count = isn_shape_count(seed.shape), at = (size_t)u[0];
  if (reference->n_unit == 3)
    at = (at * (size_t)seed.shape.h + (size_t)u[1]) * (size_t)seed.shape.w + (size_t)u[2];
  float *ones = calloc((size_t)batch * count, sizeof *ones);
  if (!ones)
    abort();
  for (size_t n = 0; n < (size_t)batch; n++)
    ones[n * count + at] = 1.0F;
  device_put(backend, seed.data, ones, (size_t)batch * count);
  free(ones);
}

static int compare(isn_backend_t *backend, isn_net_t *net, isn_blob_file_t *file,
                   const reference_t *reference, const char *input, int batch)
{
  static const int rows[MAX_BATCH] = {0, 1, 2, 3};
  double difference = 1.0;
  char name[2 * NAME_CHARS];
  for (int b = 0; b < reference->n_blobs; b++) {
    isn_tensor_t blob = isn_net_blob(net, b);
    snprintf(name, sizeof name, "forward/%s", reference->names[b]);
    TEST_OK(reference_compare(backend, file, name, blob.data,
                              (size_t)batch * isn_shape_count(blob.shape), &difference));
    TEST_CHECK_MSG(difference < 1e-5, "%s: %.2e", name, difference);
  }
  set_seed(backend, net, reference, batch);
  TEST_REQUIRE(isn_net_backward(net, 1, &reference->target, (isn_rows_t){batch, rows}));
  isn_tensor_t gradient = isn_net_grad_input(net);
  snprintf(name, sizeof name, "gradient/%s", input);
  TEST_OK(reference_compare(backend, file, name, gradient.data,
                            (size_t)batch * isn_shape_count(gradient.shape), &difference));
  TEST_CHECK_MSG(difference < 1e-4, "%s: %.2e", name, difference);
  return 0;
}

/** Run a net on the reference's input.  @param[in] input name of that blob in the file */
static int run(isn_backend_t *backend, const isn_net_spec_t *spec, const char *path,
               const char *input, const reference_t *reference)
{
  const char *blobs[MAX_BLOBS];
  char name[NAME_CHARS];
  int n_axes, dims[8];
  isn_blob_file_t *file;
  isn_net_t *net;
  float *data;
  for (int b = 0; b < reference->n_blobs; b++)
    blobs[b] = reference->names[b];
  TEST_REQUIRE(isn_blob_file_open(path, &file));
  snprintf(name, sizeof name, "input/%s", input);
  TEST_REQUIRE(isn_blob_file_read(file, name, &n_axes, dims, &data));
  TEST_CHECK(strcmp(spec->input, input) == 0 && dims[0] <= MAX_BATCH);
  TEST_REQUIRE(isn_net_create(backend, spec, reference->n_blobs, blobs, dims[0], true, &net));
  isn_tensor_t to = isn_net_input(net);
  TEST_CHECK(n_axes == to.shape.n_axes + 1 && dims[1] == to.shape.c);
  device_put(backend, to.data, data, (size_t)dims[0] * isn_shape_count(to.shape));
  free(data);
  TEST_REQUIRE(isn_net_forward(net, dims[0]));
  int failed = compare(backend, net, file, reference, input, dims[0]);
  isn_net_destroy(net);
  TEST_OK(isn_blob_file_close(file));
  return failed;
}

/** The net that the weights file describes itself. */
static int run_alone(isn_backend_t *backend, int m, const char *weights, const char *path,
                     isn_shape_t shape)
{
  isn_net_spec_t *spec;
  reference_t reference;
  if (models[m].alone != ALONE_WORKS) {
    TEST_ERROR(isn_caffe_net_from_weights(weights, NULL, shape, &spec), ISN_ERR_INPUT,
               models[m].alone == ALONE_HDF5 ? "HDF5 weights hold no net definition"
                                             : "is of type Permute, which is not supported");
    return 0;
  }
  printf("%s, from the weights alone\n", models[m].name);
  TEST_REQUIRE(isn_caffe_net_from_weights(weights, NULL, shape, &spec));
  read_reference(path, models[m].lacks, &reference);
  int failed = run(backend, spec, path, models[m].input, &reference);
  isn_net_spec_destroy(spec);
  return failed;
}

static int check_model(isn_backend_t *backend, int m)
{
  static const char *const nothing[3] = {NULL};
  char prefix[256], weights[300], path[300];
  isn_net_spec_t *spec;
  reference_t reference;
  snprintf(prefix, sizeof prefix, MODELS "%s", models[m].name);
  snprintf(path, sizeof path, "%s.ref.h5", prefix);
  snprintf(weights, sizeof weights, "%s.caffemodel%s", prefix,
           models[m].alone == ALONE_HDF5 ? ".h5" : "");
  printf("%s\n", models[m].name);
  TEST_REQUIRE(model_load(prefix, &spec));
  read_reference(path, nothing, &reference);
  int failed = run(backend, spec, path, models[m].input, &reference) ||
               run_alone(backend, m, weights, path, spec->input_shape);
  isn_net_spec_destroy(spec);
  return failed;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  for (int m = 0; m < N_MODELS; m++)
    if (check_model(backend, m))
      return 1;
  isn_backend_close(backend);
  TEST_END();
}
