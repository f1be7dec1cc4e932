/** @file test_layer_specials.c
 *  Values where a rule decides that random numbers never meet: kinks, ties, parameters that switch
 *  something off, numbers that overflow, and bottoms whose gradient is not wanted.
 */
#include "backend/fixture.h"
#include "device.h"
#include "harness.h"

enum { N = 4 };

/* A kind on vectors of N numbers: outputs and input gradients for a given output gradient. */
typedef struct {
  const char *name;
  isn_layer_params_t params;
  float weights[2]; /* of the first two blobs, all numbers alike; the others are 0 */
  float x[N], grad_y[N], y[N], grad_x[N];
} special_t;

#define POWER(power_, base, scale, shift)                                                          \
  {                                                                                                \
    .kind = ISN_LAYER_POWER, .power = { power_, base, scale, shift }                               \
  }

/* clang-format off */
static const special_t specials[] = {
  {"relu at 0", {.kind = ISN_LAYER_RELU, .relu = {0.5F}}, {0, 0}, {0, -0.0F, 2, -2}, {2, 4, 6, 8}, {0, 0, 2, -1}, {1, 2, 6, 4}},
  {"prelu at 0", {.kind = ISN_LAYER_PRELU}, {-0.5F, 0}, {0, -0.0F, 2, -2}, {2, 4, 6, 8}, {0, 0, 2, 1}, {-1, -2, 6, -4}},
  {"elu at 0 and far below", {.kind = ISN_LAYER_ELU, .elu = {2.0F}}, {0, 0}, {0, 3, -1000, -INFINITY}, {1, 1, 1, 1}, {0, 3, -2, -2}, {2, 1, 0, 0}},
  {"absval at 0", {.kind = ISN_LAYER_ABSVAL}, {0, 0}, {0, -0.0F, 3, -4}, {1, 2, 5, 7}, {0, 0, 3, 4}, {0, 0, 5, -7}},
  {"sigmoid far out", {.kind = ISN_LAYER_SIGMOID}, {0, 0}, {0, 1000, -1000, -INFINITY}, {4, 1, 1, 1}, {0.5F, 1, 0, 0}, {1, 0, 0, 0}},
  {"tanh far out", {.kind = ISN_LAYER_TANH}, {0, 0}, {0, 1000, -1000, INFINITY}, {4, 1, 1, 1}, {0, 1, -1, 1}, {4, 0, 0, 0}},
  {"power 0 of 0", POWER(0.0, -1.0, 1.0, 0.0), {0, 0}, {0, 1, -1, 2}, {1, 2, 3, 4}, {1, 1, 1, 1}, {0, 0, 0, 0}},
  {"power, scale 0 of shift 0", POWER(2.0, -1.0, 0.0, 0.0), {0, 0}, {0, 1, -1, 2}, {1, 2, 3, 4}, {0, 0, 0, 0}, {0, 0, 0, 0}},
  {"power 3 of 0 and below", POWER(3.0, -1.0, 1.0, 0.0), {0, 0}, {0, 1, -1, 2}, {1, 2, 3, 4}, {0, 1, -1, 8}, {0, 6, 9, 48}},
  {"power 1 with infinity", POWER(1.0, -1.0, 2.0, 1.0), {0, 0}, {0, 1, -1, INFINITY}, {1, 2, 3, 4}, {1, 3, -1, INFINITY}, {2, 4, 6, 8}},
  {"exp, terms that cancel", {.kind = ISN_LAYER_EXP, .power = {1.0, -1.0, 1.0, -100.0}}, {0, 0}, {100, 100, -1000, 1000}, {2, 1, 1, 0.5F}, {1, 1, 0, INFINITY}, {2, 1, 0, INFINITY}},
  {"exp, base 2", {.kind = ISN_LAYER_EXP, .power = {1.0, 2.0, 0.0, 3.0}}, {0, 0}, {1, 2, 3, 4}, {1, 1, 1, 1}, {8, 8, 8, 8}, {0, 0, 0, 0}},
  {"log, base 2 of 1", {.kind = ISN_LAYER_LOG, .power = {1.0, 2.0, 1.0, 0.0}}, {0, 0}, {1, 2, 4, 0.5F}, {0, 0, 0, 0}, {0, 1, 2, -1}, {0, 0, 0, 0}},
  /* Factor 0: mean 5 and variance 9 count as 0, which leaves 1 / sqrt(1/4). */
  {"batch norm without a count", {.kind = ISN_LAYER_BATCH_NORM, .batch_norm = {0.25}}, {5, 9}, {0, 1, -1, 2}, {1, 2, 3, 4}, {0, 2, -2, 4}, {2, 4, 6, 8}},
};
/* clang-format on */

static void check_numbers(const char *name, const char *what, const float *got, const float *wanted)
{
  for (int i = 0; i < N; i++)
    TEST_CHECK_MSG(got[i] == wanted[i] || fabsf(got[i] - wanted[i]) < 1e-6F, "%s, %s %d: %g", name,
                   what, i, (double)got[i]);
}

