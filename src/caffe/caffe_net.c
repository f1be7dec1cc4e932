/** @file caffe_net.c
 *  From the tree of a prototxt to a net spec: which layers there are, and what their names mean.
 *  What a single layer type means is in the layer table and its readers.
 */
#include <stdlib.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/memory.h"
#include "layer_table.h"
#include "net_input.h"
#include "phase_rules.h"
#include "prototxt.h"

enum { MAX_LAYERS = 10000 /**< names are looked up one by one */ };

/** What a blob's name means at this place of the file. */
typedef struct {
  const char *name; /**< borrowed from the tree */
  isn_shape_t shape;
  bool left_out; /**< made by a layer that is not part of the net */
} blob_t;

typedef struct {
  const isn_prototxt_t *root;
  bool v1;
  isn_caffe_input_t input;
  isn_net_spec_t *spec;
  int n_blobs;
  blob_t *blobs; /**< (n_blobs) in the order they are made; room for all */
} reader_t;

/** One layer while it is read. */
typedef struct {
  const isn_prototxt_t *node;
  const char *name, *type;
  int n_bottoms, n_tops;
  const char *bottoms[ISN_LAYER_MAX_BOTTOMS], *tops[ISN_LAYER_MAX_TOPS];
  const blob_t *bottom_blobs[ISN_LAYER_MAX_BOTTOMS];
} layer_t;

static const blob_t *find_blob(const reader_t *reader, const char *name)
{
  for (int i = reader->n_blobs - 1; i >= 0; i--)
    if (strcmp(reader->blobs[i].name, name) == 0)
      return &reader->blobs[i];
  return NULL;
}

static void add_blob(reader_t *reader, const char *name, isn_shape_t shape, bool left_out)
{
  reader->blobs[reader->n_blobs++] = (blob_t){.name = name, .shape = shape, .left_out = left_out};
}

/** Check the fields of a layer.  The parameters of other types (a `relu_param` in a Pooling layer)
 *  have no effect in Caffe either. */
static isn_status_t check_layer_fields(const isn_prototxt_t *node)
{
  static const char *const fields[] = {"name",
                                       "type",
                                       "bottom",
                                       "top",
                                       "phase",
                                       "loss_weight",
                                       "param",
                                       "blobs",
                                       "propagate_down",
                                       "include",
                                       "exclude",
                                       "blob_share_mode",
                                       "blobs_lr",
                                       "weight_decay",
                                       "transform_param",
                                       "loss_param",
                                       "accuracy_param",
                                       "argmax_param",
                                       "batch_norm_param",
                                       "bias_param",
                                       "clip_param",
                                       "concat_param",
                                       "contrastive_loss_param",
                                       "convolution_param",
                                       "crop_param",
                                       "data_param",
                                       "dropout_param",
                                       "dummy_data_param",
                                       "eltwise_param",
                                       "elu_param",
                                       "embed_param",
                                       "exp_param",
                                       "flatten_param",
                                       "hdf5_data_param",
                                       "hdf5_output_param",
                                       "hinge_loss_param",
                                       "image_data_param",
                                       "infogain_loss_param",
                                       "inner_product_param",
                                       "input_param",
                                       "log_param",
                                       "lrn_param",
                                       "memory_data_param",
                                       "mvn_param",
                                       "parameter_param",
                                       "pooling_param",
                                       "power_param",
                                       "prelu_param",
                                       "python_param",
                                       "recurrent_param",
                                       "reduction_param",
                                       "relu_param",
                                       "reshape_param",
                                       "scale_param",
                                       "sigmoid_param",
                                       "slice_param",
                                       "softmax_param",
                                       "spp_param",
                                       "swish_param",
                                       "tanh_param",
                                       "threshold_param",
                                       "tile_param",
                                       "window_data_param",
                                       NULL};
  if (node->kind != ISN_PROTOTXT_MESSAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is '%s'; wanted a message", node->origin, node->line,
             node->name, node->text);
  if (isn_prototxt_first(node, "layer"))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: this definition is of the oldest kind (V0, before 2014); convert "
             "it with Caffe's upgrade_net_proto_text",
             node->origin, node->line);
  return isn_prototxt_check_fields(node, fields);
}

