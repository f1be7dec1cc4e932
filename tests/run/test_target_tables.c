/** @file test_target_tables.c
 *  Windows from a CSV file: which rows there may be, which neurons they are for, and what each
 *  error says; the same on all ranks.
 */
#include "made_groups.h"

static char path[64];

/* Write the table; rank 0 alone reads it. */
static void write_table(const char *text)
{
  if (isn_comm_rank(groups.comm) != 0)
    return;
  FILE *file = fopen(path, "w");
  TEST_CHECK(file && fputs(text, file) >= 0);
  TEST_CHECK(file && fclose(file) == 0);
}

/* The whole table, as a group without neurons, must be these targets. */
static void expect(const char *text, const char *blob, int n, const char *const *labels,
                   const float (*windows)[2])
{
  isn_targets_t targets = {0};
  write_table(text);
  group_table(0, blob, path);
  TEST_OK(groups_resolve(1, &targets));
  TEST_CHECK_MSG(targets.n == n, "%d targets of:\n%s", targets.n, text);
  for (int t = 0; t < targets.n && t < n; t++) {
    const isn_run_target_t *target = &targets.targets[t];
    TEST_CHECK_MSG(!strcmp(target->label, labels[t]), "target %d: %s", t, target->label);
    for (int side = 0; side < 2; side++) {
      TEST_CHECK(target->n_neurons == 1 && target->windows[0][side] == windows[t][side]);
      TEST_CHECK(targets.windows[t][0][side] == (double)windows[t][side]);
    }
    TEST_CHECK(isnan(targets.shares[t][0][0]));
  }
  TEST_CHECK(!targets.any_relative);
  isn_targets_clear(&targets);
}

