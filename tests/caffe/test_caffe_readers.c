/** @file test_caffe_readers.c
 *  Parameters of every layer type: Caffe's defaults, and each field with another value.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/caffe.h"

#define INPUT "input: 'x' input_shape { dim: 2 dim: 6 dim: 8 dim: 10 }\n"
#define LAYER(type, rest) INPUT "layer { name: 'l' type: '" type "' bottom: 'x' top: 'y' " rest "}"
#define V1(type, rest) INPUT "layers { name: 'l' type: " type " bottom: 'x' top: 'y' " rest "}"

static isn_layer_spec_t *layer; /* of the case that is looked at */

/** Read one layer and check an expression on its params. */
#define CHECK_LAYER(text, wanted_kind, condition)                                                  \
  do {                                                                                             \
    isn_net_spec_t *spec = NULL;                                                                   \
    TEST_OK(isn_caffe_parse_net(text, "f", &spec));                                                \
    if (spec) {                                                                                    \
      layer = &spec->layers[0];                                                                    \
      const isn_layer_params_t *p = &layer->params;                                                \
      TEST_CHECK_MSG(p->kind == (wanted_kind) && (condition), "%s", text);                         \
    }                                                                                              \
    isn_net_spec_destroy(spec);                                                                    \
  } while (0)

static bool has_weights(int n, int first)
{
  return layer->n_weights == n && (n == 0 || (int)layer->weights[0].count == first);
}

static void check_values(void)
{
  CHECK_LAYER(LAYER("PReLU", ""), ISN_LAYER_PRELU, !p->prelu.shared && has_weights(1, 6));
  CHECK_LAYER(LAYER("PReLU", "prelu_param { channel_shared: true filler { value: 0.1 } }"),
              ISN_LAYER_PRELU, p->prelu.shared && has_weights(1, 1));
  CHECK_LAYER(LAYER("ELU", ""), ISN_LAYER_ELU, p->elu.alpha == 1.0F);
  CHECK_LAYER(LAYER("ELU", "elu_param { alpha: 0.3 }"), ISN_LAYER_ELU, p->elu.alpha == 0.3F);
  CHECK_LAYER(LAYER("Sigmoid", "sigmoid_param { engine: CUDNN }"), ISN_LAYER_SIGMOID, true);
  CHECK_LAYER(V1("SIGMOID", ""), ISN_LAYER_SIGMOID, true);
  CHECK_LAYER(LAYER("TanH", ""), ISN_LAYER_TANH, true);
  CHECK_LAYER(V1("TANH", "tanh_param { engine: CAFFE }"), ISN_LAYER_TANH, true);
  CHECK_LAYER(LAYER("AbsVal", ""), ISN_LAYER_ABSVAL, true);
  CHECK_LAYER(V1("ABSVAL", ""), ISN_LAYER_ABSVAL, true);
  CHECK_LAYER(LAYER("Power", ""), ISN_LAYER_POWER,
              p->power.power == 1.0 && p->power.scale == 1.0 && p->power.shift == 0.0);
  CHECK_LAYER(V1("POWER", "power_param { power: 2 scale: 0.5 shift: -1 }"), ISN_LAYER_POWER,
              p->power.power == 2.0 && p->power.scale == 0.5 && p->power.shift == -1.0);
  CHECK_LAYER(LAYER("Exp", ""), ISN_LAYER_EXP, p->power.base == -1.0 && p->power.scale == 1.0);
  CHECK_LAYER(V1("EXP", "exp_param { base: 2 scale: 3 shift: 4 }"), ISN_LAYER_EXP,
              p->power.base == 2.0 && p->power.scale == 3.0 && p->power.shift == 4.0);
  CHECK_LAYER(LAYER("Log", ""), ISN_LAYER_LOG, p->power.base == -1.0 && p->power.shift == 0.0);
  CHECK_LAYER(LAYER("Log", "log_param { base: 10 shift: 1 }"), ISN_LAYER_LOG,
              p->power.base == 10.0 && p->power.shift == 1.0);
}

