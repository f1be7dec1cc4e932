/** @file layer_values.c
 *  Checks of the parameters of kinds that work number by number.  Where a parameter makes every
 *  output infinite or undefined, that is said when the net is read and not found in its results.
 */
#include <math.h>

#include "backend/layer_shapes.h"

static isn_status_t check_finite(const isn_layer_subject_t *layer, const char *what, double value)
{
  if (!isfinite(value))
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': %s is %g, must be a finite number", layer->kind,
             layer->name, what, value);
  return ISN_OK;
}

static isn_status_t check_power(const isn_layer_subject_t *layer)
{
  const isn_power_params_t *p = &layer->params->power;
  ISN_TRY(check_finite(layer, "scale", p->scale));
  ISN_TRY(check_finite(layer, "shift", p->shift));
  if (layer->params->kind == ISN_LAYER_POWER)
    return check_finite(layer, "power", p->power);
  ISN_TRY(check_finite(layer, "base", p->base));
  bool is_log = layer->params->kind == ISN_LAYER_LOG;
  if (p->base != -1.0 && (p->base <= 0.0 || (is_log && p->base == 1.0)))
    ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': base is %g, must be above 0%s, or -1 for e",
             layer->kind, layer->name, p->base, is_log ? " and not 1" : "");
  return ISN_OK;
}

isn_status_t isn_layer_check_values(const isn_layer_subject_t *layer)
{
  switch (layer->params->kind) {
  case ISN_LAYER_RELU:
    return check_finite(layer, "negative_slope", (double)layer->params->relu.negative_slope);
  case ISN_LAYER_ELU:
    return check_finite(layer, "alpha", (double)layer->params->elu.alpha);
  case ISN_LAYER_POWER:
  case ISN_LAYER_EXP:
  case ISN_LAYER_LOG:
    return check_power(layer);
  case ISN_LAYER_PICTURE: {
    double scale = (double)layer->params->picture.scale;
    if (!(scale > 0.0) || isinf(scale))
      ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': scale is %g, must be above 0", layer->kind,
               layer->name, scale);
    return ISN_OK;
  }
  case ISN_LAYER_BATCH_NORM: {
    double epsilon = layer->params->batch_norm.epsilon;
    if (!(epsilon >= 0.0) || isinf(epsilon))
      ISN_FAIL(ISN_ERR_INPUT, "%s layer '%s': eps is %g, must be 0 or above", layer->kind,
               layer->name, epsilon);
    return ISN_OK;
  }
  default:
    return ISN_OK;
  }
}
