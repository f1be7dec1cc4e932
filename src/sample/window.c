/* Windows of activation: how far outside, and what counts as inside. */
#include <math.h>

#include "invset/sampler.h"

double isn_window_gap(int n_neurons, const double (*windows)[2], const float *activation)
{
  double gap = 0.0;
  for (int k = 0; k < n_neurons; k++) {
    double f = (double)activation[k];
    gap = fmax(gap, fmax(windows[k][0] - f, f - windows[k][1]));
  }
  return gap;
}

bool isn_window_accepts(int n_neurons, const double (*windows)[2], const float *activation)
{
  for (int k = 0; k < n_neurons; k++) {
    double low = windows[k][0], high = windows[k][1], f = (double)activation[k];
    double margin = fmin(1e-5 * fmax(fabs(low), fabs(high)), 0.01 * (high - low));
    if (!(f >= low + margin && f <= high - margin))
      return false;
  }
  return true;
}