/** `type` is a text in V2 and a word in V1. */
static isn_status_t read_type(const reader_t *reader, layer_t *layer)
{
  const isn_prototxt_t *type;
  ISN_TRY(isn_prototxt_single(layer->node, "type", &type));
  if (!type)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' lacks 'type'", layer->node->origin,
             layer->node->line, layer->name);
  if (type->kind != (reader->v1 ? ISN_PROTOTXT_SCALAR : ISN_PROTOTXT_STRING))
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the type of layer '%s' has to be %s", type->origin, type->line,
             layer->name,
             reader->v1 ? "a word in `layers`, as CONVOLUTION"
                        : "a text in `layer`, as \"Convolution\"");
  layer->type = type->text;
  return ISN_OK;
}

static isn_status_t read_names(const layer_t *layer, const char *key, int max, const char **names,
                               int *n)
{
  *n = 0;
  for (const isn_prototxt_t *f = isn_prototxt_first(layer->node, key); f;
       f = isn_prototxt_next(f)) {
    if (*n == max)
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' has more than %d fields '%s'", f->origin, f->line,
               layer->name, max, key);
    ISN_TRY(isn_prototxt_as_string(f, &names[(*n)++]));
  }
  return ISN_OK;
}

static isn_status_t read_head(const reader_t *reader, const isn_prototxt_t *node, layer_t *layer)
{
  *layer = (layer_t){.node = node};
  ISN_TRY(check_layer_fields(node));
  ISN_TRY(isn_prototxt_get_string(node, "name", &layer->name));
  if (!layer->name || !*layer->name)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the layer lacks 'name'", node->origin, node->line);
  ISN_TRY(read_type(reader, layer));
  ISN_TRY(read_names(layer, "bottom", ISN_LAYER_MAX_BOTTOMS, layer->bottoms, &layer->n_bottoms));
  return read_names(layer, "top", ISN_LAYER_MAX_TOPS, layer->tops, &layer->n_tops);
}

/** Leave a layer out: what only it makes is not there for later layers, which are left out too. */
static void leave_out(reader_t *reader, const layer_t *layer)
{
  for (int i = 0; i < layer->n_tops; i++)
    if (!find_blob(reader, layer->tops[i]))
      add_blob(reader, layer->tops[i], (isn_shape_t){0}, true);
}

/** Look up the bottoms.  @param[out] left_out one of them comes from a layer that was left out */
static isn_status_t find_bottoms(const reader_t *reader, layer_t *layer, bool *left_out)
{
  *left_out = false;
  for (int i = 0; i < layer->n_bottoms; i++) {
    layer->bottom_blobs[i] = find_blob(reader, layer->bottoms[i]);
    if (!layer->bottom_blobs[i])
      ISN_FAIL(ISN_ERR_INPUT,
               "%s:%d: layer '%s': its bottom '%s' is neither the input '%s' nor the "
               "top of an earlier layer",
               layer->node->origin, layer->node->line, layer->name, layer->bottoms[i],
               reader->input.name);
    *left_out = *left_out || layer->bottom_blobs[i]->left_out;
  }
  return ISN_OK;
}

/** Add one layer to the spec and its tops to the names. */
static isn_status_t add_layer(reader_t *reader, const layer_t *layer, const char *name,
                              const isn_layer_params_t *params, int n_bottoms, int n_tops,
                              const char *const *tops)
{
  isn_shape_t bottoms[ISN_LAYER_MAX_BOTTOMS], shapes[ISN_LAYER_MAX_TOPS];
  for (int i = 0; i < reader->spec->n_layers; i++)
    if (strcmp(reader->spec->layers[i].name, name) == 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: an earlier layer has the name '%s' too; rename one of them",
               layer->node->origin, layer->node->line, name);
  for (int i = 0; i < n_bottoms; i++)
    bottoms[i] = layer->bottom_blobs[i]->shape;
  isn_status_t status = isn_layer_shapes(params, name, n_bottoms, bottoms, n_tops, shapes);
  if (status != ISN_OK) {
    isn_error_prefix("%s:%d", layer->node->origin, layer->node->line);
    return status;
  }
  ISN_TRY(
      isn_net_spec_add(reader->spec, name, params, n_bottoms, layer->bottoms, n_tops, tops, NULL));
  for (int i = 0; i < n_tops; i++)
    add_blob(reader, tops[i], shapes[i], false);
  return ISN_OK;
}

