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
    {"Bias", NULL, ISN_CAFFE_COMPUTE, 0, isn_caffe_read_bias},
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

const isn_caffe_type_t *isn_caffe_find_type(const char *name, bool v1)
{
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const char *type = v1 ? types[i].v1_type : types[i].type;
    if (type && strcmp(type, name) == 0)
      return &types[i];
  }
  return NULL;
}
