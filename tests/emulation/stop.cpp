/** @file stop.cpp
 *  See stop.h.
 */
#include "emulation/stop.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace emulation
{

void stop(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  std::fputs("emulated GPU: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
  va_end(arguments);
  std::abort();
}

} // namespace emulation
