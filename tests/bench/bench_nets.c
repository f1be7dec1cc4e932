/** @file bench_nets.c
 *  The bundled fashion trio, full-size CaffeNet, and the image generator for its fc6 codes.
 */
#include "bench/bench_nets.h"

#define SQUARE(kind_, n_out, group, k, stride, pad)                                                \
  {                                                                                                \
    .kind = (kind_), .conv = { n_out, group, k, k, stride, stride, pad, pad, 1, 1, true }          \
  }
#define CONV(...) SQUARE(ISN_LAYER_CONVOLUTION, __VA_ARGS__)
#define DECONV(...) SQUARE(ISN_LAYER_DECONVOLUTION, __VA_ARGS__)
#define FULL(n_out)                                                                                \
  {                                                                                                \
    .kind = ISN_LAYER_INNER_PRODUCT, .inner_product = { n_out, true, false, 1 }                    \
  }
#define POOL                                                                                       \
  {                                                                                                \
    .kind = ISN_LAYER_POOLING, .pool = { ISN_POOL_MAX, 3, 3, 2, 2, 0, 0, false }                   \
  }
#define LRN                                                                                        \
  {                                                                                                \
    .kind = ISN_LAYER_LRN, .lrn = { 5, 0.0001, 0.75, 1.0, false }                                  \
  }
#define RELU(slope)                                                                                \
  {                                                                                                \
    .kind = ISN_LAYER_RELU, .relu = { slope }                                                      \
  }
#define CROP(offset, size)                                                                         \
  {                                                                                                \
    .kind = ISN_LAYER_CROP, .crop = { offset, offset, size, size }                                 \
  }

