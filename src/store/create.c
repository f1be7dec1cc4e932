/** @file create.c
 *  Making a run file: rank 0 alone, with HDF5's serial driver, whole and under a temporary name,
 *  then published at once.  A file that is being made is not readable after most of its writes, so
 *  PATH must never name one.  The order of calls is that of the study in which no kill or crash
 *  left a bad file; change it only with such a test.
 */
#include <errno.h>
#include <fcntl.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hdf5_check.h"
#include "store/attributes.h"
#include "store/contents.h"
#include "store/datasets.h"
#include "store/disk.h"
#include "store/path.h"

enum {
  PAGE_BYTES =
      4096 /* every object begins on its own page, so ranks share no page but in a dataset */
};

/* Without time stamps the bytes of a file depend on its layout alone. */
static isn_status_t open_temporary(const char *temporary, hid_t *file)
{
  isn_status_t status = ISN_OK;
  hid_t fcpl = H5Pcreate(H5P_FILE_CREATE), fapl = H5Pcreate(H5P_FILE_ACCESS);
  if (fcpl < 0 || fapl < 0 || H5Pset_obj_track_times(fcpl, 0) < 0 || H5Pset_fapl_sec2(fapl) < 0 ||
      H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 ||
      H5Pset_alignment(fapl, 1, PAGE_BYTES) < 0 || H5Pset_file_locking(fapl, 0, 1) < 0)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "set the properties of a new file");
  else if ((*file = H5Fcreate(temporary, H5F_ACC_TRUNC, fcpl, fapl)) < 0)
    status = isn_h5_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "create '%s'", temporary);
  if (fcpl >= 0)
    H5Pclose(fcpl);
  if (fapl >= 0)
    H5Pclose(fapl);
  return status;
}

/* Make the group that a dataset "group/name" lies in, if it is not there yet. */
static isn_status_t create_group_of(hid_t file, const char *name)
{
  const char *slash = strchr(name, '/');
  char group[32];
  if (!slash)
    return ISN_OK;
  snprintf(group, sizeof group, "%.*s", (int)(slash - name), name);
  if (H5Lexists(file, group, H5P_DEFAULT) > 0)
    return ISN_OK;
  hid_t gcpl = H5Pcreate(H5P_GROUP_CREATE), id = -1;
  if (gcpl >= 0 && H5Pset_obj_track_times(gcpl, 0) >= 0)
    id = H5Gcreate2(file, group, H5P_DEFAULT, gcpl, H5P_DEFAULT);
  isn_status_t status = ISN_OK;
  if (id < 0)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "make group '%s'", group);
  else
    H5Gclose(id);
  if (gcpl >= 0)
    H5Pclose(gcpl);
  return status;
}

static isn_status_t set_properties(isn_store_id_t id, hid_t type, hid_t dcpl)
{
  const char *name = isn_store_dataset(id)->name;
  unsigned char fill[64];
  bool filled = isn_store_fill_value(id, fill);
  ISN_TRY_H5(H5Pset_obj_track_times(dcpl, 0), ISN_ERR_IO, "set properties of '%s'", name);
  ISN_TRY_H5(H5Pset_layout(dcpl, H5D_CONTIGUOUS), ISN_ERR_IO, "set properties of '%s'", name);
  ISN_TRY_H5(H5Pset_alloc_time(dcpl, H5D_ALLOC_TIME_EARLY), ISN_ERR_IO, "set properties of '%s'",
             name);
  if (filled)
    ISN_TRY_H5(H5Pset_fill_value(dcpl, type, fill), ISN_ERR_IO, "set fill value of '%s'", name);
  ISN_TRY_H5(H5Pset_fill_time(dcpl, filled ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER), ISN_ERR_IO,
             "set fill time of '%s'", name);
  return ISN_OK;
}

