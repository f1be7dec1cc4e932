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
#define PICTURE_PARAMS(round)                                                                      \
  {                                                                                                \
    .kind = ISN_LAYER_PICTURE, .picture = { round }                                                \
  }

/* clang-format off: one case a line; convolutions are outputs, group, kernel, stride, pad,
   dilation (rows, columns each), bias */
const layer_case_t layer_cases[] = {
    {"conv 3x3 pad 1", {3, 3, 7, 6}, 1, CONV_PARAMS(4, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
    {"conv rectangular", {3, 2, 9, 11}, 1, CONV_PARAMS(3, 1, 2, 5, 3, 2, 1, 3, 1, 1, true)},
    {"conv dilated", {3, 2, 11, 9}, 1, CONV_PARAMS(5, 1, 3, 2, 2, 1, 2, 1, 2, 3, false)},
    {"conv group 2", {3, 4, 6, 5}, 1, CONV_PARAMS(6, 2, 3, 3, 1, 1, 1, 1, 1, 1, true)},
    {"conv depthwise", {3, 5, 6, 7}, 1, CONV_PARAMS(5, 5, 3, 3, 2, 2, 1, 1, 1, 1, true)},
    {"conv 1x1", {3, 5, 4, 3}, 1, CONV_PARAMS(7, 1, 1, 1, 1, 1, 0, 0, 1, 1, true)},
    {"conv 1x1 group no bias", {3, 6, 4, 3}, 1, CONV_PARAMS(9, 3, 1, 1, 1, 1, 0, 0, 1, 1, false)},
    {"conv 1x1 stride 2", {3, 3, 5, 8}, 1, CONV_PARAMS(4, 1, 1, 1, 2, 2, 0, 0, 1, 1, true)},
    {"conv 11x11 stride 4", {3, 1, 23, 27}, 1, CONV_PARAMS(2, 1, 11, 11, 4, 4, 0, 0, 1, 1, true)},
    {"conv unread edge", {3, 2, 8, 9}, 1, CONV_PARAMS(3, 1, 3, 3, 3, 4, 0, 0, 1, 1, true)},
    {"conv stride over kernel", {3, 1, 9, 10}, 1, CONV_PARAMS(2, 1, 2, 2, 5, 3, 0, 0, 1, 1, true)},
    {"conv pad over kernel", {3, 2, 3, 4}, 1, CONV_PARAMS(2, 1, 2, 2, 2, 1, 3, 4, 1, 1, true)},
    {"conv whole image", {3, 2, 4, 5}, 1, CONV_PARAMS(6, 1, 4, 5, 1, 1, 0, 0, 1, 1, true)},
    {"deconv 4x4 stride 2", {3, 3, 4, 5}, 1, DECONV_PARAMS(2, 1, 4, 4, 2, 2, 1, 1, 1, 1, true)},
    {"deconv 3x3 stride 1", {3, 3, 5, 4}, 1, DECONV_PARAMS(4, 1, 3, 3, 1, 1, 1, 1, 1, 1, true)},
    {"deconv rectangular", {3, 2, 3, 5}, 1, DECONV_PARAMS(3, 1, 5, 2, 3, 2, 2, 0, 1, 1, true)},
    {"deconv dilated", {3, 2, 4, 3}, 1, DECONV_PARAMS(3, 1, 2, 3, 2, 1, 1, 2, 3, 2, false)},
    {"deconv group 2", {3, 4, 3, 4}, 1, DECONV_PARAMS(6, 2, 4, 4, 2, 2, 1, 1, 1, 1, true)},
    {"deconv gaps", {3, 2, 3, 4}, 1, DECONV_PARAMS(2, 1, 2, 2, 4, 3, 0, 0, 1, 1, true)},
    {"deconv 1x1", {3, 5, 3, 4}, 1, DECONV_PARAMS(2, 1, 1, 1, 1, 1, 0, 0, 1, 1, true)},
    {"deconv 1x1 no bias", {3, 4, 3, 4}, 1, DECONV_PARAMS(6, 2, 1, 1, 1, 1, 0, 0, 1, 1, false)},
    {"max 3 stride 2 overhang",
     {3, 3, 8, 6},
     1,
     POOL_PARAMS(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false)},
    {"max 2 stride 2", {3, 2, 7, 6}, 1, POOL_PARAMS(ISN_POOL_MAX, 2, 2, 2, 2, 0, 0, false)},
    {"max padded", {3, 2, 7, 8}, 1, POOL_PARAMS(ISN_POOL_MAX, 3, 3, 2, 2, 1, 1, false)},
    {"max rectangular", {3, 2, 9, 7}, 1, POOL_PARAMS(ISN_POOL_MAX, 4, 2, 3, 1, 2, 0, false)},
    {"max global", {3, 3, 5, 4}, 1, POOL_PARAMS(.mode = ISN_POOL_MAX, .global = true)},
    {"average 3 stride 2", {3, 3, 8, 6}, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 3, 3, 2, 2, 0, 0, false)},
    {"average padded", {3, 2, 7, 8}, 1, POOL_PARAMS(ISN_POOL_AVERAGE, 3, 3, 2, 2, 1, 1, false)},
    {"average rectangular",
     {3, 2, 9, 7},
     1,
     POOL_PARAMS(ISN_POOL_AVERAGE, 4, 2, 3, 1, 2, 1, false)},
    {"average global", {3, 3, 5, 4}, 1, POOL_PARAMS(.mode = ISN_POOL_AVERAGE, .global = true)},
    {"lrn 5", {3, 7, 3, 5}, 4, LRN_PARAMS(5, 0.5, 0.75, 1.0)},
    {"lrn 3, long rows", {3, 2, 5, 27}, 4, LRN_PARAMS(3, 0.5, 0.75, 2.0)},
    {"lrn wider than channels", {3, 3, 4, 2}, 4, LRN_PARAMS(9, 0.8, 0.75, 1.0)},
    {"lrn other beta", {3, 6, 2, 3}, 4, LRN_PARAMS(3, 1.0, 0.6, 1.5)},
    {"lrn 1", {3, 4, 2, 3}, 4, LRN_PARAMS(1, 1.0, 0.5, 1.0)},
    {"relu", {3, 3, 5, 7}, 1, RELU_PARAMS(0.0F)},
    {"relu of a vector", {1, 37, 1, 1}, 1, RELU_PARAMS(0.0F)},
    {"leaky relu", {3, 3, 5, 7}, 1, RELU_PARAMS(0.3F)},
    {"relu, falling below zero", {3, 3, 5, 7}, 1, RELU_PARAMS(-0.2F)},
    {"inner product", {1, 37, 1, 1}, 1, PRODUCT_PARAMS(11, true)},
    {"inner product of maps", {3, 3, 4, 5}, 1, PRODUCT_PARAMS(6, true)},
    {"inner product no bias", {1, 5, 1, 1}, 1, PRODUCT_PARAMS(1, false)},
    {"softmax", {1, 10, 1, 1}, 4, {.kind = ISN_LAYER_SOFTMAX}},
    {"softmax at positions", {3, 4, 3, 5}, 4, {.kind = ISN_LAYER_SOFTMAX}},
    {"bias", {3, 4, 3, 5}, 1, {.kind = ISN_LAYER_BIAS}},
    {"crop", {3, 2, 7, 8}, 1, {.kind = ISN_LAYER_CROP, .crop = {1, 3, 5, 4}}},
    {"crop nothing", {3, 2, 3, 4}, 1, {.kind = ISN_LAYER_CROP, .crop = {0, 0, 3, 4}}},
    {"reshape", {1, 24, 1, 1}, 1, {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 2, 3, 4}}}},
    {"picture", {3, 3, 5, 7}, 300, PICTURE_PARAMS(false)},
    {"picture, whole levels", {3, 3, 5, 7}, 300, PICTURE_PARAMS(true)},
};
/* clang-format on */

const int n_layer_cases = sizeof layer_cases / sizeof layer_cases[0];
