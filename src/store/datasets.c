/** @file datasets.c
 *  Opening the datasets of a run file, and moving rows of them.
 *  Knows the table of layout.c, but not what any dataset is for.
 */
#include "store/datasets.h"

#include <stdio.h>
#include <string.h>

#include "base/hdf5_check.h"

void isn_datasets_init(isn_datasets_t *datasets, const char *path, const isn_run_layout_t *layout)
{
  datasets->path = path;
  datasets->layout = layout;
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++) {
    datasets->sets[id] = -1;
    datasets->types[id] = -1;
  }
}

void isn_datasets_close(isn_datasets_t *datasets)
{
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++) {
    if (datasets->sets[id] >= 0)
      H5Dclose(datasets->sets[id]);
    if (datasets->types[id] >= 0)
      H5Tclose(datasets->types[id]);
    datasets->sets[id] = -1;
    datasets->types[id] = -1;
  }
}

/* "100 x 16" */
static void shape_text(int n_axes, const hsize_t *dims, char *out, size_t bytes)
{
  size_t used = 0;
  snprintf(out, bytes, "%s", n_axes == 0 ? "a scalar" : "");
  for (int i = 0; i < n_axes && used < bytes; i++)
    used += (size_t)snprintf(out + used, bytes - used, "%s%llu", i ? " x " : "",
                             (unsigned long long)dims[i]);
}

static isn_status_t check_shape(const isn_datasets_t *datasets, isn_store_id_t id,
                                const isn_store_shape_t *shape)
{
  const char *name = isn_store_dataset(id)->name;
  hsize_t dims[H5S_MAX_RANK];
  hid_t space;
  ISN_TRY_H5(space = H5Dget_space(datasets->sets[id]), ISN_ERR_INPUT,
             "read the shape of '%s' of '%s'", name, datasets->path);
  int n_axes = H5Sget_simple_extent_dims(space, dims, NULL);
  H5Sclose(space);
  if (n_axes == shape->n_axes && memcmp(dims, shape->dims, (size_t)n_axes * sizeof *dims) == 0)
    return ISN_OK;
  char found[128] = "of unknown shape", wanted[128];
  if (n_axes >= 0)
    shape_text(n_axes, dims, found, sizeof found);
  shape_text(shape->n_axes, shape->dims, wanted, sizeof wanted);
  ISN_FAIL(ISN_ERR_INPUT, "'%s': dataset '%s' is %s, wanted %s", datasets->path, name, found,
           wanted);
}

/* Texts are as long as they are; every other type must be just what we would make. */
static isn_status_t check_type(isn_datasets_t *datasets, isn_store_id_t id)
{
  const isn_store_dataset_t *about = isn_store_dataset(id);
  hid_t found, wanted;
  htri_t same;
  ISN_TRY_H5(found = H5Dget_type(datasets->sets[id]), ISN_ERR_INPUT,
             "read the type of '%s' of '%s'", about->name, datasets->path);
  datasets->types[id] = found;
  if (about->type == ISN_TYPE_TEXT) {
    same = H5Tget_class(found) == H5T_STRING && H5Tis_variable_str(found) == 0;
  } else {
    ISN_TRY(isn_store_type_create(datasets->layout, id, &wanted));
    same = H5Tequal(found, wanted);
    H5Tclose(wanted);
  }
  if (same <= 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s': dataset '%s' has another type than invset gives it; the file was made or "
             "changed by another program",
             datasets->path, about->name);
  return ISN_OK;
}

/* Independent writes and a file whose metadata never change need both. */
static isn_status_t check_storage(const isn_datasets_t *datasets, isn_store_id_t id)
{
  const char *name = isn_store_dataset(id)->name;
  hid_t plist;
  ISN_TRY_H5(plist = H5Dget_create_plist(datasets->sets[id]), ISN_ERR_INPUT,
             "read the properties of '%s' of '%s'", name, datasets->path);
  bool contiguous = H5Pget_layout(plist) == H5D_CONTIGUOUS;
  H5Pclose(plist);
  if (!contiguous || H5Dget_offset(datasets->sets[id]) == HADDR_UNDEF)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s': dataset '%s' is %s; the file was repacked or changed by another program",
             datasets->path, name, contiguous ? "without space in the file" : "not contiguous");
  return ISN_OK;
}

