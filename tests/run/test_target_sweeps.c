/** @file test_target_sweeps.c
 *  Sweeps: a target for each neuron, in order; units and channels of convolution blobs; slices of a
 *  run.  The same on all ranks.
 */
#include <time.h>

#include "made_groups.h"

/* conv2 of the bundled classifier is 64 x 14 x 14. */
enum { N_FC7 = 256, CHANNELS = 64, SIDE = 14, PER_CHANNEL = SIDE * SIDE };

static int test_order(void)
{
  static const int units[] = {8, 3, 5, 6, 7};
  static const char *const labels[] = {"bag", "dress", "sandal", "shirt", "sneaker"};
  isn_targets_t targets;
  group_window(0, "fc8", 1.0, 2.0);
  group_add_sweep(0, "bag");
  group_add_sweep(0, "3");
  group_add_sweep(0, "5-7");
  group_reach(1, "fc7", 0.5, 0.8);
  group_add_sweep(1, "all");
  group_window(2, "fc8", 3.0, 4.0); /* the same neurons in another group are other targets */
  group_add_index(2, 8);
  group_add_index(2, 3);
  TEST_REQUIRE(groups_resolve(3, &targets));
  TEST_CHECK(targets.n == 5 + N_FC7 + 1 && targets.n_whole == targets.n && targets.first == 0);
  TEST_CHECK(targets.max_neurons == 2 && targets.n_blobs == 2 && targets.any_relative);
  for (int t = 0; t < 5; t++) {
    check_target(&targets, t, labels[t], units[t], 1);
    TEST_CHECK(targets.targets[t].windows[0][0] == 1.0F && targets.windows[t][0][1] == 2.0);
    TEST_CHECK(targets.blob[t][0] == 0 && isnan(targets.shares[t][0][0]));
  }
  for (int i = 0; i < N_FC7; i++) {
    char label[32];
    snprintf(label, sizeof label, "fc7[%d]", i);
    check_target(&targets, 5 + i, label, i, 1);
    TEST_CHECK(targets.blob[5 + i][0] == 1 && targets.shares[5 + i][0][1] == 0.8);
    TEST_CHECK(isnan(targets.windows[5 + i][0][0]));
    TEST_CHECK(!strcmp(targets.targets[5 + i].blobs[0], "fc7"));
  }
  TEST_CHECK(targets.targets[5 + N_FC7].n_neurons == 2 && targets.blob[5 + N_FC7][1] == 0);
  isn_targets_clear(&targets);
  return 0;
}

static void sweep(const char *blob, const char *item)
{
  group_window(0, blob, 1.0, 2.0);
  group_add_sweep(0, item);
}

/* Units, channels at a position, and the largest of a channel; of a blob without rows, too. */
static int test_positions(void)
{
  isn_targets_t targets;
  sweep("conv2", "615-616");
  group_window(1, "conv2", 1.0, 2.0);
  group_at(1, 1, 13);
  group_add_sweep(1, "3");
  group_add_sweep(1, "63");
  group_window(2, "conv2", 1.0, 2.0);
  group_max(2);
  group_add_index(2, 3);
  group_add_index(2, 0);
  group_window(3, "fc8", 1.0, 2.0);
  group_max(3);
  group_add_name(3, "sneaker");
  TEST_REQUIRE(groups_resolve(4, &targets));
  TEST_CHECK(targets.n == 6);
  check_target(&targets, 0, "conv2[3,1,13]", 3 * PER_CHANNEL + SIDE + 13, 1);
  check_target(&targets, 1, "conv2[3,2,0]", 3 * PER_CHANNEL + 2 * SIDE, 1);
  check_target(&targets, 2, "conv2[3,1,13]", 3 * PER_CHANNEL + SIDE + 13, 1);
  check_target(&targets, 3, "conv2[63,1,13]", 63 * PER_CHANNEL + SIDE + 13, 1);
  const isn_run_target_t *two = &targets.targets[4];
  TEST_CHECK(two->n_neurons == 2 && !strcmp(two->label, "conv2[3,max] + conv2[0,max]"));
  TEST_CHECK(two->neurons[0] == 3 * PER_CHANNEL && two->units[0] == PER_CHANNEL);
  TEST_CHECK(two->neurons[1] == 0 && two->units[1] == PER_CHANNEL);
  check_target(&targets, 5, "sneaker", 7, 1);
  isn_targets_clear(&targets);

  sweep("conv2", "all");
  group_max(0);
  TEST_REQUIRE(groups_resolve(1, &targets));
  TEST_CHECK(targets.n == CHANNELS);
  check_target(&targets, 63, "conv2[63,max]", 63 * PER_CHANNEL, PER_CHANNEL);
  isn_targets_clear(&targets);
  sweep("fc7", "12");
  group_at(0, 0, 0);
  TEST_REQUIRE(groups_resolve(1, &targets));
  check_target(&targets, 0, "fc7[12]", 12, 1);
  isn_targets_clear(&targets);
  return 0;
}

