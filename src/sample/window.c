/* Windows of activation: how far outside, and what counts as inside. */
#include <math.h>

#include "block_internal.h"

double window_margin(const double window[2])
{
  return fmin(1e-5 * fmax(fabs(window[0]), fabs(window[1])), 0.01 * (window[1] - window[0]));
}

double isn_window_gap(int n_neurons, const double (*windows)[2], const float *activation)
{
  double gap = 0.0;
  for (int k = 0; k < n_neurons; k++) {
    double f = (double)activation[k], margin = window_margin(windows[k]);
    if (isnan(f))
      return INFINITY;
    gap = fmax(gap, fmax(windows[k][0] + margin - f, f - (windows[k][1] - margin)));
  }
  return gap;
}

bool isn_window_accepts(int n_neurons, const double (*windows)[2], const float *activation)
{
  return isn_window_gap(n_neurons, windows, activation) <= 0.0;
}
