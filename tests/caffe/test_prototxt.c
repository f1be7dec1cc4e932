/** @file test_prototxt.c
 *  The protobuf text format: what is read, and what is refused with which line.
 */
#include "caffe/prototxt.h"
#include "harness.h"

static const char good[] = "# comment with { and \"\n"
                           "name: \"two\" ' parts' # and one more\n"
                           "   \"\\n\\x41\\102\\t\\\"\"\n"
                           "message { a: 1, b: -2; c: 1e-4 d: .5f e: 0x10 f: true g: MAX }\n"
                           "message: < a: 2 inner { deep: inf } >;\n"
                           "list: [1, 2, 3] list: 4\n"
                           "blocks: [{x: 1}, <x: 2>] empty: []\n"
                           "twice: 1 twice: 2\n"
                           "low: -inf word: - 3\n";

static int check_values(const isn_prototxt_t *root)
{
  const isn_prototxt_t *first = isn_prototxt_first(root, "message"), *inner;
  const isn_prototxt_t *second = isn_prototxt_next(first);
  static const char *const words[] = {"AVE", "MAX"};
  const char *text = "";
  int number = 77, word = 0;
  double real = 0.0;
  bool flag = false;
  TEST_OK(isn_prototxt_get_string(root, "name", &text));
  TEST_CHECK(strcmp(text, "two parts\nAB\t\"") == 0);
  TEST_CHECK(first->line == 4 && second->line == 5 && !isn_prototxt_next(second));
  TEST_OK(isn_prototxt_get_int(first, "missing", 0, 9, &number));
  TEST_CHECK(number == 77);
  TEST_OK(isn_prototxt_get_int(first, "b", -9, 9, &number));
  TEST_CHECK(number == -2);
  TEST_OK(isn_prototxt_get_int(first, "e", 0, 99, &number));
  TEST_CHECK(number == 16);
  TEST_OK(isn_prototxt_get_double(first, "c", &real));
  TEST_CHECK(real == 1e-4);
  TEST_OK(isn_prototxt_get_double(first, "d", &real));
  TEST_CHECK(real == 0.5);
  TEST_OK(isn_prototxt_get_bool(first, "f", &flag));
  TEST_CHECK(flag);
  TEST_OK(isn_prototxt_get_enum(first, "g", 2, words, &word));
  TEST_CHECK(word == 1);
  TEST_OK(isn_prototxt_get_enum(first, "a", 2, words, &word)); /* an enum by its number */
  TEST_CHECK(word == 1);
  TEST_OK(isn_prototxt_message(second, "inner", &inner));
  TEST_ERROR(isn_prototxt_get_double(inner, "deep", &real), ISN_ERR_INPUT, "good:5: 'deep' is inf");
  TEST_CHECK(isn_prototxt_count(root, "list") == 4 && isn_prototxt_count(root, "blocks") == 2);
  TEST_CHECK(isn_prototxt_count(root, "empty") == 0);
  TEST_OK(isn_prototxt_get_int(root, "word", -9, 9, &number));
  TEST_CHECK(number == -3);
  return 0;
}

static void check_refused_values(const isn_prototxt_t *root)
{
  const isn_prototxt_t *first = isn_prototxt_first(root, "message"), *message;
  static const char *const fields[] = {"a", "b", "c", "d", "e", "f", NULL};
  static const char *const words[] = {"AVE", "STOCHASTIC"};
  const char *text;
  int number;
  double real;
  bool flag;
  TEST_ERROR(isn_prototxt_get_int(root, "twice", 0, 9, &number), ISN_ERR_INPUT,
             "good:8: 'twice' is given a second time (first on line 8)");
  TEST_ERROR(isn_prototxt_get_int(first, "e", 0, 9, &number), ISN_ERR_INPUT,
             "good:4: 'e' is 0x10; wanted a whole number from 0 to 9");
  TEST_ERROR(isn_prototxt_get_int(first, "c", 0, 9, &number), ISN_ERR_INPUT,
             "'c' is 1e-4; wanted a whole number");
  TEST_ERROR(isn_prototxt_get_int(root, "name", 0, 9, &number), ISN_ERR_INPUT, "good:2: 'name' is");
  TEST_ERROR(isn_prototxt_get_double(first, "g", &real), ISN_ERR_INPUT, "'g' is MAX");
  TEST_ERROR(isn_prototxt_get_double(root, "low", &real), ISN_ERR_INPUT, "good:9: 'low' is -inf");
  TEST_ERROR(isn_prototxt_get_bool(first, "e", &flag), ISN_ERR_INPUT, "wanted true or false");
  TEST_ERROR(isn_prototxt_get_string(first, "g", &text), ISN_ERR_INPUT, "wanted a text in quotes");
  TEST_ERROR(isn_prototxt_get_enum(first, "g", 2, words, &number), ISN_ERR_INPUT,
             "wanted one of AVE, STOCHASTIC");
  TEST_ERROR(isn_prototxt_message(first, "a", &message), ISN_ERR_INPUT, "wanted a message: a {");
  TEST_ERROR(isn_prototxt_check_fields(first, fields), ISN_ERR_INPUT,
             "good:4: field 'g' of 'message' is unknown");
}

