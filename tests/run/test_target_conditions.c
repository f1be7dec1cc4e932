/** @file test_target_conditions.c
 *  Targets of several conditions: neurons of several blobs, open windows, probabilities, conditions
 *  of a sweep, windows of which some are relative to a reach; what is refused; and their words. The
 *  same on all ranks.
 */
#include "invset/target_words.h"
#include "made_groups.h"

enum { MOST = 3 };
static isn_target_options_t conditions[MOST];
static isn_neuron_name_t neurons[MOST];
static char names[MOST][MADE_TEXT], condition_blobs[MOST][MADE_TEXT];

/* Append a condition on one neuron to group 0, named or numbered. */
static isn_target_options_t *add(isn_window_kind_t kind, const char *blob, const char *name,
                                 int index)
{
  int c = groups.list[0].n_conditions++;
  snprintf(condition_blobs[c], MADE_TEXT, "%s", blob);
  snprintf(names[c], MADE_TEXT, "%s", name ? name : "");
  neurons[c] = (isn_neuron_name_t){name ? names[c] : NULL, index};
  conditions[c] = (isn_target_options_t){.n_neurons = 1,
                                         .neurons = &neurons[c],
                                         .blob = condition_blobs[c],
                                         .window_kind = kind,
                                         .below = (double)NAN,
                                         .above = (double)NAN,
                                         .line = 20 + c};
  groups.list[0].conditions = conditions;
  return &conditions[c];
}

static void set_window(isn_target_options_t *options, double low, double high)
{
  options->window[0] = low;
  options->window[1] = high;
}

static void check_words(const isn_run_target_t *target, int k, const char *neuron, const char *unit,
                        const char *window)
{
  TEST_CHECK_MSG(!strcmp(isn_target_neuron_words(target, k).text, neuron), "%s",
                 isn_target_neuron_words(target, k).text);
  TEST_CHECK_MSG(!strcmp(isn_target_unit_words(target, k).text, unit), "%s",
                 isn_target_unit_words(target, k).text);
  TEST_CHECK_MSG(!strcmp(isn_target_in_window_words(target, k).text, window), "%s",
                 isn_target_in_window_words(target, k).text);
}

/* The example of the manual, and a probability. */
static int test_good(void)
{
  static const float attempt[] = {13.1F, 0.25F, -1.5F, 0.75F};
  isn_targets_t targets;
  char words[160];
  group_window(0, "fc8", 8.0, 14.0);
  group_add_name(0, "pullover");
  add(ISN_WINDOW_PROBABILITY, "fc8", "coat", 0)->probability[0] = 0.5;
  conditions[0].probability[1] = 1.0;
  add(ISN_WINDOW_BELOW, "fc8", "bag", 0)->below = 0.0;
  add(ISN_WINDOW_ABOVE, "fc7", NULL, 3)->above = 0.5;
  TEST_REQUIRE(groups_resolve(1, &targets));
  const isn_run_target_t *t = &targets.targets[0];
  TEST_CHECK(targets.n == 1 && targets.max_neurons == 4 && targets.n_blobs == 2);
  TEST_CHECK(t->n_neurons == 4 && targets.blob[0][2] == 0 && targets.blob[0][3] == 1);
  TEST_CHECK_MSG(!strcmp(t->label, "pullover + coat - bag + fc7[3]"), "%s", t->label);
  TEST_CHECK(t->quantities[0] == 0 && t->quantities[1] == ISN_QUANTITY_PROBABILITY);
  TEST_CHECK(t->windows[1][0] == 0.5F && t->windows[1][1] == 1.0F);
  TEST_CHECK(isinf(t->windows[2][0]) && t->windows[2][1] == 0.0F);
  TEST_CHECK(t->windows[3][0] == 0.5F && isinf(t->windows[3][1]));
  /* In values: log-odds of 0.5, a hair inside. */
  const double(*values)[2] = (const double(*)[2])targets.windows[0];
  TEST_CHECK(values[0][0] == 8.0 && values[0][1] == 14.0);
  TEST_CHECK(values[1][0] > 0.0 && values[1][0] < 0.01 && values[1][1] > 1e300);
  TEST_CHECK(values[2][0] < -1e300 && values[2][1] == 0.0 && values[3][0] == 0.5);
  TEST_CHECK(isn_targets_has_window(&targets, 0) && !isn_targets_is_relative(&targets, 0));
  check_words(t, 0, "pullover", "fc8[2]", "in [8, 14]");
  check_words(t, 1, "coat", "fc8[4]", "p in [0.5, 1]");
  check_words(t, 2, "bag", "fc8[8]", "<= 0");
  check_words(t, 3, "fc7[3]", "fc7[3]", ">= 0.5");
  isn_target_attempt_words(t, attempt, words, sizeof words);
  TEST_CHECK_MSG(!strcmp(words, "pullover 13.1 (window [8, 14]), coat 0.25 (window p in [0.5, 1]), "
                                "bag -1.5 (window <= 0), fc7[3] 0.75 (window >= 0.5)"),
                 "%s", words);
  isn_target_attempt_words(t, attempt, words, 40);
  TEST_CHECK_MSG(strlen(words) == 39 && !strcmp(words + 36, "..."), "%s", words);
  isn_targets_clear(&targets);
  return 0;
}

