/** @file numbers.h
 *  Numbers of device memory, floats or halves, and what tensor cores read of a float.
 */
#ifndef INVSET_EMULATION_NUMBERS_H
#define INVSET_EMULATION_NUMBERS_H

#include <cuda_fp16.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace emulation
{

/** To 11 significant bits, ties away from zero; real tensor cores may round otherwise. */
inline float tf32(float x)
{
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x1000) & 0xffffe000U;
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

inline std::size_t number_bytes(bool half)
{
  return half ? sizeof(__half) : sizeof(float);
}

inline float get(const void *from, std::size_t i, bool half)
{
  return half ? __half2float(static_cast<const __half *>(from)[i])
              : static_cast<const float *>(from)[i];
}

inline void put(void *to, std::size_t i, bool half, float value)
{
  if (half)
    static_cast<__half *>(to)[i] = __float2half(value);
  else
    static_cast<float *>(to)[i] = value;
}

} // namespace emulation

#endif
