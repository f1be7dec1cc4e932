/** @file test_targets.c
 *  Looking up a run's targets: names, indices, several neurons and blobs, and what is refused; the
 *  same on all ranks.  Windows that are shares of a reach.
 */
#include "made_groups.h"

enum { N_CLASSES = 10 };

static int test_good(void)
{
  isn_targets_t targets;
  group_window(0, "fc8", 20.0, 30.0);
  group_add_name(0, "Sneaker");
  group_window(1, "fc8", 0.1, 0.7);
  group_add_name(1, "pullover");
  group_add_index(1, 4);
  group_window(2, "fc7", -1.0, 1.0);
  group_add_index(2, 255);
  group_window(3, "fc8", 1.0, 2.0);
  for (int k = 0; k < N_CLASSES; k++)
    group_add_index(3, N_CLASSES - 1 - k);
  TEST_REQUIRE(groups_resolve(4, &targets));
  const isn_run_target_t *t = targets.targets;
  TEST_CHECK(targets.n == 4 && targets.n_whole == 4 && targets.first == 0);
  TEST_CHECK(targets.max_neurons == N_CLASSES && targets.n_blobs == 2 && !targets.any_relative);
  TEST_CHECK(!strcmp(targets.blobs[0], "fc8") && !strcmp(targets.blobs[1], "fc7"));
  TEST_CHECK(targets.blob[0][0] == 0 && targets.blob[1][1] == 0 && targets.blob[2][0] == 1);
  check_target(&targets, 0, "sneaker", 7, 1);
  check_target(&targets, 2, "fc7[255]", 255, 1);
  TEST_CHECK(!strcmp(t[2].blobs[0], "fc7") && t[2].quantities[0] == ISN_QUANTITY_ACTIVATION);
  TEST_CHECK(t[1].n_neurons == 2 && t[1].neurons[0] == 2 && t[1].neurons[1] == 4);
  TEST_CHECK(t[1].units[0] == 1 && t[1].units[1] == 1);
  TEST_CHECK(!strcmp(t[1].label, "pullover + coat"));
  /* A label that is too long is cut, not more. */
  TEST_CHECK(t[3].neurons[9] == 0 && strlen(t[3].label) == ISN_RUN_LABEL_BYTES - 1);
  TEST_CHECK(!strncmp(t[3].label, "ankle boot + bag + sneaker", 26));
  /* Both neurons of a target have its window, and it is the one in the file, float32. */
  for (int k = 0; k < 2; k++) {
    TEST_CHECK(t[1].windows[k][0] == 0.1F && t[1].windows[k][1] == 0.7F);
    TEST_CHECK(targets.windows[1][k][0] == (double)0.1F &&
               targets.windows[1][k][1] == (double)0.7F);
  }
  TEST_CHECK(isnan(targets.shares[1][0][0]) && isn_targets_has_window(&targets, 1));
  isn_targets_clear(&targets);
  return 0;
}

static void test_bad(void)
{
  char *labels = groups.options.models.labels;
  group_window(0, "fc8", 1.0, 2.0);
  group_add_name(0, "sneekers");
  groups_refuse("did you mean 'sneaker' (index 7)?");
  groups.options.models.labels = NULL;
  groups_refuse("models.classifier.labels names no file");
  groups.options.models.labels = labels;

  group_window(0, "fc7", 1.0, 2.0);
  group_add_name(0, "sneaker");
  groups_refuse("has 10 lines and blob 'fc7' has 256 units");
  group_window(0, "fc7", 1.0, 2.0);
  group_add_index(0, 256);
  groups_refuse("index 256: blob 'fc7' has units 0 to 255");
  group_window(0, "fc8", 1.0, 2.0);
  group_add_index(0, 10);
  groups_refuse("index 10: blob 'fc8' has units 0 to 9");
  group_window(0, "fc8", 1.0, 2.0);
  group_add_index(0, 7);
  group_add_index(0, 3);
  group_add_name(0, "sneaker");
  groups_refuse("unit 7 stands twice in one target");
  group_window(0, "fc9", 1.0, 2.0);
  group_add_index(0, 0);
  groups_refuse("no blob 'fc9'");
  group_window(0, "a blob with a name of more than sixty-three bytes, which no field can hold", 1,
               2);
  group_add_index(0, 0);
  groups_refuse("longer than 63 bytes");
}

/* Windows of two neurons that reach different activations; NaN before, and out of reach. */
static int test_reach(void)
{
  static const float reach[2] = {3.7F, 1e-3F}, zero[2] = {3.7F, 0.0F}, nan[2] = {NAN, 1.0F},
                     infinite[2] = {1.0F, INFINITY};
  static const float *const out_of_reach[] = {zero, nan, infinite};
  isn_targets_t targets;
  group_reach(0, "fc8", 0.3, 1.0);
  group_add_index(0, 2);
  group_add_index(0, 4);
  group_window(1, "fc8", 1.0, 2.0);
  group_add_index(1, 4);
  TEST_REQUIRE(groups_resolve(2, &targets));
  const isn_run_target_t *t = targets.targets;
  TEST_CHECK(targets.any_relative && targets.max_neurons == 2);
  TEST_CHECK(targets.shares[0][1][0] == 0.3 && targets.shares[0][1][1] == 1.0);
  TEST_CHECK(isnan(targets.shares[1][0][0]) && isnan(targets.shares[1][0][1]));
  TEST_CHECK(!isn_targets_has_window(&targets, 0) && isn_targets_has_window(&targets, 1));
  for (int round = 0; round < 3; round++) {
    for (int k = 0; k < 2; k++)
      for (int side = 0; side < 2; side++)
        TEST_CHECK(isnan(t[0].windows[k][side]) && isnan(targets.windows[0][k][side]));
    isn_targets_set_reach(&targets, 0, reach);
    TEST_CHECK(isn_targets_has_window(&targets, 0));
    for (int k = 0; k < 2; k++) {
      TEST_CHECK(t[0].windows[k][0] == (float)(0.3 * (double)reach[k]));
      TEST_CHECK(t[0].windows[k][1] == reach[k]);
      for (int side = 0; side < 2; side++)
        TEST_CHECK(targets.windows[0][k][side] == (double)t[0].windows[k][side]);
    }
    isn_targets_set_reach(&targets, 0, out_of_reach[round]);
    TEST_CHECK(!isn_targets_has_window(&targets, 0));
  }
  isn_targets_clear(&targets);
  return 0;
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(groups_open(&argc, &argv));
  test_good();
  test_bad();
  test_reach();
  groups_close();
  TEST_END();
}
