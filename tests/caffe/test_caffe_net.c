/** @file test_caffe_net.c
 *  Definitions as Caffe's users write them: both lists of layers, the three kinds of inputs,
 * phases, and layers that are not there at test time.
 */
#include "harness.h"
#include "invset/caffe.h"

/** A V1 training definition that carries its own input: data layers for both phases, Dropout in
 *  place, a Slice behind the label, accuracy and loss. */
static const char v1[] =
    "name: 'v1' input: 'data' input_dim: 10 input_dim: 3 input_dim: 9 input_dim: 7\n"
    "layers { name: 'mnist' type: DATA top: 'pixels' top: 'label' include: { phase: TRAIN } }\n"
    "layers { name: 'mnist' type: DATA top: 'pixels' top: 'label' include: { phase: TEST } }\n"
    "layers { name: 'slice' type: SLICE bottom: 'label' top: 'label_a' top: 'label_b' }\n"
    "layers { name: 'c' type: CONVOLUTION bottom: 'data' top: 'c' blobs_lr: 1 blobs_lr: 2\n"
    "  weight_decay: 1 convolution_param { num_output: 4 kernel_size: 3 group: 1\n"
    "  weight_filler { type: 'gaussian' std: 0.01 } bias_filler { type: 'constant' value: 0 } } }\n"
    "layers { name: 'noise' type: RELU bottom: 'c' top: 'c' include { phase: TRAIN } }\n"
    "layers { name: 'drop' type: DROPOUT bottom: 'c' top: 'c' dropout_param { dropout_ratio: .5 "
    "}}\n"
    "layers { name: 'r' type: RELU bottom: 'c' top: 'c' exclude { phase: TRAIN } }\n"
    "layers { name: 'ip' type: INNER_PRODUCT bottom: 'c' top: 'ip'\n"
    "  inner_product_param { num_output: 5 bias_term: false } }\n"
    "layers { name: 'acc' type: ACCURACY bottom: 'ip' bottom: 'label_a' top: 'acc'\n"
    "  include { phase: TEST } }\n"
    "layers { name: 'loss' type: SOFTMAX_LOSS bottom: 'ip' bottom: 'label_b' }\n";

static int check_v1(void)
{
  isn_net_spec_t *spec;
  TEST_REQUIRE(isn_caffe_parse_net(v1, "v1", &spec));
  TEST_CHECK(spec->n_layers == 3 && strcmp(spec->input, "data") == 0);
  TEST_CHECK(spec->input_shape.n_axes == 3 && spec->input_shape.c == 3 &&
             spec->input_shape.h == 9 && spec->input_shape.w == 7);
  TEST_CHECK(strcmp(spec->layers[1].name, "r") == 0);
  const isn_conv_params_t *conv = &spec->layers[0].params.conv;
  TEST_CHECK(conv->n_outputs == 4 && conv->kernel_h == 3 && conv->kernel_w == 3 &&
             conv->stride_h == 1 && conv->pad_w == 0 && conv->dilation_h == 1 && conv->has_bias);
  TEST_CHECK(spec->layers[2].n_weights == 1 && spec->layers[2].weights[0].dims[1] == 4 * 7 * 5);
  isn_net_spec_destroy(spec);
  return 0;
}

/** Split, Dropout with a name of its own, Flatten and Reshape; every spelling of pairs. */
static const char v2[] =
    "layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: [2, 6, 12, 16] } } }\n"
    "layer { name: 'x_split' type: 'Split' bottom: 'x' top: 'x_split_0' top: 'x_split_1' }\n"
    "layer { name: 'p' type: 'Pooling' bottom: 'x_split_0' top: 'p' phase: TEST\n"
    "  pooling_param { pool: AVE kernel_h: 2 kernel_w: 3 stride_h: 2 stride_w: 3 pad_h: 1 } }\n"
    "layer { name: 'c' type: 'Convolution' bottom: 'x_split_1' top: 'c' param { lr_mult: 1 }\n"
    "  convolution_param { num_output: 4 kernel_size: 3 kernel_size: 5 stride: 2 pad: 1 pad: 2\n"
    "  dilation: 2 dilation: 1 group: 2 engine: CUDNN axis: 1 } }\n"
    "layer { name: 'drop' type: 'Dropout' bottom: 'p' top: 'drop' }\n"
    "layer { name: 'r' type: 'ReLU' bottom: 'p' top: 'p' relu_param { negative_slope: 0.25 } }\n"
    "layer { name: 'n' type: 'LRN' bottom: 'drop' top: 'n' lrn_param { alpha: 1e-4 k: 2 } }\n"
    "layer { name: 'f' type: 'Flatten' bottom: 'n' top: 'f' }\n"
    "layer { name: 'back' type: 'Reshape' bottom: 'f' top: 'back'\n"
    "  reshape_param { shape { dim: 0 dim: -1 dim: 6 dim: 7 } } }\n"
    "layer { name: 'g' type: 'Pooling' bottom: 'back' top: 'g'\n"
    "  pooling_param { global_pooling: true } }\n"
    "layer { name: 'b' type: 'Bias' bottom: 'g' top: 'b' bias_param { filler { value: 1 } } }\n"
    "layer { name: 's' type: 'Softmax' bottom: 'b' top: 's' }\n";