static isn_status_t describe(const isn_datasets_t *datasets, isn_store_id_t id)
{
  const isn_store_dataset_t *about = isn_store_dataset(id);
  const hid_t set = datasets->sets[id];
  unsigned char fill[64];
  ISN_TRY(isn_attribute_write_text(set, "long_name", about->long_name));
  ISN_TRY(isn_attribute_write_text(set, "description", about->description));
  ISN_TRY(isn_attribute_write_text(set, "units", about->units));
  /* What is not stored is to be seen as missing, but EMPTY, NO and UNFINISHED are values. */
  if ((about->fill == ISN_FILL_NAN || about->fill == ISN_FILL_MINUS_ONE) &&
      isn_store_fill_value(id, fill))
    ISN_TRY(isn_attribute_write_value(set, "_FillValue", datasets->types[id], fill));
  if (about->axes[0] == 'T' && about->type != ISN_TYPE_INDEX && id != ISN_STORE_TARGET_LABEL)
    ISN_TRY(isn_attribute_write_text(set, "coordinates", "target_label"));
  return ISN_OK;
}

static isn_status_t create_dataset(hid_t file, isn_datasets_t *datasets, isn_store_id_t id)
{
  const char *name = isn_store_dataset(id)->name;
  isn_status_t status = ISN_OK;
  isn_store_shape_t shape;
  hid_t space = -1, dcpl = -1;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  ISN_TRY(create_group_of(file, name));
  ISN_TRY(isn_store_type_create(datasets->layout, id, &datasets->types[id]));
  space =
      shape.n_axes > 0 ? H5Screate_simple(shape.n_axes, shape.dims, NULL) : H5Screate(H5S_SCALAR);
  ISN_TRY_H5_GOTO(space, done, ISN_ERR_IO, "make the shape of '%s'", name);
  ISN_TRY_H5_GOTO(dcpl = H5Pcreate(H5P_DATASET_CREATE), done, ISN_ERR_IO, "make properties");
  ISN_TRY_GOTO(set_properties(id, datasets->types[id], dcpl), done);
  ISN_TRY_H5_GOTO(datasets->sets[id] = H5Dcreate2(file, name, datasets->types[id], space,
                                                  H5P_DEFAULT, dcpl, H5P_DEFAULT),
                  done, ISN_ERR_IO, "make dataset '%s' of '%s'", name, datasets->path);
  ISN_TRY_GOTO(describe(datasets, id), done);
done:
  if (dcpl >= 0)
    H5Pclose(dcpl);
  if (space >= 0)
    H5Sclose(space);
  return status;
}

/* Name the axes of a dataset and attach their scales.  Not to the provenance: a scale lists what it
 * is attached to, h5diff follows that list, and would find two equal runs different even with
 * --exclude-path /provenance. */
static isn_status_t attach_scales(const isn_datasets_t *datasets, isn_store_id_t id)
{
  const isn_store_dataset_t *about = isn_store_dataset(id);
  const hid_t set = datasets->sets[id];
  isn_store_shape_t shape;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  for (int i = 0; i < shape.n_axes; i++) {
    isn_store_id_t scale = isn_store_scale(shape.axes[i]);
    ISN_TRY_H5(H5DSset_label(set, (unsigned)i, isn_store_axis_name(shape.axes[i])), ISN_ERR_IO,
               "name axis %d of '%s'", i, about->name);
    if (scale != ISN_STORE_N_DATASETS && about->type != ISN_TYPE_INDEX &&
        id != ISN_STORE_PROVENANCE)
      ISN_TRY_H5(H5DSattach_scale(set, datasets->sets[scale], (unsigned)i), ISN_ERR_IO,
                 "attach the scale of axis %d of '%s'", i, about->name);
  }
  return ISN_OK;
}

static isn_status_t build(hid_t file, isn_datasets_t *datasets)
{
  ISN_TRY(isn_attributes_write_root(file, datasets->layout));
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++) {
    const isn_store_dataset_t *about = isn_store_dataset((isn_store_id_t)id);
    ISN_TRY(create_dataset(file, datasets, (isn_store_id_t)id));
    if (about->type == ISN_TYPE_INDEX && datasets->sets[id] >= 0)
      ISN_TRY_H5(H5DSset_scale(datasets->sets[id], about->name), ISN_ERR_IO,
                 "make '%s' a dimension scale", about->name);
  }
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++)
    ISN_TRY(attach_scales(datasets, (isn_store_id_t)id));
  return isn_contents_write(datasets);
}

