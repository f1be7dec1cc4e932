/** @file test_status.c
 *  Errors: codes, messages, places, prefixes, cutting, threads.
 */
#include <pthread.h>

#include "harness.h"

static isn_status_t fail_with(int n)
{
  ISN_FAIL(ISN_ERR_INPUT, "file 'a': found %d, wanted 2", n);
}

static isn_status_t pass_up(int n)
{
  if (n > 0)
    ISN_TRY(fail_with(n));
  return ISN_OK;
}

static isn_status_t clean_up(int n, int *n_cleaned)
{
  isn_status_t status = ISN_OK;
  ISN_TRY_GOTO(pass_up(n), done);
  if (n < 0)
    ISN_FAIL_GOTO(ISN_ERR_ARG, done, "n is %d", n);
done:
  (*n_cleaned)++;
  return status;
}

static void test_table(void)
{
  TEST_CHECK(isn_status_exit_code(ISN_OK) == 0);
  TEST_CHECK(isn_status_exit_code(ISN_ERR_IO) == 1);
  TEST_CHECK(isn_status_exit_code(ISN_ERR_INPUT) == 2);
  TEST_CHECK(isn_status_exit_code(ISN_ERR_STOPPED) == 75);
  TEST_CHECK(isn_status_exit_code(ISN_N_STATUS) == 1);
  TEST_CHECK(strcmp(isn_status_text(ISN_ERR_MEMORY), "out of memory") == 0);
  TEST_CHECK(strcmp(isn_status_text((isn_status_t)12345), "unknown status") == 0);
  for (int code = 0; code < ISN_N_STATUS; code++)
    TEST_CHECK(isn_status_text((isn_status_t)code)[0] != '\0');
}

static void test_passing(void)
{
  int n_cleaned = 0;
  TEST_CHECK(strcmp(isn_error_message(), "") == 0);
  TEST_OK(pass_up(0));
  TEST_ERROR(pass_up(3), ISN_ERR_INPUT, "file 'a': found 3, wanted 2");
  TEST_CHECK_MSG(strncmp(isn_error_place(), "test_status.c:", 14) == 0, "%s", isn_error_place());
  TEST_OK(clean_up(0, &n_cleaned));
  TEST_ERROR(clean_up(4, &n_cleaned), ISN_ERR_INPUT, "found 4");
  TEST_ERROR(clean_up(-1, &n_cleaned), ISN_ERR_ARG, "n is -1");
  TEST_CHECK(n_cleaned == 3);
}

static void test_prefix(void)
{
  char place[64];
  (void)!fail_with(5);
  snprintf(place, sizeof place, "%s", isn_error_place());
  isn_error_prefix("target %d", 7);
  TEST_CHECK(strcmp(isn_error_message(), "target 7: file 'a': found 5, wanted 2") == 0);
  TEST_CHECK(strcmp(isn_error_place(), place) == 0);
  /* The old message may be an argument of the new one. */
  isn_error_set(ISN_ERR_IO, "/a/b/c.c", 9, "again (%s)", isn_error_message());
  TEST_CHECK(strcmp(isn_error_message(), "again (target 7: file 'a': found 5, wanted 2)") == 0);
  TEST_CHECK(strcmp(isn_error_place(), "c.c:9") == 0);
}

static void test_cutting(void)
{
  static char huge[3 * ISN_ERROR_BYTES];
  memset(huge, 'x', sizeof huge - 1);
  isn_error_set(ISN_ERR_IO, "f.c", 1, "%s", huge);
  TEST_CHECK(strlen(isn_error_message()) == ISN_ERROR_BYTES - 1);
  isn_error_prefix("short");
  TEST_CHECK(strlen(isn_error_message()) == ISN_ERROR_BYTES - 1);
  TEST_CHECK(strncmp(isn_error_message(), "short: xxx", 10) == 0);
  isn_error_prefix("%s", huge);
  TEST_CHECK(strlen(isn_error_message()) == ISN_ERROR_BYTES - 1);
}

static void *other_thread(void *was_empty)
{
  *(int *)was_empty = isn_error_message()[0] == '\0';
  isn_error_set(ISN_ERR_IO, "t.c", 1, "from the other thread");
  return NULL;
}

static void test_threads(void)
{
  pthread_t thread;
  int was_empty = 0;
  isn_error_set(ISN_ERR_IO, "t.c", 1, "from the main thread");
  TEST_CHECK(pthread_create(&thread, NULL, other_thread, &was_empty) == 0);
  TEST_CHECK(pthread_join(thread, NULL) == 0);
  TEST_CHECK(was_empty);
  TEST_CHECK(strcmp(isn_error_message(), "from the main thread") == 0);
}

int main(void)
{
  test_table();
  test_passing();
  test_prefix();
  test_cutting();
  test_threads();
  TEST_END();
}
