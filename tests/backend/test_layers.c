/** @file test_layers.c
 *  Every layer of the table on a backend: forward against the definition in double precision,
 *  backward against central differences of that, for several choices of rows, in place where the
 *  layer allows it, and with a ReLU in it where it can have one.
 *      test_layers [cpu|cuda] [fp32|tf32|fp16]
 *  In fp16 the definition is taken at inputs and weights that were rounded to half precision.
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/fixture.h"
#include "backend/reference.h"
#include "device.h"
#include "harness.h"

enum { BATCH = 5 };

/* What is demanded of a backend.  A gradient's norm is compared: single entries may cancel. */
typedef struct {
  double forward, backward; /* against the definition in double */
  double rows;              /* a row alone or with others; 0: the same bits */
  double fused;             /* a ReLU in it, or by itself */
} limits_t;

static limits_t limits_of(const isn_backend_t *backend, isn_precision_t precision)
{
  if (precision == ISN_PRECISION_FP16)
    return (limits_t){2e-3, 3e-3, 2e-3, 1e-3};
  if (precision == ISN_PRECISION_TF32)
    return (limits_t){1e-2, 1e-2, 1e-2, 1e-6};
  if (isn_backend_is_host(backend))
    return (limits_t){2e-6, 5e-6, 0.0, 1e-6};
  return (limits_t){1e-5, 1e-5, 1e-5, 1e-6};
}

static limits_t limits;

static double *new_doubles(size_t n)
{
  double *x = calloc(n, sizeof *x);
  if (!x)
    abort();
  return x;
}

/* One sample in double precision, with room for the outputs. */
typedef struct {
  isn_layer_params_t params;
  double *x[ISN_LAYER_MAX_BOTTOMS], *y[ISN_LAYER_MAX_TOPS];
  reference_t reference;
} sample_t;

static void make_sample(const fixture_t *f, int sample, sample_t *s)
{
  *s = (sample_t){.params = f->params};
  for (int b = 0; b < f->n_in; b++) {
    size_t n = isn_shape_count(f->in[b]);
    s->x[b] = new_doubles(n);
    for (size_t i = 0; i < n; i++)
      s->x[b][i] = (double)f->x[b][(size_t)sample * n + i];
  }
  for (int t = 0; t < f->n_out; t++)
    s->y[t] = new_doubles(isn_shape_count(f->out[t]));
  s->reference = (reference_t){.params = &s->params,
                               .n_in = f->n_in,
                               .n_out = f->n_out,
                               .in = f->in,
                               .out = f->out,
                               .weights = f->weights,
                               .x = s->x,
                               .y = s->y};
}

static void free_sample(sample_t *s)
{
  for (int i = 0; i < ISN_LAYER_MAX_BOTTOMS; i++)
    free(s->x[i]);
  for (int i = 0; i < ISN_LAYER_MAX_TOPS; i++)
    free(s->y[i]);
}

static void check_forward(const fixture_t *f, const char *name, int sample)
{
  sample_t s;
  make_sample(f, sample, &s);
  reference_forward(&s.reference);
  for (int t = 0; t < f->n_out; t++) {
    size_t n = isn_shape_count(f->out[t]);
    double difference;
    TEST_NORM_DIFFERENCE(f->y[t] + (size_t)sample * n, s.y[t], n, difference);
    TEST_CHECK_MSG(difference < limits.forward, "%s, forward of sample %d, top %d: %g", name,
                   sample, t, difference);
  }
  free_sample(&s);
}

/* grad_y . y(x) */
static double objective(const fixture_t *f, int sample, sample_t *s)
{
  double sum = 0.0;
  reference_forward(&s->reference);
  for (int t = 0; t < f->n_out; t++) {
    size_t n = isn_shape_count(f->out[t]);
    for (size_t i = 0; i < n; i++)
      sum += (double)f->grad_y[t][(size_t)sample * n + i] * s->y[t][i];
  }
  return sum;
}

