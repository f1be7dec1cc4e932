/** @file faults.cpp
 *  What stood behind a segmentation fault, if it was device memory.
 */
#include <csignal>
#include <cstdio>

#include "emulation/memory.h"

namespace emulation
{

/* The program is lost already, so that what a handler may not call does no more harm.  Back from
 * here the access is tried again and ends the program as it would have without us. */
static void on_fault(int, siginfo_t *info, void *)
{
  std::string where = describe(info->si_addr);
  if (!where.empty())
    std::fprintf(stderr, "emulated GPU: address %p may not be touched here%s\n", info->si_addr,
                 where.c_str());
  std::signal(SIGSEGV, SIG_DFL);
}

/* On a stack of its own: that of a kernel's thread may be what was overrun. */
void explain_faults()
{
  static char stack[1 << 16];
  static bool done = false;
  if (done)
    return;
  done = true;
  stack_t own = {};
  own.ss_sp = stack;
  own.ss_size = sizeof stack;
  sigaltstack(&own, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
}

} // namespace emulation
