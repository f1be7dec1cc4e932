/** @file cases.c
 *  The table; see cases.h.  Sizes are small (gradients are checked number by number) and no two
 *  axes of a case agree, so that a mix-up of axes shows.
 */
#include "backend/cases.h"

#define CONV_PARAMS(...)                                                                           \
  {                                                                                                \
    .kind = ISN_LAYER_CONVOLUTION, .conv = { __VA_ARGS__ }                                         \
  }
#define DECONV_PARAMS(...)                                                                         \
  {                                                                                                \
    .kind = ISN_LAYER_DECONVOLUTION, .conv = { __VA_ARGS__ }                                       \
  }
#define POOL_PARAMS(...)                                                                           \
  {                                                                                                \
    .kind = ISN_LAYER_POOLING, .pool = { __VA_ARGS__ }                                             \
  }
#define LRN_PARAMS(...)                                                                            \
  {                                                                                                \
    .kind = ISN_LAYER_LRN, .lrn = { __VA_ARGS__ }                                                  \
  }
#define PRODUCT_PARAMS(...)                                                                        \
  {                                                                                                \
    .kind = ISN_LAYER_INNER_PRODUCT, .inner_product = { __VA_ARGS__ }                              \
  }
#define RELU_PARAMS(slope)                                                                         \
  {                                                                                                \
    .kind = ISN_LAYER_RELU, .relu = { slope }                                                      \
  }
#define PICTURE_PARAMS(...)                                                                        \
  {                                                                                                \
    .kind = ISN_LAYER_PICTURE, .picture = { __VA_ARGS__ }                                          \
  }

#define SOFTMAX_PARAMS(axis)                                                                       \
  {                                                                                                \
    .kind = ISN_LAYER_SOFTMAX, .softmax = { axis }                                                 \
  }
#define POWER_PARAMS(kind_, ...)                                                                   \
  {                                                                                                \
    .kind = ISN_LAYER_##kind_, .power = { __VA_ARGS__ }                                            \
  }
#define ELTWISE_PARAMS(...)                                                                        \
  {                                                                                                \
    .kind = ISN_LAYER_ELTWISE, .eltwise = { __VA_ARGS__ }                                          \
  }
#define SLICE_PARAMS(...)                                                                          \
  {                                                                                                \
    .kind = ISN_LAYER_SLICE, .slice = { __VA_ARGS__ }                                              \
  }
#define FOUR(...)                                                                                  \
  {__VA_ARGS__}, {__VA_ARGS__}, {__VA_ARGS__},                                                     \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define MANY(...) FOUR(__VA_ARGS__), FOUR(__VA_ARGS__), FOUR(__VA_ARGS__), FOUR(__VA_ARGS__)

/* One case a line.  Convolutions are outputs, group, kernel, stride, pad,
 * dilation (rows, columns each), bias; powers are power, base, scale, shift */
