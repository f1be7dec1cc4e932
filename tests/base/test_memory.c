/** @file test_memory.c
 *  Host memory: zeros, alignment, nothing for nothing, and errors that say what for.
 */
#include "invset/memory.h"

#include <stdint.h>
#include <stdlib.h>

#include "harness.h"

static int test_blocks(void)
{
  for (size_t n = 1; n < 2000; n = 3 * n + 1) {
    float *x = NULL;
    TEST_REQUIRE(isn_alloc(&x, n, "x"));
    TEST_CHECK((uintptr_t)x % 64 == 0);
    size_t n_set = 0;
    for (size_t i = 0; i < n; i++)
      n_set += x[i] != 0.0f;
    TEST_CHECK(n_set == 0);
    /* The next block may be this one again, which must then be cleared. */
    memset(x, 0xff, n * sizeof *x);
    free(x);
  }
  return 0;
}

static void test_errors(void)
{
  double *x = NULL;
  TEST_ERROR(isn_alloc(&x, SIZE_MAX / 4, "weights of 'fc6'"), ISN_ERR_MEMORY, "weights of 'fc6'");
  TEST_ERROR(isn_alloc(&x, SIZE_MAX / 16, "weights of 'fc7'"), ISN_ERR_MEMORY, "bytes");
  TEST_CHECK(x == NULL);
  static double there;
  x = &there;
  TEST_OK(isn_alloc(&x, 0, "nothing"));
  TEST_CHECK(x == NULL);
}

static int test_string(void)
{
  char *copy = NULL;
  TEST_REQUIRE(isn_alloc_string(&copy, "sneaker"));
  TEST_CHECK(strcmp(copy, "sneaker") == 0);
  free(copy);
  TEST_REQUIRE(isn_alloc_string(&copy, ""));
  TEST_CHECK(copy && copy[0] == '\0');
  free(copy);
  return 0;
}

/* Less than the machine has, and less once much has been taken and touched. */
static int test_free(void)
{
  enum { TAKEN = 256 << 20 };
  size_t before, after;
  char *block = NULL;
  TEST_REQUIRE(isn_memory_free(&before));
  TEST_REQUIRE(isn_alloc(&block, TAKEN, "a large block"));
  TEST_REQUIRE(isn_memory_free(&after));
  TEST_CHECK_MSG(after < before, "%zu bytes free, then %zu", before, after);
  free(block);
  return 0;
}

int main(void)
{
  if (test_blocks() != 0)
    return 1;
  test_errors();
  if (test_string() != 0 || test_free() != 0)
    return 1;
  TEST_END();
}
