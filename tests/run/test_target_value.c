/** @file test_target_value.c
 *  Values of neurons: activations, and log-odds against the softmax they stand for; their seeds
 *  against finite differences; what the file holds; windows in values; and the nearest attempt.
 */
#include <math.h>

#include "harness.h"
#include "invset/sampler.h"
#include "invset/targets.h"

enum { UNITS = 6 };

static char blobs[3][ISN_RUN_LABEL_BYTES] = {"fc8", "fc8", "fc8"};

static void test_activation(void)
{
  static const float blob[UNITS] = {9.0F, -3.0F, -1.0F, -2.0F, -1.0F, 8.0F};
  int neurons[] = {1, 3, 0}, units[] = {4, 1, 6}, unit = -1;
  unsigned char quantities[3] = {0};
  float seed[UNITS] = {0.0F};
  const isn_run_target_t target = {
      .n_neurons = 3, .blobs = blobs, .neurons = neurons, .units = units, .quantities = quantities};
  TEST_CHECK(isn_target_value(&target, 0, blob, UNITS, &unit) == -1.0F && unit == 2);
  TEST_CHECK(isn_target_value(&target, 1, blob, UNITS, &unit) == -2.0F && unit == 3);
  TEST_CHECK(isn_target_value(&target, 2, blob, UNITS, &unit) == 9.0F && unit == 0);
  TEST_CHECK(isn_target_value(&target, 0, blob, UNITS, NULL) == -1.0F);
  TEST_CHECK(isn_target_stored(&target, 0, -1.25F) == -1.25F);
  isn_target_add_seed(&target, 0, blob, UNITS, 2.0F, seed);
  isn_target_add_seed(&target, 0, blob, UNITS, 0.5F, seed);
  for (int u = 0; u < UNITS; u++)
    TEST_CHECK(seed[u] == (u == 2 ? 2.5F : 0.0F));
}

static int one_neuron[] = {2}, one_unit[] = {1};
static unsigned char probability[] = {ISN_QUANTITY_PROBABILITY};
static float one_window[1][2];

static isn_run_target_t probability_target(float low, float high)
{
  one_window[0][0] = low;
  one_window[0][1] = high;
  return (isn_run_target_t){.n_neurons = 1,
                            .blobs = blobs,
                            .neurons = one_neuron,
                            .units = one_unit,
                            .quantities = probability,
                            .windows = one_window};
}

/* Softmax of unit 2. */
static double softmax(const float *blob)
{
  double sum = 0.0;
  for (int u = 0; u < UNITS; u++)
    sum += exp((double)blob[u] - (double)blob[2]);
  return 1.0 / sum;
}

static void test_probability(void)
{
  static const float blob[UNITS] = {1.0F, -3.0F, 1.5F, 0.25F, -1.0F, 2.0F};
  float seed[UNITS] = {0.0F};
  const isn_run_target_t target = probability_target(0.0F, 1.0F);
  const double p = softmax(blob);
  const float value = isn_target_value(&target, 0, blob, UNITS, NULL);
  TEST_CHECK_MSG(fabs((double)value - log(p / (1.0 - p))) < 1e-6, "%g", (double)value);
  TEST_CHECK(fabs((double)isn_target_stored(&target, 0, value) - p) < 1e-6);
  isn_target_add_seed(&target, 0, blob, UNITS, 3.0F, seed);
  for (int u = 0; u < UNITS; u++) {
    const float h = 1.0F / 64.0F;
    float above[UNITS], below[UNITS];
    for (int i = 0; i < UNITS; i++)
      above[i] = below[i] = blob[i];
    above[u] += h;
    below[u] -= h;
    double slope = 3.0 *
                   ((double)isn_target_value(&target, 0, above, UNITS, NULL) -
                    (double)isn_target_value(&target, 0, below, UNITS, NULL)) /
                   (2.0 * (double)h);
    TEST_CHECK_MSG(fabs(slope - (double)seed[u]) < 1e-3, "unit %d: %g, not %g", u, (double)seed[u],
                   slope);
  }
}

/* Seeds of the log probability are its derivative, whatever of the neuron is in its window. */
static void test_log_probability(void)
{
  const float blob[UNITS] = {1.0F, -2.0F, 0.75F, 0.5F, 2.0F, -1.0F};
  float seed[UNITS] = {0.0F};
  const isn_run_target_t target = probability_target(0.1F, 0.4F);
  isn_target_add_log_probability_seed(&target, 0, blob, UNITS, 3.0F, seed);
  for (int u = 0; u < UNITS; u++) {
    const double p = softmax(blob);
    float above[UNITS];
    memcpy(above, blob, sizeof above);
    above[u] += 1.0F / 1024.0F;
    double slope = 3.0 * (log(softmax(above)) - log(p)) * 1024.0;
    TEST_CHECK_MSG(fabs(slope - (double)seed[u]) < 2e-3, "unit %d: %g, not %g", u, (double)seed[u],
                   slope);
  }
}

