/** @file test_emulation.cpp
 *  What the emulator promises to find.  Each check is a child process, as settings are read once
 * and what is found ends the program.
 */
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "backend/cuda/launch.cuh"
#include "harness.h"

/* How a child ended: a signal's number, or 0 and its exit code; and what it said on stderr. */
struct end_t {
  int signal, code;
  std::string words;
};

/* @param variable to be 1 for the child, or NULL
 * @param check    returns its failures */
static end_t in_child(const char *variable, const std::function<int()> &check)
{
  int ends[2];
  if (pipe(ends) != 0)
    abort();
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (variable)
      setenv(variable, "1", 1);
    _exit(check());
  }
  close(ends[1]);
  end_t end = {0, 0, ""};
  char text[256];
  for (ssize_t n; (n = read(ends[0], text, sizeof text)) > 0;)
    end.words.append(text, (size_t)n);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return end;
}

static void check_passes(const char *name, const char *variable, const std::function<int()> &check)
{
  end_t end = in_child(variable, check);
  TEST_CHECK_MSG(end.signal == 0 && end.code == 0, "%s: signal %d, %d failures: %s", name,
                 end.signal, end.code, end.words.c_str());
}

static void check_dies(const char *name, const char *variable, int signal, const char *words,
                       const std::function<int()> &check)
{
  end_t end = in_child(variable, check);
  TEST_CHECK_MSG(end.signal == signal && end.words.find(words) != std::string::npos,
                 "%s: signal %d, said: %s", name, end.signal, end.words.c_str());
}

static int *device_ints(size_t n)
{
  void *data = nullptr;
  if (cudaMalloc(&data, n * sizeof(int)) != cudaSuccess)
    abort();
  return (int *)data;
}

static std::vector<int> host_ints(const int *from, size_t n)
{
  std::vector<int> out(n);
  cudaMemcpyAsync(out.data(), from, n * sizeof(int), cudaMemcpyDeviceToHost, nullptr);
  cudaStreamSynchronize(nullptr);
  return out;
}

enum { N_BLOCKS = 3, N_THREADS = 64 };

/* The sum of 0 .. 63 and 64 times the block, by halves. */
struct sum_body {
  int *out;
  void operator()(unsigned block) const
  {
    __shared__ int parts[N_THREADS];
    unsigned t = threadIdx.x;
    parts[t] = (int)(t + block);
    for (unsigned half = N_THREADS / 2; half > 0; half /= 2) {
      __syncthreads();
      if (t < half)
        parts[t] += parts[t + half];
    }
    if (t == 0)
      out[block] = parts[0];
  }
};

static int sum_together()
{
  int *out = device_ints(N_BLOCKS), failures = 0;
  failures += launch_blocks(nullptr, N_BLOCKS, N_THREADS, sum_body{out}) != cudaSuccess;
  std::vector<int> sums = host_ints(out, N_BLOCKS);
  for (int block = 0; block < N_BLOCKS; block++)
    failures += sums[(size_t)block] != 63 * 64 / 2 + 64 * block;
  cudaFree(out);
  return failures;
}

struct apart_body {
  void operator()(unsigned) const
  {
    if (threadIdx.x == 1)
      __syncthreads();
    else
      __syncthreads();
  }
};

static int wait_apart()
{
  launch_blocks(nullptr, 1, 2, apart_body());
  return 0;
}

struct write_body {
  int *data;
  int at;
  void operator()(unsigned) const
  {
    data[at] = 1;
  }
};

static int write_far_behind()
{
  launch_blocks(nullptr, 1, 1, write_body{device_ints(100), 1024});
  return 0;
}

static int write_just_behind()
{
  int *data = device_ints(100);
  launch_blocks(nullptr, 1, 1, write_body{data, 100});
  cudaFree(data);
  return 0;
}

static int use_after_free()
{
  int *data = device_ints(100);
  cudaFree(data);
  launch_blocks(nullptr, 1, 1, write_body{data, 0});
  return 0;
}

static int copy_too_much()
{
  host_ints(device_ints(100), 101);
  return 0;
}

static int read_by_host()
{
  const volatile int *data = device_ints(100);
  return data[0] == 0;
}

