/** @file memory.cpp
 *  See memory.h.
 */
#include "emulation/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <map>

#include "emulation/settings.h"
#include "emulation/stop.h"

namespace emulation
{

namespace
{

constexpr std::size_t ALIGNMENT = 256;
constexpr unsigned char BEHIND = 0xa5; /* fills what is left behind a block's end */
/* Larger blocks are left as the system gives them, zero: so they take no memory until they are
 * used. */
constexpr std::size_t MOST_FILLED = (std::size_t)64 << 20;

/* Freed ones stay, closed: a later use is found. */
struct block_t {
  std::size_t bytes;
  std::size_t room; /* bytes up to the end of the last page */
  char *pages;
  std::size_t pages_bytes; /* without the closed ones before and behind */
  bool live;
};

std::map<char *, block_t> blocks; /* by their first byte */
std::size_t used;
int n_accesses;

std::size_t round_up(std::size_t bytes, std::size_t unit)
{
  return (bytes + unit - 1) / unit * unit;
}

std::size_t page_bytes()
{
  static const std::size_t bytes = (std::size_t)sysconf(_SC_PAGESIZE);
  return bytes;
}

void set_pages(const block_t &block, int protection)
{
  if (mprotect(block.pages, block.pages_bytes, protection) != 0)
    stop("mprotect() of %zu bytes failed", block.pages_bytes);
}

/* The last block that begins at or before the address. */
std::map<char *, block_t>::iterator block_before(const void *address)
{
  auto after = blocks.upper_bound((char *)const_cast<void *>(address));
  return after == blocks.begin() ? blocks.end() : std::prev(after);
}

void require_nothing_behind(const char *start, const block_t &block)
{
  for (std::size_t i = block.bytes; i < block.room; i++)
    if ((unsigned char)start[i] != BEHIND)
      stop("byte %zu of a block of %zu was written", i, block.bytes);
}

} // namespace

void *allocate(std::size_t bytes)
{
  if (bytes > settings().memory || used > settings().memory - bytes)
    return nullptr;
  explain_faults();
  block_t block = {bytes, round_up(bytes, ALIGNMENT), nullptr, 0, true};
  block.pages_bytes = round_up(block.room, page_bytes());
  void *mapped = mmap(nullptr, block.pages_bytes + 2 * page_bytes(), PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED)
    return nullptr;
  block.pages = (char *)mapped + page_bytes();
  char *start = block.pages + block.pages_bytes - block.room;
  set_pages(block, PROT_READ | PROT_WRITE);
  std::memset(start + bytes, BEHIND, block.room - bytes);
  if (bytes < MOST_FILLED)
    std::memset(start, 0xff, bytes);
  if (settings().protect && n_accesses == 0)
    set_pages(block, PROT_NONE);
  blocks[start] = block;
  used += bytes;
  return start;
}

void release(void *start)
{
  auto found = blocks.find((char *)start);
  if (found == blocks.end() || !found->second.live)
    stop("free of %p, which is no block%s", start, describe(start).c_str());
  block_t &block = found->second;
  {
    device_access access;
    require_nothing_behind(found->first, block);
    used -= block.bytes;
    block.live = false;
  }
  /* New pages in the place of the old ones, whose memory goes back to the system. */
  if (mmap(block.pages, block.pages_bytes, PROT_NONE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
    stop("mmap() over %zu freed bytes failed", block.pages_bytes);
}

std::size_t bytes_in_use()
{
  return used;
}

void require_device(const void *start, std::size_t bytes, const char *what)
{
  if (bytes == 0)
    return;
  auto found = block_before(start);
  if (found != blocks.end() && found->second.live) {
    std::size_t offset = (std::size_t)((const char *)start - found->first);
    if (offset <= found->second.bytes && bytes <= found->second.bytes - offset)
      return;
  }
  stop("%s: the %zu bytes from %p are not in one block of device memory%s", what, bytes, start,
       describe(start).c_str());
}

void fill(void *start, int value, std::size_t bytes)
{
  char *first = (char *)start;
  if (value == 0 && bytes >= MOST_FILLED) { /* whole pages become zero by being given back */
    char *page = (char *)round_up((std::uintptr_t)first, page_bytes());
    std::size_t inner = (bytes - (std::size_t)(page - first)) / page_bytes() * page_bytes();
    if (madvise(page, inner, MADV_DONTNEED) != 0)
      stop("madvise() of %zu bytes failed", inner);
    std::memset(first, 0, (std::size_t)(page - first));
    bytes -= (std::size_t)(page - first) + inner;
    first = page + inner;
  }
  std::memset(first, value, bytes);
}

std::string describe(const void *address)
{
  auto found = block_before(address);
  const char *a = (const char *)address;
  /* The page before a block belongs to it, too. */
  auto next = blocks.upper_bound((char *)const_cast<void *>(address));
  if (next != blocks.end() && a >= next->second.pages - page_bytes())
    return ": it lies " + std::to_string(next->first - a) + " bytes before a block of " +
           std::to_string(next->second.bytes);
  if (found == blocks.end())
    return "";
  const block_t &block = found->second;
  std::size_t offset = (std::size_t)(a - found->first);
  std::string name =
      (block.live ? "a block of " : "a freed block of ") + std::to_string(block.bytes);
  if (offset < block.bytes)
    return ": it is byte " + std::to_string(offset) + " of " + name;
  if (a < block.pages + block.pages_bytes + page_bytes())
    return ": it lies " + std::to_string(offset - block.bytes) + " bytes behind " + name;
  return "";
}

device_access::device_access()
{
  if (n_accesses++ == 0 && settings().protect)
    for (auto &block : blocks)
      if (block.second.live)
        set_pages(block.second, PROT_READ | PROT_WRITE);
}

device_access::~device_access()
{
  if (--n_accesses == 0 && settings().protect)
    for (auto &block : blocks)
      if (block.second.live)
        set_pages(block.second, PROT_NONE);
}

} // namespace emulation