/* Each target of a sweep has the conditions; one quantity of a neuron may stand beside the other.
 */
static int test_sweep(void)
{
  isn_targets_t targets;
  group_window(0, "fc8", 8.0, 14.0);
  group_add_sweep(0, "0-2");
  set_window(add(ISN_WINDOW_FIXED, "conv2", NULL, 5), 1.0, 2.0);
  conditions[0].position.kind = ISN_POSITION_MAX;
  add(ISN_WINDOW_PROBABILITY, "fc8", NULL, 1)->probability[1] = 0.5;
  TEST_REQUIRE(groups_resolve(1, &targets));
  TEST_CHECK(targets.n == 3 && targets.max_neurons == 3 && targets.n_blobs == 2);
  for (int t = 0; t < targets.n; t++) {
    const isn_run_target_t *target = &targets.targets[t];
    TEST_CHECK(target->n_neurons == 3 && target->neurons[0] == t && target->neurons[2] == 1);
    TEST_CHECK(target->neurons[1] == 5 * 14 * 14 && target->units[1] == 14 * 14);
  }
  TEST_CHECK(!strcmp(targets.targets[1].label, "trouser + conv2[5,max] + trouser"));
  check_words(&targets.targets[1], 1, "conv2[5,max]", "max of conv2[980..1175]", "in [1, 2]");
  isn_targets_clear(&targets);
  return 0;
}

/* Only relative windows wait for a reach, and only their neurons' reaches count. */
static int test_reach(void)
{
  static const float reach[] = {NAN, 10.0F, 4.0F}, low[] = {NAN, 10.0F, -1.0F};
  isn_targets_t targets;
  group_window(0, "fc8", 8.0, 14.0);
  group_add_name(0, "pullover");
  for (int c = 0; c < 2; c++) {
    isn_target_options_t *condition = add(ISN_WINDOW_REACH, c ? "fc7" : "fc8", NULL, 4 + c);
    condition->reach[0] = 0.25;
    condition->reach[1] = 0.5 + 0.25 * c;
  }
  TEST_REQUIRE(groups_resolve(1, &targets));
  const isn_run_target_t *t = &targets.targets[0];
  TEST_CHECK(targets.any_relative && isn_targets_is_relative(&targets, 0));
  TEST_CHECK(!isn_targets_neuron_is_relative(&targets, 0, 0));
  TEST_CHECK(isn_targets_neuron_is_relative(&targets, 0, 2));
  TEST_CHECK(!isn_targets_has_window(&targets, 0) && t->windows[0][0] == 8.0F);
  isn_targets_set_reach(&targets, 0, reach);
  TEST_CHECK(isn_targets_has_window(&targets, 0));
  TEST_CHECK(t->windows[0][0] == 8.0F && t->windows[0][1] == 14.0F);
  TEST_CHECK(t->windows[1][0] == 2.5F && t->windows[1][1] == 5.0F);
  TEST_CHECK(t->windows[2][0] == 1.0F && targets.windows[0][2][1] == 3.0);
  isn_targets_set_reach(&targets, 0, low);
  TEST_CHECK(!isn_targets_has_window(&targets, 0) && t->windows[0][1] == 14.0F);
  TEST_CHECK(isnan(t->windows[1][0]) && isnan(targets.windows[0][2][0]));
  TEST_CHECK(!strcmp(isn_target_window_words(t, 1).text, ""));
  isn_targets_clear(&targets);
  return 0;
}