static void check_gradient(const fixture_t *f, const char *name, int sample)
{
  const double step = 1e-6 * (f->params.kind == ISN_LAYER_PICTURE ? 100.0 : 1.0);
  sample_t s;
  make_sample(f, sample, &s);
  if (s.params.kind == ISN_LAYER_PICTURE)
    s.params.picture.round = false; /* rounding passes the gradient unchanged */
  for (int b = 0; b < f->n_in; b++) {
    size_t n = isn_shape_count(f->in[b]);
    double *grad_x = new_doubles(n), difference;
    for (size_t i = 0; i < n; i++) {
      double middle = s.x[b][i];
      s.x[b][i] = middle + step;
      grad_x[i] = objective(f, sample, &s);
      s.x[b][i] = middle - step;
      grad_x[i] = (grad_x[i] - objective(f, sample, &s)) / (2.0 * step);
      s.x[b][i] = middle;
    }
    TEST_NORM_DIFFERENCE(f->grad_x[b] + (size_t)sample * n, grad_x, n, difference);
    TEST_CHECK_MSG(difference < limits.backward, "%s, gradient of sample %d, bottom %d: %g", name,
                   sample, b, difference);
    free(grad_x);
  }
  free_sample(&s);
}

/* Copies of n blobs of the whole batch; free_copies(). */
static void copy_blobs(int n, float *const data[], const isn_shape_t shapes[], float *copies[])
{
  for (int i = 0; i < n; i++) {
    size_t count = BATCH * isn_shape_count(shapes[i]);
    copies[i] = calloc(count, sizeof *copies[i]);
    if (!copies[i])
      abort();
    memcpy(copies[i], data[i], count * sizeof *copies[i]);
  }
}

static void free_copies(int n, float *copies[])
{
  for (int i = 0; i < n; i++)
    free(copies[i]);
}

static bool same_sample(int n, float *const a[], float *const b[], const isn_shape_t shapes[],
                        int sample)
{
  bool same = true;
  for (int i = 0; i < n; i++) {
    size_t count = isn_shape_count(shapes[i]), at = (size_t)sample * count;
    bool same_bits = memcmp(a[i] + at, b[i] + at, count * sizeof(float)) == 0;
    double difference;
    TEST_NORM_DIFFERENCE(a[i] + at, b[i] + at, count, difference);
    same = same && (same_bits || (limits.rows > 0.0 && difference < limits.rows));
  }
  return same;
}

/* Choices of rows: all at first, since the others are compared with it bit by bit. */
static const int rows_of[][BATCH] = {{0, 1, 2, 3, 4}, {0},       {4},         {1, 2},
                                     {1, 4},          {0, 2, 3}, {0, 1, 3, 4}};
static const int n_rows_of[] = {5, 1, 1, 2, 2, 3, 4};

static void check_backward(fixture_t *f, const char *name)
{
  float *all[ISN_LAYER_MAX_BOTTOMS];
  TEST_OK(fixture_backward(f, (isn_rows_t){BATCH, rows_of[0]}, false));
  copy_blobs(f->n_in, f->grad_x, f->in, all);
  check_gradient(f, name, 0);
  check_gradient(f, name, BATCH - 1);
  for (int in_place = 0; in_place <= f->needs.in_place_backward; in_place++)
    for (size_t choice = 0; choice < sizeof n_rows_of / sizeof n_rows_of[0]; choice++) {
      isn_rows_t rows = {n_rows_of[choice], rows_of[choice]};
      TEST_OK(fixture_backward(f, rows, in_place));
      for (int r = 0; r < rows.n; r++)
        TEST_CHECK_MSG(same_sample(f->n_in, f->grad_x, all, f->in, rows.index[r]),
                       "%s: row %d of %d rows%s is another", name, rows.index[r], rows.n,
                       in_place ? ", in place," : "");
    }
  free_copies(f->n_in, all);
}

