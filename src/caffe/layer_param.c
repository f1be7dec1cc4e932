/** @file layer_param.c
 *  Reading a layer's parameters with its name in every error.  Knows no layer type.
 */
#include "layer_param.h"

#include <limits.h>

isn_status_t isn_caffe_open_param(const isn_caffe_layer_t *layer, const char *name,
                                  const char *const *fields, const isn_prototxt_t **param)
{
  ISN_TRY(isn_prototxt_message(layer->node, name, param));
  return isn_prototxt_check_fields(*param, fields);
}

isn_status_t isn_caffe_required_int(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                    const char *message, const char *name, int *out)
{
  if (isn_prototxt_count(param, name) == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': %s lacks '%s'", layer->node->origin,
             (param ? param : layer->node)->line, layer->name, message, name);
  return isn_prototxt_get_int(param, name, 1, INT_MAX, out);
}

isn_status_t isn_caffe_only_int(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                const char *name, int supported)
{
  int value = supported;
  ISN_TRY(isn_prototxt_get_int(param, name, INT_MIN, INT_MAX, &value));
  if (value != supported)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': '%s' is %d; only %d is supported",
             layer->node->origin, isn_prototxt_first(param, name)->line, layer->name, name, value,
             supported);
  return ISN_OK;
}

isn_status_t isn_caffe_get_enum(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                const char *name, int n_words, const char *const *words,
                                int unsupported, int *out)
{
  ISN_TRY(isn_prototxt_get_enum(param, name, n_words, words, out));
  if (*out == unsupported)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': %s: %s is not supported", layer->node->origin,
             isn_prototxt_first(param, name)->line, layer->name, name, words[unsupported]);
  return ISN_OK;
}

isn_status_t isn_caffe_get_axis(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                const char *name, int *axis)
{
  int n_axes = layer->bottoms[0].n_axes, found = *axis;
  ISN_TRY(isn_prototxt_get_int(param, name, INT_MIN, INT_MAX, &found));
  const isn_prototxt_t *field = isn_prototxt_first(param, name);
  *axis = found < 0 && found >= -n_axes - 1 ? found + n_axes + 1 : found;
  if (*axis == 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': '%s' is %d, the batch; samples have to stay independent",
             layer->node->origin, (field ? field : layer->node)->line, layer->name, name, found);
  if (*axis < 1 || *axis > n_axes)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': '%s' is %d, but its bottom has the axes 0 (batch) to "
             "%d",
             layer->node->origin, (field ? field : layer->node)->line, layer->name, name, found,
             n_axes);
  return ISN_OK;
}

isn_status_t isn_caffe_get_axis_or(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                   const char *older, int *axis)
{
  const isn_prototxt_t *old_field = isn_prototxt_first(param, older);
  if (old_field && isn_prototxt_first(param, "axis"))
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': give either 'axis' or '%s', not both",
             layer->node->origin, old_field->line, layer->name, older);
  return isn_caffe_get_axis(layer, param, old_field ? older : "axis", axis);
}

isn_status_t isn_caffe_only_channels(const isn_caffe_layer_t *layer, const isn_prototxt_t *param)
{
  int axis = 1;
  ISN_TRY(isn_caffe_only_int(layer, param, "num_axes", 1));
  ISN_TRY(isn_caffe_get_axis(layer, param, "axis", &axis));
  if (axis != 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': 'axis' is %d; only 1, the channels, is supported",
             layer->node->origin, isn_prototxt_first(param, "axis")->line, layer->name, axis);
  return ISN_OK;
}

void isn_caffe_lengths(isn_shape_t shape, int batch, int lengths[4])
{
  lengths[0] = batch;
  lengths[1] = shape.c;
  lengths[2] = shape.h;
  lengths[3] = shape.w;
}
