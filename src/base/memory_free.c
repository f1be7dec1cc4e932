/** @file memory_free.c
 *  How much host memory this process may still take: what the machine has free, or less where a
 *  control group (a batch system's job, a container) has a limit.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "invset/memory.h"

enum { PATH_BYTES = 1024 };

/* The first whole number of a file.  @return false if there is none ("max" is no limit) */
static bool read_number(const char *path, uint64_t *number)
{
  unsigned long long value;
  FILE *file = fopen(path, "r");
  if (!file)
    return false;
  bool found = fscanf(file, "%llu", &value) == 1;
  fclose(file);
  if (found)
    *number = value;
  return found;
}

/* Lower `least` to what a group and those above it leave.
 * @param[in] root, group "/sys/fs/cgroup", "/job_7/step_0"
 * @param[in] limit, used names of the two files */
static void apply_limits(const char *root, const char *group, const char *limit, const char *used,
                         uint64_t *least)
{
  char folder[PATH_BYTES / 2], path[PATH_BYTES];
  snprintf(folder, sizeof folder, "%s", group);
  for (;;) {
    uint64_t most, taken;
    snprintf(path, sizeof path, "%s%s/%s", root, folder, limit);
    bool limited = read_number(path, &most);
    snprintf(path, sizeof path, "%s%s/%s", root, folder, used);
    if (limited && read_number(path, &taken)) {
      uint64_t left = most > taken ? most - taken : 0;
      *least = left < *least ? left : *least;
    }
    char *slash = strrchr(folder, '/');
    if (!slash)
      return;
    *slash = '\0';
  }
}

/* Lines of /proc/self/cgroup: "4:memory:/group" (version 1), "0::/group" (version 2). */
static void apply_groups(uint64_t *least)
{
  char line[PATH_BYTES / 2];
  FILE *file = fopen("/proc/self/cgroup", "r");
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    const char *version1 = strstr(line, ":memory:");
    if (version1)
      apply_limits("/sys/fs/cgroup/memory", version1 + strlen(":memory:"), "memory.limit_in_bytes",
                   "memory.usage_in_bytes", least);
    else if (strncmp(line, "0::", 3) == 0)
      apply_limits("/sys/fs/cgroup", line + 3, "memory.max", "memory.current", least);
  }
  if (file)
    fclose(file);
}

isn_status_t isn_memory_free(size_t *bytes)
{
  unsigned long long kilobytes = 0;
  char line[PATH_BYTES];
  FILE *file = fopen("/proc/meminfo", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
      break;
  if (file)
    fclose(file);
  if (kilobytes == 0)
    ISN_FAIL(ISN_ERR_MEMORY, "cannot tell how much memory is free: /proc/meminfo has no "
                             "MemAvailable");
  uint64_t least = (uint64_t)kilobytes * 1024;
  apply_groups(&least);
  *bytes = least < SIZE_MAX ? (size_t)least : SIZE_MAX;
  return ISN_OK;
}