/** Whether a later layer that may be part of the net names a blob as its bottom. */
static bool is_read_later(const reader_t *reader, const isn_prototxt_t *node, const char *blob)
{
  for (const isn_prototxt_t *l = isn_prototxt_next(node); l; l = isn_prototxt_next(l)) {
    const isn_prototxt_t *field = isn_prototxt_first(l, "type");
    const isn_caffe_type_t *type =
        field && field->text ? isn_caffe_find_type(field->text, reader->v1) : NULL;
    if (type && type->role == ISN_CAFFE_LEFT_OUT)
      continue;
    for (field = isn_prototxt_first(l, "bottom"); field; field = isn_prototxt_next(field))
      if (field->text && strcmp(field->text, blob) == 0)
        return true;
  }
  return false;
}

/** Dropout and Split: a top of another name becomes a Reshape to the same shape, which costs
 *  nothing when the net runs, and keeps its meaning if the bottom's name is used in place later.
 *  Tops of a Split that only losses read do not: the net's last blob is to be the one before. */
static isn_status_t add_identity(reader_t *reader, const layer_t *layer)
{
  if (layer->n_bottoms != 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' (%s) has %d bottoms; wanted 1", layer->node->origin,
             layer->node->line, layer->name, layer->type, layer->n_bottoms);
  const isn_layer_params_t params = {.kind = ISN_LAYER_RESHAPE,
                                     .reshape = {.shape = layer->bottom_blobs[0]->shape}};
  for (int i = 0; i < layer->n_tops; i++)
    if (strcmp(layer->tops[i], layer->bottoms[0]) != 0 &&
        (layer->n_tops == 1 || is_read_later(reader, layer->node, layer->tops[i])))
      ISN_TRY(add_layer(reader, layer, layer->n_tops == 1 ? layer->name : layer->tops[i], &params,
                        1, 1, &layer->tops[i]));
  return ISN_OK;
}

static isn_status_t add_computing(reader_t *reader, const layer_t *layer,
                                  const isn_caffe_type_t *type)
{
  isn_layer_params_t params = {0};
  isn_shape_t bottoms[ISN_LAYER_MAX_BOTTOMS];
  if (layer->n_bottoms < 1 || layer->n_tops < 1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' (%s) has %d bottoms and %d tops; wanted at least one "
             "of each",
             layer->node->origin, layer->node->line, layer->name, layer->type, layer->n_bottoms,
             layer->n_tops);
  for (int i = 0; i < layer->n_bottoms; i++)
    bottoms[i] = layer->bottom_blobs[i]->shape;
  const isn_caffe_layer_t view = {.node = layer->node,
                                  .name = layer->name,
                                  .n_bottoms = layer->n_bottoms,
                                  .n_tops = layer->n_tops,
                                  .bottoms = bottoms,
                                  .batch = reader->input.batch};
  ISN_TRY(type->read(&view, &params));
  return add_layer(reader, layer, layer->name, &params,
                   type->n_bottoms_used > 0 ? type->n_bottoms_used : layer->n_bottoms,
                   layer->n_tops, layer->tops);
}

