/** @file test_labels.c
 *  Labels: the ten fashion classes, CaffeNet's thousand, finding, near misses, bad files.
 */
#include "invset/labels.h"

#include "base/scratch.h"
#include "harness.h"

#define SYNSETS ISN_TEST_DATA "/synset_words.txt"

static const char FASHION[] = "T-shirt/top\nTrouser\nPullover\nDress\r\nCoat\nSandal\nShirt\n"
                              "Sneaker\n  Bag \nAnkle boot\n\n\n";

static int find(const isn_labels_t *labels, const char *name)
{
  int unit = -1;
  TEST_OK(isn_labels_find(labels, name, &unit));
  return unit;
}

static int test_fashion(scratch_t *scratch)
{
  isn_labels_t *labels;
  char name[32], small[5];
  int unit = -1;
  TEST_REQUIRE(isn_labels_read(scratch_write(scratch, "a", FASHION, strlen(FASHION)), &labels));
  TEST_CHECK(isn_labels_count(labels) == 10);
  TEST_CHECK(find(labels, "sneaker") == 7);
  TEST_CHECK(find(labels, "ANKLE BOOT") == 9);
  TEST_CHECK(find(labels, "dress") == 3);
  TEST_CHECK(find(labels, "t-shirt/top") == 0);
  isn_labels_name(labels, 8, name, sizeof name);
  TEST_CHECK(strcmp(name, "Bag") == 0);
  isn_labels_name(labels, 10, name, sizeof name);
  TEST_CHECK(strcmp(name, "unit 10") == 0);
  isn_labels_name(labels, 2, small, sizeof small);
  TEST_CHECK(strcmp(small, "Pull") == 0);

  TEST_ERROR(isn_labels_find(labels, "sneeker", &unit), ISN_ERR_INPUT,
             "did you mean 'Sneaker' (index 7)?");
  TEST_ERROR(isn_labels_find(labels, "shrit", &unit), ISN_ERR_INPUT, "'Shirt' (index 6)");
  TEST_ERROR(isn_labels_find(labels, "volcano", &unit), ISN_ERR_INPUT, "none of the 10 units");
  TEST_ERROR(isn_labels_find(labels, "volcano", &unit), ISN_ERR_INPUT, scratch->path);
  TEST_ERROR(isn_labels_find(labels, "", &unit), ISN_ERR_INPUT, "none of the 10 units");
  TEST_CHECK(unit == -1);
  isn_labels_destroy(labels);
  return 0;
}

/* The neurons of the paper, which counts from 1. */
static int test_synsets(void)
{
  isn_labels_t *labels;
  char name[64];
  int unit;
  TEST_REQUIRE(isn_labels_read(SYNSETS, &labels));
  TEST_CHECK(isn_labels_count(labels) == 1000);
  TEST_CHECK(find(labels, "volcano") == 981 - 1);
  TEST_CHECK(find(labels, "Cardoon") == 947 - 1);
  TEST_CHECK(find(labels, "monastery") == 664 - 1);
  TEST_CHECK(find(labels, "toilet seat") == 862 - 1);
  TEST_CHECK(find(labels, "toilet paper") == 1000 - 1);
  TEST_CHECK(find(labels, "n15075141") == 999);
  TEST_CHECK(find(labels, "n15075141 toilet tissue, toilet paper, bathroom tissue") == 999);
  TEST_CHECK(find(labels, "toilet tissue, toilet paper, bathroom tissue") == 999);
  isn_labels_name(labels, 999, name, sizeof name);
  TEST_CHECK(strcmp(name, "toilet tissue") == 0);
  isn_labels_name(labels, 0, name, sizeof name);
  TEST_CHECK(strcmp(name, "tench") == 0);

  TEST_ERROR(isn_labels_find(labels, "vulcano", &unit), ISN_ERR_INPUT, "'volcano' (index 980)");
  TEST_ERROR(isn_labels_find(labels, "crane", &unit), ISN_ERR_INPUT, "index 134, 517 (from 0)");
  TEST_CHECK(find(labels, "n03126707 crane") == 517);
  TEST_ERROR(isn_labels_find(labels, "maillot", &unit), ISN_ERR_INPUT, "2 units");
  TEST_ERROR(isn_labels_find(labels, "n1507514", &unit), ISN_ERR_INPUT, "n15075141");
  isn_labels_destroy(labels);
  return 0;
}

/* Three at most, nearest first, each unit once. */
static int test_near_misses(scratch_t *scratch)
{
  static const char text[] = "abcdefgh, abcdefg\nabcdxxgh\nabcdexgh\nabcdxxxh\nabcdefgx\nother\n";
  isn_labels_t *labels;
  int unit;
  TEST_REQUIRE(isn_labels_read(scratch_write(scratch, "b", text, strlen(text)), &labels));
  TEST_ERROR(isn_labels_find(labels, "abcdfegh", &unit), ISN_ERR_INPUT,
             "did you mean 'abcdefgh' (index 0), 'abcdxxgh' (index 1), 'abcdexgh' (index 2)?");
  isn_labels_destroy(labels);
  return 0;
}

static int test_odd_lines(scratch_t *scratch)
{
  static const char ids[] = "n01440764\nn01443537 \nn0144 short id\n,first,, last ,";
  isn_labels_t *labels;
  char name[32];
  TEST_REQUIRE(isn_labels_read(scratch_write(scratch, "c", ids, strlen(ids)), &labels));
  TEST_CHECK(isn_labels_count(labels) == 4);
  TEST_CHECK(find(labels, "n01443537") == 1);
  TEST_CHECK(find(labels, "n0144 short id") == 2);
  TEST_CHECK(find(labels, "last") == 3);
  isn_labels_name(labels, 3, name, sizeof name);
  TEST_CHECK(strcmp(name, "first") == 0);
  isn_labels_destroy(labels);
  isn_labels_name(NULL, 5, name, sizeof name);
  TEST_CHECK(strcmp(name, "unit 5") == 0);
  return 0;
}

static void test_bad_files(scratch_t *scratch)
{
  isn_labels_t *labels = NULL;
  TEST_ERROR(isn_labels_read("no/such/labels.txt", &labels), ISN_ERR_INPUT, "no/such/labels.txt");
  TEST_ERROR(isn_labels_read("/tmp", &labels), ISN_ERR_INPUT, "'/tmp' is a folder");
  TEST_ERROR(isn_labels_read(scratch_write(scratch, "d", "", 0), &labels), ISN_ERR_INPUT, "empty");
  TEST_ERROR(isn_labels_read(scratch_write(scratch, "d", " \n\n", 3), &labels), ISN_ERR_INPUT,
             "white space only");
  TEST_ERROR(isn_labels_read(scratch_write(scratch, "d", "a\n\nb\n", 5), &labels), ISN_ERR_INPUT,
             "line 2: no name");
  TEST_ERROR(isn_labels_read(scratch_write(scratch, "d", "a\n , ,\nb", 8), &labels), ISN_ERR_INPUT,
             "line 2: no name");
  TEST_ERROR(isn_labels_read(scratch_write(scratch, "d", "a\0b", 3), &labels), ISN_ERR_INPUT,
             "byte 1 is zero");
  TEST_CHECK(labels == NULL);
  isn_labels_destroy(NULL);
}

int main(void)
{
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  if (test_fashion(&scratch) || test_synsets() || test_near_misses(&scratch) ||
      test_odd_lines(&scratch))
    return 1;
  test_bad_files(&scratch);
  scratch_close(&scratch, (const char *const[]){"a", "b", "c", "d", NULL});
  TEST_END();
}
