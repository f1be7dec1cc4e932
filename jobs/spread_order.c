/** @file spread_order.c
 *  Farthest-point order, n * n_wanted distances.  Sums are in double, in a fixed order, so that the
 *  choice is the same everywhere.
 */
#include "spread_order.h"

#include <float.h>
#include <stdlib.h>

#include "invset/memory.h"

static double square_distance(const float *a, const double *b, int dim)
{
  double sum = 0.0;
  for (int i = 0; i < dim; i++)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

static void mean_of(int n, int dim, const float *points, double *mean)
{
  for (int i = 0; i < dim; i++)
    mean[i] = 0.0;
  for (int p = 0; p < n; p++)
    for (int i = 0; i < dim; i++)
      mean[i] += points[(size_t)p * (size_t)dim + (size_t)i];
  for (int i = 0; i < dim; i++)
    mean[i] /= n;
}

static int nearest_to(int n, int dim, const float *points, const double *centre)
{
  int best = 0;
  double least = DBL_MAX;
  for (int p = 0; p < n; p++) {
    double distance = square_distance(points + (size_t)p * (size_t)dim, centre, dim);
    if (distance < least) {
      least = distance;
      best = p;
    }
  }
  return best;
}

/* Lower every point's distance to the chosen ones by the latest; a chosen point's is -1. */
static void update_distances(int n, int dim, const float *points, int latest, double *centre,
                             double *distances)
{
  for (int i = 0; i < dim; i++)
    centre[i] = points[(size_t)latest * (size_t)dim + (size_t)i];
  distances[latest] = -1.0;
  for (int p = 0; p < n; p++) {
    if (distances[p] < 0.0)
      continue;
    double distance = square_distance(points + (size_t)p * (size_t)dim, centre, dim);
    if (distance < distances[p])
      distances[p] = distance;
  }
}

static int farthest(int n, const double *distances)
{
  int best = 0;
  for (int p = 1; p < n; p++)
    if (distances[p] > distances[best])
      best = p;
  return best;
}

isn_status_t isn_spread_order(int n, int dim, const float *points, int n_wanted, int *order,
                              int *n_chosen)
{
  isn_status_t status = ISN_OK;
  double *distances = NULL, *centre = NULL;
  int n_take = n < n_wanted ? n : n_wanted;
  ISN_TRY_GOTO(isn_alloc(&distances, n, "distances of samples"), done);
  ISN_TRY_GOTO(isn_alloc(&centre, dim, "a mean encoding"), done);
  for (int p = 0; p < n; p++)
    distances[p] = DBL_MAX;
  mean_of(n, dim, points, centre);
  for (int i = 0; i < n_take; i++) {
    order[i] = i == 0 ? nearest_to(n, dim, points, centre) : farthest(n, distances);
    update_distances(n, dim, points, order[i], centre, distances);
  }
  *n_chosen = n_take;
done:
  free(distances);
  free(centre);
  return status;
}
