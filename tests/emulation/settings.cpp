/** @file settings.cpp
 *  See settings.h.
 */
#include "emulation/settings.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "emulation/stop.h"

namespace emulation
{

static unsigned long long number(const char *name, unsigned long long otherwise)
{
  const char *text = std::getenv(name);
  if (!text)
    return otherwise;
  char *end = nullptr;
  errno = 0;
  unsigned long long value = std::strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno)
    stop("%s is \"%s\", a whole number was wanted", name, text);
  return value;
}

static bool flag(const char *name)
{
  unsigned long long value = number(name, 0);
  if (value > 1)
    stop("%s is %llu, 0 or 1 was wanted", name, value);
  return value == 1;
}

/* The place of the variable's word among words; the first where it is not set. */
static int choice(const char *name, const std::vector<std::string> &words)
{
  const char *text = std::getenv(name);
  if (!text)
    return 0;
  std::string wanted;
  for (std::size_t i = 0; i < words.size(); i++) {
    if (words[i] == text)
      return (int)i;
    wanted += (i ? ", " : "") + words[i];
  }
  stop("%s is \"%s\", wanted was one of: %s", name, text, wanted.c_str());
}

static settings_t read_settings()
{
  settings_t s;
  const char *visible = std::getenv("CUDA_VISIBLE_DEVICES"); /* its numbers are not looked at */
  s.devices = visible && !*visible ? 0 : (int)number("ISN_EMULATED_DEVICES", 2);
  s.memory = number("ISN_EMULATED_MEMORY", 8ULL << 30);
  s.protect = flag("ISN_EMULATED_PROTECT");
  s.reverse = flag("ISN_EMULATED_REVERSE");
  s.delay = flag("ISN_EMULATED_DELAY");
  s.report = flag("ISN_EMULATED_REPORT");
  s.times = (times_t)choice("ISN_EMULATED_TIMES", {"equal", "second", "any"});
  s.refusals =
      (refusals_t)choice("ISN_EMULATED_REFUSALS", {"few", "strides", "odd", "all", "late"});
  return s;
}

const settings_t &settings()
{
  static const settings_t all = read_settings();
  return all;
}

} // namespace emulation
