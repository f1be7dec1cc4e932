/** @file test_moves.c
 *  Moves of codes within their bounds: the fit against Dykstra's alternating projections, which
 *  find the nearest point of an intersection of sets by another way, and walks against their
 *  definition.
 *      test_moves [cpu|cuda]
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "invset/vectors.h"
#include "noise.h"

enum { SIZE = 300, MAX_RANGES = 3 };

static isn_backend_t *backend;
static isn_vectors_t *vectors;

/* A job, on the host: code in [-1, 1], some coordinates at their bounds. */
typedef struct {
  isn_move_job_t job; /* pointers are not set */
  float code[SIZE], low[SIZE], high[SIZE], wish[SIZE], gradients[MAX_RANGES * SIZE];
  isn_slope_range_t ranges[MAX_RANGES];
  float after[SIZE]; /* the moved code */
  unsigned char moved;
} case_t;

static void make_case(case_t *c, isn_move_kind_t kind, int size, int n_ranges, unsigned seed)
{
  size_t n = (size_t)size;
  memset(c, 0, sizeof *c);
  c->job = (isn_move_job_t){
      .kind = kind, .size = size, .length = 1e9, .sign = 1.0, .n_ranges = n_ranges};
  make_noise(n, seed, 0.9, c->code);
  make_noise(n, seed + 1, 1.0, c->wish);
  make_noise(n * (size_t)n_ranges, seed + 2, 1.0, c->gradients);
  for (int k = 0; k < size; k++) {
    c->low[k] = -1.0F;
    c->high[k] = 1.0F;
    if (k % 7 == 3)
      c->code[k] = k % 2 ? 1.0F : -1.0F;
    if (k % 11 == 5)
      c->low[k] = c->high[k] = c->code[k]; /* one that is held */
  }
}

/* Do n jobs together: all vectors of a case lie in one piece of backend memory. */
static void run_cases(int n, case_t *cases)
{
  enum { VECTORS = 4 + MAX_RANGES };
  float **memory = calloc((size_t)n, sizeof *memory);
  for (int i = 0; i < n; i++) {
    case_t *c = &cases[i];
    size_t size = (size_t)c->job.size;
    float *at = NULL;
    isn_move_job_t job = c->job;
    TEST_OK(isn_backend_alloc(backend, VECTORS * size, "a case", &memory[i]));
    at = memory[i];
    job.code = at;
    job.low = at + size;
    job.high = at + 2 * size;
    job.wish = at + 3 * size;
    job.gradients = at + 4 * size;
    TEST_OK(isn_vectors_set(vectors, at, c->code, size));
    TEST_OK(isn_vectors_set(vectors, at + size, c->low, size));
    TEST_OK(isn_vectors_set(vectors, at + 2 * size, c->high, size));
    TEST_OK(isn_vectors_set(vectors, at + 3 * size, c->wish, size));
    if (job.n_ranges > 0)
      TEST_OK(isn_vectors_set(vectors, at + 4 * size, c->gradients, size * (size_t)job.n_ranges));
    TEST_OK(isn_vectors_move(vectors, &job, c->ranges, &c->moved));
    TEST_OK(isn_vectors_get(vectors, c->after, job.code, size));
  }
  TEST_OK(isn_vectors_run(vectors));
  for (int i = 0; i < n; i++)
    isn_backend_free(backend, memory[i]);
  free(memory);
}

static double length_of(int n, const double *x)
{
  double squares = 0.0;
  for (int k = 0; k < n; k++)
    squares += x[k] * x[k];
  return sqrt(squares);
}

/* Project a move onto { low <= g.m <= high }. */
static void project_range(int n, const float *g, isn_slope_range_t range, double *m)
{
  double slope = 0.0, squares = 0.0;
  for (int k = 0; k < n; k++) {
    slope += (double)g[k] * m[k];
    squares += (double)g[k] * (double)g[k];
  }
  double missing = fmin(fmax(slope, range.low), range.high) - slope;
  for (int k = 0; k < n; k++)
    m[k] += missing / squares * (double)g[k];
}

/* Set s of a case's: the bounds, then its ranges. */
static void project(const case_t *c, int s, double *m)
{
  if (s > 0)
    project_range(c->job.size, c->gradients + (size_t)(s - 1) * (size_t)c->job.size,
                  c->ranges[s - 1], m);
  for (int k = 0; k < c->job.size && s == 0; k++) {
    double code = (double)c->code[k];
    m[k] = fmin(fmax(code + m[k], (double)c->low[k]), (double)c->high[k]) - code;
  }
}

/* Dykstra's method.  @param[in,out] m wish, then the nearest move */
static void find_nearest(const case_t *c, double *m)
{
  enum { ROUNDS = 4000 };
  static double rest[MAX_RANGES + 1][SIZE];
  memset(rest, 0, sizeof rest);
  for (int round = 0; round < ROUNDS; round++)
    for (int s = 0; s <= c->job.n_ranges; s++) {
      double before[SIZE];
      for (int k = 0; k < c->job.size; k++)
        before[k] = m[k] += rest[s][k];
      project(c, s, m);
      for (int k = 0; k < c->job.size; k++)
        rest[s][k] = before[k] - m[k];
    }
}