/* clang-format off */
const layer_case_t layer_cases[] = {
  {"conv 3x3 pad 1", {{3, 3, 7, 6}}, 1, 1, CONV_PARAMS(4, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
  {"conv rectangular", {{3, 2, 9, 11}}, 1, 1, CONV_PARAMS(3, 1, 2, 5, 3, 2, 1, 3, 1, 1, true)},
  {"conv dilated", {{3, 2, 11, 9}}, 1, 1, CONV_PARAMS(5, 1, 3, 2, 2, 1, 2, 1, 2, 3, false)},
  {"conv group 2", {{3, 4, 6, 5}}, 1, 1, CONV_PARAMS(6, 2, 3, 3, 1, 1, 1, 1, 1, 1, true)},
  {"conv depthwise", {{3, 5, 6, 7}}, 1, 1, CONV_PARAMS(5, 5, 3, 3, 2, 2, 1, 1, 1, 1, true)},
  {"conv 1x1", {{3, 5, 4, 3}}, 1, 1, CONV_PARAMS(7, 1, 1, 1, 1, 1, 0, 0, 1, 1, true)},
  {"conv 1x1 group no bias", {{3, 6, 4, 3}}, 1, 1, CONV_PARAMS(9, 3, 1, 1, 1, 1, 0, 0, 1, 1, false)},
  {"conv 1x1 stride 2", {{3, 3, 5, 8}}, 1, 1, CONV_PARAMS(4, 1, 1, 1, 2, 2, 0, 0, 1, 1, true)},
  {"conv 11x11 stride 4", {{3, 1, 23, 27}}, 1, 1, CONV_PARAMS(2, 1, 11, 11, 4, 4, 0, 0, 1, 1, true)},
  {"conv unread edge", {{3, 2, 8, 9}}, 1, 1, CONV_PARAMS(3, 1, 3, 3, 3, 4, 0, 0, 1, 1, true)},
  {"conv stride over kernel", {{3, 1, 9, 10}}, 1, 1, CONV_PARAMS(2, 1, 2, 2, 5, 3, 0, 0, 1, 1, true)},
  {"conv pad over kernel", {{3, 2, 3, 4}}, 1, 1, CONV_PARAMS(2, 1, 2, 2, 2, 1, 3, 4, 1, 1, true)},
  {"conv whole image", {{3, 2, 4, 5}}, 1, 1, CONV_PARAMS(6, 1, 4, 5, 1, 1, 0, 0, 1, 1, true)},
  {"deconv 4x4 stride 2", {{3, 3, 4, 5}}, 1, 1, DECONV_PARAMS(2, 1, 4, 4, 2, 2, 1, 1, 1, 1, true)},
  {"deconv 3x3 stride 1", {{3, 3, 5, 4}}, 1, 1, DECONV_PARAMS(4, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
  {"deconv rectangular", {{3, 2, 3, 5}}, 1, 1, DECONV_PARAMS(3, 1, 5, 2, 3, 2, 2, 0, 1, 1, true)},
  {"deconv dilated", {{3, 2, 4, 3}}, 1, 1, DECONV_PARAMS(3, 1, 2, 3, 2, 1, 1, 2, 3, 2, false)},
  {"deconv group 2", {{3, 4, 3, 4}}, 1, 1, DECONV_PARAMS(6, 2, 4, 4, 2, 2, 1, 1, 1, 1, true)},
  {"deconv gaps", {{3, 2, 3, 4}}, 1, 1, DECONV_PARAMS(2, 1, 2, 2, 4, 3, 0, 0, 1, 1, true)},
  {"deconv 1x1", {{3, 5, 3, 4}}, 1, 1, DECONV_PARAMS(2, 1, 1, 1, 1, 1, 0, 0, 1, 1, true)},
  {"deconv 1x1 no bias", {{3, 4, 3, 4}}, 1, 1, DECONV_PARAMS(6, 2, 1, 1, 1, 1, 0, 0, 1, 1, false)},
  {"max 3 stride 2 overhang", {{3, 3, 8, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false)},
  {"max 2 stride 2", {{3, 2, 7, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 2, 2, 2, 2, 0, 0, false)},
  {"max padded", {{3, 2, 7, 8}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 3, 3, 2, 2, 1, 1, false)},
  {"max rectangular", {{3, 2, 9, 7}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 4, 2, 3, 1, 2, 0, false)},
  {"max global", {{3, 3, 5, 4}}, 1, 1, POOL_PARAMS(.mode = ISN_POOL_MAX, .global = true)},
  {"average 3 stride 2", {{3, 3, 8, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 3, 3, 2, 2, 0, 0, false)},
  {"average padded", {{3, 2, 7, 8}}, 1, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 3, 3, 2, 2, 1, 1, false)},
  {"average rectangular", {{3, 2, 9, 7}}, 1, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 4, 2, 3, 1, 2, 1, false)},
  {"average global", {{3, 3, 5, 4}}, 1, 1, POOL_PARAMS(.mode = ISN_POOL_AVERAGE, .global = true)},
  {"lrn 5", {{3, 7, 3, 5}}, 1, 4, LRN_PARAMS(5, 0.5, 0.75, 1.0, false)},
  {"lrn 3, long rows", {{3, 2, 5, 27}}, 1, 4, LRN_PARAMS(3, 0.5, 0.75, 2.0, false)},
  {"lrn wider than channels", {{3, 3, 4, 2}}, 1, 4, LRN_PARAMS(9, 0.8, 0.75, 1.0, false)},
  {"lrn other beta", {{3, 6, 2, 3}}, 1, 4, LRN_PARAMS(3, 1.0, 0.6, 1.5, false)},
  {"lrn 1", {{3, 4, 2, 3}}, 1, 4, LRN_PARAMS(1, 1.0, 0.5, 1.0, false)},
  {"relu", {{3, 3, 5, 7}}, 1, 1, RELU_PARAMS(0.0F)},
  {"relu of a vector", {{1, 37, 1, 1}}, 1, 1, RELU_PARAMS(0.0F)},
  {"leaky relu", {{3, 3, 5, 7}}, 1, 1, RELU_PARAMS(0.3F)},
  {"relu, falling below zero", {{3, 3, 5, 7}}, 1, 1, RELU_PARAMS(-0.2F)},
  {"inner product", {{1, 37, 1, 1}}, 1, 1, PRODUCT_PARAMS(11, true, false, 1)},
  {"inner product of maps", {{3, 3, 4, 5}}, 1, 1, PRODUCT_PARAMS(6, true, false, 1)},
  {"inner product no bias", {{1, 5, 1, 1}}, 1, 1, PRODUCT_PARAMS(1, false, false, 1)},
  {"softmax", {{1, 10, 1, 1}}, 1, 4, SOFTMAX_PARAMS(1)},
  {"softmax at positions", {{3, 4, 3, 5}}, 1, 4, SOFTMAX_PARAMS(1)},
  {"bias", {{3, 4, 3, 5}}, 1, 1, {.kind = ISN_LAYER_BIAS}},
  {"crop", {{3, 2, 7, 8}}, 1, 1, {.kind = ISN_LAYER_CROP, .crop = {1, 3, 5, 4}}},
  {"crop nothing", {{3, 2, 3, 4}}, 1, 1, {.kind = ISN_LAYER_CROP, .crop = {0, 0, 3, 4}}},
  {"reshape", {{1, 24, 1, 1}}, 1, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 2, 3, 4}}}},
  {"picture", {{3, 3, 5, 7}}, 1, 300, PICTURE_PARAMS(false, false, 1.0F)},
  {"picture, whole levels", {{3, 3, 5, 7}}, 1, 300, PICTURE_PARAMS(true, false, 1.0F)},
  {"picture, a mean per pixel", {{3, 3, 5, 7}}, 1, 300, PICTURE_PARAMS(true, true, 1.0F)},
  {"picture, scaled", {{3, 3, 5, 7}}, 1, 75, PICTURE_PARAMS(true, false, 0.25F)},
  {"picture, both", {{3, 3, 5, 7}}, 1, 600, PICTURE_PARAMS(false, true, 2.0F)},
  {"lrn within 3", {{3, 3, 7, 6}}, 1, 4, LRN_PARAMS(3, 0.7, 0.75, 2.0, true)},
  {"lrn within, wider than rows", {{3, 2, 3, 9}}, 1, 4, LRN_PARAMS(9, 5.0, 0.6, 1.0, true)},
  {"lrn within 1", {{3, 2, 3, 4}}, 1, 4, LRN_PARAMS(1, 1.0, 0.75, 1.0, true)},
  {"inner product transposed", {{3, 3, 4, 5}}, 1, 1, PRODUCT_PARAMS(7, true, true, 1)},
  {"inner product of channels", {{3, 3, 4, 5}}, 1, 1, PRODUCT_PARAMS(7, true, false, 2)},
  {"inner product of rows", {{3, 3, 4, 5}}, 1, 1, PRODUCT_PARAMS(2, false, false, 3)},
  {"inner product of rows, transposed", {{3, 2, 3, 7}}, 1, 1, PRODUCT_PARAMS(9, true, true, 3)},
  {"inner product of two axes", {{2, 4, 6, 1}}, 1, 1, PRODUCT_PARAMS(3, true, false, 2)},
  {"softmax over rows", {{3, 4, 3, 5}}, 1, 4, SOFTMAX_PARAMS(2)},
  {"softmax over columns", {{3, 4, 3, 5}}, 1, 4, SOFTMAX_PARAMS(3)},
  {"prelu", {{3, 3, 5, 7}}, 1, 1, {.kind = ISN_LAYER_PRELU}},
  {"prelu of a vector", {{1, 11, 1, 1}}, 1, 1, {.kind = ISN_LAYER_PRELU}},
  {"prelu, one slope", {{3, 3, 5, 7}}, 1, 1, {.kind = ISN_LAYER_PRELU, .prelu = {true}}},
  {"elu", {{3, 3, 5, 7}}, 1, 2, {.kind = ISN_LAYER_ELU, .elu = {1.3F}}},
  {"elu without a lower part", {{3, 3, 5, 7}}, 1, 2, {.kind = ISN_LAYER_ELU, .elu = {0.0F}}},
  {"elu, rising below zero", {{3, 3, 5, 7}}, 1, 2, {.kind = ISN_LAYER_ELU, .elu = {-0.4F}}},
  {"sigmoid", {{3, 3, 5, 7}}, 1, 4, {.kind = ISN_LAYER_SIGMOID}},
  {"tanh", {{3, 3, 5, 7}}, 1, 2, {.kind = ISN_LAYER_TANH}},
  {"absval", {{3, 3, 5, 7}}, 1, 1, {.kind = ISN_LAYER_ABSVAL}},
  {"power", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, 1.7, -1.0, 0.6, 1.5)},
  {"power, inverse root", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, -0.5, -1.0, -0.4, 0.9)},
  {"power, square", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, 2.0, -1.0, 1.2, 0.3)},
  {"power, line", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, 1.0, -1.0, -0.8, 0.3)},
  {"power 0", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, 0.0, -1.0, 0.8, 0.3)},
  {"power, scale 0", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(POWER, 3.0, -1.0, 0.0, 0.7)},
  {"exp", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(EXP, 1.0, -1.0, 1.0, 0.0)},
  {"exp, base 2", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(EXP, 1.0, 2.0, -1.5, 0.5)},
  {"log", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(LOG, 1.0, -1.0, 0.5, 2.0)},
  {"log, base 10", {{3, 2, 3, 5}}, 1, 1, POWER_PARAMS(LOG, 1.0, 10.0, -0.5, 2.5)},
  {"batch norm", {{3, 3, 5, 7}}, 1, 1, {.kind = ISN_LAYER_BATCH_NORM, .batch_norm = {1e-3}}},
  {"batch norm of a vector", {{1, 9, 1, 1}}, 1, 1, {.kind = ISN_LAYER_BATCH_NORM, .batch_norm = {0.1}}},
  {"scale", {{3, 3, 5, 7}}, 1, 1, {.kind = ISN_LAYER_SCALE, .scale = {true}}},
  {"scale no bias", {{1, 7, 1, 1}}, 1, 1, {.kind = ISN_LAYER_SCALE, .scale = {false}}},
  {"sum", {{3, 2, 3, 5}, {3, 2, 3, 5}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_SUM, {1.0F, 1.0F})},
  {"sum with coefficients", {{3, 2, 3, 5}, {3, 2, 3, 5}, {3, 2, 3, 5}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_SUM, {0.5F, -1.0F, 2.0F})},
  {"product", {{3, 2, 3, 5}, {3, 2, 3, 5}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_PRODUCT, {0})},
  {"product of 4", {{1, 9, 1, 1}, {1, 9, 1, 1}, {1, 9, 1, 1}, {1, 9, 1, 1}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_PRODUCT, {0})},
  {"largest", {{3, 2, 3, 5}, {3, 2, 3, 5}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_MAX, {0})},
  {"largest of 16", {MANY(1, 7, 1, 1)}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_MAX, {0})},
  {"concat channels", {{3, 2, 3, 5}, {3, 1, 3, 5}, {3, 4, 3, 5}}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {1}}},
  {"concat rows", {{3, 2, 3, 5}, {3, 2, 1, 5}}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {2}}},
  {"concat columns", {{3, 2, 3, 5}, {3, 2, 3, 2}}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {3}}},
  {"concat of 16", {MANY(1, 3, 1, 1)}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {1}}},
  {"concat of one", {{3, 2, 3, 5}}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {1}}},
  {"slice channels", {{3, 7, 3, 5}}, 3, 1, SLICE_PARAMS(1, {2, 3}, false)},
  {"slice rows", {{3, 2, 6, 5}}, 2, 1, SLICE_PARAMS(2, {4}, false)},
  {"slice columns equally", {{3, 2, 3, 8}}, 4, 1, SLICE_PARAMS(3, {0}, true)},
  {"slice a vector into 16", {{1, 32, 1, 1}}, 16, 1, SLICE_PARAMS(1, {0}, true)},
  /* Channels that packed data are read and written by the vector with. */
  {"conv of 8 to 16", {{3, 8, 5, 4}}, 1, 1, CONV_PARAMS(16, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
  {"conv of 16 to 16, group 2", {{3, 16, 4, 3}}, 1, 1, CONV_PARAMS(16, 2, 3, 2, 1, 1, 1, 0, 1, 1, true)},
  {"deconv of 8 to 8", {{3, 8, 3, 4}}, 1, 1, DECONV_PARAMS(8, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
  {"max of 16 channels", {{3, 16, 8, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false)},
  {"max of 8 channels, padded", {{3, 8, 7, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 3, 2, 2, 1, 1, 1, false)},
  {"max of a large window", {{3, 2, 18, 19}}, 1, 1, POOL_PARAMS(ISN_POOL_MAX, 17, 17, 1, 1, 0, 0, false)},
  {"average of 16 channels", {{3, 16, 7, 6}}, 1, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 3, 2, 2, 1, 1, 1, false)},
  {"lrn 5 of 24 channels", {{3, 24, 3, 2}}, 1, 4, LRN_PARAMS(5, 0.5, 0.75, 1.0, false)},
  {"lrn 3 of 16 channels", {{3, 16, 2, 3}}, 1, 4, LRN_PARAMS(3, 0.5, 0.6, 2.0, false)},
  {"lrn 5 of 8 channels", {{3, 8, 2, 3}}, 1, 4, LRN_PARAMS(5, 0.5, 0.75, 1.0, false)},
  {"lrn 7 of 8 channels", {{3, 8, 3, 2}}, 1, 4, LRN_PARAMS(7, 0.5, 0.75, 1.0, false)},
  {"relu of 8 channels", {{3, 8, 2, 3}}, 1, 1, RELU_PARAMS(0.1F)},
  {"crop of 8 channels", {{3, 8, 4, 5}}, 1, 1, {.kind = ISN_LAYER_CROP, .crop = {1, 2, 2, 3}}},
  {"picture of 8 channels", {{3, 8, 2, 3}}, 1, 300, PICTURE_PARAMS(true, true, 1.0F)},
  {"inner product of 8 maps", {{3, 8, 3, 2}}, 1, 1, PRODUCT_PARAMS(16, true, false, 1)},
  {"inner product of 8 maps, transposed", {{3, 8, 3, 2}}, 1, 1, PRODUCT_PARAMS(8, true, true, 1)},
  {"reshape to 8 channels", {{1, 48, 1, 1}}, 1, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 8, 2, 3}}}},
  {"reshape of maps", {{3, 6, 4, 2}}, 1, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 8, 2, 3}}}},
  {"reshape to one channel", {{1, 48, 1, 1}}, 1, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 1, 6, 8}}}},
  {"reshape of rows", {{3, 4, 6, 2}}, 1, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 4, 4, 3}}}},
  {"concat 8 and 16 channels", {{3, 8, 2, 3}, {3, 16, 2, 3}}, 1, 1, {.kind = ISN_LAYER_CONCAT, .concat = {1}}},
  {"sum of 8 channels", {{3, 8, 2, 3}, {3, 8, 2, 3}}, 1, 1, ELTWISE_PARAMS(ISN_ELTWISE_SUM, {1.0F, 1.0F})},
  {"softmax of 8 channels", {{3, 8, 2, 3}}, 1, 4, SOFTMAX_PARAMS(1)},
  {"slice nothing off", {{3, 2, 3, 5}}, 1, 1, SLICE_PARAMS(1, {0}, false)},
};
/* clang-format on */

const int n_layer_cases = sizeof layer_cases / sizeof layer_cases[0];
