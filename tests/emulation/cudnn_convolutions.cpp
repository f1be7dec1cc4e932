/** @file cudnn_convolutions.cpp
 *  cuDNN's convolutions, forward and back to the image, by plain sums whatever the algorithm.
 */
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "emulation/cudnn_shapes.h"
#include "emulation/memory.h"
#include "emulation/numbers.h"
#include "emulation/settings.h"
#include "emulation/stop.h"
#include "emulation/streams.h"

using namespace emulation;

namespace
{

/* So much of a workspace is spoiled, whatever its size. */
constexpr std::size_t MOST_SPOILED = 1 << 16;

struct workspace_t {
  void *start;
  std::size_t bytes;
};

/* out = alpha convolution + beta out. */
struct scale_t {
  float alpha, beta;
};

float factor(float x, bool half, cudnnMathType_t math)
{
  return half || math == CUDNN_FMA_MATH ? x : tf32(x);
}

/* A tensor's numbers, the channels of a pixel side by side: (N, H, W, C). */
template <class Visit> void for_each_number(const cudnnTensorStruct &t, Visit visit)
{
  std::size_t i = 0;
  for (int n = 0; n < t.n; n++)
    for (int y = 0; y < t.h; y++)
      for (int x = 0; x < t.w; x++)
        for (int c = 0; c < t.c; c++)
          visit(i++, t.place(n, c, y, x));
}

std::vector<float> numbers_of(const cudnnTensorStruct &t, cudnnMathType_t math, const void *data)
{
  std::vector<float> out(t.count());
  for_each_number(t, [&](std::size_t i, std::size_t place) {
    out[i] = factor(get(data, place, t.half), t.half, math);
  });
  return out;
}

/* What a place of the kernel does to a pixel's channels: a matrix (inputs, outputs) for each group.
 */
struct matrices_t {
  int groups, inputs, outputs; /* channels of a group */
  std::vector<float> numbers;  /* (h, w, groups, inputs, outputs) */

