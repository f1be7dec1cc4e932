/** @file layer_readers.c
 *  Parameters of the layers that work on windows of a picture, with Caffe's defaults.  A field that
 *  would change the result and is not supported is refused; fillers and engines change nothing.
 */
#include <limits.h>

#include "layer_param.h"

/** How Caffe writes one number for rows and one for columns. */
typedef struct {
  const char *both;  /**< one number for both axes, or one for each, rows first */
  const char *h, *w; /**< stand in place of `both` */
  int max_both;      /**< how often `both` may be given */
  int min;           /**< least value */
  int missing;       /**< value if nothing is given; -1: then it is an error */
} pair_t;

/** h and w given apart.  One of them alone does only where zero is a value (pads). */
static isn_status_t read_apart(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                               const pair_t *pair, int *h, int *w)
{
  *h = *w = 0;
  ISN_TRY(isn_prototxt_get_int(param, pair->h, pair->min, INT_MAX, h));
  ISN_TRY(isn_prototxt_get_int(param, pair->w, pair->min, INT_MAX, w));
  if (isn_prototxt_count(param, pair->both) > 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': give either '%s' or '%s' and '%s', not both",
             layer->node->origin, param->line, layer->name, pair->both, pair->h, pair->w);
  if (*h < pair->min || *w < pair->min)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': '%s' and '%s' have to be given together",
             layer->node->origin, param->line, layer->name, pair->h, pair->w);
  return ISN_OK;
}

static isn_status_t read_pair(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                              const pair_t *pair, int *h, int *w)
{
  int n = isn_prototxt_count(param, pair->both);
  if (pair->h && (isn_prototxt_first(param, pair->h) || isn_prototxt_first(param, pair->w)))
    return read_apart(layer, param, pair, h, w);
  if (n == 0 && pair->missing < 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s' lacks '%s'", layer->node->origin,
             (param ? param : layer->node)->line, layer->name, pair->both);
  if (n > pair->max_both)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: layer '%s': '%s' is given %d times; wanted at most %d",
             layer->node->origin, param->line, layer->name, pair->both, n, pair->max_both);
  *h = *w = pair->missing;
  if (n == 0)
    return ISN_OK;
  const isn_prototxt_t *first = isn_prototxt_first(param, pair->both);
  ISN_TRY(isn_prototxt_as_int(first, pair->min, INT_MAX, h));
  return isn_prototxt_as_int(n > 1 ? isn_prototxt_next(first) : first, pair->min, INT_MAX, w);
}

static isn_status_t read_conv(const isn_caffe_layer_t *layer, isn_conv_params_t *conv)
{
  static const char *const fields[] = {
      "num_output",    "bias_term",   "pad",    "kernel_size", "stride",
      "dilation",      "pad_h",       "pad_w",  "kernel_h",    "kernel_w",
      "stride_h",      "stride_w",    "group",  "axis",        "force_nd_im2col",
      "weight_filler", "bias_filler", "engine", NULL};
  static const pair_t kernel = {"kernel_size", "kernel_h", "kernel_w", 2, 1, -1};
  static const pair_t stride = {"stride", "stride_h", "stride_w", 2, 1, 1};
  static const pair_t pad = {"pad", "pad_h", "pad_w", 2, 0, 0};
  static const pair_t dilation = {"dilation", NULL, NULL, 2, 1, 1};
  const isn_prototxt_t *param;
  ISN_TRY(isn_caffe_open_param(layer, "convolution_param", fields, &param));
  conv->group = 1;
  conv->has_bias = true;
  ISN_TRY(
      isn_caffe_required_int(layer, param, "convolution_param", "num_output", &conv->n_outputs));
  ISN_TRY(isn_prototxt_get_bool(param, "bias_term", &conv->has_bias));
  ISN_TRY(isn_prototxt_get_int(param, "group", 1, INT_MAX, &conv->group));
  ISN_TRY(isn_caffe_only_int(layer, param, "axis", 1));
  ISN_TRY(read_pair(layer, param, &kernel, &conv->kernel_h, &conv->kernel_w));
  ISN_TRY(read_pair(layer, param, &stride, &conv->stride_h, &conv->stride_w));
  ISN_TRY(read_pair(layer, param, &pad, &conv->pad_h, &conv->pad_w));
  return read_pair(layer, param, &dilation, &conv->dilation_h, &conv->dilation_w);
}

isn_status_t isn_caffe_read_convolution(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_CONVOLUTION;
  return read_conv(layer, &params->conv);
}