static void test_bad(void)
{
  sweep("fc8", "5-10");
  groups_refuse("sweep \"5-10\": index 10: blob 'fc8' has units 0 to 9");
  sweep("fc8", "99999999999999999999");
  groups_refuse("sweep \"99999999999999999999\": index 2147483647: blob 'fc8' has units 0 to 9");
  sweep("fc8", "7-5");
  groups_refuse("the range goes from 7 down to 5, want the lower end first");
  sweep("fc8", "5-7");
  group_add_sweep(0, "sneaker");
  groups_refuse("sweep \"sneaker\": unit 7 stands twice in one sweep");
  sweep("fc8", "all");
  group_add_sweep(0, "3");
  groups_refuse("sweep \"3\": unit 3 stands twice in one sweep");
  sweep("fc8", "sneekers");
  groups_refuse("sweep \"sneekers\": labels");
  sweep("fc7", "sneaker");
  groups_refuse("blob 'fc7' has 256 units: use index");
  sweep("conv2", "64");
  group_max(0);
  groups_refuse("index 64: blob 'conv2' has channels 0 to 63");
  sweep("conv2", "3");
  group_add_sweep(0, "3");
  group_max(0);
  groups_refuse("channel 3 stands twice in one sweep");
  sweep("conv2", "bag");
  group_max(0);
  groups_refuse("has 10 lines and blob 'conv2' has 64 channels");
  sweep("conv2", "3");
  group_at(0, 14, 0);
  groups_refuse("position [14, 0] is outside blob 'conv2' of 64 x 14 x 14");
  group_at(0, 0, 14);
  groups_refuse("want [0, 0] to [13, 13], or \"max\"");
  sweep("fc8", "3");
  group_at(0, 0, 1);
  groups_refuse("position [0, 1] is outside blob 'fc8' of 10 x 1 x 1");
}

/* Target t of a slice is target first + t of the whole run, in all that is told of it. */
static void check_slice(const isn_targets_t *whole, const isn_targets_t *part)
{
  TEST_CHECK(part->n_whole == whole->n && part->max_neurons == whole->max_neurons);
  TEST_CHECK(part->any_relative == whole->any_relative && part->n_blobs == whole->n_blobs);
  for (int b = 0; b < part->n_blobs; b++)
    TEST_CHECK(!strcmp(part->blobs[b], whole->blobs[b]));
  for (int t = 0; t < part->n; t++) {
    const int w = part->first + t;
    const isn_run_target_t *a = &part->targets[t], *b = &whole->targets[w];
    const size_t n = (size_t)a->n_neurons;
    TEST_CHECK(!strcmp(a->label, b->label) && a->n_neurons == b->n_neurons);
    TEST_CHECK(!memcmp(a->blobs, b->blobs, n * sizeof *a->blobs));
    TEST_CHECK(!memcmp(part->blob[t], whole->blob[w], n * sizeof *part->blob[t]));
    TEST_CHECK(!memcmp(a->quantities, b->quantities, n));
    TEST_CHECK(!memcmp(a->neurons, b->neurons, n * sizeof *a->neurons));
    TEST_CHECK(!memcmp(a->units, b->units, n * sizeof *a->units));
    TEST_CHECK(!memcmp(a->windows, b->windows, n * sizeof *a->windows));
    TEST_CHECK(!memcmp(part->shares[t], whole->shares[w], n * sizeof *part->shares[t]));
  }
}

/* For every n, the slices follow each other without gap, are nearly equal and make up the run. */
static int test_slices(void)
{
  isn_targets_t whole, part;
  sweep("fc8", "all");
  group_reach(1, "fc7", 0.5, 0.8);
  group_add_index(1, 9);
  group_add_index(1, 3);
  group_window(2, "conv2", 1.0, 2.0);
  group_max(2);
  group_add_sweep(2, "1-2");
  TEST_REQUIRE(groups_resolve(3, &whole));
  TEST_CHECK(whole.n == 13 && whole.max_neurons == 2 && whole.n_blobs == 3);
  for (int n = 1; n <= whole.n; n++) {
    int next = 0;
    for (int i = 1; i <= n; i++) {
      groups.options.run.slice[0] = i;
      groups.options.run.slice[1] = n;
      TEST_REQUIRE(groups_resolve(3, &part));
      TEST_CHECK(part.first == next && part.n >= whole.n / n && part.n <= whole.n / n + 1);
      check_slice(&whole, &part);
      next += part.n;
      isn_targets_clear(&part);
    }
    TEST_CHECK(next == whole.n);
  }
  /* More slices than targets: some have none. */
  groups.options.run.slice[0] = 1;
  groups.options.run.slice[1] = 14;
  TEST_ERROR(groups_resolve(3, &part), ISN_ERR_INPUT,
             "test.cfg: run.slice: found [1, 14], which has none of the run's 13 targets, want "
             "[i, n] with n at most 13");
  TEST_CHECK(part.n == 0 && !part.targets);
  groups.options.run.slice[0] = 1000000;
  groups.options.run.slice[1] = 1000000;
  TEST_REQUIRE(groups_resolve(3, &part));
  TEST_CHECK(part.n == 1 && part.first == 12);
  isn_targets_clear(&part);
  groups.options.run.slice[0] = groups.options.run.slice[1] = 0;
  isn_targets_clear(&whole);
  return 0;
}

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A sweep of 12544 units is told in a few messages, so in far less than a second, also where ranks
 * share a core. */
static int test_many(void)
{
  isn_targets_t targets;
  sweep("conv2", "all");
  double begin = seconds_now();
  TEST_REQUIRE(groups_resolve(1, &targets));
  double took = seconds_now() - begin;
  TEST_CHECK(targets.n == CHANNELS * PER_CHANNEL);
  check_target(&targets, targets.n - 1, "conv2[63,13,13]", targets.n - 1, 1);
  TEST_CHECK_MSG(took < 1.0, "%d targets took %g s", targets.n, took);
  isn_targets_clear(&targets);
  return 0;
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(groups_open(&argc, &argv));
  test_order();
  test_positions();
  test_bad();
  test_slices();
  test_many();
  groups_close();
  TEST_END();
}
