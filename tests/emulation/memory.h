/** @file memory.h
 *  Memory of the emulated device: blocks of host memory, each between two pages that nobody may
 *  touch.
 *
 *  Behind a block's end there are up to 255 bytes before the page ends, as blocks begin at
 * multiples of 256; what is written there is found when the block is freed.  Fresh blocks hold NaN.
 */
#ifndef INVSET_EMULATION_MEMORY_H
#define INVSET_EMULATION_MEMORY_H

#include <cstddef>
#include <string>

namespace emulation
{

/** @return NULL: more than the device has left */
void *allocate(std::size_t bytes);

/** Stops where start is no block, and where bytes behind the block were written. */
void release(void *start);

std::size_t bytes_in_use();

/** Stop unless all bytes from start lie in one block.  @param what for the message: "gemm A" */
void require_device(const void *start, std::size_t bytes, const char *what);

/** Set bytes of a block. */
void fill(void *start, int value, std::size_t bytes);

/** Where an address lies in relation to the blocks.  @return "" where it has nothing to do with
 * them */
std::string describe(const void *address);

/** While one exists the device is at work, and its memory is open; with ISN_EMULATED_PROTECT it is
 *  closed otherwise. */
class device_access
{
public:
  device_access();
  ~device_access();
  device_access(const device_access &) = delete;
  device_access &operator=(const device_access &) = delete;
};

/** From now on an access that the pages forbid is explained before the program dies of it. */
void explain_faults();

} // namespace emulation

#endif
