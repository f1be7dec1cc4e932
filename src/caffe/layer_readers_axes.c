/** @file layer_readers_axes.c
 *  Parameters of the layers that mix, join or cut whole axes, with Caffe's defaults.
 */
#include <limits.h>

#include "layer_param.h"

isn_status_t isn_caffe_read_inner_product(const isn_caffe_layer_t *layer,
                                          isn_layer_params_t *params)
{
  static const char *const fields[] = {
      "num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose", NULL};
  isn_inner_product_params_t *inner = &params->inner_product;
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_INNER_PRODUCT;
  *inner = (isn_inner_product_params_t){.has_bias = true, .axis = 1};
  ISN_TRY(isn_caffe_open_param(layer, "inner_product_param", fields, &param));
  ISN_TRY(
      isn_caffe_required_int(layer, param, "inner_product_param", "num_output", &inner->n_outputs));
  ISN_TRY(isn_prototxt_get_bool(param, "bias_term", &inner->has_bias));
  ISN_TRY(isn_prototxt_get_bool(param, "transpose", &inner->transposed));
  return isn_caffe_get_axis(layer, param, "axis", &inner->axis);
}

isn_status_t isn_caffe_read_softmax(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "engine", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_SOFTMAX;
  params->softmax.axis = 1;
  ISN_TRY(isn_caffe_open_param(layer, "softmax_param", fields, &param));
  return isn_caffe_get_axis(layer, param, "axis", &params->softmax.axis);
}

/** The coefficients of a sum: none, or one for each bottom. */
static isn_status_t read_coefficients(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                      isn_eltwise_params_t *eltwise)
{
  int n = isn_prototxt_count(param, "coeff"), i = 0;
  if (n > 0 && (eltwise->mode != ISN_ELTWISE_SUM || n != layer->n_bottoms))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' has %d coefficients; wanted one for each of the %d "
             "bottoms of a SUM",
             layer->node->origin, param->line, layer->name, n, layer->n_bottoms);
  for (const isn_prototxt_t *f = isn_prototxt_first(param, "coeff"); f; f = isn_prototxt_next(f)) {
    double value;
    ISN_TRY(isn_prototxt_as_double(f, &value));
    eltwise->coefficients[i++] = (float)value;
  }
  return ISN_OK;
}

isn_status_t isn_caffe_read_eltwise(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"operation", "coeff", "stable_prod_grad", NULL};
  static const char *const operations[] = {"PROD", "SUM", "MAX"};
  static const isn_eltwise_mode_t modes[] = {ISN_ELTWISE_PRODUCT, ISN_ELTWISE_SUM, ISN_ELTWISE_MAX};
  const isn_prototxt_t *param;
  int operation = 1;
  params->kind = ISN_LAYER_ELTWISE;
  ISN_TRY(isn_caffe_open_param(layer, "eltwise_param", fields, &param));
  ISN_TRY(isn_prototxt_get_enum(param, "operation", 3, operations, &operation));
  params->eltwise.mode = modes[operation];
  for (int i = 0; i < ISN_LAYER_MAX_BOTTOMS; i++)
    params->eltwise.coefficients[i] = 1.0F;
  return read_coefficients(layer, param, &params->eltwise);
}

isn_status_t isn_caffe_read_concat(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "concat_dim", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_CONCAT;
  params->concat.axis = 1;
  ISN_TRY(isn_caffe_open_param(layer, "concat_param", fields, &param));
  return isn_caffe_get_axis_or(layer, param, "concat_dim", &params->concat.axis);
}

isn_status_t isn_caffe_read_slice(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "slice_dim", "slice_point", NULL};
  isn_slice_params_t *slice = &params->slice;
  const isn_prototxt_t *param;
  int i = 0;
  params->kind = ISN_LAYER_SLICE;
  slice->axis = 1;
  ISN_TRY(isn_caffe_open_param(layer, "slice_param", fields, &param));
  ISN_TRY(isn_caffe_get_axis_or(layer, param, "slice_dim", &slice->axis));
  int n = isn_prototxt_count(param, "slice_point");
  slice->equal = n == 0;
  if (n > 0 && n != layer->n_tops - 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' has %d slice points for %d tops; wanted %d or none",
             layer->node->origin, param->line, layer->name, n, layer->n_tops, layer->n_tops - 1);
  for (const isn_prototxt_t *f = isn_prototxt_first(param, "slice_point"); f;
       f = isn_prototxt_next(f))
    ISN_TRY(isn_prototxt_as_int(f, 1, INT_MAX, &slice->points[i++]));
  return ISN_OK;
}
