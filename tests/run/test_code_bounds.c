/** @file test_code_bounds.c
 *  Bounds of a code's coordinates: one number, one each, or a file.
 */
#include "config/config_files.h"
#include "harness.h"
#include "invset/run_options.h"

static char file_name[] = "test_code_bounds.txt";
static const char key[] = "sampling.code_max";

static isn_status_t from_file(const char *text, int size, float *values)
{
  const isn_numbers_or_file_t bounds = {{0, NULL}, file_name};
  TEST_CHECK(write_text(file_name, text) == 0);
  return isn_code_bounds_expand(&bounds, key, size, values);
}

static void test_numbers(void)
{
  double numbers[3] = {2.5, 1.0, -3.0};
  float values[3];
  const isn_numbers_or_file_t one = {{1, numbers}, NULL}, three = {{3, numbers}, NULL};
  TEST_OK(isn_code_bounds_expand(&one, key, 3, values));
  TEST_CHECK(values[0] == 2.5f && values[1] == 2.5f && values[2] == 2.5f);
  TEST_OK(isn_code_bounds_expand(&three, key, 3, values));
  TEST_CHECK(values[0] == 2.5f && values[1] == 1.0f && values[2] == -3.0f);
  TEST_ERROR(isn_code_bounds_expand(&three, key, 2, values), ISN_ERR_INPUT,
             "sampling.code_max: found 3 numbers, want 1 or 2");
  TEST_ERROR(isn_code_bounds_expand(&three, key, 4096, values), ISN_ERR_INPUT, "want 1 or 4096");
}

static void test_files(void)
{
  float values[3] = {0};
  TEST_OK(from_file("12 13.5\t14", 3, values));
  TEST_CHECK(values[0] == 12.0f && values[1] == 13.5f && values[2] == 14.0f);
  TEST_OK(from_file("# upper bounds, 3 of them\n1e1, -2,\r\n3;  # last\n", 3, values));
  TEST_CHECK(values[0] == 10.0f && values[1] == -2.0f && values[2] == 3.0f);
  TEST_OK(from_file("7\n", 3, values));
  TEST_CHECK(values[0] == 7.0f && values[2] == 7.0f);

  TEST_ERROR(from_file("1 2", 3, values), ISN_ERR_INPUT,
             "sampling.code_max: found 2 numbers in test_code_bounds.txt, want 1 or 3");
  TEST_ERROR(from_file("1 2 3 4", 3, values), ISN_ERR_INPUT, "found 4 numbers");
  TEST_ERROR(from_file("# nothing\n", 3, values), ISN_ERR_INPUT, "found 0 numbers");
  TEST_ERROR(from_file("1 two 3", 3, values), ISN_ERR_INPUT, "found 'two' as number 2");
  TEST_ERROR(from_file("1 2x 3", 3, values), ISN_ERR_INPUT, "found '2x' as number 2");
  TEST_ERROR(from_file("1 nan 3", 3, values), ISN_ERR_INPUT, "found 'nan' as number 2");
  TEST_ERROR(from_file("1 2 1e99", 3, values), ISN_ERR_INPUT, "found '1e99' as number 3");
  remove(file_name);
  const isn_numbers_or_file_t gone = {{0, NULL}, file_name};
  TEST_ERROR(isn_code_bounds_expand(&gone, key, 3, values), ISN_ERR_INPUT, "test_code_bounds.txt");
}

int main(void)
{
  test_numbers();
  test_files();
  TEST_END();
}
