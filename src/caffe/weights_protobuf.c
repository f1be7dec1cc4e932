/** @file weights_protobuf.c
 *  Weights from a binary .caffemodel.  The file is walked through layer by layer; a blob's numbers
 *  go from the file straight into the net's memory, which is allocated when a blob of that shape
 *  has been found.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "blob_proto.h"
#include "invset/memory.h"
#include "model_file.h"
#include "weights.h"

static isn_status_t load_blob(isn_wire_t *wire, isn_wire_span_t span, isn_layer_spec_t *layer,
                              int index)
{
  isn_blob_proto_t blob;
  isn_weight_t *weight = &layer->weights[index];
  isn_status_t status = isn_blob_proto_open(wire, span, &blob);
  if (status != ISN_OK) {
    isn_error_prefix("layer '%s', blob %d", layer->name, index);
    return status;
  }
  ISN_TRY(isn_weights_check_shape(wire->path, layer, index, blob.n_axes, blob.dims));
  if (!weight->data)
    ISN_TRY(isn_alloc(&weight->data, weight->count, layer->name));
  ISN_TRY(isn_blob_proto_read(wire, &blob, weight->data));
  return isn_weights_check_finite(wire->path, layer, index);
}

static isn_status_t load_layer(isn_wire_t *wire, const isn_model_layer_t *found,
                               isn_layer_spec_t *layer)
{
  ISN_TRY(isn_weights_check_number(wire->path, layer, found->n_blobs));
  for (int i = 0; i < layer->n_weights; i++)
    ISN_TRY(load_blob(wire, found->blobs[i], layer, i));
  return ISN_OK;
}

/** Index of the net's layer that wants these weights, or -1. */
static int find_layer(const isn_net_spec_t *spec, const char *name)
{
  for (int i = 0; i < spec->n_layers; i++)
    if (spec->layers[i].n_weights > 0 && strcmp(spec->layers[i].name, name) == 0)
      return i;
  return -1;
}

/** Take over one layer of the file.  @param[in,out] loaded (spec->n_layers) */
static isn_status_t take_layer(isn_wire_t *wire, const isn_model_layer_t *found,
                               isn_net_spec_t *spec, bool *loaded, int *n_unused)
{
  int at = find_layer(spec, found->name);
  if (at < 0) {
    *n_unused += found->n_blobs > 0 ? 1 : 0;
    return ISN_OK;
  }
  if (loaded[at])
    ISN_FAIL(ISN_ERR_INPUT, "%s: has two layers '%s'; which has the weights?", wire->path,
             found->name);
  loaded[at] = true;
  return load_layer(wire, found, &spec->layers[at]);
}

static isn_status_t check_complete(const isn_model_file_t *model, const isn_net_spec_t *spec,
                                   const bool *loaded)
{
  if (model->n_layers == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: has no layers; is this a .caffemodel?", model->wire.path);
  for (int i = 0; i < spec->n_layers; i++)
    if (spec->layers[i].n_weights > 0 && !loaded[i])
      return isn_weights_missing(model->wire.path, &spec->layers[i]);
  return ISN_OK;
}

isn_status_t isn_weights_load_protobuf(const char *path, isn_net_spec_t *spec, int *n_unused)
{
  isn_status_t status = ISN_OK;
  isn_model_file_t model;
  bool *loaded = NULL;
  int unused = 0;
  ISN_TRY(isn_model_open(&model, path));
  ISN_TRY_GOTO(isn_alloc(&loaded, spec->n_layers, "marks of layers"), done);
  for (;;) {
    isn_model_layer_t layer;
    bool found;
    ISN_TRY_GOTO(isn_model_next(&model, &layer, &found), done);
    if (!found)
      break;
    status = take_layer(&model.wire, &layer, spec, loaded, &unused);
    isn_model_layer_clear(&layer);
    if (status != ISN_OK)
      goto done;
  }
  ISN_TRY_GOTO(check_complete(&model, spec, loaded), done);
  if (n_unused)
    *n_unused = unused;
done:
  free(loaded);
  isn_model_close(&model);
  return status;
}
