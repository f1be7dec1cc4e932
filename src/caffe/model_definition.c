/** @file model_definition.c
 *  The definition that a binary .caffemodel carries, written as a prototxt: one reader then serves
 *  both, and the text can be given to other ranks.  Knows no layer types but Input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/memory.h"
#include "model_file.h"
#include "weights.h"
#include "wire_message.h"

enum { MAX_TEXT_BYTES = 16 << 20 };

/** The input that the text is to have. */
typedef struct {
  char *name;        /**< owned; NULL: not known yet */
  isn_shape_t shape; /**< n_axes 0: leave the file's own inputs as they are */
  int64_t batch;
} input_t;

static isn_status_t set_name(input_t *input, const char *name)
{
  char *copy;
  ISN_TRY(isn_alloc_string(&copy, name));
  free(input->name);
  input->name = copy;
  return ISN_OK;
}

static bool is_input(const isn_model_layer_t *layer)
{
  return layer->v2 && layer->v2->type && strcmp(layer->v2->type, "Input") == 0;
}

/** Take over name and batch of an input that the file has, unless a name is given already. */
static isn_status_t take_own(input_t *input, const char *name, const Isn__Wire__Shape *shape)
{
  if (shape && shape->n_dim > 0)
    input->batch = shape->dim[0];
  return input->name ? ISN_OK : set_name(input, name);
}

static isn_status_t take_top_level(input_t *input, const Isn__Wire__Net *net)
{
  if (net->n_input == 0)
    return ISN_OK;
  if (net->n_input_dim > 0)
    input->batch = net->input_dim[0];
  return take_own(input, net->input[0], net->n_input_shape > 0 ? net->input_shape[0] : NULL);
}

static isn_status_t take_input_layer(input_t *input, const isn_model_layer_t *layer)
{
  const Isn__Wire__Input *param = layer->v2->input_param;
  if (layer->n_tops == 0)
    return ISN_OK;
  return take_own(input, layer->tops[0], param && param->n_shape > 0 ? param->shape[0] : NULL);
}

/** Look for Input layers, and for the first layer with weights.
 *  @param[out] feeder its first bottom, NULL if there is none; caller's, free()
 *  @param[out] at     its number among the layers */
static isn_status_t scan_layers(isn_model_file_t *model, input_t *input, char **feeder, int *at)
{
  isn_status_t status = ISN_OK;
  *feeder = NULL;
  isn_model_rewind(model);
  for (;;) {
    isn_model_layer_t layer;
    bool found;
    ISN_TRY_GOTO(isn_model_next(model, &layer, &found), done);
    if (!found)
      break;
    if (is_input(&layer))
      status = take_input_layer(input, &layer);
    if (status == ISN_OK && !*feeder && layer.n_blobs > 0 && layer.n_bottoms > 0) {
      *at = model->n_layers - 1;
      status = isn_alloc_string(feeder, layer.bottoms[0]);
    }
    isn_model_layer_clear(&layer);
    if (status != ISN_OK)
      goto done;
  }
done:
  if (status != ISN_OK) {
    free(*feeder);
    *feeder = NULL;
  }
  return status;
}

static bool is_among(char *const *names, int n, const char *name)
{
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

/** Go one layer back from a blob: to the first bottom of the layer before `at` that makes it.
 *  @param[in,out] blob stays as it is if that layer has no bottoms
 *  @param[in,out] at   number of that layer; 0 if there is none, or it has no bottoms */
static isn_status_t step_back(isn_model_file_t *model, char **blob, int *at)
{
  char *before = NULL;
  int producer = 0;
  isn_model_rewind(model);
  for (int i = 0; i < *at; i++) {
    isn_model_layer_t layer;
    bool found;
    isn_status_t status = isn_model_next(model, &layer, &found);
    if (status == ISN_OK && found && is_among(layer.tops, layer.n_tops, *blob) &&
        !is_among(layer.bottoms, layer.n_bottoms, *blob)) {
      free(before);
      before = NULL;
      producer = layer.n_bottoms > 0 ? i : 0;
      if (layer.n_bottoms > 0)
        status = isn_alloc_string(&before, layer.bottoms[0]);
    }
    if (found)
      isn_model_layer_clear(&layer);
    if (status != ISN_OK) {
      free(before);
      return status;
    }
  }
  *at = producer;
  if (before) {
    free(*blob);
    *blob = before;
  }
  return ISN_OK;
}

/** Find the input's name: the file's own, or the top of a data layer from which the first layer
 *  with weights is reached (the other tops are labels). */
static isn_status_t find_input(isn_model_file_t *model, const Isn__Wire__Net *net, input_t *input)
{
  char *feeder;
  int at = 0;
  isn_status_t status = ISN_OK;
  ISN_TRY(take_top_level(input, net));
  ISN_TRY(scan_layers(model, input, &feeder, &at));
  while (!input->name && feeder && at > 0)
    ISN_TRY_GOTO(step_back(model, &feeder, &at), done);
  if (!input->name && !feeder)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: has no layer with weights; is this a .caffemodel?",
                  model->wire.path);
  if (!input->name)
    status = set_name(input, feeder);
done:
  free(feeder);
  return status;
}

