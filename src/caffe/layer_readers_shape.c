/** @file layer_readers_shape.c
 *  Parameters of the layers that only move numbers.  What Caffe works out from the bottoms' shapes
 *  when it sets the net up is worked out here, when the definition is read.
 */
#include <limits.h>

#include "layer_param.h"

enum { MAX_AXES = 4 /**< with the batch axis */ };

isn_status_t isn_caffe_read_flatten(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "end_axis", NULL};
  const isn_shape_t *bottom = &layer->bottoms[0];
  const isn_prototxt_t *param;
  int axis = 1, end_axis = -1, lengths[MAX_AXES], merged[MAX_AXES] = {1, 1, 1, 1}, n = 0;
  ISN_TRY(isn_caffe_open_param(layer, "flatten_param", fields, &param));
  ISN_TRY(isn_caffe_get_axis(layer, param, "axis", &axis));
  ISN_TRY(isn_caffe_get_axis(layer, param, "end_axis", &end_axis));
  if (end_axis < axis)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' flattens axes %d to %d; the last is before the first",
             layer->node->origin, param->line, layer->name, axis, end_axis);
  isn_caffe_lengths(*bottom, layer->batch, lengths);
  for (int a = 1; a <= bottom->n_axes; a++) {
    bool into_last = a > axis && a <= end_axis;
    n += into_last ? 0 : 1;
    merged[n] = into_last ? merged[n] * lengths[a] : lengths[a]; /* a blob's count fits an int */
  }
  params->kind = ISN_LAYER_RESHAPE;
  params->reshape.shape =
      (isn_shape_t){.n_axes = n, .c = merged[1], .h = merged[2], .w = merged[3]};
  return ISN_OK;
}

/** A new shape while it is worked out: the bottom's axes before `start`, those of the definition,
 *  and the bottom's from `end` on. */
typedef struct {
  const isn_prototxt_t *given; /**< `shape { dim ... }`, NULL if there is none */
  int start, end;              /**< axes of the bottom that are replaced */
  int n_dims;
  int dims[MAX_AXES]; /**< -1: to be worked out */
} reshape_t;

/** Line for messages about the shape. */
static int line_of(const isn_caffe_layer_t *layer, const reshape_t *shape)
{
  return (shape->given ? shape->given : layer->node)->line;
}

/** Which axes of the bottom are replaced. */
static isn_status_t read_range(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                               reshape_t *shape)
{
  int n_bottom = layer->bottoms[0].n_axes + 1, axis = 0, num_axes = -1;
  ISN_TRY(isn_prototxt_get_int(param, "axis", -n_bottom - 1, n_bottom, &axis));
  ISN_TRY(isn_prototxt_get_int(param, "num_axes", -1, n_bottom, &num_axes));
  shape->start = axis < 0 ? axis + n_bottom + 1 : axis;
  shape->end = num_axes < 0 ? n_bottom : shape->start + num_axes;
  if (shape->end > n_bottom || (shape->start == 0 && shape->end == 0))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' reshapes %d axes from axis %d; its bottom has the axes 0 (batch) "
             "to %d, and the batch has to stay the first",
             layer->node->origin, param->line, layer->name, num_axes, axis, n_bottom - 1);
  return ISN_OK;
}

/** Put the new shape together, with 0 replaced by the bottom's axis. */
static isn_status_t read_dims(const isn_caffe_layer_t *layer, reshape_t *shape)
{
  int lengths[MAX_AXES], n_bottom = layer->bottoms[0].n_axes + 1, n = shape->start;
  isn_caffe_lengths(layer->bottoms[0], layer->batch, lengths);
  shape->n_dims = shape->start + isn_prototxt_count(shape->given, "dim") + n_bottom - shape->end;
  if (shape->n_dims < 2 || shape->n_dims > MAX_AXES)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the new shape has %d axes; wanted 2 to %d, the batch "
             "counted",
             layer->node->origin, line_of(layer, shape), layer->name, shape->n_dims, MAX_AXES);
  for (int a = 0; a < shape->start; a++)
    shape->dims[a] = lengths[a];
  for (const isn_prototxt_t *f = isn_prototxt_first(shape->given, "dim"); f;
       f = isn_prototxt_next(f)) {
    ISN_TRY(isn_prototxt_as_int(f, -1, INT_MAX, &shape->dims[n]));
    if (shape->dims[n] == 0 && n >= n_bottom)
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': dim 0 copies axis %d, which the bottom lacks",
               f->origin, f->line, layer->name, n);
    if (shape->dims[n] == 0)
      shape->dims[n] = lengths[n];
    n++;
  }
  for (int a = shape->end; a < n_bottom; a++)
    shape->dims[n++] = lengths[a];
  return ISN_OK;
}

/** The first axis must be the batch: copied, the definition's own batch size, inferred, or the 1
 *  that the published generators have, which Caffe takes as it stands and which then fits a batch
 *  of one only. */
