/** @file weights_hdf5.c
 *  Caffe's HDF5 weights: group /data, in it a group for each layer (the name's slashes are groups
 *  too), in it datasets 0, 1, ... with the real shapes.  Layers without weights have empty groups.
 *  Types and connections are not in the file.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hdf5_check.h"
#include "h5_array.h"
#include "invset/memory.h"
#include "weights.h"

/** Read dataset `index` of an open layer group into the layer's weight. */
static isn_status_t read_blob(hid_t group, const char *path, isn_layer_spec_t *layer, int index)
{
  isn_status_t status = ISN_OK;
  isn_weight_t *weight = &layer->weights[index];
  isn_h5_array_t array;
  char name[16];
  snprintf(name, sizeof name, "%d", index);
  ISN_TRY(isn_h5_array_open(group, path, layer->name, name, &array));
  ISN_TRY_GOTO(isn_weights_check_shape(path, layer, index, array.n_axes, array.dims), done);
  if (!weight->data)
    ISN_TRY_GOTO(isn_alloc(&weight->data, weight->count, layer->name), done);
  ISN_TRY_GOTO(isn_h5_array_read(&array, weight->data), done);
  status = isn_weights_check_finite(path, layer, index);
done:
  isn_h5_array_close(&array);
  return status;
}

static isn_status_t read_layer(hid_t data, const char *path, isn_layer_spec_t *layer)
{
  isn_status_t status = ISN_OK;
  hid_t group = -1;
  H5G_info_t info;
  bool found;
  ISN_TRY(isn_h5_has_path(data, layer->name, &found));
  if (!found)
    return isn_weights_missing(path, layer);
  ISN_TRY_H5(group = H5Gopen2(data, layer->name, H5P_DEFAULT), ISN_ERR_INPUT,
             "open group '/data/%s' of '%s'", layer->name, path);
  ISN_TRY_H5_GOTO(H5Gget_info(group, &info), done, ISN_ERR_INPUT, "list '/data/%s' of '%s'",
                  layer->name, path);
  ISN_TRY_GOTO(isn_weights_check_number(path, layer, info.nlinks > 99 ? 99 : (int)info.nlinks),
               done);
  for (int i = 0; i < layer->n_weights; i++)
    ISN_TRY_GOTO(read_blob(group, path, layer, i), done);
done:
  H5Gclose(group);
  return status;
}

/** What the count of unused layers goes through the file with. */
typedef struct {
  const isn_net_spec_t *spec;
  int n_unused;
} unused_t;

static bool wants_layer(const isn_net_spec_t *spec, const char *name)
{
  for (int i = 0; i < spec->n_layers; i++)
    if (spec->layers[i].n_weights > 0 && strcmp(spec->layers[i].name, name) == 0)
      return true;
  return false;
}

/** Called for everything below /data: a dataset "LAYER/0" stands for a layer with weights. */
static herr_t count_unused(hid_t data, const char *name, const H5O_info_t *info, void *context)
{
  unused_t *unused = context;
  const char *slash = strrchr(name, '/');
  char layer[512];
  (void)data;
  if (info->type != H5O_TYPE_DATASET || !slash || strcmp(slash, "/0") != 0)
    return 0;
  snprintf(layer, sizeof layer, "%.*s", (int)(slash - name), name);
  if (!wants_layer(unused->spec, layer))
    unused->n_unused++;
  return 0;
}

static isn_status_t read_layers(hid_t file, const char *path, isn_net_spec_t *spec, int *n_unused)
{
  isn_status_t status = ISN_OK;
  unused_t unused = {.spec = spec};
  hid_t data = -1;
  bool found;
  ISN_TRY(isn_h5_has_path(file, "data", &found));
  if (!found)
    ISN_FAIL(ISN_ERR_INPUT, "%s: has no group '/data'; it is HDF5, but not Caffe's weights", path);
  ISN_TRY_H5(data = H5Gopen2(file, "data", H5P_DEFAULT), ISN_ERR_INPUT, "open '/data' of '%s'",
             path);
  for (int i = 0; i < spec->n_layers; i++)
    if (spec->layers[i].n_weights > 0)
      ISN_TRY_GOTO(read_layer(data, path, &spec->layers[i]), done);
  if (n_unused) {
    ISN_TRY_H5_GOTO(
        H5Ovisit2(data, H5_INDEX_NAME, H5_ITER_INC, count_unused, &unused, H5O_INFO_BASIC), done,
        ISN_ERR_INPUT, "list '/data' of '%s'", path);
    *n_unused = unused.n_unused;
  }
done:
  H5Gclose(data);
  return status;
}

isn_status_t isn_weights_load_hdf5(const char *path, isn_net_spec_t *spec, int *n_unused)
{
  hid_t file = -1;
  isn_h5_quiet();
  ISN_TRY_H5(file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), ISN_ERR_INPUT, "open '%s'", path);
  isn_status_t status = read_layers(file, path, spec, n_unused);
  H5Fclose(file);
  return status;
}