static void check_in_place(fixture_t *f, const char *name)
{
  if (!f->needs.in_place_forward) {
    isn_layer_call_t call = f->call;
    call.tops[0].data = call.bottoms[0].data;
    TEST_ERROR(isn_backend_forward(f->backend, &call, BATCH), ISN_ERR_ARG, "in place");
    return;
  }
  float *apart[ISN_LAYER_MAX_TOPS];
  copy_blobs(f->n_out, f->y, f->out, apart);
  TEST_OK(fixture_forward(f, BATCH, true));
  for (int sample = 0; sample < BATCH; sample++)
    TEST_CHECK_MSG(same_sample(f->n_out, f->y, apart, f->out, sample), "%s in place", name);
  free_copies(f->n_out, apart);
}

/* The same outputs as of the layer and then the ReLU by itself. */
static int check_fused(fixture_t *f, const char *name)
{
  const isn_layer_params_t relu = {.kind = ISN_LAYER_RELU, .relu = {0.3F}};
  isn_layer_call_t call = f->call;
  size_t count = BATCH * isn_shape_count(f->out[0]);
  double difference;
  call.fused = &relu;
  if (!f->needs.fuses_relu) {
    TEST_ERROR(isn_backend_forward(f->backend, &call, BATCH), ISN_ERR_ARG, "another layer in it");
    return 0;
  }
  TEST_REQUIRE(fixture_forward(f, BATCH, false));
  for (size_t i = 0; i < count; i++)
    f->y[0][i] = f->y[0][i] > 0.0F ? f->y[0][i] : 0.3F * f->y[0][i];
  TEST_REQUIRE(isn_backend_forward(f->backend, &call, BATCH));
  float *fused = malloc(count * sizeof *fused);
  if (!fused)
    abort();
  TEST_REQUIRE(fixture_get(f, call.tops[0], fused));
  TEST_NORM_DIFFERENCE(fused, f->y[0], count, difference);
  TEST_CHECK_MSG(difference < limits.fused, "%s with a ReLU in it: %g", name, difference);
  free(fused);
  return 0;
}

static int check_case(isn_backend_t *backend, const layer_case_t *c)
{
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &c->params, layer_case_n_in(c), c->in, c->n_out, BATCH,
                              c->scale, &f));
  TEST_REQUIRE(fixture_forward(&f, BATCH, false));
  for (int sample = 0; sample < BATCH; sample++)
    check_forward(&f, c->name, sample);
  check_in_place(&f, c->name); /* its outputs and state are those of the backward passes below */
  if (!f.needs.in_place_forward)
    TEST_REQUIRE(fixture_forward(&f, BATCH, false));
  check_backward(&f, c->name);
  int failed = check_fused(&f, c->name);
  fixture_destroy(&f);
  return failed;
}

/* More samples than a backend may take at once, with a state and without one. */
static int check_large_batch(isn_backend_t *backend, const layer_case_t *c)
{
  static const int rows[] = {3, 255, 256, 299};
  fixture_t f;
  if (strcmp(c->name, "lrn within 3") != 0 && strcmp(c->name, "softmax at positions") != 0)
    return 0;
  TEST_REQUIRE(
      fixture_create(backend, &c->params, layer_case_n_in(c), c->in, c->n_out, 300, c->scale, &f));
  TEST_REQUIRE(fixture_forward(&f, 300, false));
  TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){4, rows}, false));
  for (int r = 0; r < 4; r++) {
    check_forward(&f, c->name, rows[r]);
    check_gradient(&f, c->name, rows[r]);
  }
  fixture_destroy(&f);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  limits = limits_of(backend, device_precision(argc, argv));
  for (int i = 0; i < n_layer_cases; i++)
    if (check_case(backend, &layer_cases[i]) || check_large_batch(backend, &layer_cases[i]))
      return 1;
  isn_backend_close(backend);
  TEST_END();
}
