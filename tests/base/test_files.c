/** @file test_files.c
 *  Files: what is missing or wrong is named; checksums have their published values.
 */
#include "invset/files.h"

#include <sys/stat.h>

#include "base/scratch.h"
#include "harness.h"

static const char EMPTY_SHA[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char ABC_SHA[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char MILLION_SHA[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void test_check(scratch_t *scratch)
{
  TEST_OK(isn_file_check(scratch_write(scratch, "good", "x", 1), "weights"));
  TEST_ERROR(isn_file_check("no/such.txt", "weights of G"), ISN_ERR_INPUT,
             "weights of G: there is no file 'no/such.txt' (paths are relative to the working");
  TEST_ERROR(isn_file_check("/no/such.txt", "weights"), ISN_ERR_INPUT, "'/no/such.txt'");
  TEST_CHECK(!strstr(isn_error_message(), "relative"));
  TEST_ERROR(isn_file_check("", "weights"), ISN_ERR_INPUT, "weights: the file name is empty");
  TEST_ERROR(isn_file_check(scratch->folder, "weights"), ISN_ERR_INPUT, "is a folder");
  TEST_ERROR(isn_file_check("/dev/null", "weights"), ISN_ERR_INPUT, "no regular file");
  TEST_ERROR(isn_file_check(scratch_write(scratch, "empty", "", 0), "weights"), ISN_ERR_INPUT,
             "is empty");
  char below[160];
  snprintf(below, sizeof below, "%s/below", scratch_path(scratch, "good"));
  TEST_ERROR(isn_file_check(below, "weights"), ISN_ERR_INPUT, "there is no file");
}

static void test_permission(scratch_t *scratch)
{
  if (geteuid() == 0) {
    fprintf(stderr, "test_files: permissions do not bind root; that part is left out\n");
    return;
  }
  scratch_write(scratch, "locked", "x", 1);
  TEST_CHECK(chmod(scratch->path, 0) == 0);
  TEST_ERROR(isn_file_check(scratch->path, "weights"), ISN_ERR_INPUT, "Permission denied");
}

static int test_text(scratch_t *scratch)
{
  char *text = NULL;
  TEST_REQUIRE(isn_file_read_text(scratch_write(scratch, "t", "line\n2", 6), "net", 6, &text));
  TEST_CHECK(strcmp(text, "line\n2") == 0);
  free(text);
  text = NULL;
  TEST_ERROR(isn_file_read_text(scratch->path, "net", 5, &text), ISN_ERR_INPUT,
             "has 6 bytes, at most 5");
  TEST_ERROR(isn_file_read_text(scratch_write(scratch, "t", "ab\0c", 4), "net", 99, &text),
             ISN_ERR_INPUT, "byte 2 is zero");
  TEST_ERROR(isn_file_read_text("none", "net", 99, &text), ISN_ERR_INPUT, "net: there is no file");
  TEST_CHECK(text == NULL);
  return 0;
}

static int test_bytes(scratch_t *scratch)
{
  unsigned char *bytes = NULL;
  size_t n = 0;
  TEST_REQUIRE(isn_file_read_bytes(scratch_write(scratch, "t", "a\0b", 3), "mean", 3, &bytes, &n));
  TEST_CHECK(n == 3 && memcmp(bytes, "a\0b", 4) == 0);
  free(bytes);
  TEST_ERROR(isn_file_read_bytes(scratch->path, "mean", 2, &bytes, &n), ISN_ERR_INPUT, "mean: '");
  TEST_ERROR(isn_file_read_bytes("none", "mean", 2, &bytes, &n), ISN_ERR_INPUT, "there is no file");
  return 0;
}

static void test_sha256(scratch_t *scratch)
{
  static char million[1000000];
  char sum[ISN_SHA256_TEXT] = "";
  memset(million, 'a', sizeof million);
  isn_bytes_sha256("", 0, sum);
  TEST_CHECK(strcmp(sum, EMPTY_SHA) == 0);
  isn_bytes_sha256("abc", 3, sum);
  TEST_CHECK(strcmp(sum, ABC_SHA) == 0);
  TEST_OK(isn_file_sha256(scratch_write(scratch, "sum", "abc", 3), sum));
  TEST_CHECK(strcmp(sum, ABC_SHA) == 0);
  TEST_OK(isn_file_sha256(scratch_write(scratch, "sum", million, sizeof million), sum));
  TEST_CHECK(strcmp(sum, MILLION_SHA) == 0);
  TEST_ERROR(isn_file_sha256("none", sum), ISN_ERR_INPUT, "there is no file 'none'");
}

int main(void)
{
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  test_check(&scratch);
  test_permission(&scratch);
  if (test_text(&scratch) != 0 || test_bytes(&scratch) != 0)
    return 1;
  test_sha256(&scratch);
  scratch_close(&scratch, (const char *const[]){"good", "empty", "locked", "t", "sum", NULL});
  TEST_END();
}
