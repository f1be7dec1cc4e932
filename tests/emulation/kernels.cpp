/** @file kernels.cpp
 *  See kernels.h.  A block's threads run one after the other in one coroutine.  Where a thread
 *  waits for the others, that coroutine pauses, and another one goes on with the next thread: so
 *  threads that never wait cost no change of stacks.
 */
#include "emulation/kernels.h"

#include <memory>
#include <vector>

#include "emulation/coroutine.h"
#include "emulation/device.h"
#include "emulation/settings.h"
#include "emulation/stop.h"
#include "emulation/streams.h"

dim3 gridDim, blockDim;
uint3 blockIdx, threadIdx;

namespace emulation
{

namespace
{

/* A coroutine that runs threads.  line: where its thread waits; 0: it has none. */
struct runner_t {
  std::unique_ptr<coroutine> stack;
  uint3 thread;
  int line;
};

std::vector<std::unique_ptr<runner_t>> runners;
std::vector<runner_t *> idle, meeting, going_on; /* of the runners */
runner_t *running;
const std::function<void()> *thread_body;
unsigned n_begun; /* threads of the block that were begun */

unsigned place(unsigned i, unsigned n)
{
  return settings().reverse ? n - 1 - i : i;
}

[[noreturn]] void run_threads()
{
  for (;;) {
    while (n_begun < blockDim.x) {
      threadIdx = uint3{place(n_begun++, blockDim.x), 0, 0};
      running->line = 0;
      (*thread_body)();
    }
    running->line = 0;
    coroutine::pause();
  }
}

runner_t *take_idle()
{
  if (idle.empty()) {
    runners.emplace_back(new runner_t());
    runners.back()->stack.reset(new coroutine(run_threads));
    return runners.back().get();
  }
  runner_t *runner = idle.back();
  idle.pop_back();
  return runner;
}

void go_on(runner_t *runner)
{
  running = runner;
  runner->stack->resume();
  (runner->line ? meeting : idle).push_back(runner);
}

void require_one_line()
{
  for (const runner_t *runner : meeting)
    if (runner->line != meeting[0]->line)
      stop("threads %u and %u of a block wait in different lines, %d and %d, for each other",
           meeting[0]->thread.x, runner->thread.x, meeting[0]->line, runner->line);
}

void run_block()
{
  n_begun = 0;
  while (n_begun < blockDim.x)
    go_on(take_idle());
  while (!meeting.empty()) {
    require_one_line();
    going_on.swap(meeting);
    meeting.clear();
    for (runner_t *runner : going_on) {
      threadIdx = runner->thread;
      go_on(runner);
    }
  }
}

void run_grid(dim3 grid, unsigned threads, const std::function<void()> &thread)
{
  gridDim = grid;
  blockDim = dim3(threads);
  thread_body = &thread;
  unsigned n_blocks = grid.x * grid.y;
  for (unsigned i = 0; i < n_blocks; i++) {
    unsigned block = place(i, n_blocks);
    blockIdx = uint3{block % grid.x, block / grid.x, 0};
    run_block();
  }
}

bool can_be_started(dim3 grid, unsigned threads)
{
  return threads >= 1 && threads <= 1024 && grid.x >= 1 && grid.x <= 2147483647 && grid.y >= 1 &&
         grid.y <= 65535 && grid.z == 1;
}

} // namespace

void meet(int line)
{
  running->line = line;
  running->thread = threadIdx;
  coroutine::pause();
}

void start(dim3 grid, unsigned threads, cudaStream_t stream, std::function<void()> thread)
{
  if (!can_be_started(grid, threads)) {
    failed(cudaErrorInvalidConfiguration);
    return;
  }
  calls.kernels++;
  enqueue(stream, [=] { run_grid(grid, threads, thread); });
}

} // namespace emulation