static isn_status_t write_temporary(const char *temporary, const isn_run_layout_t *layout)
{
  isn_status_t status = ISN_OK;
  isn_datasets_t datasets;
  hid_t file = -1;
  isn_datasets_init(&datasets, temporary, layout);
  ISN_TRY(open_temporary(temporary, &file));
  status = build(file, &datasets);
  isn_datasets_close(&datasets);
  if (H5Fclose(file) < 0 && status == ISN_OK)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "finish '%s'", temporary);
  return status;
}

/* Reserve the space of the slots and bring all there is to the disk. */
static isn_status_t settle(const char *temporary)
{
  isn_status_t status = ISN_OK;
  struct stat info;
  int fd = open(temporary, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    ISN_FAIL(ISN_ERR_IO, "cannot open '%s': %s", temporary, strerror(errno));
  if (fstat(fd, &info) != 0)
    ISN_FAIL_GOTO(ISN_ERR_IO, done, "cannot look at '%s': %s", temporary, strerror(errno));
  ISN_TRY_GOTO(isn_disk_reserve(fd, temporary, (uint64_t)info.st_size), done);
  if (fsync(fd) != 0)
    ISN_FAIL_GOTO(ISN_ERR_IO, done, "cannot bring '%s' to the disk: %s", temporary,
                  strerror(errno));
done:
  if (close(fd) != 0 && status == ISN_OK)
    status = isn_error_set(ISN_ERR_IO, __FILE__, __LINE__, "cannot close '%s': %s", temporary,
                           strerror(errno));
  return status;
}

/* A link fails where PATH exists; not every file system has links. */
static isn_status_t publish(const char *temporary, const char *path)
{
  struct stat info;
  if (link(temporary, path) == 0) {
    if (unlink(temporary) != 0)
      ISN_FAIL(ISN_ERR_IO, "cannot remove '%s': %s", temporary, strerror(errno));
  } else if (errno == EEXIST || lstat(path, &info) == 0) {
    ISN_FAIL(ISN_ERR_INPUT, "'%s' exists already and is not overwritten", path);
  } else if (rename(temporary, path) != 0) {
    ISN_FAIL(ISN_ERR_IO, "cannot rename '%s' to '%s': %s", temporary, path, strerror(errno));
  }
  return isn_disk_sync_folder_of(path);
}

/* Whatever went wrong in the making, no half-made file stays, and the user hears of a full disk. */
static isn_status_t fail_creation(const char *temporary, const char *path)
{
  char why[ISN_DISK_TEXT];
  isn_disk_explain(temporary, why);
  isn_status_t status = isn_error_set(ISN_ERR_INPUT, __FILE__, __LINE__, "cannot create '%s': %s%s",
                                      path, isn_error_message(), why);
  unlink(temporary); /* it may not even exist */
  return status;
}

static isn_status_t create_through(const char *temporary, const char *path,
                                   const isn_run_layout_t *layout)
{
  struct sigaction before;
  ISN_TRY(isn_disk_ignore_xfsz(&before));
  isn_status_t status = write_temporary(temporary, layout);
  if (status == ISN_OK)
    status = settle(temporary);
  if (status != ISN_OK)
    status = fail_creation(temporary, path);
  isn_disk_restore_xfsz(&before);
  if (status != ISN_OK)
    return status;
  status = publish(temporary, path);
  if (status == ISN_ERR_INPUT)
    unlink(temporary);
  return status;
}

isn_status_t isn_run_file_create(const char *path, const isn_run_layout_t *layout)
{
  struct stat info;
  char *temporary;
  isn_h5_quiet();
  ISN_TRY(isn_store_layout_check(layout, ISN_ERR_ARG));
  ISN_TRY(isn_disk_make_folders(path));
  if (lstat(path, &info) == 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s' exists already and is not overwritten", path);
  ISN_TRY(isn_disk_check_space(path, isn_run_file_bytes(layout)));
  ISN_TRY(isn_path_join(path, ISN_PATH_CREATING, &temporary));
  isn_status_t status = create_through(temporary, path, layout);
  free(temporary);
  return status;
}