static const struct {
  const char *text, *message;
} bad[] = {
    {"a: 1\nb {\n c: 2\n", "bad:4: the file ends, but 'b', begun on line 2, lacks its '}'"},
    {"a: 1\n}\n", "bad:2: found '}'; wanted the name of a field"},
    {"a { b: 1 >\n", "bad:1: found '>'"},
    {"a 1\n", "bad:1: found '1'; wanted ':' or '{'"},
    {"\n\na:\n", "bad:4: the file ends here; wanted a value"},
    {"a: }\n", "bad:1: found '}'; wanted a value"},
    {"a: - \"x\"\n", "bad:1: found '\"x\"'; wanted a value"},
    {"a: 1x\n", "bad:1: '1x' is not a number"},
    {"a: 1e\n", "bad:1: '1e' is not a number"},
    {"a: 1.2.3\n", "bad:1: '1.2.3' is not a number"},
    {"a: 0x1.8\n", "bad:1: '0x1.8' is not a number"},
    {"a: \"abc\nb: 1\n", "bad:1: the string that begins with \"abc is not closed"},
    {"a: 'abc", "bad:1: the string that begins with 'abc is not closed"},
    {"a: 'abc\\", "bad:1: the string that begins with 'abc\\ is not closed"},
    {"b: 1\na: 'ab\\q'\n", "bad:2: '\\q' in a string is no escape"},
    {"a: 'ab\\0'\n", "bad:1: '\\0' in a string is no escape"},
    {"a: [1, 2\n", "bad:2: the file ends here; wanted ',' or ']'"},
    {"a: [1 2]\n", "bad:1: found '2'; wanted ',' or ']'"},
    {"a: 1,,b: 2\n", "bad:1: found ','; wanted the name of a field"},
    {"a: 1 = 2\n", "bad:1: '=' has no meaning here"},
    {"[x.y]: 2\n", "bad:1: found '['; wanted the name of a field"},
    {"\x0a\x04name\x12\x03", "bad:2: byte 0x04 is no text; is this a net definition"},
    {"<!DOCTYPE html>\n", "bad:1: found '<'"},
};

static void check_depth(void)
{
  char text[256];
  isn_prototxt_t *root;
  for (int depth = 31; depth <= 33; depth++) {
    size_t n = 0;
    for (int i = 0; i < depth; i++, n += 2)
      memcpy(text + n, "a{", 2);
    memset(text + n, '}', (size_t)depth);
    text[n + (size_t)depth] = '\0';
    if (depth <= 32) {
      TEST_OK(isn_prototxt_parse(text, "deep", &root));
      isn_prototxt_destroy(root);
    } else {
      TEST_ERROR(isn_prototxt_parse(text, "deep", &root), ISN_ERR_INPUT, "nest deeper than 32");
    }
  }
}

/** Every beginning of a good text parses or is refused, and never reads on. */
static void check_truncated(void)
{
  char text[sizeof good];
  int n_refused = 0;
  for (size_t n = 0; n < sizeof good; n++) {
    isn_prototxt_t *root;
    memcpy(text, good, n);
    text[n] = '\0';
    isn_status_t status = isn_prototxt_parse(text, "cut", &root);
    TEST_CHECK(status == ISN_OK || status == ISN_ERR_INPUT);
    if (status == ISN_OK)
      isn_prototxt_destroy(root);
    else
      n_refused++;
  }
  TEST_CHECK(n_refused > 100);
}

int main(void)
{
  isn_prototxt_t *root;
  TEST_REQUIRE(isn_prototxt_parse(good, "good", &root));
  check_values(root);
  check_refused_values(root);
  isn_prototxt_destroy(root);
  isn_prototxt_destroy(NULL);
  TEST_REQUIRE(isn_prototxt_parse("", "empty", &root));
  TEST_CHECK(!root->first);
  isn_prototxt_destroy(root);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    TEST_ERROR(isn_prototxt_parse(bad[i].text, "bad", &root), ISN_ERR_INPUT, bad[i].message);
  check_depth();
  check_truncated();
  TEST_END();
}