static void test_good(void)
{
  static const char *const labels[] = {"sneaker", "T-shirt/top", "coat"};
  static const float windows[][2] = {{20.0F, 30.5F}, {-1.0F, 0.1F}, {1e3F, 2e3F}};
  static const char *const same[] = {
      "sneaker,20,30.5\nT-shirt/top,-1,0.1\n4,1e3,2e3\n",
      "neuron,low,high\nsneaker,20,30.5\nT-shirt/top,-1,0.1\n4,1e3,2e3", /* no last line end */
      "\xEF\xBB\xBF"
      "sneaker,20,30.5\nT-shirt/top,-1,0.1\n4,1e3,2e3\n",
      "\xEF\xBB\xBFneuron,low,high\r\nsneaker,20,30.5\r\n\r\nT-shirt/top,-1,0.1\r\n4,1e3,2e3\r\n",
      "\n\n neuron , low , high \n\n\n Sneaker , 20 , 30.5 \n   \n\"T-shirt/top\",\"-1\",0.1\n"
      "\"4\",1e3,2e3\n\n\n"};
  static const char *const channels[] = {"fc7[200]", "fc7[0]"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    expect(same[i], "fc8", 3, labels, windows);
  expect("200,20,30.5\n0,-1,0.1\n", "fc7", 2, channels, windows);
}

/* A table may hold more neurons than a sweep or a target takes of it. */
static int test_subsets(void)
{
  isn_targets_t targets;
  write_table("bag,1,2\n3,3,4\ncoat,5,6\n0,7,8\n");
  group_table(0, "fc8", path);
  group_add_sweep(0, "coat");
  group_add_sweep(0, "bag");
  group_table(1, "fc8", path);
  group_add_name(1, "dress");
  group_add_name(1, "bag");
  TEST_REQUIRE(groups_resolve(2, &targets));
  TEST_CHECK(targets.n == 3 && targets.max_neurons == 2);
  check_target(&targets, 0, "coat", 4, 1);
  check_target(&targets, 1, "bag", 8, 1);
  TEST_CHECK(targets.windows[0][0][0] == 5.0 && targets.windows[1][0][0] == 1.0);
  TEST_CHECK(targets.targets[2].n_neurons == 2 && targets.windows[2][0][0] == 3.0);
  TEST_CHECK(targets.windows[2][1][1] == 2.0);
  isn_targets_clear(&targets);
  /* Numbers count channels where the group has a position. */
  write_table("63,1,2\n5,3,4\n");
  group_table(0, "conv2", path);
  group_at(0, 2, 1);
  TEST_REQUIRE(groups_resolve(1, &targets));
  TEST_CHECK(targets.n == 2);
  check_target(&targets, 0, "conv2[63,2,1]", 63 * 14 * 14 + 2 * 14 + 1, 1);
  check_target(&targets, 1, "conv2[5,2,1]", 5 * 14 * 14 + 2 * 14 + 1, 1);
  isn_targets_clear(&targets);
  return 0;
}

/* A table must be refused with file, line and these words. */
static void refuse(const char *text, int line, const char *words)
{
  char all[512];
  write_table(text);
  group_table(0, "fc8", path);
  snprintf(all, sizeof all, "%s:%d: %s", path, line, words);
  groups_refuse(all);
}

static void test_bad(void)
{
  refuse("bag,1\n", 1, "found 2 fields, want 3: neuron, low, high");
  refuse("neuron,low,high\nbag,1,2\ncoat,1,2,3\n", 3, "found 4 fields, want 3");
  refuse("\n\nbag\n", 3, "found 1 field, want 3");
  refuse("bag,1,2\r\n\r\ncoat,one,2\r\n", 3, "low: found 'one', want a number");
  refuse("bag,1,2\ncoat,1,2x\n", 2, "high: found '2x', want a number");
  refuse("bag,1,2\ncoat,,2\n", 2, "low: found '', want a number");
  /* A slip in the first row does not make it a header. */
  refuse("bag,l0,20\n", 1, "low: found 'l0', want a number");
  refuse("bag,10,2O\n", 1, "high: found '2O', want a number");
  refuse("bag,1,2\nneuron,low,high\n", 2, "labels");
  refuse("bag,30,20\n", 1, "found low 30 and high 20, want low below high");
  refuse("bag,20,20\n", 1, "found low 20 and high 20, want low below high");
  refuse("bag,20,20.0000000001\n", 1,
         "found low 20 and high 20.0000000001"); /* equal as they are stored */
  refuse("bag,nan,20\n", 1, "low: found nan, want a finite number");
  refuse("bag,1,inf\n", 1, "high: found inf, want a finite number");
  refuse("bag,1,1e39\n", 1, "high: found 1e39, want a finite number");
  refuse("bag,1,2\ncoat,1,2\n8,1,2\n", 3, "neuron 8: found unit 8 in line 1, too, want one row");
  refuse("bgg,1,2\n", 1, "labels");
  refuse("10,1,2\n", 1, "index 10: blob 'fc8' has units 0 to 9");
  refuse("99999999999999999999,1,2\n", 1, "index 2147483647: blob 'fc8' has units 0 to 9");
  refuse("-1,1,2\n", 1, "labels");
  refuse(",1,2\n", 1, "neuron: found nothing, want the name of a class or a number from 0");
  refuse("bag,1,2\n\"coat,1,2\n3,4,5\n", 2, "found a quote that is open");
  refuse("bag,1,2\nco\"at,1,2\n", 2, "found a quote that is open or stands within a field");
  /* Line ends within quotes count. */
  refuse("\"two\nlines\",low,high\nbag,1,2\ncoat,2,1\n", 4, "found low 2 and high 1");
}

static void test_other_errors(void)
{
  static char long_row[2000];
  char words[128];
  memset(long_row, 'x', sizeof long_row - 1);
  memcpy(long_row + sizeof long_row - 6, ",1,2\n", 5);
  refuse(long_row, 1, "found a field of 1994 bytes, want at most 511");
  write_table("neuron,low,high\n");
  group_table(0, "fc8", path);
  groups_refuse("found no rows, want neuron, low, high");
  write_table("bag,1,2\n3,3,4\n");
  group_add_sweep(0, "bag");
  group_add_sweep(0, "coat");
  snprintf(words, sizeof words, "%s: found no row of unit 4 (\"coat\"), want one for each", path);
  groups_refuse(words);
  group_table(0, "conv2", path);
  group_max(0);
  groups_refuse("blob 'conv2' has 64 channels");
  group_table(0, "fc8", "no/such.csv");
  groups_refuse("table of windows: there is no file 'no/such.csv'");
}

/* In the labels of CaffeNet a class has several names, with commas between. */
static int test_commas(void)
{
  static char ten[64];
  snprintf(ten, sizeof ten, "test_target_tables.np%d.txt", isn_comm_size(groups.comm));
  char *labels = groups.options.models.labels;
  isn_targets_t targets;
  if (isn_comm_rank(groups.comm) == 0) {
    FILE *file = fopen(ten, "w");
    TEST_CHECK(file &&
               fputs("n1 a\nn01484850 great white shark, white shark\nc\nd\ne\nf\ng\nh\ni\nj\n",
                     file) >= 0);
    TEST_CHECK(file && fclose(file) == 0);
  }
  groups.options.models.labels = ten;
  write_table("\"great white shark, white shark\",1,2\nj,3,4\n");
  group_table(0, "fc8", path);
  TEST_REQUIRE(groups_resolve(1, &targets));
  check_target(&targets, 0, "great white shark", 1, 1);
  check_target(&targets, 1, "j", 9, 1);
  isn_targets_clear(&targets);
  group_window(0, "fc8", 1.0, 2.0);
  group_add_sweep(0, "great white shark, white shark");
  TEST_REQUIRE(groups_resolve(1, &targets));
  check_target(&targets, 0, "great white shark", 1, 1);
  isn_targets_clear(&targets);
  refuse("great white shark, white shark,1,2\n", 1,
         "found 4 fields, want 3: neuron, low, high (a name with commas stands in quotes)");
  groups.options.models.labels = labels;
  if (isn_comm_rank(groups.comm) == 0)
    remove(ten);
  return 0;
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(groups_open(&argc, &argv));
  snprintf(path, sizeof path, "test_target_tables.np%d.csv", isn_comm_size(groups.comm));
  test_good();
  test_subsets();
  test_bad();
  test_other_errors();
  test_commas();
  if (isn_comm_rank(groups.comm) == 0)
    remove(path);
  groups_close();
  TEST_END();
}