static isn_status_t read_layer(reader_t *reader, const isn_prototxt_t *node)
{
  layer_t layer;
  bool included, fed_by_left_out;
  ISN_TRY(read_head(reader, node, &layer));
  ISN_TRY(isn_caffe_is_included(node, &included));
  const isn_caffe_type_t *type = isn_caffe_find_type(layer.type, reader->v1);
  if (!included || (type && type->role == ISN_CAFFE_LEFT_OUT)) {
    leave_out(reader, &layer);
    return ISN_OK;
  }
  if (type && type->role == ISN_CAFFE_INPUT)
    return ISN_OK;
  ISN_TRY(find_bottoms(reader, &layer, &fed_by_left_out));
  if (fed_by_left_out) {
    leave_out(reader, &layer);
    return ISN_OK;
  }
  if (!type)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' is of type %s, which is not supported: %s",
             node->origin, node->line, layer.name, layer.type, isn_caffe_type_advice(layer.type));
  if (type->role == ISN_CAFFE_IDENTITY)
    return add_identity(reader, &layer);
  return add_computing(reader, &layer, type);
}

/** Check the fields outside of layers, and find out which of the two lists of layers there is. */
static isn_status_t read_top_level(reader_t *reader)
{
  static const char *const fields[] = {"name",           "input", "input_shape", "input_dim",
                                       "force_backward", "state", "debug_info",  "layer",
                                       "layers",         NULL};
  static const char *const state_fields[] = {"phase", NULL};
  const isn_prototxt_t *state, *root = reader->root;
  ISN_TRY(isn_prototxt_check_fields(root, fields));
  ISN_TRY(isn_prototxt_message(root, "state", &state));
  ISN_TRY(isn_prototxt_check_fields(state, state_fields));
  const isn_prototxt_t *v1 = isn_prototxt_first(root, "layers");
  const isn_prototxt_t *v2 = isn_prototxt_first(root, "layer");
  if (v1 && v2)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: the definition has both `layers` (V1) and `layer` (V2, line %d); "
             "only one kind may be there",
             root->origin, v1->line, v2->line);
  if (!v1 && !v2)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the definition has no layers; is this a net definition (.prototxt)?",
             root->origin);
  reader->v1 = v1 != NULL;
  return ISN_OK;
}

/** Room for the names of all blobs of the file. */
static isn_status_t alloc_blobs(reader_t *reader, const char *layers)
{
  size_t n = 1;
  int n_layers = 0;
  for (const isn_prototxt_t *l = isn_prototxt_first(reader->root, layers); l;
       l = isn_prototxt_next(l), n_layers++)
    n += (size_t)isn_prototxt_count(l, "top");
  if (n_layers > MAX_LAYERS)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the definition has %d layers; at most %d are read",
             reader->root->origin, n_layers, MAX_LAYERS);
  return isn_alloc(&reader->blobs, n, "names of blobs");
}

static isn_status_t read_net(reader_t *reader)
{
  const char *name = "";
  ISN_TRY(read_top_level(reader));
  const char *layers = reader->v1 ? "layers" : "layer";
  ISN_TRY(isn_prototxt_get_string(reader->root, "name", &name));
  ISN_TRY(isn_caffe_find_input(reader->root, layers, &reader->input));
  ISN_TRY(isn_net_spec_create(name, reader->root->origin, reader->input.name, reader->input.shape,
                              &reader->spec));
  ISN_TRY(alloc_blobs(reader, layers));
  add_blob(reader, reader->input.name, reader->input.shape, false);
  for (const isn_prototxt_t *l = isn_prototxt_first(reader->root, layers); l;
       l = isn_prototxt_next(l))
    ISN_TRY(read_layer(reader, l));
  if (reader->spec->n_layers == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: no layer is left that works on the input '%s'",
             reader->root->origin, reader->input.name);
  return isn_net_spec_resolve(reader->spec);
}

isn_status_t isn_caffe_parse_net(const char *text, const char *origin, isn_net_spec_t **out)
{
  isn_status_t status = ISN_OK;
  isn_prototxt_t *root = NULL;
  reader_t reader = {0};
  ISN_TRY(isn_prototxt_parse(text, origin, &root));
  reader.root = root;
  ISN_TRY_GOTO(read_net(&reader), done);
  *out = reader.spec;
  reader.spec = NULL;
done:
  isn_net_spec_destroy(reader.spec);
  free(reader.blobs);
  isn_prototxt_destroy(root);
  return status;
}
