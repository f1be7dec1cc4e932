/** @file net_input.c
 *  Finding a definition's input in the three ways in which Caffe's users write it.
 */
#include "net_input.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "phase_rules.h"

/** Read the fields `key` of a message as the axes of a blob, the batch first. */
static isn_status_t read_shape(const isn_prototxt_t *message, const char *key, const char *blob,
                               isn_caffe_input_t *out)
{
  int dims[4] = {1, 1, 1, 1}, n = isn_prototxt_count(message, key), i = 0;
  if (n < 2 || n > 4)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: input '%s' has %d axes ('%s'); wanted 2 to 4: batch, channels, "
             "rows, columns",
             message->origin, message->line, blob, n, key);
  for (const isn_prototxt_t *f = isn_prototxt_first(message, key); f; f = isn_prototxt_next(f))
    ISN_TRY(isn_prototxt_as_int(f, 1, INT_MAX, &dims[i++]));
  out->name = blob;
  out->batch = dims[0];
  out->shape = (isn_shape_t){.n_axes = n - 1, .c = dims[1], .h = dims[2], .w = dims[3]};
  return ISN_OK;
}

static isn_status_t several(const isn_prototxt_t *second, const char *first)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "%s:%d: the net has a second input; only nets with one input ('%s') are "
           "supported",
           second->origin, second->line, first);
}

/** input: "data" with input_dim: n (four times) or input_shape { dim: n ... }. */
static isn_status_t read_top_level(const isn_prototxt_t *root, isn_caffe_input_t *out)
{
  const isn_prototxt_t *input = isn_prototxt_first(root, "input");
  const isn_prototxt_t *shape;
  const char *name;
  ISN_TRY(isn_prototxt_as_string(input, &name));
  if (isn_prototxt_next(input))
    return several(isn_prototxt_next(input), name);
  ISN_TRY(isn_prototxt_message(root, "input_shape", &shape));
  if (shape && isn_prototxt_first(root, "input_dim"))
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: input '%s' has both input_shape and input_dim; remove one",
             shape->origin, shape->line, name);
  if (shape)
    return read_shape(shape, "dim", name, out);
  return read_shape(root, "input_dim", name, out);
}

/** layer { type: "Input" top: "data" input_param { shape { dim: n ... } } } */
static isn_status_t read_layer(const isn_prototxt_t *layer, isn_caffe_input_t *out)
{
  static const char *const fields[] = {"shape", NULL};
  const isn_prototxt_t *top = isn_prototxt_first(layer, "top"), *param, *shape;
  const char *name;
  if (!top)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the Input layer lacks a 'top'", layer->origin, layer->line);
  ISN_TRY(isn_prototxt_as_string(top, &name));
  if (isn_prototxt_next(top))
    return several(isn_prototxt_next(top), name);
  ISN_TRY(isn_prototxt_message(layer, "input_param", &param));
  ISN_TRY(isn_prototxt_check_fields(param, fields));
  ISN_TRY(isn_prototxt_message(param, "shape", &shape));
  if (!shape)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: the Input layer of '%s' lacks input_param { shape { dim ... } }",
             layer->origin, layer->line, name);
  return read_shape(shape, "dim", name, out);
}

static bool is_input_layer(const isn_prototxt_t *layer)
{
  const isn_prototxt_t *type = isn_prototxt_first(layer, "type");
  return type && type->kind == ISN_PROTOTXT_STRING && strcmp(type->text, "Input") == 0;
}

isn_status_t isn_caffe_find_input(const isn_prototxt_t *root, const char *layers,
                                  isn_caffe_input_t *out)
{
  bool found = isn_prototxt_first(root, "input") != NULL;
  if (found)
    ISN_TRY(read_top_level(root, out));
  for (const isn_prototxt_t *l = isn_prototxt_first(root, layers); l; l = isn_prototxt_next(l)) {
    bool included = false;
    if (is_input_layer(l))
      ISN_TRY(isn_caffe_is_included(l, &included));
    if (!included)
      continue;
    if (found)
      return several(l, out->name);
    ISN_TRY(read_layer(l, out));
    found = true;
  }
  if (!found)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the net has no input; give it an Input layer, or input and "
             "input_shape, as in a deploy definition (data layers are for training)",
             root->origin);
  return ISN_OK;
}
