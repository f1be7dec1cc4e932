/** @file layer_readers_values.c
 *  Parameters of the layers that work number by number, or with a number for each channel, with
 *  Caffe's defaults.
 */
#include "layer_param.h"

/** A float field in single precision. */
static isn_status_t get_float(const isn_prototxt_t *param, const char *name, float *out)
{
  double value = (double)*out;
  ISN_TRY(isn_prototxt_get_double(param, name, &value));
  *out = (float)value;
  return ISN_OK;
}

isn_status_t isn_caffe_read_relu(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"negative_slope", "engine", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_RELU;
  ISN_TRY(isn_caffe_open_param(layer, "relu_param", fields, &param));
  return get_float(param, "negative_slope", &params->relu.negative_slope);
}

isn_status_t isn_caffe_read_prelu(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"filler", "channel_shared", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_PRELU;
  ISN_TRY(isn_caffe_open_param(layer, "prelu_param", fields, &param));
  return isn_prototxt_get_bool(param, "channel_shared", &params->prelu.shared);
}

isn_status_t isn_caffe_read_elu(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"alpha", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_ELU;
  params->elu.alpha = 1.0F;
  ISN_TRY(isn_caffe_open_param(layer, "elu_param", fields, &param));
  return get_float(param, "alpha", &params->elu.alpha);
}

static isn_status_t read_engine(const isn_caffe_layer_t *layer, const char *name)
{
  static const char *const fields[] = {"engine", NULL};
  const isn_prototxt_t *param;
  return isn_caffe_open_param(layer, name, fields, &param);
}

isn_status_t isn_caffe_read_sigmoid(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_SIGMOID;
  return read_engine(layer, "sigmoid_param");
}

isn_status_t isn_caffe_read_tanh(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_TANH;
  return read_engine(layer, "tanh_param");
}

isn_status_t isn_caffe_read_absval(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  (void)layer;
  params->kind = ISN_LAYER_ABSVAL;
  return ISN_OK;
}

isn_status_t isn_caffe_read_power(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"power", "scale", "shift", NULL};
  isn_power_params_t *power = &params->power;
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_POWER;
  *power = (isn_power_params_t){.power = 1.0, .base = -1.0, .scale = 1.0};
  ISN_TRY(isn_caffe_open_param(layer, "power_param", fields, &param));
  ISN_TRY(isn_prototxt_get_double(param, "power", &power->power));
  ISN_TRY(isn_prototxt_get_double(param, "scale", &power->scale));
  return isn_prototxt_get_double(param, "shift", &power->shift);
}

/** Exp and Log.  @param[in] name of the message */
static isn_status_t read_exponential(const isn_caffe_layer_t *layer, const char *name,
                                     isn_power_params_t *power)
{
  static const char *const fields[] = {"base", "scale", "shift", NULL};
  const isn_prototxt_t *param;
  *power = (isn_power_params_t){.power = 1.0, .base = -1.0, .scale = 1.0};
  ISN_TRY(isn_caffe_open_param(layer, name, fields, &param));
  ISN_TRY(isn_prototxt_get_double(param, "base", &power->base));
  ISN_TRY(isn_prototxt_get_double(param, "scale", &power->scale));
  return isn_prototxt_get_double(param, "shift", &power->shift);
}

isn_status_t isn_caffe_read_exp(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_EXP;
  return read_exponential(layer, "exp_param", &params->power);
}

isn_status_t isn_caffe_read_log(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_LOG;
  return read_exponential(layer, "log_param", &params->power);
}

/** use_global_stats is true at test time by default.  If it is false, a sample's output depends on
 *  the other samples of its batch. */
isn_status_t isn_caffe_read_batch_norm(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"use_global_stats", "moving_average_fraction", "eps", NULL};
  const isn_prototxt_t *param;
  bool global = true;
  params->kind = ISN_LAYER_BATCH_NORM;
  params->batch_norm.epsilon = 1e-5;
  ISN_TRY(isn_caffe_open_param(layer, "batch_norm_param", fields, &param));
  ISN_TRY(isn_prototxt_get_bool(param, "use_global_stats", &global));
  if (!global)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s': use_global_stats: false is for training; remove it, or "
             "set it to true",
             layer->node->origin, isn_prototxt_first(param, "use_global_stats")->line, layer->name);
  return isn_prototxt_get_double(param, "eps", &params->batch_norm.epsilon);
}

/** Scale and Bias can take their numbers from a second bottom. */
static isn_status_t only_weights(const isn_caffe_layer_t *layer)
{
  if (layer->n_bottoms != 1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: layer '%s' has %d bottoms; only one is supported, with the numbers "
             "in the weights file",
             layer->node->origin, layer->node->line, layer->name, layer->n_bottoms);
  return ISN_OK;
}

isn_status_t isn_caffe_read_scale(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis",      "num_axes",    "filler",
                                       "bias_term", "bias_filler", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_SCALE;
  ISN_TRY(only_weights(layer));
  ISN_TRY(isn_caffe_open_param(layer, "scale_param", fields, &param));
  ISN_TRY(isn_caffe_only_channels(layer, param));
  return isn_prototxt_get_bool(param, "bias_term", &params->scale.has_bias);
}

isn_status_t isn_caffe_read_bias(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"axis", "num_axes", "filler", NULL};
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_BIAS;
  ISN_TRY(only_weights(layer));
  ISN_TRY(isn_caffe_open_param(layer, "bias_param", fields, &param));
  return isn_caffe_only_channels(layer, param);
}
