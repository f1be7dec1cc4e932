/** @file layer_readers_shape.c
 *  Parameters of the layers that only move numbers.  What Caffe works out from the bottoms' shapes
 *  when it sets the net up is worked out here, when the definition is read.
 */
#include <limits.h>

#include "layer_table.h"

enum { MAX_AXES = 4 /**< with the batch axis */ };

isn_status_t isn_caffe_read_flatten(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "end_axis", NULL};
  const isn_prototxt_t *param;
  int axis = 1, end_axis = -1;
  ISN_TRY(isn_prototxt_message(layer->node, "flatten_param", &param));
  ISN_TRY(isn_prototxt_check_fields(param, fields));
  ISN_TRY(isn_prototxt_get_int(param, "axis", INT_MIN, INT_MAX, &axis));
  ISN_TRY(isn_prototxt_get_int(param, "end_axis", INT_MIN, INT_MAX, &end_axis));
  if (axis != 1 || end_axis != -1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' flattens axes %d to %d; only 1 to -1 (all but the "
             "batch) is supported",
             layer->node->origin, param->line, layer->name, axis, end_axis);
  params->kind = ISN_LAYER_RESHAPE;
  params->reshape.shape =
      (isn_shape_t){.n_axes = 1, .c = (int)isn_shape_count(layer->bottoms[0]), .h = 1, .w = 1};
  return ISN_OK;
}

/** The numbers of `shape { dim ... }` with 0 replaced by the bottom's axis. */
static isn_status_t read_dims(const isn_caffe_layer_t *layer, const isn_prototxt_t *shape,
                              int *n_dims, int dims[MAX_AXES])
{
  const isn_shape_t *bottom = &layer->bottoms[0];
  const int copied[MAX_AXES] = {layer->batch, bottom->c, bottom->h, bottom->w};
  int n = 0;
  *n_dims = isn_prototxt_count(shape, "dim");
  if (*n_dims < 2 || *n_dims > MAX_AXES)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the new shape has %d axes; wanted 2 to %d, the batch "
             "counted",
             layer->node->origin, (shape ? shape : layer->node)->line, layer->name, *n_dims,
             MAX_AXES);
  for (const isn_prototxt_t *f = isn_prototxt_first(shape, "dim"); f; f = isn_prototxt_next(f)) {
    ISN_TRY(isn_prototxt_as_int(f, -1, INT_MAX, &dims[n]));
    if (dims[n] == 0 && n > bottom->n_axes)
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': dim 0 copies axis %d, which the bottom lacks",
               f->origin, f->line, layer->name, n);
    if (dims[n] == 0)
      dims[n] = copied[n];
    n++;
  }
  return ISN_OK;
}

/** The first axis must be the batch: copied, the definition's own batch size, inferred, or the 1
 *  that the published generators have, which Caffe takes as it stands and which then fits a batch
 *  of one only. */
static isn_status_t check_batch(const isn_caffe_layer_t *layer, const isn_prototxt_t *shape,
                                int dim)
{
  if (dim != layer->batch && dim != 1 && dim != -1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the first dim is %d; the batch axis must stay as it "
             "is (write 0)",
             layer->node->origin, shape->line, layer->name, dim);
  return ISN_OK;
}

/** Work out the one dim that is -1, if there is one. */
static isn_status_t infer(const isn_caffe_layer_t *layer, const isn_prototxt_t *shape, int n_dims,
                          int dims[MAX_AXES])
{
  int inferred = -1, n_inferred = 0;
  long long known = 1;
  size_t count = isn_shape_count(layer->bottoms[0]);
  for (int i = 0; i < n_dims; i++) {
    if (dims[i] == -1)
      n_inferred++;
    if (i > 0 && dims[i] == -1)
      inferred = i;
    else if (i > 0 && known <= INT_MAX)
      known *= dims[i];
  }
  if (n_inferred > 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': %d dims are -1; only one can be worked out",
             layer->node->origin, shape->line, layer->name, n_inferred);
  if (inferred < 0)
    return ISN_OK;
  if (count % (size_t)known != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the bottom's %zu numbers cannot be divided by the "
             "other dims, %lld",
             layer->node->origin, shape->line, layer->name, count, known);
  dims[inferred] = (int)(count / (size_t)known);
  return ISN_OK;
}

isn_status_t isn_caffe_read_reshape(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"shape", "axis", "num_axes", NULL};
  static const char *const shape_fields[] = {"dim", NULL};
  const isn_prototxt_t *param, *shape;
  int axis = 0, num_axes = -1, n_dims, dims[MAX_AXES] = {1, 1, 1, 1};
  ISN_TRY(isn_prototxt_message(layer->node, "reshape_param", &param));
  ISN_TRY(isn_prototxt_check_fields(param, fields));
  ISN_TRY(isn_prototxt_get_int(param, "axis", INT_MIN, INT_MAX, &axis));
  ISN_TRY(isn_prototxt_get_int(param, "num_axes", INT_MIN, INT_MAX, &num_axes));
  if (axis != 0 || num_axes != -1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' reshapes %d axes from axis %d; only whole shapes (axis "
             "0, num_axes -1) are supported",
             layer->node->origin, param->line, layer->name, num_axes, axis);
  ISN_TRY(isn_prototxt_message(param, "shape", &shape));
  ISN_TRY(isn_prototxt_check_fields(shape, shape_fields));
  ISN_TRY(read_dims(layer, shape, &n_dims, dims));
  ISN_TRY(check_batch(layer, shape, dims[0]));
  ISN_TRY(infer(layer, shape, n_dims, dims));
  params->kind = ISN_LAYER_RESHAPE;
  params->reshape.shape =
      (isn_shape_t){.n_axes = n_dims - 1, .c = dims[1], .h = dims[2], .w = dims[3]};
  return ISN_OK;
}

isn_status_t isn_caffe_read_crop(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "offset", NULL};
  const isn_prototxt_t *param;
  int axis = 2, n_offsets, offsets[2] = {0, 0}, i = 0;
  ISN_TRY(isn_prototxt_message(layer->node, "crop_param", &param));
  ISN_TRY(isn_prototxt_check_fields(param, fields));
  ISN_TRY(isn_prototxt_get_int(param, "axis", INT_MIN, INT_MAX, &axis));
  if (axis != 2 && axis != -2)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' crops from axis %d; only 2 (rows and columns) is "
             "supported",
             layer->node->origin, param->line, layer->name, axis);
  if (layer->n_bottoms != 2 || layer->bottoms[0].n_axes != 3 || layer->bottoms[1].n_axes != 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' (Crop) wants two bottoms with rows and columns: what "
             "to cut, and what has the size to cut to",
             layer->node->origin, layer->node->line, layer->name);
  n_offsets = isn_prototxt_count(param, "offset");
  if (n_offsets > 2)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': %d offsets; wanted one for both axes or one for each",
             layer->node->origin, param->line, layer->name, n_offsets);
  for (const isn_prototxt_t *f = isn_prototxt_first(param, "offset"); f; f = isn_prototxt_next(f))
    ISN_TRY(isn_prototxt_as_int(f, 0, INT_MAX, &offsets[i++]));
  params->kind = ISN_LAYER_CROP;
  params->crop = (isn_crop_params_t){.offset_h = offsets[0],
                                     .offset_w = n_offsets == 1 ? offsets[0] : offsets[1],
                                     .h = layer->bottoms[1].h,
                                     .w = layer->bottoms[1].w};
  return ISN_OK;
}