/* Where a softmax in float32 is 0 or 1, log-odds go on. */
static void test_far_away(void)
{
  float blob[UNITS] = {900.0F, 0.0F, 1000.0F, 0.0F, 0.0F, 900.0F};
  const isn_run_target_t target = probability_target(0.0F, 1.0F);
  const float high = isn_target_value(&target, 0, blob, UNITS, NULL);
  TEST_CHECK(fabs((double)high - (100.0 - log(2.0))) < 1e-4);
  TEST_CHECK(isn_target_stored(&target, 0, high) == 1.0F);
  blob[2] = -1000.0F;
  const float low = isn_target_value(&target, 0, blob, UNITS, NULL);
  TEST_CHECK(fabs((double)low + 1900.0 + log(2.0)) < 1e-3);
  TEST_CHECK(isn_target_stored(&target, 0, low) == 0.0F);
  blob[4] = NAN;
  TEST_CHECK(isnan(isn_target_value(&target, 0, blob, UNITS, NULL)));
}

/* What is inside a window of log-odds is inside the stored one, also where another machine has
 * other activations in the sixth digit. */
static void test_window(void)
{
  static const float windows[][2] = {{0.5F, 0.9F},       {0.0F, 0.1F},     {0.9F, 1.0F},
                                     {0.0F, 1.0F},       {0.49F, 0.4901F}, {1e-9F, 2e-9F},
                                     {0.9999F, 0.99999F}};
  for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
    const isn_run_target_t target = probability_target(windows[w][0], windows[w][1]);
    double in_values[1][2];
    int n_inside = 0;
    isn_target_window(&target, 0, in_values[0]);
    TEST_CHECK((isinf(in_values[0][0]) != 0) == (windows[w][0] <= 0.0F));
    TEST_CHECK((isinf(in_values[0][1]) != 0) == (windows[w][1] >= 1.0F));
    for (int i = -400000; i <= 400000; i++) {
      float value = (float)i * 6e-5F;
      if (!isn_window_accepts(1, (const double(*)[2])in_values, &value))
        continue;
      n_inside++;
      bool wide = windows[w][1] - windows[w][0] > 0.05F || windows[w][1] > 0.9F;
      for (int side = -1; side <= 1; side++) {
        float p = isn_target_stored(&target, 0, value + (wide ? 3e-4F * (float)side : 0.0F));
        TEST_CHECK_MSG(p >= windows[w][0] && p <= windows[w][1], "%g in [%g, %g]", (double)p,
                       (double)windows[w][0], (double)windows[w][1]);
      }
    }
    TEST_CHECK_MSG(n_inside > 0, "window %zu is empty", w);
  }
}

static void test_nearest(void)
{
  int neurons[] = {0, 1}, units[] = {1, 1};
  unsigned char quantities[] = {ISN_QUANTITY_ACTIVATION, ISN_QUANTITY_PROBABILITY};
  float windows[2][2] = {{-INFINITY, 2.0F}, {0.5F, 0.9F}};
  const isn_run_target_t target = {.n_neurons = 2,
                                   .blobs = blobs,
                                   .neurons = neurons,
                                   .units = units,
                                   .quantities = quantities,
                                   .windows = windows};
  enum { N = 5, STRIDE = 3 };
  static const float stored[N][STRIDE] = {{0.0F, 0.7F, NAN},  /* EMPTY, so of no account */
                                          {2.5F, 0.01F, NAN}, /* log-odds 4.6 too low */
                                          {5.0F, 0.7F, NAN},  /* 3 too high: the nearest */
                                          {NAN, 0.7F, NAN},
                                          {0.0F, 1.0F, NAN}}; /* 1 stands for log-odds of 17 */
  unsigned char status[N] = {ISN_SAMPLE_EMPTY, ISN_SAMPLE_NOT_REACHED, ISN_SAMPLE_OUTSIDE,
                             ISN_SAMPLE_NOT_REACHED, ISN_SAMPLE_NOT_REACHED};
  TEST_CHECK(isn_target_nearest(&target, N, status, stored[0], STRIDE) == 2);
  status[2] = ISN_SAMPLE_EMPTY;
  TEST_CHECK(isn_target_nearest(&target, N, status, stored[0], STRIDE) == 1);
  status[1] = ISN_SAMPLE_EMPTY;
  TEST_CHECK(isn_target_nearest(&target, N, status, stored[0], STRIDE) == 4);
  status[4] = ISN_SAMPLE_EMPTY;
  TEST_CHECK(isn_target_nearest(&target, N, status, stored[0], STRIDE) == -1);
}

int main(void)
{
  test_activation();
  test_probability();
  test_log_probability();
  test_far_away();
  test_window();
  test_nearest();
  TEST_END();
}
