/* Values of neurons, which the sampler works on, and what the file holds for them; see targets.h.
 * Log-odds are computed in double from float32 activations: their rounding is the activations'. */
#include <math.h>

#include "invset/sampler.h"
#include "invset/targets.h"

/* How far inside its edges a window of log-odds begins.  Activations are of some tens and differ by
 * a few parts in a million from one machine to another; near log-odds of 0 the sampler's own
 * margin, a share of the bound, would be smaller than that. */
static const double LOG_ODDS_MARGIN = 1e-3, MARGIN_SHARE = 0.01;

static bool is_probability(const isn_run_target_t *target, int k)
{
  return target->quantities[k] == ISN_QUANTITY_PROBABILITY;
}

/* Infinite for 0 and 1. */
static double log_odds(double p)
{
  return log(p) - log1p(-p);
}

void isn_target_window(const isn_run_target_t *target, int k, double window[2])
{
  for (int side = 0; side < 2; side++)
    window[side] = (double)target->windows[k][side];
  if (!is_probability(target, k))
    return;
  for (int side = 0; side < 2; side++)
    window[side] = log_odds(window[side]);
  const double margin = fmin(LOG_ODDS_MARGIN, MARGIN_SHARE * (window[1] - window[0]));
  window[0] += margin;
  window[1] -= margin;
}

/* The softmax of a blob's units but one: each is exp(f - largest) / sum. */
typedef struct {
  double largest, sum;
} others_t;

static others_t look_at_others(const float *blob, size_t n_units, size_t unit)
{
  others_t others = {-INFINITY, 0.0};
  for (size_t u = 0; u < n_units; u++)
    if (u != unit && (double)blob[u] > others.largest)
      others.largest = (double)blob[u];
  for (size_t u = 0; u < n_units; u++)
    if (u != unit)
      others.sum += exp((double)blob[u] - others.largest);
  return others;
}

static int largest_unit(const isn_run_target_t *target, int k, const float *blob)
{
  int best = target->neurons[k];
  const int end = best + target->units[k];
  for (int u = best + 1; u < end; u++)
    if (blob[u] > blob[best])
      best = u;
  return best;
}

float isn_target_value(const isn_run_target_t *target, int k, const float *blob, size_t n_units,
                       int *unit)
{
  const int best = largest_unit(target, k, blob);
  if (unit)
    *unit = best;
  if (!is_probability(target, k))
    return blob[best];
  const others_t others = look_at_others(blob, n_units, (size_t)best);
  return (float)((double)blob[best] - (others.largest + log(others.sum)));
}

/* Of log-odds: 1 at the unit, minus the softmax of the others. */
static void add_log_odds_seed(const others_t *others, size_t unit, const float *blob,
                              size_t n_units, double weight, float *seed)
{
  for (size_t u = 0; u < n_units; u++)
    seed[u] += u == unit ? (float)weight
                         : -(float)(weight * exp((double)blob[u] - others->largest) / others->sum);
}

void isn_target_add_seed(const isn_run_target_t *target, int k, const float *blob, size_t n_units,
                         float weight, float *seed)
{
  const size_t best = (size_t)largest_unit(target, k, blob);
  if (!is_probability(target, k)) {
    seed[best] += weight;
    return;
  }
  const others_t others = look_at_others(blob, n_units, best);
  add_log_odds_seed(&others, best, blob, n_units, (double)weight, seed);
}

void isn_target_add_log_probability_seed(const isn_run_target_t *target, int k, const float *blob,
                                         size_t n_units, float weight, float *seed)
{
  const size_t best = (size_t)largest_unit(target, k, blob);
  const others_t others = look_at_others(blob, n_units, best);
  /* d ln p = (1 - p) d ln(p / (1 - p)) */
  double odds = exp((double)blob[best] - others.largest) / others.sum;
  add_log_odds_seed(&others, best, blob, n_units, (double)weight / (1.0 + odds), seed);
}

float isn_target_stored(const isn_run_target_t *target, int k, float value)
{
  return is_probability(target, k) ? (float)(1.0 / (1.0 + exp(-(double)value))) : value;
}

/* As far as a stored number tells: one that was rounded to 0 or 1 is taken for one beside it. */
static float value_of_stored(const isn_run_target_t *target, int k, float stored)
{
  if (!is_probability(target, k) || isnan(stored))
    return stored;
  return (float)log_odds(fmin(fmax((double)stored, 1e-46), 1.0 - 3e-8));
}

int isn_target_nearest(const isn_run_target_t *target, int n_slots, const unsigned char *status,
                       const float *activation, int stride)
{
  double least = INFINITY;
  int nearest = -1;
  for (int s = 0; s < n_slots; s++) {
    double gap = 0.0;
    if (status[s] == ISN_SAMPLE_EMPTY)
      continue;
    for (int k = 0; k < target->n_neurons; k++) {
      double window[2];
      float value = value_of_stored(target, k, activation[(size_t)s * (size_t)stride + (size_t)k]);
      isn_target_window(target, k, window);
      gap = fmax(gap, isn_window_gap(1, (const double(*)[2]) & window, &value));
    }
    if (gap < least) {
      least = gap;
      nearest = s;
    }
  }
  return nearest;
}
