/** @file test_caffe_net_bad.c
 *  Definitions that must be refused, each with the line and the words that help.
 */
#include <stdio.h>

#include "harness.h"
#include "invset/caffe.h"

#define INPUT "input: 'x' input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }\n"
/** One layer on line 2 with parameters of its own. */
#define LAYER(type, param)                                                                         \
  INPUT "layer { name: 'l' type: '" type "' bottom: 'x' top: 'y'\n" param " }\n"
#define CONV(fields) LAYER("Convolution", "convolution_param { " fields " }")
#define POOL(fields) LAYER("Pooling", "pooling_param { " fields " }")
#define RESHAPE(dims) LAYER("Reshape", "reshape_param { shape { " dims " } }")
#define RELU "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' }\n"

static const struct {
  const char *text, *message;
} bad[] = {
    /* the whole */
    {"", "f: the definition has no layers"},
    {"layr { }\n", "f:1: field 'layr' of 'the net' is unknown"},
    {INPUT, "f: the definition has no layers"},
    {RELU, "f: the net has no input"},
    {INPUT "layer: 3\n", "f:2: 'layer' is '3'; wanted a message"},
    {INPUT RELU "layers { name: 'a' type: RELU bottom: 'x' top: 'z' }\n",
     "f:3: the definition has both"},
    {INPUT "layers { layer { name: 'a' type: 'relu' } bottom: 'x' top: 'y' }\n",
     "f:2: this definition is of the oldest kind"},
    {INPUT "state { stage: 'deploy' }\n" RELU, "f:2: field 'stage' of 'state'"},
    {INPUT "layer { name: 'l' type: 'Silence' bottom: 'x' }\n", "f: no layer is left"},
    /* inputs */
    {"input: 'x' input: 'z' input_dim: 1\n" RELU, "f:1: the net has a second input"},
    {INPUT "layer { name: 'i' type: 'Input' top: 'z' }\n" RELU, "f:2: the net has a second input"},
    {"layer { name: 'i' type: 'Input' top: 'x' top: 'z' }\n", "f:1: the net has a second input"},
    {"layer { name: 'i' type: 'Input' top: 'x' }\n" RELU,
     "f:1: the Input layer of 'x' lacks input_param"},
    {"input: 'x' input_dim: 1 input_dim: 3 input_dim: 0 input_dim: 8\n" RELU,
     "f:1: 'input_dim' is 0"},
    {"input: 'x' input_shape { dim: 1 }\n" RELU, "f:1: input 'x' has 1 axes"},
    {"input: 'x'\n" RELU, "f:1: input 'x' has 0 axes"},
    {"input: 'x' input_shape { dim: 1 dim: 9 } input_dim: 4\n" RELU, "f:1: input 'x' has both"},
    {"input: 'x' input_shape { dim: 1 dim: 65536 dim: 65536 dim: 8 }\n" RELU,
     "f:2: ReLU layer 'r': the input"},
    /* layers */
    {INPUT "layer { type: 'ReLU' bottom: 'x' top: 'y' }\n", "f:2: the layer lacks 'name'"},
    {INPUT "layer { name: 'l' bottom: 'x' top: 'y' }\n", "f:2: layer 'l' lacks 'type'"},
    {INPUT "layer { name: 'l' type: RELU bottom: 'x' top: 'y' }\n",
     "f:2: the type of layer 'l' has to be a text"},
    {INPUT "layers { name: 'l' type: 'ReLU' bottom: 'x' top: 'y' }\n",
     "f:2: the type of layer 'l' has to be a word"},
    {LAYER("Permute", ""),
     "f:2: layer 'l' is of type Permute, which is not supported: if it and what follows are not "
     "wanted, cut the net above it"},
    {LAYER("Tile", ""), "f:2: layer 'l' is of type Tile, which is not supported: write it with"},
    {INPUT "layers { name: 'l' type: MVN bottom: 'x' top: 'y' }\n",
     "f:2: layer 'l' is of type MVN, which is not supported: its result depends on"},
    {INPUT "layer { name: 'l' type: 'ReLU' bottom: 'z' top: 'y' }\n",
     "f:2: layer 'l': its bottom 'z' is neither the input 'x'"},
    {INPUT "layer { name: 'l' type: 'ReLU' top: 'y' }\n", "f:2: layer 'l' (ReLU) has 0 bottoms"},
    {INPUT "layer { name: 'l' type: 'ReLU' bottom: 'x' }\n", "0 tops"},
    {INPUT "layer { name: 'l' type: 'ReLU' bottom: 'x' bottom: 'x' top: 'y' }\n",
     "f:2: ReLU layer 'l'"},
    {INPUT RELU RELU, "f:3: an earlier layer has the name 'r' too"},
    {INPUT RELU "layer { name: 's' type: 'ReLU' bottom: 'x' top: 'y' }\n",
     "layer 's': its top 'y' is made by layer r already"},
    {LAYER("ReLU", "rleu_param { negative_slope: 0.3 }"), "f:3: field 'rleu_param' of 'layer'"},
    {LAYER("ReLU", "relu_param { slope: 0.3 }"), "f:3: field 'slope' of 'relu_param'"},
    {LAYER("ReLU", "relu_param { negative_slope: 'x' }"),
     "f:3: 'negative_slope' is \"x\"; wanted a number"},
    {LAYER("ReLU", "relu_param { }\nrelu_param { }"), "f:4: 'relu_param' is given a second time"},
    {LAYER("ReLU", "include { phase: TEST } exclude { phase: TRAIN }"),
     "f:3: the layer has include and exclude rules"},
    {LAYER("ReLU", "include { phase: NEVER }"), "f:3: 'phase' is NEVER; wanted one of TRAIN, TEST"},
    {LAYER("Dropout", "bottom: 'x'"), "f:2: layer 'l' (Dropout) has 2 bottoms"},
    /* parameters */
    {LAYER("Convolution", ""), "f:2: layer 'l': convolution_param lacks 'num_output'"},
    {CONV("num_output: 0 kernel_size: 3"), "f:3: 'num_output' is 0"},
    {CONV("num_output: 4"), "f:3: layer 'l' lacks 'kernel_size'"},
    {CONV("num_output: 4 kernel_size: 3 kernel_h: 3 kernel_w: 3"),
     "f:3: layer 'l': give either 'kernel_size' or"},
    {CONV("num_output: 4 kernel_h: 3"), "'kernel_h' and 'kernel_w' have to be given together"},
    {CONV("num_output: 4 kernel_size: 3 kernel_size: 3 kernel_size: 3"),
     "'kernel_size' is given 3 times"},
    {CONV("num_output: 4 kernel_size: 3 axis: 2"),
     "f:3: layer 'l': 'axis' is 2; only 1 is supported"},
    {CONV("num_output: 4 kernel_size: 3 group: 3"), "f:2: Convolution layer 'l'"},
    {CONV("num_output: 4 kernel_size: 9"), "f:2: Convolution layer 'l': the kernel spans 9"},
    {CONV("num_output: 4 kernel_size: 3 pad: -1"), "f:3: 'pad' is -1"},
    {CONV("num_output: 4 kernel_size: 3 num_group: 2"),
     "f:3: field 'num_group' of 'convolution_param'"},
    {POOL("kernel_size: 2 pool: STOCHASTIC"), "f:3: layer 'l': pool: STOCHASTIC is not supported"},
    {POOL("kernel_size: 2 round_mode: FLOOR"),
     "f:3: layer 'l': round_mode: FLOOR is not supported"},
    {POOL("global_pooling: true kernel_size: 2"),
     "f:3: layer 'l': global_pooling takes the whole image"},
    {POOL("global_pooling: true pad: 1"), "'pad' is 1; only 0 is supported"},
    {POOL("kernel_size: 2 kernel_size: 2"), "'kernel_size' is given 2 times; wanted at most 1"},
    {POOL("kernel_size: 2 pad: 2"), "f:2: Pooling layer 'l': padding 2x2"},
    {LAYER("LRN", "lrn_param { local_size: 4 }"), "f:2: LRN layer 'l': local_size is 4"},
    {LAYER("InnerProduct", "inner_product_param { num_output: 2 axis: 4 }"),
     "f:3: layer 'l': 'axis' is 4, but its bottom has the axes 0 (batch) to 3"},
    {LAYER("InnerProduct", "inner_product_param { num_output: 2 axis: -5 }"),
     "f:3: layer 'l': 'axis' is -5, but its bottom"},
    {LAYER("Softmax", "softmax_param { axis: 0 }"), "f:3: layer 'l': 'axis' is 0, the batch"},
    {LAYER("Softmax", "softmax_param { axis: -4 }"), "f:3: layer 'l': 'axis' is -4, the batch"},
    {LAYER("PReLU", "prelu_param { channel_shared: 2 }"), "f:3: 'channel_shared' is 2"},
    {LAYER("ELU", "elu_param { alpha: x }"), "f:3: 'alpha' is x; wanted a finite number"},
    {LAYER("BatchNorm", "batch_norm_param { use_global_stats: false }"),
     "f:3: layer 'l': use_global_stats: false is for training"},
    {LAYER("Scale", "scale_param { axis: 2 }"), "f:3: layer 'l': 'axis' is 2; only 1"},
    {LAYER("Scale", "scale_param { num_axes: -1 }"), "f:3: layer 'l': 'num_axes' is -1"},
    {LAYER("Scale", "bottom: 'x'"), "f:2: layer 'l' has 2 bottoms; only one is supported"},
    {LAYER("Eltwise", "bottom: 'x' eltwise_param { coeff: 1 }"),
     "f:3: layer 'l' has 1 coefficients; wanted one for each of the 2"},
    {LAYER("Eltwise", "bottom: 'x' eltwise_param { operation: MAX coeff: 1 coeff: 1 }"),
     "f:3: layer 'l' has 2 coefficients"},
    {LAYER("Eltwise", "bottom: 'x' eltwise_param { operation: MIN }"), "f:3: 'operation' is MIN"},
    {LAYER("Concat", "bottom: 'x' concat_param { axis: 1 concat_dim: 1 }"),
     "f:3: layer 'l': give either 'axis' or 'concat_dim'"},
    {LAYER("Concat", "bottom: 'x' concat_param { concat_dim: 0 }"),
     "f:3: layer 'l': 'concat_dim' is 0, the batch"},
    {LAYER("Slice", "top: 'z' slice_param { slice_point: 1 slice_point: 2 }"),
     "f:3: layer 'l' has 2 slice points for 2 tops; wanted 1 or none"},
    {LAYER("Slice", "top: 'z' slice_param { slice_point: 4 }"), "f:2: Slice layer 'l'"},
    {LAYER("Slice", "top: 'z' top: 'w'"), "f:2: Slice layer 'l'"},
    {LAYER("Bias", "bias_param { num_axes: 2 }"), "'num_axes' is 2; only 1"},
    {LAYER("Flatten", "flatten_param { axis: 2 end_axis: 1 }"),
     "f:3: layer 'l' flattens axes 2 to 1"},
    {LAYER("Flatten", "flatten_param { axis: 0 }"), "f:3: layer 'l': 'axis' is 0, the batch"},
    {LAYER("Reshape", ""), "f:2: layer 'l': the new shape has 0 axes"},
    {RESHAPE("dim: 0 dim: 5 dim: 5"), "f:2: Reshape layer 'l'"},
    {RESHAPE("dim: 0 dim: 5 dim: -1"),
     "f:3: layer 'l': the bottom's 256 numbers cannot be divided"},
    {RESHAPE("dim: 0 dim: -1 dim: -1"), "f:3: layer 'l': 2 dims are -1"},
    {RESHAPE("dim: 7 dim: -1"), "f:3: layer 'l': the first dim is 7"},
    {RESHAPE("dim: 0 dim: 0 dim: 0 dim: 0 dim: 1"), "f:3: layer 'l': the new shape has 5 axes"},
    {LAYER("Reshape", "reshape_param { axis: 2 num_axes: 3 shape { dim: 256 } }"),
     "f:3: layer 'l' reshapes 3 axes from axis 2"},
    {LAYER("Reshape", "reshape_param { num_axes: 0 shape { dim: 1 } }"),
     "f:3: layer 'l' reshapes 0 axes from axis 0"},
    {LAYER("Reshape", "reshape_param { axis: 6 shape { dim: 256 } }"), "f:3: 'axis' is 6"},
    {LAYER("Crop", ""), "f:2: layer 'l' (Crop) wants two bottoms"},
    {LAYER("Crop", "bottom: 'x' crop_param { axis: 1 offset: 1 }"),
     "f:2: layer 'l' cuts 4 channels at 1 out of 4"},
    {LAYER("Crop", "bottom: 'x' crop_param { offset: 1 offset: 1 offset: 1 }"),
     "f:3: layer 'l': 3 offsets; wanted one, or one for each of 2"},
    {LAYER("Crop", "bottom: 'x' crop_param { offset: 1 }"), "f:2: Crop layer 'l'"},
};

int main(void)
{
  isn_net_spec_t *spec;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    TEST_ERROR(isn_caffe_parse_net(bad[i].text, "f", &spec), ISN_ERR_INPUT, bad[i].message);
  TEST_END();
}
