/** @file test_layer_shapes.c
 *  Shapes, weight shapes and counts of layers against numbers worked out by hand or known of
 *  published nets.  What is refused is in test_layer_refusals.c.
 */
#include "harness.h"
#include "invset/layer.h"

typedef struct {
  const char *name;
  isn_layer_params_t params;
  isn_shape_t in, out;
} shape_case_t;

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

#define PRODUCT(...)                                                                               \
  {                                                                                                \
    .kind = ISN_LAYER_INNER_PRODUCT, .inner_product = { __VA_ARGS__ }                              \
  }

/* clang-format off */
static const shape_case_t cases[] = {
  {"CaffeNet conv1", CONV(96, 1, 11, 11, 4, 4, 0, 0, 1, 1, true), {3, 3, 227, 227}, {3, 96, 55, 55}},
  {"CaffeNet conv2", CONV(256, 2, 5, 5, 1, 1, 2, 2, 1, 1, true), {3, 96, 27, 27}, {3, 256, 27, 27}},
  {"rounds down", CONV(2, 1, 3, 4, 2, 3, 0, 0, 1, 1, true), {3, 1, 8, 12}, {3, 2, 3, 3}},
  {"dilated", CONV(2, 1, 3, 3, 1, 2, 1, 2, 3, 2, true), {3, 1, 9, 11}, {3, 2, 5, 6}},
  {"generator deconv0", DECONV(3, 1, 4, 4, 2, 2, 1, 1, 1, 1, true), {3, 32, 128, 128}, {3, 3, 256, 256}},
  {"deconv rectangular", DECONV(4, 1, 5, 2, 3, 1, 2, 0, 2, 3, true), {3, 2, 4, 6}, {3, 4, 14, 9}},
  {"CaffeNet pool1", POOL(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false), {3, 96, 55, 55}, {3, 96, 27, 27}},
  {"rounds up", POOL(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false), {3, 4, 32, 28}, {3, 4, 16, 14}},
  {"padded, one window less", POOL(ISN_POOL_AVERAGE, 2, 2, 2, 2, 1, 1, false), {3, 4, 5, 6}, {3, 4, 3, 4}},
  /* rows: ceil((4 + 2 - 2) / 3) + 1 = 3 windows, the last at 6 - 1 = 5 >= 4 + 1 - 1 */
  {"last window in the padding", POOL(ISN_POOL_MAX, 2, 2, 3, 3, 1, 1, false), {3, 1, 4, 5}, {3, 1, 2, 2}},
  {"padded on one axis only", POOL(ISN_POOL_MAX, 3, 3, 2, 2, 1, 0, false), {3, 1, 8, 8}, {3, 1, 5, 4}},
  {"kernel over the image", POOL(ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false), {3, 1, 2, 3}, {3, 1, 1, 1}},
  {"global", POOL(.mode = ISN_POOL_AVERAGE, .global = true), {3, 7, 5, 6}, {3, 7, 1, 1}},
  {"LRN", {.kind = ISN_LAYER_LRN, .lrn = {5, 1.0, 0.75, 1.0, false}}, {3, 7, 5, 6}, {3, 7, 5, 6}},
  {"ReLU", {.kind = ISN_LAYER_RELU}, {1, 9, 1, 1}, {1, 9, 1, 1}},
  {"fc6", {.kind = ISN_LAYER_INNER_PRODUCT, .inner_product = {4096, true, false, 1}}, {3, 256, 6, 6}, {1, 4096, 1, 1}},
  {"softmax", {.kind = ISN_LAYER_SOFTMAX, .softmax = {1}}, {3, 4, 2, 3}, {3, 4, 2, 3}},
  {"crop", {.kind = ISN_LAYER_CROP, .crop = {14, 13, 227, 200}}, {3, 3, 256, 256}, {3, 3, 227, 200}},
  {"reshape", {.kind = ISN_LAYER_RESHAPE, .reshape = {{3, 256, 4, 4}}}, {1, 4096, 1, 1}, {3, 256, 4, 4}},
  {"inner product of channels", PRODUCT(4, true, false, 2), {3, 8, 2, 3}, {2, 8, 4, 1}},
  {"inner product of rows", PRODUCT(4, true, true, 3), {3, 8, 2, 3}, {3, 8, 2, 4}},
  {"PReLU", {.kind = ISN_LAYER_PRELU}, {1, 9, 1, 1}, {1, 9, 1, 1}},
  {"BatchNorm", {.kind = ISN_LAYER_BATCH_NORM}, {3, 4, 2, 3}, {3, 4, 2, 3}},
  {"Power", {.kind = ISN_LAYER_POWER, .power = {0.5, 0.0, 1.0, 0.0}}, {2, 4, 2, 1}, {2, 4, 2, 1}},
  {"picture", {.kind = ISN_LAYER_PICTURE, .picture = {.scale = 1.0F}}, {3, 3, 8, 9}, {3, 3, 8, 9}},
};
/* clang-format on */

