/** @file test_layers.c
 *  Every layer of the table on every backend that is compiled in: forward against the definition in
 *  double precision, backward against central differences of that, for several choices of rows, and
 *  in place where the layer allows it.
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/fixture.h"
#include "backend/reference.h"
#include "harness.h"

enum { BATCH = 5 };

/* float32 against double.  A gradient's norm is compared: single entries may cancel. */
static const double forward_limit = 2e-6, backward_limit = 5e-6;

static double *new_doubles(size_t n)
{
  double *x = calloc(n, sizeof *x);
  if (!x)
    abort();
  return x;
}

static void check_forward(const fixture_t *f, const char *name, int sample)
{
  size_t n_in = isn_shape_count(f->in), n_out = isn_shape_count(f->out);
  double *x = new_doubles(n_in), *y = new_doubles(n_out), difference;
  for (size_t i = 0; i < n_in; i++)
    x[i] = (double)f->x[(size_t)sample * n_in + i];
  reference_forward(&f->params, f->in, f->out, f->weights, x, y);
  TEST_NORM_DIFFERENCE(f->y + (size_t)sample * n_out, y, n_out, difference);
  TEST_CHECK_MSG(difference < forward_limit, "%s, forward of sample %d: %g", name, sample,
                 difference);
  free(x);
  free(y);
}

/* grad_y . y(x) */
static double objective(const fixture_t *f, const isn_layer_params_t *params, const double *x,
                        const float *grad_y, double *y)
{
  double sum = 0.0;
  reference_forward(params, f->in, f->out, f->weights, x, y);
  for (size_t i = 0; i < isn_shape_count(f->out); i++)
    sum += (double)grad_y[i] * y[i];
  return sum;
}

static void check_gradient(const fixture_t *f, const char *name, int sample)
{
  const double step = 1e-6 * (f->params.kind == ISN_LAYER_PICTURE ? 100.0 : 1.0);
  size_t n_in = isn_shape_count(f->in), n_out = isn_shape_count(f->out);
  double *x = new_doubles(n_in), *y = new_doubles(n_out), *grad_x = new_doubles(n_in), difference;
  const float *grad_y = f->grad_y + (size_t)sample * n_out;
  isn_layer_params_t params = f->params;
  if (params.kind == ISN_LAYER_PICTURE)
    params.picture.round = false; /* rounding passes the gradient unchanged */
  for (size_t i = 0; i < n_in; i++)
    x[i] = (double)f->x[(size_t)sample * n_in + i];
  for (size_t i = 0; i < n_in; i++) {
    double middle = x[i];
    x[i] = middle + step;
    grad_x[i] = objective(f, &params, x, grad_y, y);
    x[i] = middle - step;
    grad_x[i] = (grad_x[i] - objective(f, &params, x, grad_y, y)) / (2.0 * step);
    x[i] = middle;
  }
  TEST_NORM_DIFFERENCE(f->grad_x + (size_t)sample * n_in, grad_x, n_in, difference);
  TEST_CHECK_MSG(difference < backward_limit, "%s, gradient of sample %d: %g", name, sample,
                 difference);
  free(x);
  free(y);
  free(grad_x);
}

/* Choices of rows: all at first, since the others are compared with it bit by bit. */
static const int rows_of[][BATCH] = {{0, 1, 2, 3, 4}, {0}, {4}, {1, 2}, {0, 2, 3}, {0, 1, 3, 4}};
static const int n_rows_of[] = {5, 1, 1, 2, 3, 4};

static int check_backward(fixture_t *f, const char *name)
{
  size_t n_in = isn_shape_count(f->in);
  float *all = calloc(BATCH * n_in, sizeof *all);
  if (!all)
    return 1;
  TEST_OK(fixture_backward(f, (isn_rows_t){BATCH, rows_of[0]}, false));
  memcpy(all, f->grad_x, BATCH * n_in * sizeof *all);
  check_gradient(f, name, 0);
  check_gradient(f, name, BATCH - 1);
  for (int in_place = 0; in_place <= f->needs.in_place_backward; in_place++)
    for (size_t choice = 0; choice < sizeof n_rows_of / sizeof n_rows_of[0]; choice++) {
      isn_rows_t rows = {n_rows_of[choice], rows_of[choice]};
      TEST_OK(fixture_backward(f, rows, in_place));
      for (int r = 0; r < rows.n; r++) {
        size_t at = (size_t)rows.index[r] * n_in;
        TEST_CHECK_MSG(memcmp(f->grad_x + at, all + at, n_in * sizeof *all) == 0,
                       "%s: row %d of %d rows%s has other bits", name, rows.index[r], rows.n,
                       in_place ? ", in place," : "");
      }
    }
  free(all);
  return 0;
}

static void check_in_place(fixture_t *f, const char *name)
{
  size_t n_out = BATCH * isn_shape_count(f->out);
  float *apart = calloc(n_out, sizeof *apart);
  if (!apart)
    abort();
  memcpy(apart, f->y, n_out * sizeof *apart);
  if (f->needs.in_place_forward) {
    TEST_OK(fixture_forward(f, BATCH, true));
    TEST_CHECK_MSG(memcmp(f->y, apart, n_out * sizeof *apart) == 0, "%s in place", name);
  } else {
    isn_layer_call_t call = f->call;
    call.tops[0].data = call.bottoms[0].data;
    TEST_ERROR(isn_backend_forward(f->backend, &call, BATCH), ISN_ERR_ARG, "in place");
  }
  free(apart);
}

static int check_case(isn_backend_t *backend, const layer_case_t *c)
{
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &c->params, c->in, BATCH, c->scale, &f));
  TEST_REQUIRE(fixture_forward(&f, BATCH, false));
  for (int sample = 0; sample < BATCH; sample++)
    check_forward(&f, c->name, sample);
  check_in_place(&f, c->name);
  TEST_REQUIRE(fixture_forward(&f, BATCH, false));
  int failed = check_backward(&f, c->name);
  fixture_destroy(&f);
  return failed;
}

int main(void)
{
  static const char *const names[] = {"cpu", "cuda"};
  for (size_t b = 0; b < sizeof names / sizeof names[0]; b++) {
    isn_backend_t *backend = NULL;
    isn_status_t status = isn_backend_open(names[b], &backend);
    if (status == ISN_ERR_INPUT && strstr(isn_error_message(), "not compiled in"))
      continue;
    TEST_REQUIRE(status);
    for (int i = 0; i < n_layer_cases; i++)
      if (check_case(backend, &layer_cases[i]))
        return 1;
    isn_backend_close(backend);
  }
  TEST_END();
}