static isn_status_t check_batch(const isn_caffe_layer_t *layer, const reshape_t *shape)
{
  int dim = shape->dims[0];
  if (dim != layer->batch && dim != 1 && dim != -1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the first dim is %d; the batch axis must stay as it "
             "is (write 0)",
             layer->node->origin, line_of(layer, shape), layer->name, dim);
  return ISN_OK;
}

/** Work out the one dim that is -1, if there is one. */
static isn_status_t infer(const isn_caffe_layer_t *layer, reshape_t *shape)
{
  int inferred = -1, n_inferred = 0;
  long long known = 1;
  size_t count = isn_shape_count(layer->bottoms[0]);
  for (int i = 0; i < shape->n_dims; i++) {
    if (shape->dims[i] == -1)
      n_inferred++;
    if (i > 0 && shape->dims[i] == -1)
      inferred = i;
    else if (i > 0 && known <= INT_MAX)
      known *= shape->dims[i];
  }
  if (n_inferred > 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': %d dims are -1; only one can be worked out",
             layer->node->origin, line_of(layer, shape), layer->name, n_inferred);
  if (inferred < 0)
    return ISN_OK;
  if (count % (size_t)known != 0)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': the bottom's %zu numbers cannot be divided by the "
             "other dims, %lld",
             layer->node->origin, line_of(layer, shape), layer->name, count, known);
  shape->dims[inferred] = (int)(count / (size_t)known);
  return ISN_OK;
}

isn_status_t isn_caffe_read_reshape(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"shape", "axis", "num_axes", NULL};
  static const char *const shape_fields[] = {"dim", NULL};
  reshape_t shape = {.dims = {1, 1, 1, 1}};
  const isn_prototxt_t *param;
  ISN_TRY(isn_caffe_open_param(layer, "reshape_param", fields, &param));
  ISN_TRY(isn_prototxt_message(param, "shape", &shape.given));
  ISN_TRY(isn_prototxt_check_fields(shape.given, shape_fields));
  ISN_TRY(read_range(layer, param, &shape));
  ISN_TRY(read_dims(layer, &shape));
  ISN_TRY(check_batch(layer, &shape));
  ISN_TRY(infer(layer, &shape));
  params->kind = ISN_LAYER_RESHAPE;
  params->reshape.shape = (isn_shape_t){
      .n_axes = shape.n_dims - 1, .c = shape.dims[1], .h = shape.dims[2], .w = shape.dims[3]};
  return ISN_OK;
}

/** Offsets of the axes from `axis` on: none, one for all, or one for each.
 *  @param[in,out] offsets zero on entry */
static isn_status_t read_offsets(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                 int axis, int offsets[MAX_AXES])
{
  int n = isn_prototxt_count(param, "offset"), n_cut = MAX_AXES - axis;
  const isn_prototxt_t *field = isn_prototxt_first(param, "offset");
  if (n > 1 && n != n_cut)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': %d offsets; wanted one, or one for each of %d axes",
             layer->node->origin, param->line, layer->name, n, n_cut);
  for (int a = axis; field && a < MAX_AXES; a++) {
    ISN_TRY(isn_prototxt_as_int(field, 0, INT_MAX, &offsets[a]));
    if (n > 1)
      field = isn_prototxt_next(field);
  }
  return ISN_OK;
}

isn_status_t isn_caffe_read_crop(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "offset", NULL};
  const isn_prototxt_t *param;
  int axis = 2, offsets[MAX_AXES] = {0}, from[MAX_AXES], to[MAX_AXES];
  ISN_TRY(isn_caffe_open_param(layer, "crop_param", fields, &param));
  if (layer->n_bottoms != 2 || layer->bottoms[0].n_axes != 3 || layer->bottoms[1].n_axes != 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' (Crop) wants two bottoms with rows and columns: what "
             "to cut, and what has the size to cut to",
             layer->node->origin, layer->node->line, layer->name);
  ISN_TRY(isn_caffe_get_axis(layer, param, "axis", &axis));
  ISN_TRY(read_offsets(layer, param, axis, offsets));
  isn_caffe_lengths(layer->bottoms[0], layer->batch, from);
  isn_caffe_lengths(layer->bottoms[1], layer->batch, to);
  if (axis == 1 && (from[1] != to[1] || offsets[1] != 0))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' cuts %d channels at %d out of %d; only rows and columns "
             "are supported, use Slice",
             layer->node->origin, layer->node->line, layer->name, to[1], offsets[1], from[1]);
  params->kind = ISN_LAYER_CROP;
  params->crop = (isn_crop_params_t){
      .offset_h = offsets[2], .offset_w = offsets[3], .h = axis <= 2 ? to[2] : from[2], .w = to[3]};
  return ISN_OK;
}
