/** @file test_blob_file.c
 *  Named arrays: what was written is read, other number types are turned into float32, and what is
 *  refused.
 */
#include <hdf5.h>

#include "base/scratch.h"
#include "harness.h"
#include "invset/caffe.h"

static int check_write(scratch_t *scratch)
{
  const float numbers[6] = {1.5f, -2.0f, 3.0f, 4.0f, 5.0f, 1e-30f};
  const int dims[3] = {1, 3, 2};
  isn_blob_file_t *file, *second;
  TEST_REQUIRE(isn_blob_file_create(scratch_path(scratch, "blobs"), &file));
  TEST_OK(isn_blob_file_write(file, "forward/conv4/3x3", 3, dims, numbers));
  TEST_OK(isn_blob_file_write(file, "forward/prob", 2, dims, numbers));
  TEST_OK(isn_blob_file_write(file, "loss", 0, NULL, numbers));
  TEST_ERROR(isn_blob_file_write(file, "forward/prob", 2, dims, numbers), ISN_ERR_IO,
             "cannot create 'forward/prob'");
  TEST_ERROR(isn_blob_file_write(file, "x", 9, dims, numbers), ISN_ERR_ARG, "9 axes");
  TEST_OK(isn_blob_file_close(file));
  TEST_ERROR(isn_blob_file_create(scratch->path, &second), ISN_ERR_INPUT, "exists already");
  TEST_ERROR(isn_blob_file_create("/no/such/folder/x.h5", &second), ISN_ERR_INPUT,
             "cannot create '/no/such/folder/x.h5'");
  return 0;
}

static int check_read(scratch_t *scratch)
{
  isn_blob_file_t *file;
  int n_axes, dims[8];
  float *data;
  TEST_REQUIRE(isn_blob_file_open(scratch_path(scratch, "blobs"), &file));
  TEST_REQUIRE(isn_blob_file_read(file, "forward/conv4/3x3", &n_axes, dims, &data));
  TEST_CHECK(n_axes == 3 && dims[0] == 1 && dims[1] == 3 && dims[2] == 2);
  TEST_CHECK(data[0] == 1.5f && data[5] == 1e-30f);
  free(data);
  TEST_REQUIRE(isn_blob_file_read(file, "/loss", &n_axes, dims, &data));
  TEST_CHECK(n_axes == 0 && data[0] == 1.5f);
  free(data);
  TEST_ERROR(isn_blob_file_read(file, "forward/porb", &n_axes, dims, &data), ISN_ERR_INPUT,
             "no dataset 'forward/porb'; there is: forward/conv4/3x3, forward/prob, loss");
  TEST_ERROR(isn_blob_file_read(file, "forward", &n_axes, dims, &data), ISN_ERR_INPUT,
             "is not a dataset");
  TEST_ERROR(isn_blob_file_write(file, "new", 0, NULL, &(float){1.0f}), ISN_ERR_IO,
             "cannot create");
  TEST_OK(isn_blob_file_close(file));
  return 0;
}

/** Datasets that other programs may have written. */
static int check_types(scratch_t *scratch)
{
  const hsize_t three = 3, ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const long long whole[3] = {1, -2, 3000000000LL};
  hid_t h5 = H5Fcreate(scratch_path(scratch, "types"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t line = H5Screate_simple(1, &three, NULL), nine = H5Screate_simple(9, ones, NULL);
  hid_t numbers =
      H5Dcreate2(h5, "whole", H5T_STD_I64BE, line, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t text = H5Dcreate2(h5, "text", H5T_C_S1, line, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t axes = H5Dcreate2(h5, "axes", H5T_IEEE_F64LE, nine, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  TEST_CHECK(H5Dwrite(numbers, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, whole) >= 0);
  TEST_CHECK(H5Dclose(numbers) >= 0 && H5Dclose(text) >= 0 && H5Dclose(axes) >= 0);
  TEST_CHECK(H5Sclose(line) >= 0 && H5Sclose(nine) >= 0 && H5Fclose(h5) >= 0);

  isn_blob_file_t *file;
  int n_axes, dims[8];
  float *data;
  TEST_REQUIRE(isn_blob_file_open(scratch->path, &file));
  TEST_REQUIRE(isn_blob_file_read(file, "whole", &n_axes, dims, &data));
  TEST_CHECK(data[1] == -2.0f && data[2] == 3e9f);
  free(data);
  TEST_ERROR(isn_blob_file_read(file, "text", &n_axes, dims, &data), ISN_ERR_INPUT,
             "does not hold numbers");
  TEST_ERROR(isn_blob_file_read(file, "axes", &n_axes, dims, &data), ISN_ERR_INPUT, "has 9 axes");
  TEST_OK(isn_blob_file_close(file));
  return 0;
}

static void check_no_file(scratch_t *scratch)
{
  isn_blob_file_t *file;
  TEST_ERROR(isn_blob_file_open("/no/such.h5", &file), ISN_ERR_INPUT, "/no/such.h5");
  TEST_ERROR(isn_blob_file_open(scratch->folder, &file), ISN_ERR_INPUT, "folder");
  TEST_ERROR(isn_blob_file_open(scratch_write(scratch, "noise", "no HDF5 at all", 14), &file),
             ISN_ERR_INPUT, "cannot open");
  TEST_OK(isn_blob_file_close(NULL));
}

int main(void)
{
  static const char *const files[] = {"blobs", "types", "noise", NULL};
  scratch_t scratch;
  TEST_CHECK(scratch_open(&scratch));
  if (check_write(&scratch) || check_read(&scratch) || check_types(&scratch))
    return 1;
  check_no_file(&scratch);
  scratch_close(&scratch, files);
  TEST_END();
}
