/** @file model_file.c
 *  Walking through the layers of a binary .caffemodel.  Knows what is where, not what it means.
 */
#include "model_file.h"

#include <inttypes.h>

#include "wire_message.h"

enum {
  LAYERS_V1 = 2,
  LAYERS_V2 = 100,
  V1_V0 = 1,
  BLOBS_V0 = 50,
  BLOBS_V1 = 6,
  BLOBS_V2 = 7,
  MAX_BLOBS = 1000 /**< of one layer */
};

isn_status_t isn_model_open(isn_model_file_t *model, const char *path)
{
  *model = (isn_model_file_t){0};
  ISN_TRY(isn_wire_open(&model->wire, path));
  isn_model_rewind(model);
  return ISN_OK;
}

void isn_model_close(isn_model_file_t *model)
{
  isn_wire_close(&model->wire);
}

void isn_model_rewind(isn_model_file_t *model)
{
  model->rest = isn_wire_all(&model->wire);
  model->n_layers = 0;
}

/** Note where the blobs of a layer are; in V0 they are one message deeper. */
static isn_status_t find_blobs(isn_wire_t *wire, isn_wire_span_t span, uint32_t number, bool v1,
                               isn_model_layer_t *layer)
{
  for (;;) {
    isn_wire_field_t field;
    bool found;
    ISN_TRY(isn_wire_next(wire, &span, &field, &found));
    if (!found)
      return ISN_OK;
    if (v1 && field.number == V1_V0 && field.type == ISN_WIRE_BYTES)
      ISN_TRY(find_blobs(wire, field.value, BLOBS_V0, false, layer));
    if (field.number != number)
      continue;
    if (field.type != ISN_WIRE_BYTES || layer->n_blobs == MAX_BLOBS)
      ISN_FAIL(ISN_ERR_INPUT, "%s: the field at byte %" PRIu64 " is %s; the file is damaged",
               wire->path, field.whole.at,
               layer->n_blobs == MAX_BLOBS ? "one blob too many" : "no blob");
    if (layer->n_blobs < ISN_LAYER_MAX_WEIGHTS)
      layer->blobs[layer->n_blobs] = field.value;
    layer->n_blobs++;
  }
}

/** Point to what both versions have. */
static void name_parts(isn_model_layer_t *layer, bool v1)
{
  const char *name = NULL;
  if (v1) {
    layer->v1 = (const Isn__Wire__LayerV1 *)layer->message;
    name = layer->v1->layer ? layer->v1->layer->name : layer->v1->name;
    layer->bottoms = layer->v1->bottom;
    layer->tops = layer->v1->top;
    layer->n_bottoms = (int)layer->v1->n_bottom; /* bounded by the size of a message */
    layer->n_tops = (int)layer->v1->n_top;
  } else {
    layer->v2 = (const Isn__Wire__Layer *)layer->message;
    name = layer->v2->name;
    layer->bottoms = layer->v2->bottom;
    layer->tops = layer->v2->top;
    layer->n_bottoms = (int)layer->v2->n_bottom;
    layer->n_tops = (int)layer->v2->n_top;
  }
  layer->name = name ? name : "";
}

static isn_status_t read_layer(isn_model_file_t *model, isn_wire_span_t span, bool v1,
                               isn_model_layer_t *layer)
{
  *layer = (isn_model_layer_t){0};
  if (model->n_layers > 0 && v1 != model->v1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: has both `layers` (V1) and `layer` (V2, the first kind found here at byte "
             "%" PRIu64 "); only one kind may be there",
             model->wire.path, span.at);
  if (model->n_layers == ISN_MODEL_MAX_LAYERS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: has more than %d layers", model->wire.path, ISN_MODEL_MAX_LAYERS);
  model->v1 = v1;
  model->n_layers++;
  ISN_TRY(isn_wire_unpack(&model->wire, span,
                          v1 ? &isn__wire__layer_v1__descriptor : &isn__wire__layer__descriptor,
                          &layer->message));
  name_parts(layer, v1);
  isn_status_t status = find_blobs(&model->wire, span, v1 ? BLOBS_V1 : BLOBS_V2, v1, layer);
  if (status != ISN_OK) {
    isn_error_prefix("layer '%s'", layer->name);
    isn_model_layer_clear(layer);
  }
  return status;
}

isn_status_t isn_model_next(isn_model_file_t *model, isn_model_layer_t *layer, bool *found)
{
  for (;;) {
    isn_wire_field_t field;
    ISN_TRY(isn_wire_next(&model->wire, &model->rest, &field, found));
    if (!*found)
      return ISN_OK;
    bool v1 = field.number == LAYERS_V1;
    if (field.type == ISN_WIRE_BYTES && (v1 || field.number == LAYERS_V2))
      return read_layer(model, field.value, v1, layer);
  }
}

void isn_model_layer_clear(isn_model_layer_t *layer)
{
  protobuf_c_message_free_unpacked(layer->message, NULL);
  *layer = (isn_model_layer_t){0};
}