static void check_shape(const char *name, isn_shape_t got, isn_shape_t wanted)
{
  TEST_CHECK_MSG(got.n_axes == wanted.n_axes && got.c == wanted.c && got.h == wanted.h &&
                     got.w == wanted.w,
                 "%s: %d axes %dx%dx%d", name, got.n_axes, got.c, got.h, got.w);
}

static void check_shapes(void)
{
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const shape_case_t *c = &cases[i];
    isn_shape_t out = {0};
    TEST_OK(isn_layer_shapes(&c->params, c->name, 1, &c->in, 1, &out));
    check_shape(c->name, out, c->out);
  }
}

static void check_joint_shapes(void)
{
  static const isn_shape_t in[3] = {{3, 2, 4, 5}, {3, 7, 4, 5}, {3, 1, 4, 5}};
  isn_layer_params_t concat = {.kind = ISN_LAYER_CONCAT, .concat = {1}};
  isn_layer_params_t columns = {.kind = ISN_LAYER_CONCAT, .concat = {3}};
  isn_layer_params_t slice = {.kind = ISN_LAYER_SLICE, .slice = {1, {1, 4}, false}};
  isn_layer_params_t equal = {.kind = ISN_LAYER_SLICE, .slice = {2, {0}, true}};
  isn_layer_params_t sum = {.kind = ISN_LAYER_ELTWISE};
  isn_shape_t out[3], same[3] = {in[0], in[0], in[0]};
  TEST_OK(isn_layer_shapes(&concat, "concat", 3, in, 1, out));
  check_shape("concat", out[0], (isn_shape_t){3, 10, 4, 5});
  TEST_OK(isn_layer_shapes(&columns, "columns", 3, same, 1, out));
  check_shape("columns", out[0], (isn_shape_t){3, 2, 4, 15});
  TEST_OK(isn_layer_shapes(&sum, "sum", 3, same, 1, out));
  check_shape("sum", out[0], same[0]);
  TEST_OK(isn_layer_shapes(&slice, "slice", 1, &in[1], 3, out));
  check_shape("slice", out[0], (isn_shape_t){3, 1, 4, 5});
  check_shape("slice", out[1], (isn_shape_t){3, 3, 4, 5});
  check_shape("slice", out[2], (isn_shape_t){3, 3, 4, 5});
  TEST_OK(isn_layer_shapes(&equal, "equal", 1, &in[1], 2, out));
  check_shape("equal", out[1], (isn_shape_t){3, 7, 2, 5});
}

/* Weights of a layer: the number of blobs, then the first one's dims (0 after the last). */
static void check_weights(const isn_layer_params_t *params, isn_shape_t in, int n_weights,
                          const int dims_wanted[4], int bias)
{
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(params, &in, &n, n_axes, dims);
  TEST_CHECK_MSG(n == n_weights, "%s: %d", isn_layer_kind_name(params->kind), n);
  for (int a = 0; n > 0 && a < n_axes[0]; a++)
    TEST_CHECK_MSG(dims[0][a] == dims_wanted[a], "%s: axis %d is %d",
                   isn_layer_kind_name(params->kind), a, dims[0][a]);
  TEST_CHECK(n == 0 || n_axes[0] == 4 || dims_wanted[n_axes[0]] == 0);
  if (n > 1)
    TEST_CHECK(n_axes[1] == 1 && dims[1][0] == bias);
}

