/** @file layer.c
 *  Kinds of layers: their names, how many bottoms and tops they take, and the way to the shapes of
 *  their tops, by Caffe's rules.  Knows no device, net or file.
 */
#include "invset/layer.h"

#include <limits.h>
#include <stdint.h>

#include "backend/layer_shapes.h"

static const char *const kind_names[] = {
#define ISN_LAYER_NAME(kind, name) [kind] = name,
    ISN_LAYER_TABLE(ISN_LAYER_NAME)
#undef ISN_LAYER_NAME
};

const char *isn_layer_kind_name(isn_layer_kind_t kind)
{
  if ((int)kind < 0 || kind >= ISN_N_LAYER_KINDS)
    return "unknown";
  return kind_names[kind];
}

/* How many bottoms and tops a kind takes. */
typedef struct {
  int min_bottoms, max_bottoms, max_tops;
  const char *words;
} arity_t;

_Static_assert(ISN_LAYER_MAX_BOTTOMS == 16 && ISN_LAYER_MAX_TOPS == 16, "the words below say 16");

static arity_t arity_of(isn_layer_kind_t kind)
{
  switch (kind) {
  case ISN_LAYER_ELTWISE:
    return (arity_t){2, ISN_LAYER_MAX_BOTTOMS, 1, "2 to 16 bottoms and one top"};
  case ISN_LAYER_CONCAT:
    return (arity_t){1, ISN_LAYER_MAX_BOTTOMS, 1, "1 to 16 bottoms and one top"};
  case ISN_LAYER_SLICE:
    return (arity_t){1, 1, ISN_LAYER_MAX_TOPS, "one bottom and 1 to 16 tops"};
  default:
    return (arity_t){1, 1, 1, "one of each"};
  }
}

bool isn_layer_arity_fits(isn_layer_kind_t kind, int n_bottoms, int n_tops)
{
  arity_t arity = arity_of(kind);
  return n_bottoms >= arity.min_bottoms && n_bottoms <= arity.max_bottoms && n_tops >= 1 &&
         n_tops <= arity.max_tops;
}

isn_status_t isn_layer_check_range(const isn_layer_subject_t *layer, const char *what, int value,
                                   int low)
{
  if (value < low || value > ISN_LAYER_MAX_PARAMETER)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %s is %d, must be %d to %d", layer->kind, layer->name,
             what, value, low, ISN_LAYER_MAX_PARAMETER);
  return ISN_OK;
}

isn_status_t isn_layer_check_spatial(const isn_layer_subject_t *layer)
{
  if (layer->bottoms[0].n_axes != 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': the input has %d axes besides the batch, wanted 3 "
             "(channels, rows, columns); put a Reshape before it",
             layer->kind, layer->name, layer->bottoms[0].n_axes);
  return ISN_OK;
}

isn_status_t isn_layer_check_axis(const isn_layer_subject_t *layer, int axis)
{
  if (axis < 1 || axis > layer->bottoms[0].n_axes)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s layer '%s': axis is %d, must be 1 to %d, the axes of its input (0 is the batch, "
             "whose samples are kept apart)",
             layer->kind, layer->name, axis, layer->bottoms[0].n_axes);
  return ISN_OK;
}

static isn_status_t check_count(const isn_layer_subject_t *layer, const char *which, isn_shape_t s)
{
  if (s.n_axes < 1 || s.n_axes > 3 || s.c < 1 || s.h < 1 || s.w < 1)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the %s has the shape %dx%dx%d (%d axes)", layer->kind,
             layer->name, which, s.c, s.h, s.w, s.n_axes);
  if ((int64_t)s.c * s.h > INT_MAX || (int64_t)s.c * s.h * s.w > INT_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': the %s, %dx%dx%d, has more than %d numbers",
             layer->kind, layer->name, which, s.c, s.h, s.w, INT_MAX);
  return ISN_OK;
}

/* A kind whose top is shaped like its bottom. */
static isn_status_t same_shape(const isn_layer_subject_t *layer, isn_shape_t *top)
{
  *top = layer->bottoms[0];
  return isn_layer_check_values(layer);
}

static isn_status_t top_shapes(const isn_layer_subject_t *layer, isn_shape_t *tops)
{
  switch (layer->params->kind) {
  case ISN_LAYER_CONVOLUTION:
  case ISN_LAYER_DECONVOLUTION:
    return isn_layer_conv_shape(layer, tops);
  case ISN_LAYER_POOLING:
    return isn_layer_pool_shape(layer, tops);
  case ISN_LAYER_LRN:
    return isn_layer_lrn_shape(layer, tops);
  case ISN_LAYER_INNER_PRODUCT:
    return isn_layer_inner_product_shape(layer, tops);
  case ISN_LAYER_CROP:
    return isn_layer_crop_shape(layer, tops);
  case ISN_LAYER_RESHAPE:
    return isn_layer_reshape_shape(layer, tops);
  case ISN_LAYER_ELTWISE:
    return isn_layer_eltwise_shape(layer, tops);
  case ISN_LAYER_CONCAT:
    return isn_layer_concat_shape(layer, tops);
  case ISN_LAYER_SLICE:
    return isn_layer_slice_shapes(layer, tops);
  case ISN_LAYER_SOFTMAX:
    ISN_TRY(isn_layer_check_axis(layer, layer->params->softmax.axis));
    return same_shape(layer, tops);
  case ISN_LAYER_RELU:
  case ISN_LAYER_BIAS:
  case ISN_LAYER_PICTURE:
  case ISN_LAYER_PRELU:
  case ISN_LAYER_ELU:
  case ISN_LAYER_SIGMOID:
  case ISN_LAYER_TANH:
  case ISN_LAYER_ABSVAL:
  case ISN_LAYER_POWER:
  case ISN_LAYER_EXP:
  case ISN_LAYER_LOG:
  case ISN_LAYER_BATCH_NORM:
  case ISN_LAYER_SCALE:
    return same_shape(layer, tops);
  case ISN_N_LAYER_KINDS:
    break;
  }
  ISN_FAIL(ISN_ERR_INPUT, "layer '%s': unknown layer kind %d", layer->name,
           (int)layer->params->kind);
}

isn_status_t isn_layer_shapes(const isn_layer_params_t *params, const char *name, int n_bottoms,
                              const isn_shape_t *bottoms, int n_tops, isn_shape_t *tops)
{
  isn_shape_t made[ISN_LAYER_MAX_TOPS];
  isn_layer_subject_t layer = {.params = params,
                               .kind = isn_layer_kind_name(params->kind),
                               .name = name,
                               .n_bottoms = n_bottoms,
                               .n_tops = n_tops,
                               .bottoms = bottoms};
  if (!isn_layer_arity_fits(params->kind, n_bottoms, n_tops))
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': has %d bottoms and %d tops, wants %s", layer.kind, name,
             n_bottoms, n_tops, arity_of(params->kind).words);
  for (int i = 0; i < n_bottoms; i++)
    ISN_TRY(check_count(&layer, "input", bottoms[i]));
  ISN_TRY(top_shapes(&layer, made));
  for (int i = 0; i < n_tops; i++)
    ISN_TRY(check_count(&layer, "output", made[i]));
  for (int i = 0; i < n_tops; i++)
    tops[i] = made[i];
  return ISN_OK;
}
