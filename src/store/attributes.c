/** @file attributes.c
 *  Attributes of a run file.  Those of the root: Conventions, format_version, title, program,
 *  program_version, git_revision, method, settings_sha256, block_size (K), encoding_size (E, also
 * where encodings are left out).  They are written once, at creation.
 */
#include "store/attributes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hdf5_check.h"
#include "invset/memory.h"

static const char conventions[] = "InvSet-1.0";

static isn_status_t create_text_type(hid_t *type)
{
  ISN_TRY_H5(*type = H5Tcopy(H5T_C_S1), ISN_ERR_IO, "make a text type");
  if (H5Tset_size(*type, H5T_VARIABLE) < 0 || H5Tset_cset(*type, H5T_CSET_UTF8) < 0) {
    isn_status_t status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "make a text type");
    H5Tclose(*type);
    return status;
  }
  return ISN_OK;
}

isn_status_t isn_attribute_write_value(hid_t object, const char *name, hid_t type,
                                       const void *value)
{
  isn_status_t status = ISN_OK;
  hid_t space, attribute = -1;
  ISN_TRY_H5(space = H5Screate(H5S_SCALAR), ISN_ERR_IO, "make attribute '%s'", name);
  ISN_TRY_H5_GOTO(attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), done,
                  ISN_ERR_IO, "make attribute '%s'", name);
  ISN_TRY_H5_GOTO(H5Awrite(attribute, type, value), done, ISN_ERR_IO, "write attribute '%s'", name);
done:
  if (attribute >= 0)
    H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

isn_status_t isn_attribute_write_text(hid_t object, const char *name, const char *text)
{
  hid_t type;
  ISN_TRY(create_text_type(&type));
  isn_status_t status = isn_attribute_write_value(object, name, type, &text);
  H5Tclose(type);
  return status;
}

isn_status_t isn_attributes_write_root(hid_t file, const isn_run_layout_t *layout)
{
  const int64_t version = ISN_RUN_FILE_VERSION, block_size = layout->block_size;
  const int64_t encoding_size = layout->encoding_size;
  char title[128], sha256[ISN_SHA256_TEXT];
  snprintf(title, sizeof title, "Samples of inverse sets: %d target%s, %d sample%s each",
           layout->n_targets, layout->n_targets == 1 ? "" : "s", layout->n_slots,
           layout->n_slots == 1 ? "" : "s");
  isn_bytes_sha256(layout->settings, strlen(layout->settings), sha256);
  ISN_TRY(isn_attribute_write_text(file, "Conventions", conventions));
  ISN_TRY(isn_attribute_write_value(file, "format_version", H5T_STD_I64LE, &version));
  ISN_TRY(isn_attribute_write_text(file, "title", title));
  ISN_TRY(isn_attribute_write_text(file, "program", "invset"));
  ISN_TRY(isn_attribute_write_text(file, "program_version", layout->program_version));
  ISN_TRY(isn_attribute_write_text(file, "git_revision", layout->git_revision));
  ISN_TRY(isn_attribute_write_text(file, "method", layout->method));
  ISN_TRY(isn_attribute_write_text(file, "settings_sha256", sha256));
  ISN_TRY(isn_attribute_write_value(file, "block_size", H5T_STD_I64LE, &block_size));
  return isn_attribute_write_value(file, "encoding_size", H5T_STD_I64LE, &encoding_size);
}

