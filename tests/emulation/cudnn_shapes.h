/** @file cudnn_shapes.h
 *  cuDNN's descriptors, and which convolutions it refuses.
 *
 *  A convolution goes from an image (N, C, H, W) to a map (N, K, H', W'); back from a map to an
 * image the same filter (K, C / groups, h, w) is used, transposed.
 */
#ifndef INVSET_EMULATION_CUDNN_SHAPES_H
#define INVSET_EMULATION_CUDNN_SHAPES_H

#include <cudnn.h>

#include <cstddef>

struct cudnnContext {
  cudaStream_t stream;
};

struct cudnnTensorStruct {
  int n, c, h, w;
  bool half;
  long step_n, step_c, step_h, step_w; /**< in numbers, from one to the next */

  bool channels_last() const;
  std::size_t count() const;  /**< of numbers */
  std::size_t extent() const; /**< from the first number to behind the last one */
  std::size_t place(int in, int ic, int iy, int ix) const;
};

struct cudnnFilterStruct {
  int k, c, h, w;
  bool half, channels_last;

  std::size_t count() const;
  std::size_t place(int ik, int ic, int iy, int ix) const;
};

struct cudnnConvolutionStruct {
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;
  cudnnMathType_t math;
};

namespace emulation
{

struct convolution_t {
  cudnnTensorStruct image, map;
  cudnnFilterStruct filter;
  cudnnConvolutionStruct how;
};

/** Stops where sizes do not fit: cuDNN would refuse that like a convolution that it cannot do, and
 * a slow way would hide the mistake.
 *  @return CUDNN_STATUS_NOT_SUPPORTED: types or orders of numbers that differ, and what
 *          ISN_EMULATED_REFUSALS says */
cudnnStatus_t check_convolution(const convolution_t &c);

/** What an algorithm needs; the numbers of algorithms are those of cuDNN's two lists. */
std::size_t workspace_bytes(const convolution_t &c, int algorithm);

} // namespace emulation

#endif