static int exceed_memory()
{
  size_t free_bytes = 0, total = 0;
  void *data = nullptr;
  cudaMemGetInfo(&free_bytes, &total);
  return (cudaMalloc(&data, free_bytes + 1) != cudaErrorMemoryAllocation) +
         (cudaGetLastError() != cudaErrorMemoryAllocation) + (cudaGetLastError() != cudaSuccess);
}

static int exceed_threads()
{
  return launch_blocks(nullptr, 1, 1025, apart_body()) != cudaErrorInvalidConfiguration;
}

struct count_body {
  int *count;
  void operator()(unsigned) const
  {
    ++*count;
  }
};

static int capture()
{
  int *count = device_ints(1), failures = 0;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t launched = nullptr;
  cudaMemsetAsync(count, 0, sizeof *count, nullptr);
  cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal);
  launch_blocks(nullptr, 5, 1, count_body{count});
  failures += cudaStreamEndCapture(nullptr, &graph) != cudaSuccess;
  failures += host_ints(count, 1)[0] != 0;
  cudaGraphInstantiateWithFlags(&launched, graph, 0);
  cudaGraphDestroy(graph);
  for (int i = 0; i < 2; i++)
    failures += cudaGraphLaunch(launched, nullptr) != cudaSuccess;
  failures += host_ints(count, 1)[0] != 10;
  cudaGraphExecDestroy(launched);
  cudaFree(count);
  return failures;
}

static int break_capture()
{
  void *data = nullptr;
  cudaGraph_t graph = nullptr;
  cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal);
  return (cudaMalloc(&data, 4) != cudaErrorStreamCaptureUnsupported) +
         (cudaStreamEndCapture(nullptr, &graph) != cudaErrorStreamCaptureInvalidated);
}

/* Nothing has happened before the wait, all after it. */
static int wait_late()
{
  int *data = device_ints(1), host = 7;
  cudaMemsetAsync(data, 0, sizeof *data, nullptr);
  cudaMemcpyAsync(&host, data, sizeof host, cudaMemcpyDeviceToHost, nullptr);
  int before = host;
  cudaStreamSynchronize(nullptr);
  return (before != 7) + (host != 0);
}

int main()
{
  for (const char *name : {"CUDA_VISIBLE_DEVICES", "ISN_EMULATED_DEVICES", "ISN_EMULATED_MEMORY",
                           "ISN_EMULATED_PROTECT", "ISN_EMULATED_REVERSE", "ISN_EMULATED_DELAY"})
    unsetenv(name); /* each check has its own */
  check_passes("threads that meet", nullptr, sum_together);
  check_passes("threads that meet, reversed", "ISN_EMULATED_REVERSE", sum_together);
  check_passes("threads that meet, delayed", "ISN_EMULATED_DELAY", sum_together);
  check_passes("threads that meet, protected", "ISN_EMULATED_PROTECT", sum_together);
  check_dies("threads apart", nullptr, SIGABRT, "wait in different lines", wait_apart);
  check_dies("write far behind", nullptr, SIGSEGV, "bytes behind a block of 400", write_far_behind);
  check_dies("write just behind", nullptr, SIGABRT, "byte 400 of a block of 400",
             write_just_behind);
  check_dies("use after free", nullptr, SIGSEGV, "byte 0 of a freed block of 400", use_after_free);
  check_dies("copy too much", nullptr, SIGABRT, "not in one block", copy_too_much);
  check_passes("read by the host", nullptr, read_by_host);
  check_dies("read by the host, protected", "ISN_EMULATED_PROTECT", SIGSEGV, "byte 0 of a block",
             read_by_host);
  check_passes("too much memory", nullptr, exceed_memory);
  check_passes("too many threads", nullptr, exceed_threads);
  check_passes("capture", nullptr, capture);
  check_passes("capture, delayed", "ISN_EMULATED_DELAY", capture);
  check_passes("broken capture", nullptr, break_capture);
  check_passes("delay", "ISN_EMULATED_DELAY", wait_late);
  check_dies("a setting", "ISN_EMULATED_TIMES", SIGABRT, "wanted was one of: equal, second, any",
             sum_together);
  TEST_END();
}
