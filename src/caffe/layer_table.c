/** @file layer_table.c
 *  The table of Caffe's layer types.
 */
#include "layer_table.h"

#include <string.h>

static const isn_caffe_type_t types[] = {
    {"Input", NULL, ISN_CAFFE_INPUT, 0, NULL},

    {"Convolution", "CONVOLUTION", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_convolution},
    {"Deconvolution", "DECONVOLUTION", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_deconvolution},
    {"Pooling", "POOLING", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_pooling},
    {"LRN", "LRN", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_lrn},
    {"ReLU", "RELU", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_relu},
    {"InnerProduct", "INNER_PRODUCT", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_inner_product},
    {"Softmax", "SOFTMAX", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_softmax},
    {"PReLU", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_prelu},
    {"ELU", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_elu},
    {"Sigmoid", "SIGMOID", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_sigmoid},
    {"TanH", "TANH", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_tanh},
    {"AbsVal", "ABSVAL", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_absval},
    {"Power", "POWER", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_power},
    {"Exp", "EXP", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_exp},
    {"Log", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_log},
    {"BatchNorm", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_batch_norm},
    {"Scale", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_scale},
    {"Bias", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_bias},
    {"Eltwise", "ELTWISE", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_eltwise},
    {"Concat", "CONCAT", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_concat},
    {"Slice", "SLICE", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_slice},
    {"Crop", NULL, ISN_CAFFE_COMPUTE, 1, isn_caffe_read_crop},
    {"Reshape", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_reshape},
    {"Flatten", "FLATTEN", ISN_CAFFE_COMPUTE, 0, isn_caffe_read_flatten},

    {"Dropout", "DROPOUT", ISN_CAFFE_IDENTITY, 0, NULL},
    {"Split", "SPLIT", ISN_CAFFE_IDENTITY, 0, NULL},

    {"Data", "DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"DummyData", "DUMMY_DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"HDF5Data", "HDF5_DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"ImageData", "IMAGE_DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"MemoryData", "MEMORY_DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"WindowData", "WINDOW_DATA", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"HDF5Output", "HDF5_OUTPUT", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"Accuracy", "ACCURACY", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"Silence", "SILENCE", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"ContrastiveLoss", "CONTRASTIVE_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"EuclideanLoss", "EUCLIDEAN_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"HingeLoss", "HINGE_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"InfogainLoss", "INFOGAIN_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"MultinomialLogisticLoss", "MULTINOMIAL_LOGISTIC_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"SigmoidCrossEntropyLoss", "SIGMOID_CROSS_ENTROPY_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
    {"SoftmaxWithLoss", "SOFTMAX_LOSS", ISN_CAFFE_LEFT_OUT, 0, NULL},
};

/** Forks of Caffe have data, loss and accuracy layers of their own, which are named as such. */
static const isn_caffe_type_t of_training = {"(of training)", NULL, ISN_CAFFE_LEFT_OUT, 0, NULL};

static bool ends_with(const char *name, const char *suffix)
{
  size_t n = strlen(name), m = strlen(suffix);
  return n > m && strcmp(name + n - m, suffix) == 0;
}

const isn_caffe_type_t *isn_caffe_find_type(const char *name, bool v1)
{
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const char *type = v1 ? types[i].v1_type : types[i].type;
    if (type && strcmp(type, name) == 0)
      return &types[i];
  }
  if (!v1 && (ends_with(name, "Data") || ends_with(name, "Loss") || ends_with(name, "Accuracy")))
    return &of_training;
  return NULL;
}

/* Types that files of Caffe and its forks have, and what a user can do.  Their names are those of
 * both lists of layers. */
static const struct {
  const char *type, *advice;
} advices[] = {
    {"DepthwiseConvolution", "write it as a Convolution with group = channels"},
    {"ConvolutionDepthwise", "write it as a Convolution with group = channels"},
    {"BN", "write it as BatchNorm and Scale, with its numbers converted"},
    {"ReLU6", "cut the net above it, or train it with ReLU"},
    {"Upsample", "write it as a Deconvolution with fixed weights"},
    {"Interp", "write it as a Deconvolution with fixed weights"},
    {"MVN", "its result depends on the whole sample; cut the net above it"},
    {"Python", "it is a program; cut the net above it"},
    {"ArgMax", "it has no gradient; cut the net above it"},
    {"ARGMAX", "it has no gradient; cut the net above it"},
    {"Threshold", "it has no gradient; cut the net above it"},
    {"THRESHOLD", "it has no gradient; cut the net above it"},
    {"Embed", "its input is an index, not an image; cut the net above it"},
    {"LSTM", "recurrent nets are not images' nets; cut the net above it"},
    {"RNN", "recurrent nets are not images' nets; cut the net above it"},
    {"Normalize", "if it is the last layer, cut the net above it"},
    {"Permute", "if it and what follows are not wanted, cut the net above it"},
    {"PriorBox", "it makes a detector's boxes; cut the net above it"},
    {"DetectionOutput", "it makes a detector's boxes; cut the net above it"},
};

const char *isn_caffe_type_advice(const char *name)
{
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
    if (strcmp(advices[i].type, name) == 0)
      return advices[i].advice;
  return "write it with layers that are, or cut the net above it: delete it and the layers that "
         "need it from the definition";
}
