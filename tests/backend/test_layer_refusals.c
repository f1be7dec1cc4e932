/** @file test_layer_refusals.c
 *  Layers that isn_layer_shapes() must refuse, with a message that names the layer and the reason.
 */
#include "harness.h"
#include "invset/layer.h"

typedef struct {
  isn_layer_params_t params;
  isn_shape_t in;
  const char *reason;
} refusal_t;

#define CONV(...)                                                                                  \
  {                                                                                                \
    .kind = ISN_LAYER_CONVOLUTION, .conv = { __VA_ARGS__ }                                         \
  }
#define DECONV(...)                                                                                \
  {                                                                                                \
    .kind = ISN_LAYER_DECONVOLUTION, .conv = { __VA_ARGS__ }                                       \
  }
#define POOL(...)                                                                                  \
  {                                                                                                \
    .kind = ISN_LAYER_POOLING, .pool = { __VA_ARGS__ }                                             \
  }
#define LRN(...)                                                                                   \
  {                                                                                                \
    .kind = ISN_LAYER_LRN, .lrn = { __VA_ARGS__ }                                                  \
  }
#define CROP(...)                                                                                  \
  {                                                                                                \
    .kind = ISN_LAYER_CROP, .crop = { __VA_ARGS__ }                                                \
  }

#define PRODUCT(...)                                                                               \
  {                                                                                                \
    .kind = ISN_LAYER_INNER_PRODUCT, .inner_product = { __VA_ARGS__ }                              \
  }
#define POWER(kind_, ...)                                                                          \
  {                                                                                                \
    .kind = ISN_LAYER_##kind_, .power = { __VA_ARGS__ }                                            \
  }
#define SLICE(...)                                                                                 \
  {                                                                                                \
    .kind = ISN_LAYER_SLICE, .slice = { __VA_ARGS__ }                                              \
  }