  const float *at(const convolution_t &c, int y, int x) const
  {
    std::size_t matrix = (std::size_t)inputs * (std::size_t)outputs * (std::size_t)groups;
    return &numbers[(std::size_t)(y * c.filter.w + x) * matrix];
  }
};

matrices_t matrices_of(const convolution_t &c, bool to_map, const void *data)
{
  const cudnnFilterStruct &f = c.filter;
  int maps = f.k / c.how.groups;
  matrices_t m = {c.how.groups, to_map ? f.c : maps, to_map ? maps : f.c, {}};
  m.numbers.reserve(f.count());
  for (int y = 0; y < f.h; y++)
    for (int x = 0; x < f.w; x++)
      for (int group = 0; group < m.groups; group++)
        for (int in = 0; in < m.inputs; in++)
          for (int out = 0; out < m.outputs; out++) {
            std::size_t place =
                f.place(group * maps + (to_map ? out : in), to_map ? in : out, y, x);
            m.numbers.push_back(factor(get(data, place, f.half), f.half, c.how.math));
          }
  return m;
}

/* @param[in]     in  (groups * inputs)
 * @param[in,out] out (groups * outputs), added to */
void add_pixel(const matrices_t &m, const float *matrix, const float *in, float *__restrict out)
{
  for (int group = 0; group < m.groups; group++, out += m.outputs)
    for (int i = 0; i < m.inputs; i++, matrix += m.outputs) {
      float x = *in++;
      for (int o = 0; o < m.outputs; o++)
        out[o] += x * matrix[o];
    }
}

std::size_t pixel(const cudnnTensorStruct &t, int n, int y, int x)
{
  return (((std::size_t)n * (std::size_t)t.h + (std::size_t)y) * (std::size_t)t.w +
          (std::size_t)x) *
         (std::size_t)t.c;
}

/* One place (i, j) of the kernel, over all pixels of a sample's map that it meets the image at. */
void add_place(const convolution_t &c, const matrices_t &m, bool to_map, int n, int i, int j,
               const float *in, float *out)
{
  const float *matrix = m.at(c, i, j);
  for (int y = 0; y < c.map.h; y++) {
    int image_y = y * c.how.stride_h - c.how.pad_h + i * c.how.dilation_h;
    if (image_y < 0 || image_y >= c.image.h)
      continue;
    for (int x = 0; x < c.map.w; x++) {
      int image_x = x * c.how.stride_w - c.how.pad_w + j * c.how.dilation_w;
      if (image_x < 0 || image_x >= c.image.w)
        continue;
      std::size_t image = pixel(c.image, n, image_y, image_x), map = pixel(c.map, n, y, x);
      add_pixel(m, matrix, in + (to_map ? image : map), out + (to_map ? map : image));
    }
  }
}

void write(const cudnnTensorStruct &t, const std::vector<float> &sums, scale_t scale, void *data)
{
  for_each_number(t, [&](std::size_t i, std::size_t place) {
    float old = scale.beta == 0.0F ? 0.0F : scale.beta * get(data, place, t.half);
    put(data, place, t.half, scale.alpha * sums[i] + old);
  });
}

void compute(bool to_map, const convolution_t &c, scale_t scale, const void *weights, void *image,
             void *map, workspace_t workspace)
{
  const cudnnTensorStruct &from = to_map ? c.image : c.map, &to = to_map ? c.map : c.image;
  if (workspace.start)
    std::memset(workspace.start, 0xff, std::min(workspace.bytes, MOST_SPOILED));
  const matrices_t matrices = matrices_of(c, to_map, weights);
  const std::vector<float> in = numbers_of(from, c.how.math, to_map ? image : map);
  std::vector<float> sums(to.count());
  for (int n = 0; n < from.n; n++)
    for (int i = 0; i < c.filter.h; i++)
      for (int j = 0; j < c.filter.w; j++)
        add_place(c, matrices, to_map, n, i, j, in.data(), sums.data());
  write(to, sums, scale, to_map ? map : image);
}

void require_data(const void *data, std::size_t count, bool half, const char *what)
{
  require_device(data, count * number_bytes(half), what);
  if ((std::uintptr_t)data % 16 != 0)
    stop("%s: address %p is no multiple of 16", what, data);
}

cudnnStatus_t convolve(cudnnHandle_t handle, bool to_map, const convolution_t &c, int algorithm,
                       scale_t scale, const void *weights, void *image, void *map,
                       workspace_t workspace)
{
  if (settings().refusals == refusals_t::late)
    return CUDNN_STATUS_NOT_SUPPORTED;
  if (cudnnStatus_t refusal = check_convolution(c))
    return refusal;
  if (workspace.bytes < workspace_bytes(c, algorithm))
    return CUDNN_STATUS_BAD_PARAM;
  require_data(image, c.image.extent(), c.image.half, "image of a convolution");
  require_data(map, c.map.extent(), c.map.half, "map of a convolution");
  require_data(weights, c.filter.count(), c.filter.half, "filter of a convolution");
  require_device(workspace.start, workspace.bytes, "workspace of a convolution");
  (to_map ? calls.forwards : calls.backwards)++;
  enqueue(handle->stream, [=] { compute(to_map, c, scale, weights, image, map, workspace); });
  return CUDNN_STATUS_SUCCESS;
}

scale_t scale_of(const void *alpha, const void *beta)
{
  return {*(const float *)alpha, *(const float *)beta};
}

} // namespace

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void *alpha,
                                      const cudnnTensorDescriptor_t image_shape, const void *image,
                                      const cudnnFilterDescriptor_t filter, const void *weights,
                                      const cudnnConvolutionDescriptor_t how,
                                      cudnnConvolutionFwdAlgo_t algorithm, void *workspace,
                                      size_t bytes, const void *beta,
                                      const cudnnTensorDescriptor_t map_shape, void *map)
{
  return convolve(handle, true, {*image_shape, *map_shape, *filter, *how}, (int)algorithm,
                  scale_of(alpha, beta), weights, const_cast<void *>(image), map,
                  {workspace, bytes});
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void *alpha,
                                           const cudnnFilterDescriptor_t filter,
                                           const void *weights,
                                           const cudnnTensorDescriptor_t map_shape, const void *map,
                                           const cudnnConvolutionDescriptor_t how,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void *workspace,
                                           size_t bytes, const void *beta,
                                           const cudnnTensorDescriptor_t image_shape, void *image)
{
  return convolve(handle, false, {*image_shape, *map_shape, *filter, *how}, (int)algorithm,
                  scale_of(alpha, beta), weights, image, const_cast<void *>(map),
                  {workspace, bytes});
}
