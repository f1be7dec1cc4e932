/** @file coroutine.h
 *  A function that can pause in the middle, with a stack of its own.
 */
#ifndef INVSET_EMULATION_COROUTINE_H
#define INVSET_EMULATION_COROUTINE_H

#include <csetjmp>
#include <functional>
#include <memory>

namespace emulation
{

class coroutine
{
public:
  /** @param body never returns: it pauses for ever when it has nothing more to do */
  explicit coroutine(std::function<void()> body);

  /** Go on with the body until it pauses.  Not from within a coroutine. */
  void resume();

  /** Give back to who resumed the coroutine that this is called in. */
  static void pause();

private:
  static void enter();

  std::function<void()> body;
  std::unique_ptr<char[]> stack;
  std::jmp_buf place;
  bool entered = false;
};

} // namespace emulation

#endif
