/** @file test_pool.c
 *  The pool of starts against one that this test makes and ranks by itself: so it is the same for
 *  any number of ranks, and each target's starts come nearest first.
 */
#include "harness.h"
#include "invset/backend.h"
#include "invset/memory.h"
#include "run/pool.h"
#include "tiny_models.h"

#include <stdlib.h>

enum { N_STARTS = 130, BATCH = 16, N_TARGETS = 2 };
static const float LIMIT = 1.5F;

typedef struct {
  float code[TINY_CODE];
  double gap[N_TARGETS];
} start_t;

static isn_run_options_t options;
static isn_neuron_name_t neurons[3] = {{NULL, 1}, {NULL, 0}, {NULL, 2}};
static char fc8[] = "fc8";
static isn_target_options_t targets[N_TARGETS] = {
    {.n_neurons = 1, .neurons = neurons, .blob = fc8, .window = {5.0, 6.0}},
    {.n_neurons = 2, .neurons = neurons + 1, .blob = fc8, .window = {0.0, 1.0}}};

static isn_status_t open_run(isn_comm_t *comm, run_t *run)
{
  static const char *const blobs[] = {"fc8"};
  static float low[TINY_CODE], high[TINY_CODE];
  *run = (run_t){.comm = comm, .options = &options, .code_min = low, .code_max = high};
  for (int k = 0; k < TINY_CODE; k++) {
    low[k] = -LIMIT;
    high[k] = LIMIT;
  }
  run->problem.code_size = TINY_CODE;
  ISN_TRY(isn_backend_open("cpu", &run->backend));
  ISN_TRY(tiny_models(true, &run->models));
  ISN_TRY(isn_targets_resolve(comm, &options, &run->models, &run->targets));
  ISN_TRY(isn_engine_open(run->backend, &run->models, 1, blobs, isn_batch_exactly(BATCH),
                          ISN_PRECISION_FP32, &run->engine));
  return isn_board_create(comm, N_BOARD, BOARD_STOP, &run->board);
}

static isn_status_t close_run(run_t *run)
{
  isn_engine_close(run->engine);
  isn_backend_close(run->backend);
  isn_targets_clear(&run->targets);
  isn_models_clear(&run->models);
  return isn_board_destroy(run->board);
}

/* One start, evaluated by itself: gap is the distance of the worst neuron. */
static isn_status_t make_start(const run_t *run, int row, start_t *start)
{
  const isn_random_key_t key = {.seed = 5, .purpose = ISN_RANDOM_POOL, .sample = (uint32_t)row};
  double normal[TINY_CODE];
  isn_random_normal(&key, TINY_CODE, normal);
  for (int k = 0; k < TINY_CODE; k++)
    start->code[k] = (float)fmin(fmax(0.25 + 0.9 * normal[k], -(double)LIMIT), (double)LIMIT);
  memcpy(isn_engine_codes(run->engine), start->code, sizeof start->code);
  ISN_TRY(isn_engine_forward(run->engine, 1));
  const float *f = isn_engine_blob(run->engine, 0, 0);
  start->gap[0] = fmax(0.0, fmax(5.0 - (double)f[1], (double)f[1] - 6.0));
  start->gap[1] = fmax(
      0.0, fmax(fmax(-(double)f[0], (double)f[0] - 1.0), fmax(-(double)f[2], (double)f[2] - 1.0)));
  return ISN_OK;
}

/* The place-th nearest of all starts: as many are nearer, or as near and made before. */
static int find_place(const start_t *starts, int target, int place)
{
  for (int i = 0; i < N_STARTS; i++) {
    int before = 0;
    for (int j = 0; j < N_STARTS; j++) {
      float a = (float)starts[j].gap[target], b = (float)starts[i].gap[target];
      before += a < b || (a == b && j < i);
    }
    if (before == place)
      return i;
  }
  return -1;
}

/* Every place of a pool that keeps all its starts. */
static int test_order(const run_t *run, const start_t *starts)
{
  pool_t *pool = NULL;
  const isn_random_key_t unused = {.seed = 5, .purpose = ISN_RANDOM_JITTER};
  options.sampling.start_share = 1.0;
  TEST_REQUIRE(pool_create(run, &pool));
  TEST_CHECK(pool_size(pool) == N_STARTS);
  for (int t = 0; t < N_TARGETS; t++) {
    TEST_CHECK(starts[find_place(starts, t, 0)].gap[t] <
               starts[find_place(starts, t, N_STARTS - 1)].gap[t]);
    for (int place = 0; place < N_STARTS; place++) {
      float code[TINY_CODE];
      TEST_OK(pool_start(pool, t, place, &unused, code));
      TEST_CHECK_MSG(!memcmp(code, starts[find_place(starts, t, place)].code, sizeof code),
                     "target %d, place %d", t, place);
    }
  }
  pool_destroy(pool);
  return 0;
}

/* Beyond its share a target gets its starts again, each round one later, displaced by a known
 * length or, at the bounds, less; the key says where to. */
static int test_again(const run_t *run, const start_t *starts)
{
  enum { SHARE = 13 };
  const double length = 0.2 * 0.9 * sqrt(TINY_CODE);
  pool_t *pool = NULL;
  double longest = 0.0;
  options.sampling.start_share = 0.1;
  TEST_REQUIRE(pool_create(run, &pool));
  for (int place = 0; place < 4 * SHARE; place++) {
    const start_t *start = &starts[find_place(starts, 0, (place + place / SHARE) % SHARE)];
    isn_random_key_t key = {.seed = 5, .purpose = ISN_RANDOM_JITTER, .block = (uint32_t)place};
    float code[TINY_CODE], same[TINY_CODE], other[TINY_CODE];
    double squares = 0.0;
    TEST_OK(pool_start(pool, 0, place, &key, code));
    TEST_OK(pool_start(pool, 0, place, &key, same));
    key.draw = 1;
    TEST_OK(pool_start(pool, 0, place, &key, other));
    TEST_CHECK(!memcmp(code, same, sizeof code));
    TEST_CHECK((memcmp(code, other, sizeof code) != 0) == (place >= SHARE));
    for (int k = 0; k < TINY_CODE; k++) {
      double d = (double)code[k] - (double)start->code[k];
      TEST_CHECK(fabsf(code[k]) <= LIMIT);
      squares += d * d;
    }
    TEST_CHECK((squares > 0.0) == (place >= SHARE) && sqrt(squares) < length * 1.00001);
    longest = fmax(longest, sqrt(squares));
  }
  TEST_CHECK(longest > length * 0.99999);
  pool_destroy(pool);
  return 0;
}

int main(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  start_t *starts = NULL;
  run_t run;
  options.n_target_groups = N_TARGETS;
  options.target_groups = targets;
  options.sampling.seed = 5;
  options.sampling.starts = N_STARTS;
  options.sampling.start_mean = 0.25;
  options.sampling.start_deviation = 0.9;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(open_run(comm, &run));
  TEST_REQUIRE(isn_alloc(&starts, N_STARTS, "starts"));
  for (int row = 0; row < N_STARTS; row++)
    TEST_OK(make_start(&run, row, &starts[row]));
  test_order(&run, starts);
  test_again(&run, starts);
  free(starts);
  TEST_OK(close_run(&run));
  isn_comm_close(comm);
  TEST_END();
}
