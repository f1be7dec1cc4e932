/* Windows of values: how far outside, and what counts as inside. */
#include <math.h>

#include "block_internal.h"

/* Least margin of a side whose other side is infinite: such a bound is often 0. */
static const double LEAST_MARGIN = 1e-6;

double window_margin(const double window[2])
{
  if (isinf(window[0]) || isinf(window[1])) {
    const double bound = isinf(window[0]) ? window[1] : window[0];
    return isinf(bound) ? 0.0 : fmax(1e-5 * fabs(bound), LEAST_MARGIN);
  }
  return fmin(1e-5 * fmax(fabs(window[0]), fabs(window[1])), 0.01 * (window[1] - window[0]));
}

double isn_window_gap(int n_neurons, const double (*windows)[2], const float *activation)
{
  double gap = 0.0;
  for (int k = 0; k < n_neurons; k++) {
    double f = (double)activation[k], margin = window_margin(windows[k]);
    double out = fmax(windows[k][0] + margin - f, f - (windows[k][1] - margin));
    /* One that is not a number, or infinite as its window's side is. */
    if (!isfinite(f) || isnan(windows[k][0]) || isnan(windows[k][1]))
      return INFINITY;
    gap = fmax(gap, out);
  }
  return gap;
}

bool isn_window_accepts(int n_neurons, const double (*windows)[2], const float *activation)
{
  return isn_window_gap(n_neurons, windows, activation) <= 0.0;
}
