/** @file test_config_source.c
 *  What is done to a text before libconfig reads it: whole numbers keep their value, what
 *  libconfig would misread in silence is refused, and nothing else is touched.
 */
#include <stdlib.h>

#include "config/source.h"
#include "harness.h"

/* A line end is added, which the wanted texts here leave out. */
static void expect(const char *text, const char *wanted)
{
  char *out = NULL;
  TEST_OK(isn_source_prepare(text, "x.cfg", &out));
  if (!out)
    return;
  size_t n = strlen(out);
  TEST_CHECK(n > 0 && out[n - 1] == '\n');
  out[n - 1] = '\0';
  TEST_CHECK_MSG(strcmp(out, wanted) == 0, "'%s' became '%s', wanted '%s'", text, out, wanted);
  free(out);
}

static void expect_same(const char *text)
{
  expect(text, text);
}

int main(void)
{
  expect("a = 2147483648;", "a = 2147483648L;");
  expect("a = 12345678901", "a = 12345678901L");
  expect("a = -12345678901, b", "a = -12345678901L, b");
  expect("[9999999999,1,+9999999999]", "[9999999999L,1,+9999999999L]");
  expect("a = 0xFFFFFFFF;", "a = 0xFFFFFFFFL;");
  expect("a = 0X80000000", "a = 0X80000000L");
  expect("\"9\\\"9\" 9999999999 \"x\"", "\"9\\\"9\" 9999999999L \"x\"");
  expect("/* 9999999999 */9999999999", "/* 9999999999 */9999999999L");

  expect_same("a = 2147483647; b = 0x7FFFFFFF; c = 007;");
  expect_same("a = 12345678901L; b = 0xFFFFFFFFL; c = 5LL;");
  expect_same("a = 12345678901.0; b = 12345678901e3; c = .12345678901; d = 1.12345678901");
  expect_same("a = 1.0e-12345678901; b = 99999999999999999999.5; c = 1.5E+20;");
  expect_same("key_12345678901 = \"12345678901\"; k-99999999999 = 1;");
  expect_same("# 99999999999999999999 @include \"\na = 1; // 99999999999999999999\n/* \" \n\n*/");
  expect_same("a = 1; #");

  char *out = NULL;
  TEST_OK(isn_source_prepare("", "x.cfg", &out));
  TEST_CHECK(out && out[0] == '\0');
  free(out);
  TEST_OK(isn_source_prepare("a = 1;\n", "x.cfg", &out));
  TEST_CHECK(out && strcmp(out, "a = 1;\n") == 0);
  free(out);
  TEST_ERROR(isn_source_prepare("a = 1;\n\n b = 9223372036854775808;", "x.cfg", &out),
             ISN_ERR_INPUT, "x.cfg:3: the whole number 9223372036854775808 does not fit");
  TEST_ERROR(isn_source_prepare("b = 0x8000000000000000;", "x.cfg", &out), ISN_ERR_INPUT,
             "x.cfg:1: the whole number 0x8000000000000000 does not fit");
  TEST_ERROR(isn_source_prepare("b = 99999999999999999999L;", "x.cfg", &out), ISN_ERR_INPUT,
             "does not fit in 64 bits");
  TEST_ERROR(isn_source_prepare("a = 1;\n@include \"b.cfg\"\n", "x.cfg", &out), ISN_ERR_INPUT,
             "x.cfg:2: @include is not supported");
  TEST_ERROR(isn_source_prepare("a = \"b;\nc = \"d\";", "x.cfg", &out), ISN_ERR_INPUT,
             "x.cfg:1: the string \"b; has no closing quote on its line");
  TEST_ERROR(isn_source_prepare("\na = \"ends in \\", "x.cfg", &out), ISN_ERR_INPUT, "x.cfg:2: ");
  TEST_ERROR(isn_source_prepare("a = \"\\\n\"", "x.cfg", &out), ISN_ERR_INPUT, "no closing quote");
  TEST_ERROR(isn_source_prepare("\n/* open\na = 1;", "x.cfg", &out), ISN_ERR_INPUT,
             "x.cfg:2: the comment that begins here with /* is not closed");
  TEST_END();
}
