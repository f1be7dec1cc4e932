/* Uniform samples of a slab of the cube; see slab.h.
 *
 * Rejection from the cube would take for ever near its corners.  Codes whose coordinates have the
 * densities ~ exp(t w_k c_k) have a density ~ exp(t f) on the cube; t is chosen so that their mean
 * activation is the nearest to the cube's that lies in the window.  Those in the window, kept with
 * probability exp(-t (f - low)) (or exp(t (high - f)) if t < 0), are uniform on the slab. */
#include "slab.h"

#include <math.h>
#include <stdlib.h>

#include "invset/memory.h"

/* Mean of the density ~ exp(a x) on [0, 1]. */
static double tilted_mean(double a)
{
  return fabs(a) < 1e-4 ? 0.5 + a / 12.0 : 1.0 / -expm1(-a) - 1.0 / a;
}

/* Its quantile. */
static double tilted_quantile(double a, double u)
{
  if (fabs(a) < 1e-6)
    return u;
  return a > 0.0 ? 1.0 + log(u + (1.0 - u) * exp(-a)) / a : log1p(u * expm1(a)) / a;
}

static double mean_activation(const toy_t *toy, double tilt)
{
  double f = toy->b[0];
  for (int k = 0; k < toy->size; k++)
    f += toy->w[0][k] * tilted_mean(tilt * toy->w[0][k]);
  return f;
}

/* mean_activation() grows with the tilt: bisection. */
static double find_tilt(const toy_t *toy)
{
  double low = -1e3, high = 1e3, untilted = mean_activation(toy, 0.0);
  double wanted = fmin(fmax(untilted, toy->windows[0][0]), toy->windows[0][1]);
  for (int i = 0; i < 100; i++) {
    double middle = 0.5 * (low + high);
    if (mean_activation(toy, middle) < wanted)
      low = middle;
    else
      high = middle;
  }
  return low;
}

void slab_sample(const toy_t *toy, int n, float *samples)
{
  const double *window = toy->windows[0];
  double tilt = find_tilt(toy), uniform[TOY_MAX_SIZE + 1];
  isn_random_key_t key = {.seed = 7, .purpose = ISN_RANDOM_TEST, .target = 3};
  for (int found = 0; found < n; key.sample++) {
    float *code = samples + (size_t)found * (size_t)toy->size;
    isn_random_uniform(&key, (size_t)toy->size + 1, uniform);
    for (int k = 0; k < toy->size; k++)
      code[k] = (float)tilted_quantile(tilt * toy->w[0][k], uniform[k]);
    double f = toy_activation(toy, 0, code);
    double keep = exp(-tilt * (f - (tilt > 0.0 ? window[0] : window[1])));
    found += f >= window[0] && f <= window[1] && uniform[toy->size] < keep;
  }
}

/* @param[out] covariance (d, d) */
static void set_covariance(int size, int n, const float *points, double *covariance)
{
  double mean[TOY_MAX_SIZE] = {0};
  for (int i = 0; i < n; i++)
    for (int k = 0; k < size; k++)
      mean[k] += (double)points[i * size + k] / n;
  for (int j = 0; j < size; j++)
    for (int k = 0; k < size; k++)
      covariance[j * size + k] = 0.0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < size; j++)
      for (int k = 0; k < size; k++)
        covariance[j * size + k] +=
            ((double)points[i * size + j] - mean[j]) * ((double)points[i * size + k] - mean[k]) / n;
}

/* Turn rows p and q of a matrix by an angle. */
static void rotate_rows(int size, double *matrix, int p, int q, double c, double s)
{
  for (int k = 0; k < size; k++) {
    double x = matrix[p * size + k], y = matrix[q * size + k];
    matrix[p * size + k] = c * x - s * y;
    matrix[q * size + k] = s * x + c * y;
  }
}

static void rotate_columns(int size, double *matrix, int p, int q, double c, double s)
{
  for (int k = 0; k < size; k++) {
    double x = matrix[k * size + p], y = matrix[k * size + q];
    matrix[k * size + p] = c * x - s * y;
    matrix[k * size + q] = s * x + c * y;
  }
}

isn_status_t slab_principal_directions(int size, int n, const float *points, double *directions)
{
  enum { SWEEPS = 6 };
  double *covariance;
  ISN_TRY(isn_alloc(&covariance, (size_t)size * (size_t)size, "covariance"));
  set_covariance(size, n, points, covariance);
  for (int i = 0; i < size * size; i++)
    directions[i] = i % (size + 1) == 0 ? 1.0 : 0.0;
  for (int sweep = 0; sweep < SWEEPS; sweep++)
    for (int p = 0; p < size; p++)
      for (int q = p + 1; q < size; q++) {
        double off = covariance[p * size + q];
        double apart = covariance[q * size + q] - covariance[p * size + p];
        double angle = 0.5 * atan2(apart < 0.0 ? -2.0 * off : 2.0 * off, fabs(apart));
        double c = cos(angle), s = sin(angle);
        rotate_rows(size, covariance, p, q, c, s);
        rotate_columns(size, covariance, p, q, c, s);
        rotate_rows(size, directions, p, q, c, s);
      }
  free(covariance);
  return ISN_OK;
}

double slab_deviation(int size, int n, const float *points, const double *direction)
{
  double sum = 0.0, squares = 0.0;
  for (int i = 0; i < n; i++) {
    double x = 0.0;
    for (int k = 0; k < size; k++)
      x += (double)points[i * size + k] * direction[k];
    sum += x;
    squares += x * x;
  }
  return sqrt(fmax(0.0, squares / n - sum / n * (sum / n)));
}