/* Open an attribute of the root that must be there and of this class. */
static isn_status_t open_root(hid_t file, const char *path, const char *name, H5T_class_t wanted,
                              hid_t *attribute)
{
  if (H5Aexists(file, name) <= 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' is an HDF5 file, but no run file: it has no attribute '%s'", path,
             name);
  ISN_TRY_H5(*attribute = H5Aopen(file, name, H5P_DEFAULT), ISN_ERR_INPUT,
             "open attribute '%s' of '%s'", name, path);
  hid_t type = H5Aget_type(*attribute), space = H5Aget_space(*attribute);
  bool fits = type >= 0 && space >= 0 && H5Tget_class(type) == wanted &&
              H5Sget_simple_extent_type(space) == H5S_SCALAR &&
              (wanted != H5T_STRING || H5Tis_variable_str(type) > 0);
  if (type >= 0)
    H5Tclose(type);
  if (space >= 0)
    H5Sclose(space);
  if (!fits) {
    H5Aclose(*attribute);
    ISN_FAIL(ISN_ERR_INPUT, "'%s' is no run file: attribute '%s' is not %s", path, name,
             wanted == H5T_STRING ? "a text" : "a whole number");
  }
  return ISN_OK;
}

static isn_status_t read_text(hid_t file, const char *path, const char *name, char **out)
{
  isn_status_t status = ISN_OK;
  hid_t attribute = -1, type = -1;
  char *stored = NULL;
  ISN_TRY(open_root(file, path, name, H5T_STRING, &attribute));
  ISN_TRY_GOTO(create_text_type(&type), done);
  ISN_TRY_H5_GOTO(H5Aread(attribute, type, &stored), done, ISN_ERR_INPUT,
                  "read attribute '%s' of '%s'", name, path);
  ISN_TRY_GOTO(isn_alloc_string(out, stored ? stored : ""), done);
done:
  if (stored)
    H5free_memory(stored);
  if (type >= 0)
    H5Tclose(type);
  H5Aclose(attribute);
  return status;
}

static isn_status_t read_integer(hid_t file, const char *path, const char *name, int *out)
{
  isn_status_t status = ISN_OK;
  hid_t attribute = -1;
  int64_t value;
  ISN_TRY(open_root(file, path, name, H5T_INTEGER, &attribute));
  ISN_TRY_H5_GOTO(H5Aread(attribute, H5T_NATIVE_INT64, &value), done, ISN_ERR_INPUT,
                  "read attribute '%s' of '%s'", name, path);
  if (value < 0 || value > INT_MAX)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "'%s': attribute '%s' is %lld, wanted 0 to %d", path, name,
                  (long long)value, INT_MAX);
  *out = (int)value;
done:
  H5Aclose(attribute);
  return status;
}

static isn_status_t check_format(hid_t file, const char *path)
{
  isn_status_t status = ISN_OK;
  char *found;
  int version = 0;
  ISN_TRY(read_text(file, path, "Conventions", &found));
  if (strncmp(found, "InvSet-", strlen("InvSet-")) != 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "'%s' is no run file: its Conventions are '%s', wanted '%s'",
                  path, found, conventions);
  ISN_TRY_GOTO(read_integer(file, path, "format_version", &version), done);
  if (strcmp(found, conventions) != 0 || version != ISN_RUN_FILE_VERSION)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done,
                  "'%s' has format version %d (%s), wanted version %d (%s): made by %s invset; "
                  "sample it anew or use that program",
                  path, version, found, ISN_RUN_FILE_VERSION, conventions,
                  version < ISN_RUN_FILE_VERSION ? "an older" : "a newer");
done:
  free(found);
  return status;
}

isn_status_t isn_attributes_read_root(hid_t file, const char *path, isn_run_layout_t *layout,
                                      char settings_sha256[ISN_SHA256_TEXT])
{
  char *sha256;
  ISN_TRY(check_format(file, path));
  ISN_TRY(read_integer(file, path, "block_size", &layout->block_size));
  ISN_TRY(read_integer(file, path, "encoding_size", &layout->encoding_size));
  ISN_TRY(read_text(file, path, "program_version", &layout->program_version));
  ISN_TRY(read_text(file, path, "git_revision", &layout->git_revision));
  ISN_TRY(read_text(file, path, "method", &layout->method));
  ISN_TRY(read_text(file, path, "settings_sha256", &sha256));
  snprintf(settings_sha256, ISN_SHA256_TEXT, "%s", sha256);
  free(sha256);
  return ISN_OK;
}