/* clang-format off */
static const refusal_t refusals[] = {
  {CONV(4, 1, 5, 5, 1, 1, 0, 0, 1, 1, true), {3, 2, 4, 8}, "spans 5 rows, but the padded input has only 4"},
  {CONV(4, 1, 3, 3, 1, 1, 1, 1, 1, 4, true), {3, 2, 9, 6}, "spans 9 columns, but the padded input has only 8"},
  {CONV(4, 2, 3, 3, 1, 1, 0, 0, 1, 1, true), {3, 3, 9, 9}, "3 input channels cannot be split into 2"},
  {CONV(3, 2, 3, 3, 1, 1, 0, 0, 1, 1, true), {3, 4, 9, 9}, "3 output channels cannot be split into 2"},
  {CONV(0, 1, 3, 3, 1, 1, 0, 0, 1, 1, true), {3, 4, 9, 9}, "num_output is 0"},
  {CONV(4, 0, 3, 3, 1, 1, 0, 0, 1, 1, true), {3, 4, 9, 9}, "group is 0"},
  {CONV(4, 1, 0, 3, 1, 1, 0, 0, 1, 1, true), {3, 4, 9, 9}, "kernel height is 0"},
  {CONV(4, 1, 3, 3, 1, 0, 0, 0, 1, 1, true), {3, 4, 9, 9}, "stride of columns is 0"},
  {CONV(4, 1, 3, 3, 1, 1, -1, 0, 1, 1, true), {3, 4, 9, 9}, "pad of rows is -1"},
  {CONV(4, 1, 3, 3, 1, 1, 0, 0, 1, 0, true), {3, 4, 9, 9}, "dilation of columns is 0"},
  {CONV(4, 1, 3, 3, 1, 1, 2147483647, 0, 1, 1, true), {3, 4, 9, 9}, "pad of rows is 2147483647"},
  {CONV(1000000, 1, 1, 1, 1, 1, 0, 0, 1, 1, true), {3, 1, 99, 99}, "has more than 2147483647 numbers"},
  {CONV(4, 1, 3, 3, 1, 1, 0, 0, 1, 1, true), {1, 4, 1, 1}, "1 axes besides the batch, wanted 3"},
  {DECONV(4, 1, 2, 2, 1, 1, 4, 0, 1, 1, true), {3, 2, 3, 3}, "would have -4 rows"},
  {DECONV(4, 3, 2, 2, 1, 1, 0, 0, 1, 1, true), {3, 3, 3, 3}, "4 output channels cannot be split into 3"},
  {POOL(ISN_POOL_MAX, 3, 3, 2, 2, 3, 0, false), {3, 2, 9, 9}, "must be smaller than the kernel"},
  {POOL(ISN_POOL_MAX, 0, 3, 2, 2, 0, 0, false), {3, 2, 9, 9}, "kernel height is 0"},
  {POOL(ISN_POOL_MAX, 9, 3, 2, 2, 0, 0, false), {3, 2, 4, 9}, "the kernel has 9 rows, but the padded input only 4"},
  {POOL(ISN_POOL_MAX, 1, 1, 4, 1, 0, 0, false), {3, 2, 3, 9}, "wholly outside the 3 rows"},
  {POOL(ISN_POOL_MAX, .pad_h = 1, .global = true), {3, 2, 3, 9}, "global pooling has padding"},
  {POOL((isn_pool_mode_t)7, 3, 3, 2, 2, 0, 0, false), {3, 2, 9, 9}, "unknown pooling method 7"},
  {LRN(4, 1.0, 0.75, 1.0, false), {3, 8, 2, 2}, "local_size is 4, must be odd"},
  {LRN(0, 1.0, 0.75, 1.0, false), {3, 8, 2, 2}, "local_size is 0"},
  {LRN(5, 1.0, 0.75, 0.0, false), {3, 8, 2, 2}, "k is 0"},
  {LRN(5, 1.0, 0.75, 1.0, false), {1, 8, 1, 1}, "wanted 3"},
  {{.kind = ISN_LAYER_INNER_PRODUCT, .inner_product = {-1, true, false, 1}}, {1, 8, 1, 1}, "num_output is -1"},
  {CROP(2, 0, 4, 4), {3, 1, 5, 6}, "a window of 4x4 at (2, 0) leaves the input of 5x6"},
  {CROP(0, -1, 4, 4), {3, 1, 5, 6}, "column offset is -1"},
  {{.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 2, 3, 5}}}, {1, 24, 1, 1}, "24x1x1 does not fit into 2x3x5"},
  {{.kind = ISN_LAYER_RESHAPE, .reshape = {{4, 2, 3, 4}}}, {1, 24, 1, 1}, "4 axes besides the batch"},
  {{.kind = ISN_LAYER_RELU}, {3, 0, 2, 2}, "the input has the shape 0x2x2"},
  {{.kind = ISN_LAYER_PICTURE}, {3, 1, 2, 2}, "scale is 0, must be above 0"},
  {LRN(5, -1.0, 0.75, 1.0, true), {3, 8, 2, 2}, "alpha -1"},
  {PRODUCT(5, true, false, 0), {3, 8, 2, 2}, "axis is 0, must be 1 to 3"},
  {PRODUCT(5, true, false, 2), {1, 8, 1, 1}, "axis is 2, must be 1 to 1"},
  {PRODUCT(5, true, false, 4), {3, 8, 2, 2}, "axis is 4, must be 1 to 3"},
  {PRODUCT(1000000, true, false, 3), {3, 8, 999, 2}, "has more than 2147483647 numbers"},
  {{.kind = ISN_LAYER_SOFTMAX}, {3, 8, 2, 2}, "Softmax layer 'odd one': axis is 0"},
  {{.kind = ISN_LAYER_SOFTMAX, .softmax = {3}}, {2, 8, 2, 1}, "axis is 3, must be 1 to 2"},
  {{.kind = ISN_LAYER_RELU, .relu = {NAN}}, {1, 8, 1, 1}, "negative_slope is"},
  {{.kind = ISN_LAYER_ELU, .elu = {INFINITY}}, {1, 8, 1, 1}, "alpha is inf"},
  {POWER(POWER, NAN, -1.0, 1.0, 0.0), {1, 8, 1, 1}, "power is"},
  {POWER(POWER, 1.0, -1.0, INFINITY, 0.0), {1, 8, 1, 1}, "scale is inf"},
  {POWER(EXP, 1.0, -1.0, 1.0, NAN), {1, 8, 1, 1}, "shift is"},
  {POWER(EXP, 1.0, 0.0, 1.0, 0.0), {1, 8, 1, 1}, "base is 0, must be above 0, or -1 for e"},
  {POWER(EXP, 1.0, -2.0, 1.0, 0.0), {1, 8, 1, 1}, "base is -2"},
  {POWER(LOG, 1.0, 1.0, 1.0, 0.0), {1, 8, 1, 1}, "base is 1, must be above 0 and not 1"},
  {{.kind = ISN_LAYER_BATCH_NORM, .batch_norm = {-1e-5}}, {1, 8, 1, 1}, "eps is -1e-05"},
  {SLICE(0, {0}, true), {1, 4, 1, 1}, "axis is 0"},
  {{.kind = ISN_N_LAYER_KINDS}, {3, 1, 2, 2}, "unknown layer kind"},
};
/* clang-format on */