static int check_special(isn_backend_t *backend, const special_t *s)
{
  static const int first[] = {0};
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &s->params, 1, &(isn_shape_t){1, N, 1, 1}, 1, 1, 1.0F, &f));
  for (int w = 0; w < ISN_LAYER_MAX_WEIGHTS; w++)
    for (size_t i = 0; i < f.n_weights[w]; i++)
      f.weights[w][i] = w < 2 ? s->weights[w] : 0.0F;
  TEST_REQUIRE(fixture_put_weights(&f));
  memcpy(f.x[0], s->x, sizeof s->x);
  memcpy(f.grad_y[0], s->grad_y, sizeof s->grad_y);
  TEST_REQUIRE(fixture_forward(&f, 1, false));
  TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1, first}, false));
  check_numbers(s->name, "output", f.y[0], s->y);
  check_numbers(s->name, "gradient", f.grad_x[0], s->grad_x);
  fixture_destroy(&f);
  return 0;
}

/* Equal maxima, as Caffe's CPU code has it: of the first two bottoms the second, then the earlier.
 * Without its state (no backward will follow) the outputs are the same. */
static int check_max_ties(isn_backend_t *backend)
{
  static const float x[3][N] = {{1, 1, 5, 2}, {1, 1, 3, 4}, {1, 0, 5, 4}};
  static const float y[N] = {1, 1, 5, 4};
  static const float wanted[3][N] = {{0, 0, 30, 0}, {10, 20, 0, 40}, {0, 0, 0, 0}};
  static const int first[] = {0};
  static const isn_shape_t shapes[3] = {{1, N, 1, 1}, {1, N, 1, 1}, {1, N, 1, 1}};
  const isn_layer_params_t max = {.kind = ISN_LAYER_ELTWISE, .eltwise = {.mode = ISN_ELTWISE_MAX}};
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, &max, 3, shapes, 1, 1, 1.0F, &f));
  for (int b = 0; b < 3; b++)
    memcpy(f.x[b], x[b], sizeof x[b]);
  memcpy(f.grad_y[0], (const float[]){10, 20, 30, 40}, sizeof x[0]);
  TEST_REQUIRE(fixture_forward(&f, 1, false));
  TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1, first}, false));
  check_numbers("max", "output", f.y[0], y);
  for (int b = 0; b < 3; b++)
    check_numbers("max", "gradient", f.grad_x[b], wanted[b]);

  isn_layer_call_t stateless = f.call;
  stateless.state = NULL;
  TEST_REQUIRE(isn_backend_forward(backend, &stateless, 1));
  TEST_REQUIRE(fixture_get(&f, f.call.tops[0], f.y[0]));
  check_numbers("max without state", "output", f.y[0], y);
  fixture_destroy(&f);
  return 0;
}

/* A bottom whose gradient is not wanted is left alone, and the others get theirs. */
static int check_unwanted(isn_backend_t *backend, const isn_layer_params_t *params)
{
  static const int first[] = {0};
  static const isn_shape_t shapes[2] = {{1, N, 1, 1}, {1, N, 1, 1}};
  fixture_t f;
  TEST_REQUIRE(fixture_create(backend, params, 2, shapes, 1, 1, 1.0F, &f));
  TEST_REQUIRE(fixture_forward(&f, 1, false));
  for (int wanted = 0; wanted < 2; wanted++) {
    float all[N];
    TEST_REQUIRE(fixture_backward(&f, (isn_rows_t){1, first}, false));
    memcpy(all, f.grad_x[wanted], sizeof all);
    isn_layer_call_t call = f.call;
    call.grad_bottoms[1 - wanted].data = NULL;
    TEST_REQUIRE(isn_backend_zero(backend, f.call.grad_bottoms[0].data, N, (isn_rows_t){1, first}));
    TEST_REQUIRE(isn_backend_zero(backend, f.call.grad_bottoms[1].data, N, (isn_rows_t){1, first}));
    TEST_REQUIRE(isn_backend_backward(backend, &call, (isn_rows_t){1, first}));
    for (int b = 0; b < 2; b++)
      TEST_REQUIRE(fixture_get(&f, f.call.grad_bottoms[b], f.grad_x[b]));
    const char *kind = isn_layer_kind_name(params->kind);
    check_numbers(kind, "wanted gradient", f.grad_x[wanted], all);
    check_numbers(kind, "unwanted gradient", f.grad_x[1 - wanted], (const float[N]){0});
  }
  fixture_destroy(&f);
  return 0;
}

int main(int argc, char **argv)
{
  const isn_layer_params_t concat = {.kind = ISN_LAYER_CONCAT, .concat = {1}};
  const isn_layer_params_t product = {.kind = ISN_LAYER_ELTWISE,
                                      .eltwise = {.mode = ISN_ELTWISE_PRODUCT}};
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
    if (check_special(backend, &specials[i]))
      return 1;
  if (check_max_ties(backend) || check_unwanted(backend, &concat) ||
      check_unwanted(backend, &product))
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
