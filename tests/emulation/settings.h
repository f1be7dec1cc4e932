/** @file settings.h
 *  The emulator's settings: environment variables, of which README.md has the table.
 */
#ifndef INVSET_EMULATION_SETTINGS_H
#define INVSET_EMULATION_SETTINGS_H

#include <cstddef>

namespace emulation
{

/** What events say that work took. */
enum class times_t {
  equal,  /**< always 1 ms */
  second, /**< 2 ms, then 1 ms, and so on: of two that are tried, the second is the faster */
  any     /**< numbers without a rule, but the same at each start */
};

/** What cuDNN refuses. */
enum class refusals_t {
  few,     /**< what it refuses anyway */
  strides, /**< images with gaps between samples */
  odd,     /**< half precision with channels that are no multiples of 8 */
  all,     /**< every convolution, when it is asked for algorithms */
  late     /**< every convolution, when it is to be computed */
};

struct settings_t {
  int devices;
  std::size_t memory; /**< bytes of each device */
  bool protect;       /**< the host may not touch device memory */
  bool reverse;       /**< threads, and blocks of them, from the last to the first */
  bool delay;         /**< nothing is done before something waits for it */
  bool report;        /**< numbers of calls, at the end of the program */
  times_t times;
  refusals_t refusals;
};

/** Read at the first call; a value that is not understood ends the program. */
const settings_t &settings();

} // namespace emulation

#endif