isn_status_t isn_caffe_read_deconvolution(const isn_caffe_layer_t *layer,
                                          isn_layer_params_t *params)
{
  params->kind = ISN_LAYER_DECONVOLUTION;
  return read_conv(layer, &params->conv);
}

/** The enum fields of Pooling: how it pools and how it rounds. */
static isn_status_t read_pool_modes(const isn_caffe_layer_t *layer, const isn_prototxt_t *param,
                                    isn_pool_mode_t *mode)
{
  static const char *const modes[] = {"MAX", "AVE", "STOCHASTIC"};
  static const char *const rounds[] = {"CEIL", "FLOOR"};
  int pool = 0, round = 0;
  ISN_TRY(isn_caffe_get_enum(layer, param, "pool", 3, modes, 2, &pool));
  ISN_TRY(isn_caffe_get_enum(layer, param, "round_mode", 2, rounds, 1, &round));
  *mode = pool == 1 ? ISN_POOL_AVERAGE : ISN_POOL_MAX;
  return ISN_OK;
}

/** With global_pooling the window is the whole image: fields that would say otherwise are refused,
 *  as Caffe does; stride 1 and pad 0 are what it has anyway. */
static isn_status_t check_global(const isn_caffe_layer_t *layer, const isn_prototxt_t *param)
{
  static const char *const kernels[] = {"kernel_size", "kernel_h", "kernel_w"};
  static const char *const strides[] = {"stride", "stride_h", "stride_w"};
  static const char *const pads[] = {"pad", "pad_h", "pad_w"};
  for (int i = 0; i < 3; i++) {
    if (isn_prototxt_first(param, kernels[i]))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s:%d: layer '%s': global_pooling takes the whole image; remove '%s'",
               layer->node->origin, isn_prototxt_first(param, kernels[i])->line, layer->name,
               kernels[i]);
    ISN_TRY(isn_caffe_only_int(layer, param, strides[i], 1));
    ISN_TRY(isn_caffe_only_int(layer, param, pads[i], 0));
  }
  return ISN_OK;
}

isn_status_t isn_caffe_read_pooling(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {
      "pool",   "pad",    "pad_h",    "pad_w",    "kernel_size",    "kernel_h",   "kernel_w",
      "engine", "stride", "stride_h", "stride_w", "global_pooling", "round_mode", NULL};
  static const pair_t kernel = {"kernel_size", "kernel_h", "kernel_w", 1, 1, -1};
  static const pair_t stride = {"stride", "stride_h", "stride_w", 1, 1, 1};
  static const pair_t pad = {"pad", "pad_h", "pad_w", 1, 0, 0};
  isn_pool_params_t *pool = &params->pool;
  const isn_prototxt_t *param;
  params->kind = ISN_LAYER_POOLING;
  ISN_TRY(isn_caffe_open_param(layer, "pooling_param", fields, &param));
  ISN_TRY(read_pool_modes(layer, param, &pool->mode));
  ISN_TRY(isn_prototxt_get_bool(param, "global_pooling", &pool->global));
  if (pool->global)
    return check_global(layer, param);
  ISN_TRY(read_pair(layer, param, &kernel, &pool->kernel_h, &pool->kernel_w));
  ISN_TRY(read_pair(layer, param, &stride, &pool->stride_h, &pool->stride_w));
  return read_pair(layer, param, &pad, &pool->pad_h, &pool->pad_w);
}

isn_status_t isn_caffe_read_lrn(const isn_caffe_layer_t *layer, isn_layer_params_t *params)
{
  static const char *const fields[] = {"local_size",  "alpha",  "beta", "k",
                                       "norm_region", "engine", NULL};
  static const char *const regions[] = {"ACROSS_CHANNELS", "WITHIN_CHANNEL"};
  isn_lrn_params_t *lrn = &params->lrn;
  const isn_prototxt_t *param;
  int region = 0;
  params->kind = ISN_LAYER_LRN;
  *lrn = (isn_lrn_params_t){.size = 5, .alpha = 1.0, .beta = 0.75, .k = 1.0};
  ISN_TRY(isn_caffe_open_param(layer, "lrn_param", fields, &param));
  ISN_TRY(isn_prototxt_get_enum(param, "norm_region", 2, regions, &region));
  lrn->within_channel = region == 1;
  ISN_TRY(isn_prototxt_get_int(param, "local_size", 1, INT_MAX, &lrn->size));
  ISN_TRY(isn_prototxt_get_double(param, "alpha", &lrn->alpha));
  ISN_TRY(isn_prototxt_get_double(param, "beta", &lrn->beta));
  return isn_prototxt_get_double(param, "k", &lrn->k);
}
