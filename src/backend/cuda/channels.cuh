/** @file channels.cuh
 *  Channels of numbers, and the bias and ReLU that finish a layer's result.
 */
#ifndef INVSET_CUDA_CHANNELS_CUH
#define INVSET_CUDA_CHANNELS_CUH

#include "backend/cuda/results.cuh"

/* Channels of numbers: i / positions in order of channels, i modulo channels else; of one run that
 * goes over samples' ends, too, where channels come last. */
template <class Form> struct channel_of {
  divider_t step;
  __device__ __forceinline__ unsigned operator()(unsigned i) const
  {
    return Form::channels_last ? step.rest(i) : step.quotient(i);
  }
};

template <class Form> static channel_of<Form> make_channel_of(isn_cuda_channels_t channels)
{
  return {
      divider_of(Form::channels_last ? channels.count / channels.positions : channels.positions)};
}

template <class Form> struct bias_relu_of {
  static constexpr int inputs = 1;
  channel_of<Form> channel;
  const float *bias;
  float slope;
  __device__ float operator()(unsigned i, float y, float) const
  {
    float value = bias ? y + bias[channel(i)] : y;
    return value > 0.0f ? value : slope * value;
  }
};

#endif