/* Layers with several bottoms or tops. */
typedef struct {
  isn_layer_params_t params;
  int n_in, n_out;
  isn_shape_t in[3];
  const char *reason;
} joint_refusal_t;

#define ELTWISE(mode_)                                                                             \
  {                                                                                                \
    .kind = ISN_LAYER_ELTWISE, .eltwise = {.mode = (mode_) }                                       \
  }
#define CONCAT(axis)                                                                               \
  {                                                                                                \
    .kind = ISN_LAYER_CONCAT, .concat = { axis }                                                   \
  }

/* clang-format off */
static const joint_refusal_t joint_refusals[] = {
  {{.kind = ISN_LAYER_RELU}, 2, 1, {{1, 8, 1, 1}, {1, 8, 1, 1}}, "has 2 bottoms and 1 tops, wants one of each"},
  {{.kind = ISN_LAYER_RELU}, 1, 2, {{1, 8, 1, 1}}, "has 1 bottoms and 2 tops"},
  {ELTWISE(ISN_ELTWISE_SUM), 1, 1, {{1, 8, 1, 1}}, "has 1 bottoms and 1 tops, wants 2 to 16 bottoms and one top"},
  {ELTWISE(ISN_ELTWISE_SUM), 2, 2, {{1, 8, 1, 1}, {1, 8, 1, 1}}, "has 2 bottoms and 2 tops"},
  {ELTWISE((isn_eltwise_mode_t)9), 2, 1, {{1, 8, 1, 1}, {1, 8, 1, 1}}, "unknown operation 9"},
  {ELTWISE(ISN_ELTWISE_MAX), 3, 1, {{3, 8, 2, 3}, {3, 8, 2, 3}, {3, 8, 3, 2}}, "its bottom 3 is 8x3x2, the first one 8x2x3; they must agree along axis 2"},
  {ELTWISE(ISN_ELTWISE_MAX), 2, 1, {{3, 8, 2, 3}, {3, 0, 2, 3}}, "the input has the shape 0x2x3"},
  {CONCAT(1), 2, 1, {{3, 8, 2, 3}, {3, 5, 2, 4}}, "its bottom 2 is 5x2x4, the first one 8x2x3; they must agree along axis 3"},
  {CONCAT(2), 2, 1, {{3, 8, 2, 3}, {3, 5, 2, 3}}, "they must agree along axis 1"},
  {CONCAT(0), 2, 1, {{3, 8, 2, 3}, {3, 8, 2, 3}}, "axis is 0, must be 1 to 3"},
  {CONCAT(1), 2, 1, {{1, 2000000000, 1, 1}, {1, 2000000000, 1, 1}}, "would be 4000000000 long"},
  {CONCAT(1), 2, 2, {{1, 8, 1, 1}, {1, 8, 1, 1}}, "wants 1 to 16 bottoms and one top"},
  {SLICE(1, {5}, false), 1, 2, {{1, 4, 1, 1}}, "its top 1 would be [0, 5) of the 4 along axis 1"},
  {SLICE(1, {4}, false), 1, 2, {{1, 4, 1, 1}}, "its top 2 would be [4, 4)"},
  {SLICE(1, {2, 2}, false), 1, 3, {{1, 4, 1, 1}}, "its top 2 would be [2, 2)"},
  {SLICE(1, {-1}, false), 1, 2, {{1, 4, 1, 1}}, "its top 1 would be [0, -1)"},
  {SLICE(2, {0}, true), 1, 2, {{3, 4, 3, 2}}, "3 along axis 2 cannot be cut into 2 equal tops"},
  {SLICE(1, {0}, true), 2, 2, {{1, 4, 1, 1}, {1, 4, 1, 1}}, "wants one bottom and 1 to 16 tops"},
};
/* clang-format on */

int main(void)
{
  isn_shape_t out[3];
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    const refusal_t *r = &refusals[i];
    TEST_ERROR(isn_layer_shapes(&r->params, "odd one", 1, &r->in, 1, out), ISN_ERR_INPUT,
               r->reason);
    TEST_CHECK_MSG(strstr(isn_error_message(), "layer 'odd one'"), "%s", isn_error_message());
  }
  for (size_t i = 0; i < sizeof joint_refusals / sizeof joint_refusals[0]; i++) {
    const joint_refusal_t *r = &joint_refusals[i];
    TEST_ERROR(isn_layer_shapes(&r->params, "odd one", r->n_in, r->in, r->n_out, out),
               ISN_ERR_INPUT, r->reason);
    TEST_CHECK_MSG(strstr(isn_error_message(), "layer 'odd one'"), "%s", isn_error_message());
  }
  TEST_END();
}