static void check_channels(void)
{
  CHECK_LAYER(LAYER("BatchNorm", ""), ISN_LAYER_BATCH_NORM,
              p->batch_norm.epsilon == 1e-5 && has_weights(3, 6));
  CHECK_LAYER(LAYER("BatchNorm", "batch_norm_param { use_global_stats: true eps: 0.001\n"
                                 "moving_average_fraction: 0.9 } param { lr_mult: 0 }"),
              ISN_LAYER_BATCH_NORM, p->batch_norm.epsilon == 1e-3);
  CHECK_LAYER(LAYER("Scale", ""), ISN_LAYER_SCALE, !p->scale.has_bias && has_weights(1, 6));
  CHECK_LAYER(LAYER("Scale", "scale_param { bias_term: true axis: -3 num_axes: 1 }"),
              ISN_LAYER_SCALE, p->scale.has_bias && has_weights(2, 6));
  CHECK_LAYER(LAYER("Bias", "bias_param { axis: 1 }"), ISN_LAYER_BIAS, has_weights(1, 6));
  CHECK_LAYER(LAYER("LRN", "lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 }"),
              ISN_LAYER_LRN, p->lrn.within_channel && p->lrn.size == 3);
  CHECK_LAYER(LAYER("LRN", ""), ISN_LAYER_LRN, !p->lrn.within_channel);
}

static void check_axes(void)
{
  CHECK_LAYER(LAYER("InnerProduct", "inner_product_param { num_output: 3 }"),
              ISN_LAYER_INNER_PRODUCT,
              p->inner_product.axis == 1 && !p->inner_product.transposed && has_weights(2, 1440));
  CHECK_LAYER(LAYER("InnerProduct", "inner_product_param { num_output: 3 axis: -2\n"
                                    "transpose: true bias_term: false }"),
              ISN_LAYER_INNER_PRODUCT,
              p->inner_product.axis == 2 && p->inner_product.transposed && has_weights(1, 240) &&
                  layer->weights[0].dims[0] == 80);
  CHECK_LAYER(LAYER("Softmax", ""), ISN_LAYER_SOFTMAX, p->softmax.axis == 1);
  CHECK_LAYER(V1("SOFTMAX", "softmax_param { axis: -1 }"), ISN_LAYER_SOFTMAX, p->softmax.axis == 3);
  CHECK_LAYER(LAYER("Eltwise", "bottom: 'x'"), ISN_LAYER_ELTWISE,
              p->eltwise.mode == ISN_ELTWISE_SUM && p->eltwise.coefficients[1] == 1.0F);
  CHECK_LAYER(V1("ELTWISE", "bottom: 'x' eltwise_param { operation: SUM coeff: 2 coeff: -0.5 }"),
              ISN_LAYER_ELTWISE,
              p->eltwise.coefficients[0] == 2.0F && p->eltwise.coefficients[1] == -0.5F);
  CHECK_LAYER(LAYER("Eltwise", "bottom: 'x' eltwise_param { operation: PROD }"), ISN_LAYER_ELTWISE,
              p->eltwise.mode == ISN_ELTWISE_PRODUCT);
  CHECK_LAYER(LAYER("Eltwise", "bottom: 'x' eltwise_param { operation: 2 }"), ISN_LAYER_ELTWISE,
              p->eltwise.mode == ISN_ELTWISE_MAX);
  CHECK_LAYER(LAYER("Concat", "bottom: 'x'"), ISN_LAYER_CONCAT, p->concat.axis == 1);
  CHECK_LAYER(LAYER("Concat", "bottom: 'x' concat_param { axis: -1 }"), ISN_LAYER_CONCAT,
              p->concat.axis == 3);
  CHECK_LAYER(V1("CONCAT", "bottom: 'x' concat_param { concat_dim: 2 }"), ISN_LAYER_CONCAT,
              p->concat.axis == 2);
  CHECK_LAYER(LAYER("Slice", "top: 'z'"), ISN_LAYER_SLICE, p->slice.axis == 1 && p->slice.equal);
  CHECK_LAYER(V1("SLICE", "top: 'z' top: 'w' slice_param { slice_dim: 3 slice_point: 1\n"
                          "slice_point: 7 }"),
              ISN_LAYER_SLICE,
              p->slice.axis == 3 && !p->slice.equal && p->slice.points[0] == 1 &&
                  p->slice.points[1] == 7);
}

#define SHAPE(n, channels, rows, columns)                                                          \
  (p->reshape.shape.n_axes == (n) && p->reshape.shape.c == (channels) &&                           \
   p->reshape.shape.h == (rows) && p->reshape.shape.w == (columns))
