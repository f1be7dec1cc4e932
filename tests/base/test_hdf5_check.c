/** @file test_hdf5_check.c
 *  HDF5's failures become one message with HDF5's reason, and print nothing by themselves.
 */
#include "base/hdf5_check.h"

#include "base/scratch.h"
#include "harness.h"

static isn_status_t open_file(const char *path, hid_t *file)
{
  ISN_TRY_H5(*file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), ISN_ERR_INPUT, "open '%s'", path);
  return ISN_OK;
}

static isn_status_t read_missing(const char *path, int *n_cleaned)
{
  isn_status_t status = ISN_OK;
  hid_t dataset = H5I_INVALID_HID;
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  ISN_TRY_H5(file, ISN_ERR_IO, "create '%s'", path);
  ISN_TRY_H5_GOTO(dataset = H5Dopen2(file, "code", H5P_DEFAULT), done, ISN_ERR_IO,
                  "open the dataset '%s' of '%s'", "code", path);
  H5Dclose(dataset);
done:
  (*n_cleaned)++;
  H5Fclose(file);
  return status;
}

/* Standard error goes to a file while HDF5 fails: it must stay empty. */
static long printed_bytes(scratch_t *scratch)
{
  hid_t file;
  int saved = dup(STDERR_FILENO);
  FILE *caught = freopen(scratch_path(scratch, "stderr"), "w+", stderr);
  isn_status_t status = open_file("/no/such.h5", &file);
  fflush(stderr);
  long printed = caught ? ftell(caught) : -1;
  dup2(saved, STDERR_FILENO);
  close(saved);
  TEST_CHECK(status == ISN_ERR_INPUT);
  return printed;
}

int main(void)
{
  scratch_t scratch;
  hid_t file;
  int n_cleaned = 0;
  if (!scratch_open(&scratch))
    return 1;
  isn_h5_quiet();
  TEST_CHECK(printed_bytes(&scratch) == 0);
  TEST_ERROR(open_file("/no/such.h5", &file), ISN_ERR_INPUT, "cannot open '/no/such.h5': ");
  TEST_ERROR(open_file("/no/such.h5", &file), ISN_ERR_INPUT, "No such file or directory");
  TEST_CHECK(strncmp(isn_error_place(), "test_hdf5_check.c:", 18) == 0);
  TEST_CHECK(H5Eget_num(H5E_DEFAULT) == 0);
  TEST_ERROR(open_file(scratch_write(&scratch, "text", "no HDF5", 7), &file), ISN_ERR_INPUT,
             "file signature not found");
  TEST_ERROR(read_missing(scratch_path(&scratch, "h5"), &n_cleaned), ISN_ERR_IO,
             "cannot open the dataset 'code' of '");
  TEST_CHECK(strstr(isn_error_message(), "object 'code' doesn't exist"));
  TEST_CHECK(n_cleaned == 1);
  TEST_OK(open_file(scratch_path(&scratch, "h5"), &file));
  TEST_CHECK(H5Fclose(file) >= 0);
  scratch_close(&scratch, (const char *const[]){"stderr", "text", "h5", NULL});
  TEST_END();
}