/** Name and input of the net. */
static void print_head(const Isn__Wire__Net *net, const input_t *input, FILE *to)
{
  Isn__Wire__Net head = *net;
  Isn__Wire__Shape shape = ISN__WIRE__SHAPE__INIT, *shapes = &shape;
  int64_t dims[4] = {input->batch, input->shape.c, input->shape.h, input->shape.w};
  char *name = input->name;
  if (input->shape.n_axes > 0) {
    shape.n_dim = (size_t)input->shape.n_axes + 1;
    shape.dim = dims;
    head.n_input = head.n_input_shape = 1;
    head.input = &name;
    head.input_shape = &shapes;
    head.n_input_dim = 0;
  }
  isn_wire_print(&head.base, to);
}

static isn_status_t print_layers(isn_model_file_t *model, bool own_inputs, FILE *to)
{
  isn_model_rewind(model);
  for (;;) {
    isn_model_layer_t layer;
    bool found;
    ISN_TRY(isn_model_next(model, &layer, &found));
    if (!found)
      return ISN_OK;
    if (own_inputs || !is_input(&layer)) {
      fputs(layer.v1 ? "layers {\n" : "layer {\n", to);
      isn_wire_print(layer.message, to);
      fputs("}\n", to);
    }
    isn_model_layer_clear(&layer);
    if (ftello(to) > MAX_TEXT_BYTES)
      ISN_FAIL(ISN_ERR_INPUT, "%s: its definition has more than %d bytes", model->wire.path,
               MAX_TEXT_BYTES);
  }
}

static isn_status_t print_net(isn_model_file_t *model, const Isn__Wire__Net *net, input_t *input,
                              char **text)
{
  size_t n_bytes;
  *text = NULL;
  FILE *to = open_memstream(text, &n_bytes);
  if (!to)
    ISN_FAIL(ISN_ERR_MEMORY, "%s: no memory for its definition", model->wire.path);
  print_head(net, input, to);
  isn_status_t status = print_layers(model, input->shape.n_axes == 0, to);
  bool failed = ferror(to) != 0;
  failed = fclose(to) != 0 || failed;
  if (status == ISN_OK && failed) {
    isn_error_set(ISN_ERR_MEMORY, __FILE__, __LINE__, "%s: no memory for its definition",
                  model->wire.path);
    status = ISN_ERR_MEMORY;
  }
  if (status != ISN_OK)
    free(*text);
  return status;
}

isn_status_t isn_caffe_definition_from_weights(const char *path, const char *input_name,
                                               isn_shape_t input_shape, char **text)
{
  isn_status_t status = ISN_OK;
  isn_model_file_t model;
  ProtobufCMessage *net = NULL;
  input_t input = {.shape = input_shape, .batch = 1};
  ISN_TRY(isn_weights_check_protobuf(path));
  ISN_TRY(isn_model_open(&model, path));
  ISN_TRY_GOTO(
      isn_wire_unpack(&model.wire, isn_wire_all(&model.wire), &isn__wire__net__descriptor, &net),
      done);
  if (input_name)
    ISN_TRY_GOTO(set_name(&input, input_name), done);
  if (input_shape.n_axes > 0)
    ISN_TRY_GOTO(find_input(&model, (const Isn__Wire__Net *)net, &input), done);
  status = print_net(&model, (const Isn__Wire__Net *)net, &input, text);
done:
  protobuf_c_message_free_unpacked(net, NULL);
  free(input.name);
  isn_model_close(&model);
  return status;
}

isn_status_t isn_caffe_net_from_weights(const char *path, const char *input_name,
                                        isn_shape_t input_shape, isn_net_spec_t **out)
{
  char *text;
  isn_net_spec_t *spec;
  ISN_TRY(isn_caffe_definition_from_weights(path, input_name, input_shape, &text));
  isn_status_t status = isn_caffe_parse_net(text, path, &spec);
  free(text);
  if (status != ISN_OK)
    return status;
  status = isn_caffe_load_weights(path, spec, NULL);
  if (status != ISN_OK)
    isn_net_spec_destroy(spec);
  else
    *out = spec;
  return status;
}
