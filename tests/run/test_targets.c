/** @file test_targets.c
 *  Looking up a run's targets: names, indices, several neurons and blobs, and what is refused; the
 *  same on all ranks.
 */
#include "fashion_options.h"
#include "harness.h"
#include "invset/targets.h"

enum { MAX_NEURONS = 10 };

static isn_comm_t *comm;
static isn_models_t models;

/* One target of the test, with its place for what the options point to. */
typedef struct {
  isn_target_options_t *options;
  isn_neuron_name_t neurons[MAX_NEURONS];
  char names[MAX_NEURONS][32], blob[80];
} made_target_t;

static isn_target_options_t list[4];
static made_target_t made[4];

static void set_target(int t, const char *blob, double low, double high)
{
  made[t].options = &list[t];
  snprintf(made[t].blob, sizeof made[t].blob, "%s", blob);
  list[t] = (isn_target_options_t){
      .neurons = made[t].neurons, .blob = made[t].blob, .window = {low, high}, .line = 10 + t};
}

static void add_name(int t, const char *name)
{
  int k = list[t].n_neurons++;
  snprintf(made[t].names[k], sizeof made[t].names[k], "%s", name);
  made[t].neurons[k] = (isn_neuron_name_t){made[t].names[k], 0};
}

static void add_index(int t, int index)
{
  made[t].neurons[list[t].n_neurons++] = (isn_neuron_name_t){NULL, index};
}

static isn_status_t resolve(isn_run_options_t *options, int n, isn_targets_t *targets)
{
  options->n_targets = n;
  options->targets = list;
  return isn_targets_resolve(comm, options, &models, targets);
}

static int test_good(void)
{
  isn_run_options_t options = fashion_options();
  isn_targets_t targets;
  set_target(0, "fc8", 20.0, 30.0);
  add_name(0, "Sneaker");
  set_target(1, "fc8", 0.1, 0.7);
  add_name(1, "pullover");
  add_index(1, 4);
  set_target(2, "fc7", -1.0, 1.0);
  add_index(2, 255);
  set_target(3, "fc8", 1.0, 2.0);
  for (int k = 0; k < MAX_NEURONS; k++)
    add_index(3, MAX_NEURONS - 1 - k);
  TEST_REQUIRE(resolve(&options, 4, &targets));
  const isn_run_target_t *t = targets.targets;
  TEST_CHECK(targets.n == 4 && targets.max_neurons == MAX_NEURONS && targets.n_blobs == 2);
  TEST_CHECK(!strcmp(targets.blobs[0], "fc8") && !strcmp(targets.blobs[1], "fc7"));
  TEST_CHECK(targets.blob[0] == 0 && targets.blob[1] == 0 && targets.blob[2] == 1);
  TEST_CHECK(t[0].n_neurons == 1 && t[0].neurons[0] == 7 && !strcmp(t[0].label, "sneaker"));
  TEST_CHECK(t[1].n_neurons == 2 && t[1].neurons[0] == 2 && t[1].neurons[1] == 4);
  TEST_CHECK(!strcmp(t[1].label, "pullover + coat"));
  TEST_CHECK(!strcmp(t[2].label, "fc7[255]") && !strcmp(t[2].blob, "fc7"));
  /* A label that is too long is cut, not more. */
  TEST_CHECK(t[3].neurons[9] == 0 && strlen(t[3].label) == ISN_RUN_LABEL_BYTES - 1);
  TEST_CHECK(!strncmp(t[3].label, "ankle boot + bag + sneaker", 26));
  /* Both neurons of a target have its window, and it is the one in the file, float32. */
  for (int k = 0; k < 2; k++) {
    TEST_CHECK(t[1].windows[k][0] == 0.1F && t[1].windows[k][1] == 0.7F);
    TEST_CHECK(targets.windows[1][k][0] == (double)0.1F &&
               targets.windows[1][k][1] == (double)0.7F);
  }
  isn_targets_clear(&targets);
  return 0;
}

/* A single target "fc8[1] in [1, 2]" or so, which must be refused. */
static void refuse(isn_run_options_t *options, const char *words)
{
  isn_targets_t targets;
  TEST_ERROR(resolve(options, 1, &targets), ISN_ERR_INPUT, words);
  TEST_CHECK(strstr(isn_error_message(), "test.cfg:10: targets[0]: ") != NULL);
  TEST_CHECK(targets.n == 0 && !targets.targets);
}

static void test_bad(void)
{
  isn_run_options_t options = fashion_options();
  set_target(0, "fc8", 1.0, 2.0);
  add_name(0, "sneekers");
  refuse(&options, "did you mean 'sneaker' (index 7)?");
  options.models.labels = NULL;
  refuse(&options, "models.classifier.labels names no file");

  options = fashion_options();
  set_target(0, "fc7", 1.0, 2.0);
  add_name(0, "sneaker");
  refuse(&options, "has 10 lines and blob 'fc7' has 256 units");
  set_target(0, "fc7", 1.0, 2.0);
  add_index(0, 256);
  refuse(&options, "index 256: blob 'fc7' has units 0 to 255");
  set_target(0, "fc8", 1.0, 2.0);
  add_index(0, 10);
  refuse(&options, "index 10: blob 'fc8' has units 0 to 9");
  set_target(0, "fc8", 1.0, 2.0);
  add_index(0, 7);
  add_index(0, 3);
  add_name(0, "sneaker");
  refuse(&options, "unit 7 stands twice");
  set_target(0, "fc9", 1.0, 2.0);
  add_index(0, 0);
  refuse(&options, "no blob 'fc9'");
  set_target(0, "a blob with a name of more than sixty-three bytes, which no field can hold", 1, 2);
  add_index(0, 0);
  refuse(&options, "longer than 63 bytes");
}

int main(int argc, char **argv)
{
  isn_run_options_t options = fashion_options();
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(isn_models_load(comm, &options, &models));
  test_good();
  test_bad();
  isn_models_clear(&models);
  isn_comm_close(comm);
  TEST_END();
}