#define RESHAPE(fields) LAYER("Reshape", "reshape_param { " fields " }")

static void check_shapes(void)
{
  CHECK_LAYER(LAYER("Flatten", ""), ISN_LAYER_RESHAPE, SHAPE(1, 480, 1, 1));
  CHECK_LAYER(V1("FLATTEN", ""), ISN_LAYER_RESHAPE, SHAPE(1, 480, 1, 1));
  CHECK_LAYER(LAYER("Flatten", "flatten_param { axis: 2 }"), ISN_LAYER_RESHAPE, SHAPE(2, 6, 80, 1));
  CHECK_LAYER(LAYER("Flatten", "flatten_param { axis: 1 end_axis: -2 }"), ISN_LAYER_RESHAPE,
              SHAPE(2, 48, 10, 1));
  CHECK_LAYER(LAYER("Flatten", "flatten_param { axis: 3 end_axis: 3 }"), ISN_LAYER_RESHAPE,
              SHAPE(3, 6, 8, 10));
  CHECK_LAYER(RESHAPE("shape { dim: 0 dim: -1 dim: 4 }"), ISN_LAYER_RESHAPE, SHAPE(2, 120, 4, 1));
  CHECK_LAYER(RESHAPE("axis: 1 shape { dim: 3 dim: 160 }"), ISN_LAYER_RESHAPE, SHAPE(2, 3, 160, 1));
  CHECK_LAYER(RESHAPE("axis: 1 num_axes: 2 shape { dim: -1 }"), ISN_LAYER_RESHAPE,
              SHAPE(2, 48, 10, 1));
  /* For Reshape -1 is behind the last axis, as in Caffe. */
  CHECK_LAYER(RESHAPE("axis: -3 shape { dim: -1 }"), ISN_LAYER_RESHAPE, SHAPE(2, 6, 80, 1));
  CHECK_LAYER(RESHAPE("axis: -2 num_axes: 1 shape { dim: 0 }"), ISN_LAYER_RESHAPE,
              SHAPE(3, 6, 8, 10));
  CHECK_LAYER(LAYER("Crop", "bottom: 'x'"), ISN_LAYER_CROP,
              p->crop.offset_h == 0 && p->crop.h == 8 && p->crop.w == 10 && layer->n_bottoms == 1);
  CHECK_LAYER(LAYER("Crop", "bottom: 'x' crop_param { axis: 1 offset: 0 offset: 0 offset: 0 }"),
              ISN_LAYER_CROP, p->crop.h == 8 && p->crop.w == 10);
  CHECK_LAYER(LAYER("Crop", "bottom: 'x' crop_param { axis: -1 }"), ISN_LAYER_CROP,
              p->crop.h == 8 && p->crop.w == 10);
}

/** Layers of training nets, those of forks too: nothing is left of them. */
static void check_left_out(void)
{
  static const char *const types[] = {"Data",
                                      "DummyData",
                                      "HDF5Data",
                                      "ImageData",
                                      "MemoryData",
                                      "WindowData",
                                      "AnnotatedData",
                                      "HDF5Output",
                                      "Accuracy",
                                      "Silence",
                                      "EuclideanLoss",
                                      "HingeLoss",
                                      "InfogainLoss",
                                      "SmoothL1Loss",
                                      "ContrastiveLoss",
                                      "CenterLoss",
                                      "SoftmaxWithLoss",
                                      "SigmoidCrossEntropyLoss",
                                      "MultinomialLogisticLoss"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char text[400];
    isn_net_spec_t *spec = NULL;
    snprintf(text, sizeof text,
             INPUT "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' }\n"
                   "layer { name: 't' type: '%s' bottom: 'y' bottom: 'unknown' top: 't' }\n"
                   "layer { name: 'after' type: 'Power' bottom: 't' top: 'after' }\n",
             types[i]);
    TEST_OK(isn_caffe_parse_net(text, types[i], &spec));
    TEST_CHECK_MSG(spec && spec->n_layers == 1, "%s", types[i]);
    isn_net_spec_destroy(spec);
  }
}

int main(void)
{
  check_values();
  check_channels();
  check_axes();
  check_shapes();
  check_left_out();
  TEST_END();
}
