/** @file memory.c
 *  Aligned, zeroed host memory with errors that say what it was for.
 */
#include "invset/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 /* a cache line, and the widest vector register */ };

isn_status_t isn_alloc_bytes(void **out, size_t count, size_t element_bytes, const char *what)
{
  void *block = NULL;
  if (count > 0 && element_bytes > 0) {
    if (count > SIZE_MAX / element_bytes)
      ISN_FAIL(ISN_ERR_MEMORY, "%s: %zu elements of %zu bytes are more than memory can address",
               what, count, element_bytes);
    size_t n_bytes = count * element_bytes;
    if (posix_memalign(&block, ALIGNMENT, n_bytes) != 0)
      ISN_FAIL(ISN_ERR_MEMORY, "%s: no memory for %zu bytes (%.1f MiB)", what, n_bytes,
               (double)n_bytes / (1024.0 * 1024.0));
    memset(block, 0, n_bytes);
  }
  /* The caller's pointer may be of any type, so it is set as bytes. */
  memcpy(out, &block, sizeof block);
  return ISN_OK;
}

isn_status_t isn_alloc_string(char **out, const char *text)
{
  size_t n_bytes = strlen(text) + 1;
  char *copy = NULL;
  ISN_TRY(isn_alloc(&copy, n_bytes, "a string"));
  memcpy(copy, text, n_bytes);
  *out = copy;
  return ISN_OK;
}
