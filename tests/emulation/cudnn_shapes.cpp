/** @file cudnn_shapes.cpp
 *  See cudnn_shapes.h; and cuDNN's functions for them.
 */
#include "emulation/cudnn_shapes.h"

#include "emulation/settings.h"
#include "emulation/stop.h"

using namespace emulation;

static std::size_t product(int a, int b, int c, int d)
{
  return (std::size_t)a * (std::size_t)b * (std::size_t)c * (std::size_t)d;
}

bool cudnnTensorStruct::channels_last() const
{
  return step_c == 1;
}

std::size_t cudnnTensorStruct::count() const
{
  return product(n, c, h, w);
}

std::size_t cudnnTensorStruct::extent() const
{
  return place(n - 1, c - 1, h - 1, w - 1) + 1;
}

std::size_t cudnnTensorStruct::place(int in, int ic, int iy, int ix) const
{
  return (std::size_t)(in * step_n + ic * step_c + iy * step_h + ix * step_w);
}

std::size_t cudnnFilterStruct::count() const
{
  return product(k, c, h, w);
}

std::size_t cudnnFilterStruct::place(int ik, int ic, int iy, int ix) const
{
  std::size_t K = (std::size_t)ik, C = (std::size_t)ic, Y = (std::size_t)iy, X = (std::size_t)ix;
  std::size_t n_c = (std::size_t)c, n_y = (std::size_t)h, n_x = (std::size_t)w;
  return channels_last ? ((K * n_y + Y) * n_x + X) * n_c + C : ((K * n_c + C) * n_y + Y) * n_x + X;
}

/* Of a map, along one axis. */
static int map_size(int image, int kernel, int pad, int stride, int dilation)
{
  return (image + 2 * pad - (dilation * (kernel - 1) + 1)) / stride + 1;
}

static bool fits(const convolution_t &c)
{
  const cudnnConvolutionStruct &v = c.how;
  return c.image.n == c.map.n && c.map.c == c.filter.k && c.image.c == c.filter.c * v.groups &&
         c.filter.k % v.groups == 0 &&
         c.map.h == map_size(c.image.h, c.filter.h, v.pad_h, v.stride_h, v.dilation_h) &&
         c.map.w == map_size(c.image.w, c.filter.w, v.pad_w, v.stride_w, v.dilation_w);
}

/* Both orders are one where there is a single channel or a single pixel. */
static bool has_one_order(const cudnnTensorStruct &t)
{
  return t.c == 1 || (t.h == 1 && t.w == 1);
}

static bool is_of_one_kind(const convolution_t &c)
{
  if (c.image.half != c.map.half || c.image.half != c.filter.half)
    return false;
  bool ordered = c.image.channels_last() == c.map.channels_last() &&
                 c.image.channels_last() == c.filter.channels_last;
  return ordered || has_one_order(c.image) || has_one_order(c.map);
}

static bool has_gaps(const cudnnTensorStruct &t)
{
  return t.step_n != (long)t.c * t.h * t.w;
}

static bool is_refused(const convolution_t &c)
{
  switch (settings().refusals) {
  case refusals_t::strides:
    return has_gaps(c.image) || has_gaps(c.map);
  case refusals_t::odd:
    return c.image.half && (c.image.c % 8 != 0 || c.map.c % 8 != 0);
  case refusals_t::all:
    return true;
  case refusals_t::few:
  case refusals_t::late:
    return false;
  }
  return false;
}

cudnnStatus_t emulation::check_convolution(const convolution_t &c)
{
  if (!fits(c))
    stop(
        "descriptors do not fit: image (%d, %d, %d, %d), map (%d, %d, %d, %d), filter (%d, %d, %d, "
        "%d), %d groups",
        c.image.n, c.image.c, c.image.h, c.image.w, c.map.n, c.map.c, c.map.h, c.map.w, c.filter.k,
        c.filter.c, c.filter.h, c.filter.w, c.how.groups);
  return is_of_one_kind(c) && !is_refused(c) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

/* Some number that grows with the batch.  1 is the implicit precomputed product, and the second of
 * the algorithms to images. */
std::size_t emulation::workspace_bytes(const convolution_t &c, int algorithm)
{
  return algorithm == 1 ? 1000 * (std::size_t)c.image.n : 0;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
  *handle = new cudnnContext{nullptr};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

size_t cudnnGetVersion()
{
  return CUDNN_VERSION;
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
  switch (status) {
  case CUDNN_STATUS_SUCCESS:
    return "CUDNN_STATUS_SUCCESS";
  case CUDNN_STATUS_BAD_PARAM:
    return "CUDNN_STATUS_BAD_PARAM";
  case CUDNN_STATUS_NOT_SUPPORTED:
    return "CUDNN_STATUS_NOT_SUPPORTED";
  case CUDNN_STATUS_EXECUTION_FAILED:
    return "CUDNN_STATUS_EXECUTION_FAILED";
  default:
    return "a status that is not emulated";
  }
}

void cudnnGetLastErrorString(char *text, size_t n)
{
  if (n > 0)
    text[0] = '\0';
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *tensor)
{
  *tensor = new cudnnTensorStruct();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensor)
{
  delete tensor;
  return CUDNN_STATUS_SUCCESS;
}

static bool is_half_or_float(cudnnDataType_t type)
{
  return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_HALF;
}

cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t tensor, cudnnDataType_t type,
                                           int n, int c, int h, int w, int step_n, int step_c,
                                           int step_h, int step_w)
{
  if (n < 1 || c < 1 || h < 1 || w < 1 || !is_half_or_float(type))
    return CUDNN_STATUS_BAD_PARAM;
  *tensor = {n, c, h, w, type == CUDNN_DATA_HALF, step_n, step_c, step_h, step_w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w)
{
  if (format == CUDNN_TENSOR_NHWC)
    return cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, h * w * c, 1, w * c, c);
  return cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, c * h * w, h * w, w, 1);
}

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *filter)
{
  *filter = new cudnnFilterStruct();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t filter)
{
  delete filter;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w)
{
  if (k < 1 || c < 1 || h < 1 || w < 1 || !is_half_or_float(type))
    return CUDNN_STATUS_BAD_PARAM;
  *filter = {k, c, h, w, type == CUDNN_DATA_HALF, format == CUDNN_TENSOR_NHWC};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *convolution)
{
  *convolution = new cudnnConvolutionStruct();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t convolution)
{
  delete convolution;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t convolution, int pad_h,
                                              int pad_w, int stride_h, int stride_w, int dilation_h,
                                              int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t sums)
{
  if (mode != CUDNN_CROSS_CORRELATION || sums != CUDNN_DATA_FLOAT)
    stop("convolutions other than cross-correlations with sums in float are not emulated");
  if (pad_h < 0 || pad_w < 0 || stride_h < 1 || stride_w < 1 || dilation_h < 1 || dilation_w < 1)
    return CUDNN_STATUS_BAD_PARAM;
  *convolution = {pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, 1, CUDNN_DEFAULT_MATH};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t convolution, int groups)
{
  convolution->groups = groups;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t convolution,
                                          cudnnMathType_t math)
{
  convolution->math = math;
  return CUDNN_STATUS_SUCCESS;
}