static int check_v2(void)
{
  isn_net_spec_t *spec;
  isn_shape_t shape;
  TEST_REQUIRE(isn_caffe_parse_net(v2, "v2", &spec));
  TEST_CHECK_MSG(spec->n_layers == 12, "%d layers", spec->n_layers);
  const isn_pool_params_t *pool = &spec->layers[2].params.pool;
  TEST_CHECK(pool->mode == ISN_POOL_AVERAGE && pool->kernel_h == 2 && pool->kernel_w == 3 &&
             pool->stride_h == 2 && pool->stride_w == 3 && pool->pad_h == 1 && pool->pad_w == 0);
  const isn_conv_params_t *conv = &spec->layers[3].params.conv;
  TEST_CHECK(conv->kernel_h == 3 && conv->kernel_w == 5 && conv->stride_h == 2 &&
             conv->stride_w == 2 && conv->pad_h == 1 && conv->pad_w == 2 && conv->dilation_h == 2 &&
             conv->dilation_w == 1 && conv->group == 2);
  /* p: ceil((12 + 2 - 2)/2) + 1 = 7 rows, ceil((16 - 3)/3) + 1 = 6 columns. */
  TEST_REQUIRE(isn_net_spec_blob_shape(spec, "p", &shape));
  TEST_CHECK(shape.c == 6 && shape.h == 7 && shape.w == 6);
  TEST_REQUIRE(isn_net_spec_blob_shape(spec, "back", &shape));
  TEST_CHECK(shape.n_axes == 3 && shape.c == 6 && shape.h == 6 && shape.w == 7);
  TEST_REQUIRE(isn_net_spec_blob_shape(spec, "f", &shape));
  TEST_CHECK(shape.n_axes == 1 && shape.c == 6 * 7 * 6);
  /* "drop" is what p was before the ReLU that works on p in place afterwards. */
  TEST_CHECK(strcmp(spec->layers[4].name, "drop") == 0 &&
             spec->layers[4].params.kind == ISN_LAYER_RESHAPE);
  TEST_CHECK(spec->layers[5].params.relu.negative_slope == 0.25f);
  const isn_lrn_params_t *lrn = &spec->layers[6].params.lrn;
  TEST_CHECK(lrn->size == 5 && lrn->alpha == 1e-4 && lrn->beta == 0.75 && lrn->k == 2.0);
  isn_net_spec_destroy(spec);
  return 0;
}

/** Crop takes only the size of its second bottom. */
static int check_crop(void)
{
  static const char text[] = "input: 'x' input_shape { dim: 1 dim: 2 dim: 9 dim: 8 }\n"
                             "layer { name: 'p' type: 'Pooling' bottom: 'x' top: 'p'\n"
                             "  pooling_param { kernel_size: 2 stride: 2 } }\n"
                             "layer { name: 'cut' type: 'Crop' bottom: 'x' bottom: 'p' top: 'cut'\n"
                             "  crop_param { axis: 2 offset: 3 offset: 4 } }\n";
  isn_net_spec_t *spec;
  TEST_REQUIRE(isn_caffe_parse_net(text, "crop", &spec));
  const isn_crop_params_t *crop = &spec->layers[1].params.crop;
  TEST_CHECK(spec->layers[1].n_bottoms == 1);
  TEST_CHECK(crop->offset_h == 3 && crop->offset_w == 4 && crop->h == 5 && crop->w == 4);
  isn_net_spec_destroy(spec);
  return 0;
}

/** The published generators' Reshape names a batch of one; a code has one axis. */
static int check_generator(void)
{
  static const char text[] =
      "input: 'feat' input_shape { dim: 64 dim: 32 }\n"
      "layer { name: 'r' type: 'Reshape' bottom: 'feat' top: 'r'\n"
      "  reshape_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }\n"
      "layer { name: 'd' type: 'Deconvolution' bottom: 'r' top: 'd'\n"
      "  convolution_param { num_output: 3 pad: 1 kernel_size: 4 stride: 2 } }\n";
  isn_net_spec_t *spec;
  isn_shape_t shape;
  TEST_REQUIRE(isn_caffe_parse_net(text, "generator", &spec));
  TEST_CHECK(spec->input_shape.n_axes == 1 && spec->input_shape.c == 32);
  TEST_CHECK(spec->layers[1].weights[0].dims[0] == 2 && spec->layers[1].weights[0].dims[1] == 3);
  TEST_REQUIRE(isn_net_spec_blob_shape(spec, "d", &shape));
  TEST_CHECK(shape.c == 3 && shape.h == 8 && shape.w == 8);
  isn_net_spec_destroy(spec);
  return 0;
}

int main(void)
{
  if (check_v1() || check_v2() || check_crop() || check_generator())
    return 1;
  TEST_END();
}
