/** @file layer_axes.c
 *  Shapes of the kinds that mix or regroup whole axes: InnerProduct, Reshape, Eltwise, Concat,
 *  Slice.
 */
#include <limits.h>
#include <stdint.h>

#include "backend/layer_shapes.h"

static void set_axis(isn_shape_t *shape, int axis, int length)
{
  int *lengths[] = {&shape->c, &shape->h, &shape->w};
  *lengths[axis - 1] = length;
}

isn_status_t isn_layer_inner_product_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_inner_product_params_t *p = &layer->params->inner_product;
  ISN_TRY(isn_layer_check_range(layer, "num_output", p->n_outputs, 1));
  ISN_TRY(isn_layer_check_axis(layer, p->axis));
  *top = (isn_shape_t){p->axis, 1, 1, 1};
  for (int axis = 1; axis < p->axis; axis++)
    set_axis(top, axis, isn_shape_axis(layer->bottoms[0], axis));
  set_axis(top, p->axis, p->n_outputs);
  return ISN_OK;
}

isn_status_t isn_layer_reshape_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  const isn_shape_t *to = &layer->params->reshape.shape;
  const isn_shape_t *from = &layer->bottoms[0];
  if (to->n_axes < 1 || to->n_axes > 3)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %d axes besides the batch, wanted 1 to 3", layer->kind,
             layer->name, to->n_axes);
  ISN_TRY(isn_layer_check_range(layer, "channels", to->c, 1));
  ISN_TRY(isn_layer_check_range(layer, "rows", to->h, 1));
  ISN_TRY(isn_layer_check_range(layer, "columns", to->w, 1));
  if (isn_shape_count(*to) != isn_shape_count(*from))
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the input of %dx%dx%d does not fit into %dx%dx%d",
             layer->kind, layer->name, from->c, from->h, from->w, to->c, to->h, to->w);
  *top = *to;
  return ISN_OK;
}

/* Bottom i is as long as the first along every axis but one (0: along every axis). */
static isn_status_t check_equal(const isn_layer_subject_t *layer, int i, int except)
{
  const isn_shape_t *first = &layer->bottoms[0], *other = &layer->bottoms[i];
  for (int axis = 1; axis <= 3; axis++) {
    if (axis != except && isn_shape_axis(*first, axis) != isn_shape_axis(*other, axis))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s layer '%s': its bottom %d is %dx%dx%d, the first one %dx%dx%d; they must agree "
               "along axis %d",
               layer->kind, layer->name, i + 1, other->c, other->h, other->w, first->c, first->h,
               first->w, axis);
  }
  return ISN_OK;
}

isn_status_t isn_layer_eltwise_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  isn_eltwise_mode_t mode = layer->params->eltwise.mode;
  if (mode != ISN_ELTWISE_SUM && mode != ISN_ELTWISE_PRODUCT && mode != ISN_ELTWISE_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': unknown operation %d", layer->kind, layer->name,
             (int)mode);
  for (int i = 1; i < layer->n_bottoms; i++)
    ISN_TRY(check_equal(layer, i, 0));
  *top = layer->bottoms[0];
  return ISN_OK;
}

isn_status_t isn_layer_concat_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  int axis = layer->params->concat.axis;
  int64_t length = 0;
  ISN_TRY(isn_layer_check_axis(layer, axis));
  for (int i = 0; i < layer->n_bottoms; i++) {
    ISN_TRY(check_equal(layer, i, axis));
    length += isn_shape_axis(layer->bottoms[i], axis);
  }
  if (length > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': its output would be %lld long", layer->kind,
             layer->name, (long long)length);
  *top = layer->bottoms[0];
  set_axis(top, axis, (int)length);
  return ISN_OK;
}

isn_status_t isn_layer_slice_shapes(const isn_layer_subject_t *layer, isn_shape_t *tops)
{
  const isn_slice_params_t *p = &layer->params->slice;
  ISN_TRY(isn_layer_check_axis(layer, p->axis));
  int length = isn_shape_axis(layer->bottoms[0], p->axis);
  if (p->equal && length % layer->n_tops != 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %d along axis %d cannot be cut into %d equal tops",
             layer->kind, layer->name, length, p->axis, layer->n_tops);
  for (int i = 0, begin = 0; i < layer->n_tops; i++) {
    int end = i == layer->n_tops - 1 ? length : p->points[i];
    if (p->equal)
      end = begin + length / layer->n_tops;
    if (end <= begin || end > length)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s layer '%s': its top %d would be [%d, %d) of the %d along axis %d; slice points "
               "must ascend and lie inside",
               layer->kind, layer->name, i + 1, begin, end, length, p->axis);
    tops[i] = layer->bottoms[0];
    set_axis(&tops[i], p->axis, end - begin);
    begin = end;
  }
  return ISN_OK;
}