static void check_all_weights(void)
{
  isn_layer_params_t conv = CONV(6, 2, 3, 5, 1, 1, 0, 0, 1, 1, true);
  isn_layer_params_t deconv = DECONV(6, 2, 3, 5, 1, 1, 0, 0, 1, 1, true);
  isn_layer_params_t bare = CONV(6, 2, 3, 5, 1, 1, 0, 0, 1, 1, false);
  isn_layer_params_t product = {.kind = ISN_LAYER_INNER_PRODUCT,
                                .inner_product = {7, true, false, 1}};
  isn_layer_params_t bias = {.kind = ISN_LAYER_BIAS}, picture = {.kind = ISN_LAYER_PICTURE};
  isn_layer_params_t relu = {.kind = ISN_LAYER_RELU};
  isn_shape_t in = {3, 4, 9, 8};
  check_weights(&conv, in, 2, (const int[]){6, 2, 3, 5}, 6);
  check_weights(&deconv, in, 2, (const int[]){4, 3, 3, 5}, 6);
  check_weights(&bare, in, 1, (const int[]){6, 2, 3, 5}, 0);
  check_weights(&product, in, 2, (const int[]){7, 288, 0, 0}, 7);
  check_weights(&bias, in, 1, (const int[]){4, 0, 0, 0}, 0);
  check_weights(&picture, in, 1, (const int[]){4, 0, 0, 0}, 0);
  picture.picture.per_pixel = true;
  check_weights(&picture, in, 1, (const int[]){4, 9, 8, 0}, 0);
  check_weights(&relu, in, 0, NULL, 0);
  product = (isn_layer_params_t)PRODUCT(7, true, true, 1);
  check_weights(&product, in, 2, (const int[]){288, 7, 0, 0}, 7);
  product = (isn_layer_params_t)PRODUCT(7, false, false, 2);
  check_weights(&product, in, 1, (const int[]){7, 72, 0, 0}, 0);
  product = (isn_layer_params_t)PRODUCT(7, false, true, 3);
  check_weights(&product, in, 1, (const int[]){8, 7, 0, 0}, 0);
  isn_layer_params_t prelu = {.kind = ISN_LAYER_PRELU}, shared = {ISN_LAYER_PRELU, {.prelu = {1}}};
  isn_layer_params_t norm = {.kind = ISN_LAYER_BATCH_NORM}, scale = {.kind = ISN_LAYER_SCALE};
  check_weights(&prelu, in, 1, (const int[]){4, 0, 0, 0}, 0);
  check_weights(&shared, in, 1, (const int[]){1, 0, 0, 0}, 0);
  check_weights(&norm, in, 3, (const int[]){4, 0, 0, 0}, 4);
  check_weights(&scale, in, 1, (const int[]){4, 0, 0, 0}, 0);
  scale.scale.has_bias = true;
  check_weights(&scale, in, 2, (const int[]){4, 0, 0, 0}, 4);
}

int main(void)
{
  check_shapes();
  check_joint_shapes();
  check_all_weights();

  /* 96 * 55 * 55 * 3 * 11 * 11; 4 * 6 * (4 * 3 * 3 * 5) with groups; fc6 */
  isn_layer_params_t deconv = DECONV(6, 2, 3, 5, 1, 1, 0, 0, 1, 1, true);
  TEST_CHECK(isn_layer_macs(&cases[0].params, &cases[0].in) == 105415200.0);
  TEST_CHECK(isn_layer_macs(&deconv, &(isn_shape_t){3, 4, 4, 6}) == 4320.0);
  TEST_CHECK(isn_layer_macs(&cases[15].params, &cases[15].in) == 4096.0 * 9216.0);
  TEST_CHECK(isn_layer_macs(&cases[14].params, &cases[14].in) == 0.0);

  isn_layer_params_t rows = PRODUCT(7, true, false, 3);
  TEST_CHECK(isn_layer_macs(&rows, &(isn_shape_t){3, 4, 5, 6}) == 4 * 5 * 6 * 7.0);

  TEST_CHECK(strcmp(isn_layer_kind_name(ISN_LAYER_LRN), "LRN") == 0);
  TEST_CHECK(strcmp(isn_layer_kind_name(ISN_N_LAYER_KINDS), "unknown") == 0);
  TEST_END();
}