/* clang-format off */
static const bench_layer_t fashion_generator[] = {
  {"defc7", {1, 64, 1, 1}, FULL(256)},           {"relu_defc7", {1, 256, 1, 1}, RELU(0.3F)},
  {"defc5", {1, 256, 1, 1}, FULL(2048)},         {"relu_defc5", {1, 2048, 1, 1}, RELU(0.3F)},
  {"deconv5", {3, 128, 4, 4}, DECONV(128, 1, 4, 2, 1)}, {"relu_deconv5", {3, 128, 8, 8}, RELU(0.3F)},
  {"conv5_1", {3, 128, 8, 8}, DECONV(128, 1, 3, 1, 1)}, {"relu_conv5_1", {3, 128, 8, 8}, RELU(0.3F)},
  {"deconv4", {3, 128, 8, 8}, DECONV(64, 1, 4, 2, 1)},  {"relu_deconv4", {3, 64, 16, 16}, RELU(0.3F)},
  {"conv4_1", {3, 64, 16, 16}, DECONV(64, 1, 3, 1, 1)}, {"relu_conv4_1", {3, 64, 16, 16}, RELU(0.3F)},
  {"deconv3", {3, 64, 16, 16}, DECONV(32, 1, 4, 2, 1)}, {"relu_deconv3", {3, 32, 32, 32}, RELU(0.3F)},
  {"conv3_1", {3, 32, 32, 32}, DECONV(1, 1, 3, 1, 1)},  {"crop", {3, 1, 32, 32}, CROP(2, 28)},
  {"picture", {3, 1, 28, 28}, {.kind = ISN_LAYER_PICTURE, .picture = {.scale = 1.0f}}},
};
static const bench_layer_t fashion_classifier[] = {
  {"conv1", {3, 1, 28, 28}, CONV(32, 1, 5, 1, 2)}, {"relu1", {3, 32, 28, 28}, RELU(0.0F)},
  {"pool1", {3, 32, 28, 28}, POOL},                {"norm1", {3, 32, 14, 14}, LRN},
  {"conv2", {3, 32, 14, 14}, CONV(64, 2, 5, 1, 2)}, {"relu2", {3, 64, 14, 14}, RELU(0.0F)},
  {"pool2", {3, 64, 14, 14}, POOL},                {"norm2", {3, 64, 7, 7}, LRN},
  {"conv3", {3, 64, 7, 7}, CONV(96, 1, 3, 1, 1)},  {"relu3", {3, 96, 7, 7}, RELU(0.0F)},
  {"conv4", {3, 96, 7, 7}, CONV(96, 2, 3, 1, 1)},  {"relu4", {3, 96, 7, 7}, RELU(0.0F)},
  {"conv5", {3, 96, 7, 7}, CONV(64, 2, 3, 1, 1)},  {"relu5", {3, 64, 7, 7}, RELU(0.0F)},
  {"pool5", {3, 64, 7, 7}, POOL},
  {"fc6", {3, 64, 3, 3}, FULL(256)},               {"relu6", {1, 256, 1, 1}, RELU(0.0F)},
  {"fc7", {1, 256, 1, 1}, FULL(256)},              {"relu7", {1, 256, 1, 1}, RELU(0.0F)},
  {"fc8", {1, 256, 1, 1}, FULL(10)},
};
static const bench_layer_t fashion_encoder[] = {
  {"conv1", {3, 1, 28, 28}, CONV(32, 1, 4, 2, 1)},  {"relu1", {3, 32, 14, 14}, RELU(0.3F)},
  {"conv2", {3, 32, 14, 14}, CONV(64, 1, 4, 2, 1)}, {"relu2", {3, 64, 7, 7}, RELU(0.3F)},
  {"conv3", {3, 64, 7, 7}, CONV(128, 1, 4, 2, 1)},  {"relu3", {3, 128, 3, 3}, RELU(0.3F)},
  {"code", {3, 128, 3, 3}, FULL(64)},
};
static const bench_layer_t caffenet[] = {
  {"crop", {3, 3, 256, 256}, CROP(14, 227)},
  {"picture", {3, 3, 227, 227}, {.kind = ISN_LAYER_PICTURE, .picture = {.scale = 1.0f}}},
  {"conv1", {3, 3, 227, 227}, CONV(96, 1, 11, 4, 0)}, {"relu1", {3, 96, 55, 55}, RELU(0.0F)},
  {"pool1", {3, 96, 55, 55}, POOL},                   {"norm1", {3, 96, 27, 27}, LRN},
  {"conv2", {3, 96, 27, 27}, CONV(256, 2, 5, 1, 2)},  {"relu2", {3, 256, 27, 27}, RELU(0.0F)},
  {"pool2", {3, 256, 27, 27}, POOL},                  {"norm2", {3, 256, 13, 13}, LRN},
  {"conv3", {3, 256, 13, 13}, CONV(384, 1, 3, 1, 1)}, {"relu3", {3, 384, 13, 13}, RELU(0.0F)},
  {"conv4", {3, 384, 13, 13}, CONV(384, 2, 3, 1, 1)}, {"relu4", {3, 384, 13, 13}, RELU(0.0F)},
  {"conv5", {3, 384, 13, 13}, CONV(256, 2, 3, 1, 1)}, {"relu5", {3, 256, 13, 13}, RELU(0.0F)},
  {"pool5", {3, 256, 13, 13}, POOL},
  {"fc6", {3, 256, 6, 6}, FULL(4096)},                {"relu6", {1, 4096, 1, 1}, RELU(0.0F)},
  {"fc7", {1, 4096, 1, 1}, FULL(4096)},               {"relu7", {1, 4096, 1, 1}, RELU(0.0F)},
  {"fc8", {1, 4096, 1, 1}, FULL(1000)},
};
static const bench_layer_t generator[] = {
  {"defc7", {1, 4096, 1, 1}, FULL(4096)},             {"relu_defc7", {1, 4096, 1, 1}, RELU(0.3F)},
  {"defc6", {1, 4096, 1, 1}, FULL(4096)},             {"relu_defc6", {1, 4096, 1, 1}, RELU(0.3F)},
  {"defc5", {1, 4096, 1, 1}, FULL(4096)},             {"relu_defc5", {1, 4096, 1, 1}, RELU(0.3F)},
  {"deconv5", {3, 256, 4, 4}, DECONV(256, 1, 4, 2, 1)},   {"relu_deconv5", {3, 256, 8, 8}, RELU(0.3F)},
  {"conv5_1", {3, 256, 8, 8}, DECONV(512, 1, 3, 1, 1)},   {"relu_conv5_1", {3, 512, 8, 8}, RELU(0.3F)},
  {"deconv4", {3, 512, 8, 8}, DECONV(256, 1, 4, 2, 1)},   {"relu_deconv4", {3, 256, 16, 16}, RELU(0.3F)},
  {"conv4_1", {3, 256, 16, 16}, DECONV(256, 1, 3, 1, 1)}, {"relu_conv4_1", {3, 256, 16, 16}, RELU(0.3F)},
  {"deconv3", {3, 256, 16, 16}, DECONV(128, 1, 4, 2, 1)}, {"relu_deconv3", {3, 128, 32, 32}, RELU(0.3F)},
  {"conv3_1", {3, 128, 32, 32}, DECONV(128, 1, 3, 1, 1)}, {"relu_conv3_1", {3, 128, 32, 32}, RELU(0.3F)},
  {"deconv2", {3, 128, 32, 32}, DECONV(64, 1, 4, 2, 1)},  {"relu_deconv2", {3, 64, 64, 64}, RELU(0.3F)},
  {"deconv1", {3, 64, 64, 64}, DECONV(32, 1, 4, 2, 1)},   {"relu_deconv1", {3, 32, 128, 128}, RELU(0.3F)},
  {"deconv0", {3, 32, 128, 128}, DECONV(3, 1, 4, 2, 1)},
};
/* clang-format on */

#define NET(name, batch, layers)                                                                   \
  {                                                                                                \
    name, batch, sizeof(layers) / sizeof(layers)[0], layers                                        \
  }
const bench_net_t bench_nets[] = {
    NET("fashion generator", 10, fashion_generator),
    NET("fashion classifier", 10, fashion_classifier),
    NET("fashion encoder", 10, fashion_encoder),
    NET("CaffeNet", 1, caffenet),
    NET("CaffeNet", 10, caffenet),
    NET("image generator", 1, generator),
    NET("image generator", 10, generator),
};
const int n_bench_nets = sizeof bench_nets / sizeof bench_nets[0];