/* The condition must be refused with these words, naming itself and its line. */
static void refuse(const char *words)
{
  isn_targets_t targets;
  TEST_ERROR(groups_resolve(1, &targets), ISN_ERR_INPUT, words);
  TEST_CHECK_MSG(strstr(isn_error_message(), "test.cfg:20: targets[0].and[0]: ") != NULL, "%s",
                 isn_error_message());
}

static void begin(void)
{
  group_window(0, "fc8", 8.0, 14.0);
  group_add_sweep(0, "0-4");
}

static void test_bad(void)
{
  begin();
  set_window(add(ISN_WINDOW_FIXED, "fc8", "sneekers", 0), 1.0, 2.0);
  refuse("did you mean 'sneaker' (index 7)?");
  begin();
  set_window(add(ISN_WINDOW_FIXED, "fc9", NULL, 0), 1.0, 2.0);
  refuse("no blob 'fc9'");
  begin();
  add(ISN_WINDOW_PROBABILITY, "conv2", NULL, 0)->probability[1] = 0.5;
  conditions[0].position.kind = ISN_POSITION_MAX;
  refuse("probability: found position = \"max\", want one unit of the softmax");
  begin();
  add(ISN_WINDOW_PROBABILITY, "fc8", NULL, 7)->probability[0] = 0.99999999;
  conditions[0].probability[1] = 1.0;
  refuse("the window [0.99999999, 1] is empty in single precision");
  /* Twice the same quantity, of one target of the sweep. */
  begin();
  add(ISN_WINDOW_BELOW, "fc8", "coat", 0)->below = 0.0;
  groups_refuse("target 'coat - coat': found two windows for the activation of fc8[4], want one");
  /* Also where the slice has other targets. */
  groups.options.run.slice[0] = 1;
  groups.options.run.slice[1] = 5;
  groups_refuse("target 'coat - coat': found two windows");
  groups.options.run.slice[0] = groups.options.run.slice[1] = 0;
}

/* A label that was cut, or is not of the neurons, names none. */
static void test_names(void)
{
  char blobs[2][ISN_RUN_LABEL_BYTES] = {"fc8", "fc7"};
  int units_of[] = {7, 12}, ones[] = {1, 1};
  isn_run_target_t target = {
      .label = "a-b + c", .n_neurons = 2, .blobs = blobs, .neurons = units_of, .units = ones};
  TEST_CHECK(!strcmp(isn_target_neuron_words(&target, 0).text, "a-b"));
  TEST_CHECK(!strcmp(isn_target_neuron_words(&target, 1).text, "c"));
  strcpy(target.label, "a + b + c");
  TEST_CHECK(!strcmp(isn_target_neuron_words(&target, 1).text, "fc7[12]"));
  memset(target.label, 'x', ISN_RUN_LABEL_BYTES - 1);
  memcpy(target.label + 4, " + ", 3);
  TEST_CHECK(!strcmp(isn_target_neuron_words(&target, 0).text, "fc8[7]"));
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(groups_open(&argc, &argv));
  test_good();
  test_sweep();
  test_reach();
  test_bad();
  test_names();
  groups_close();
  TEST_END();
}