/* What a fit should give. */
static void check_fit(const case_t *c)
{
  double move[SIZE] = {0}, whole;
  const isn_move_job_t *job = &c->job;
  for (int k = 0; k < job->size && job->kind == ISN_MOVE_SPREAD; k++)
    move[k] = (double)c->wish[k];
  whole = length_of(job->size, move);
  for (int k = 0; k < job->size && whole > 0.0; k++)
    move[k] *= job->length / whole;
  find_nearest(c, move);
  double length = length_of(job->size, move);
  double scale =
      job->kind == ISN_MOVE_SPREAD ? job->length / length : fmin(1.0, job->length / length);
  for (int k = 0; k < job->size; k++) {
    double want = (double)c->code[k] + scale * move[k];
    want = fmin(fmax(want, (double)c->low[k]), (double)c->high[k]);
    TEST_CHECK_MSG(fabs((double)c->after[k] - want) < 2e-5,
                   "kind %d, %d ranges, coordinate %d of %d: %.7g, wanted %.7g", (int)job->kind,
                   job->n_ranges, k, job->size, (double)c->after[k], want);
  }
  TEST_CHECK(c->moved == 1);
}

/* Fits of one to three gradients, several at once and each by itself: the same bits. */
static void test_fits(void)
{
  enum { N_FITS = 12 };
  static case_t together[N_FITS], alone[1];
  static const int sizes[3] = {SIZE, 13, 257};
  for (int i = 0; i < N_FITS; i++) {
    case_t *c = &together[i];
    bool spread = i % 2 == 1;
    make_case(c, spread ? ISN_MOVE_SPREAD : ISN_MOVE_REACH, sizes[i % 3], 1 + i / 4,
              10u * (unsigned)i);
    c->job.length = spread ? 0.8 : i % 4 == 0 ? 1e9 : 0.2;
    for (int r = 0; r < c->job.n_ranges && !spread; r++)
      c->ranges[r] = (isn_slope_range_t){r == 1 ? -INFINITY : 0.4 + r, r == 1 ? -0.3 : 0.9 + r};
  }
  run_cases(N_FITS, together);
  for (int i = 0; i < N_FITS; i++) {
    check_fit(&together[i]);
    alone[0] = together[i];
    run_cases(1, alone);
    TEST_CHECK(memcmp(alone->after, together[i].after, sizeof alone->after) == 0 &&
               alone->moved == together[i].moved);
  }
}

/* A range that nothing reaches: every coordinate goes to the bound that its gradient points to.
 * Without a gradient, and where nothing is asked, nothing moves. */
static void test_limits(void)
{
  static case_t cases[4];
  for (int i = 0; i < 4; i++) {
    make_case(&cases[i], ISN_MOVE_REACH, SIZE, 1, 5);
    cases[i].ranges[0] = (isn_slope_range_t){1e6, INFINITY};
  }
  memset(cases[1].gradients, 0, sizeof cases[1].gradients);
  cases[2].ranges[0] = (isn_slope_range_t){-INFINITY, INFINITY};
  cases[3].job.kind = ISN_MOVE_SPREAD; /* the wish is the gradient: nothing is tangent */
  cases[3].ranges[0] = (isn_slope_range_t){0.0, 0.0};
  cases[3].job.length = 1e-3;
  for (int k = 0; k < SIZE; k++) {
    cases[3].low[k] = -2.0F; /* and no bound bends it */
    cases[3].high[k] = 2.0F;
  }
  memcpy(cases[3].wish, cases[3].gradients, sizeof cases[3].wish);
  run_cases(4, cases);
  for (int k = 0; k < SIZE; k++)
    TEST_CHECK(cases[0].after[k] ==
               (cases[0].gradients[k] > 0.0F ? cases[0].high : cases[0].low)[k]);
  TEST_CHECK(cases[0].moved == 1);
  for (int i = 1; i < 4; i++)
    TEST_CHECK_MSG(cases[i].moved == 0 &&
                       memcmp(cases[i].after, cases[i].code, sizeof cases[i].after) == 0,
                   "case %d", i);
}

static void check_walk(const case_t *c)
{
  double way[SIZE];
  for (int k = 0; k < SIZE; k++) {
    way[k] = c->job.sign * (double)c->wish[k];
    if ((c->code[k] == c->high[k] && way[k] > 0.0) || (c->code[k] == c->low[k] && way[k] < 0.0))
      way[k] = 0.0;
  }
  double length = length_of(SIZE, way);
  for (int k = 0; k < SIZE; k++) {
    double want = (double)c->code[k] + (length > 0.0 ? c->job.length / length * way[k] : 0.0);
    want = fmin(fmax(want, (double)c->low[k]), (double)c->high[k]);
    TEST_CHECK_MSG(fabs((double)c->after[k] - want) < 1e-6, "coordinate %d: %.7g, wanted %.7g", k,
                   (double)c->after[k], want);
  }
  TEST_CHECK(c->moved == (length > 0.0));
}

/* There, back, nowhere as there is no gradient, and nowhere as every bound is in the way. */
static void test_walks(void)
{
  static case_t cases[4];
  for (int i = 0; i < 4; i++) {
    make_case(&cases[i], ISN_MOVE_WALK, SIZE, 0, 30);
    cases[i].job.length = 0.5;
  }
  cases[1].job.sign = -1.0;
  memset(cases[2].wish, 0, sizeof cases[2].wish);
  for (int k = 0; k < SIZE; k++)
    cases[3].code[k] = (cases[3].wish[k] > 0.0F ? cases[3].high : cases[3].low)[k];
  run_cases(4, cases);
  for (int i = 0; i < 4; i++)
    check_walk(&cases[i]);
}

int main(int argc, char **argv)
{
  TEST_REQUIRE(device_open(argc, argv, &backend));
  TEST_REQUIRE(isn_vectors_create(backend, &vectors));
  test_fits();
  test_limits();
  test_walks();
  isn_vectors_destroy(vectors);
  isn_backend_close(backend);
  TEST_END();
}