static isn_status_t open_dataset(hid_t file, isn_datasets_t *datasets, isn_store_id_t id)
{
  const char *name = isn_store_dataset(id)->name;
  isn_store_shape_t shape;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  ISN_TRY_H5(datasets->sets[id] = H5Dopen2(file, name, H5P_DEFAULT), ISN_ERR_INPUT,
             "open dataset '%s' of '%s'", name, datasets->path);
  ISN_TRY(check_shape(datasets, id, &shape));
  ISN_TRY(check_type(datasets, id));
  return check_storage(datasets, id);
}

isn_status_t isn_datasets_open(hid_t file, const char *path, const isn_run_layout_t *layout,
                               isn_datasets_t *datasets)
{
  isn_datasets_init(datasets, path, layout);
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++)
    ISN_TRY(open_dataset(file, datasets, (isn_store_id_t)id));
  return ISN_OK;
}

isn_rows_at_t isn_rows_of_neurons(const isn_run_layout_t *layout, int target)
{
  /* Where no target has two neurons, files have no axis M. */
  const int n = layout->max_neurons > 1 ? layout->targets[target].n_neurons : ISN_ROWS_ALL;
  return (isn_rows_at_t){target, 0, n};
}

/* The dataspaces of a transfer.  memory is one row of numbers. */
static isn_status_t select_rows(const isn_datasets_t *datasets, isn_store_id_t id,
                                const isn_rows_at_t *rows, hid_t *space, hid_t *memory)
{
  const char *name = isn_store_dataset(id)->name;
  isn_status_t status = ISN_OK;
  isn_store_shape_t shape;
  hsize_t start[ISN_STORE_MAX_AXES] = {0};
  if (!isn_store_shape(datasets->layout, id, &shape) || datasets->sets[id] < 0)
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no dataset '%s'", datasets->path, name);
  ISN_TRY_H5(*space = H5Dget_space(datasets->sets[id]), ISN_ERR_IO,
             "read the shape of '%s' of '%s'", name, datasets->path);
  if (rows) {
    start[0] = (hsize_t)rows->target;
    shape.dims[0] = 1;
    if (rows->n != ISN_ROWS_ALL) {
      start[1] = (hsize_t)rows->first;
      shape.dims[1] = (hsize_t)rows->n;
    }
    ISN_TRY_H5_GOTO(H5Sselect_hyperslab(*space, H5S_SELECT_SET, start, NULL, shape.dims, NULL),
                    failed, ISN_ERR_IO, "select rows of '%s' of '%s'", name, datasets->path);
  }
  hsize_t count = 1;
  for (int i = 0; i < shape.n_axes; i++)
    count *= shape.dims[i];
  ISN_TRY_H5_GOTO(*memory = H5Screate_simple(1, &count, NULL), failed, ISN_ERR_IO,
                  "describe rows of '%s' of '%s'", name, datasets->path);
  return ISN_OK;
failed:
  H5Sclose(*space);
  return status;
}

isn_status_t isn_datasets_write(const isn_datasets_t *datasets, isn_store_id_t id,
                                const isn_rows_at_t *rows, const void *data)
{
  hid_t space, memory;
  isn_status_t status = ISN_OK;
  ISN_TRY(select_rows(datasets, id, rows, &space, &memory));
  ISN_TRY_H5_GOTO(
      H5Dwrite(datasets->sets[id], datasets->types[id], memory, space, H5P_DEFAULT, data), done,
      ISN_ERR_IO, "write '%s' of '%s'", isn_store_dataset(id)->name, datasets->path);
done:
  H5Sclose(memory);
  H5Sclose(space);
  return status;
}

isn_status_t isn_datasets_read(const isn_datasets_t *datasets, isn_store_id_t id,
                               const isn_rows_at_t *rows, void *data)
{
  hid_t space, memory;
  isn_status_t status = ISN_OK;
  ISN_TRY(select_rows(datasets, id, rows, &space, &memory));
  ISN_TRY_H5_GOTO(
      H5Dread(datasets->sets[id], datasets->types[id], memory, space, H5P_DEFAULT, data), done,
      ISN_ERR_IO, "read '%s' of '%s'", isn_store_dataset(id)->name, datasets->path);
done:
  H5Sclose(memory);
  H5Sclose(space);
  return status;
}
