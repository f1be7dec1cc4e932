/** @file bench_step.c
 *  Sample-steps per second of the bare engine: the nets of a config on a full batch, again and
 * again, each time all samples forward, the gradient of a neuron of each back to its code, and a
 * Newton step along it.  What `invset sample` reaches is to be compared with this.
 *
 *      bench_step CONFIG [--batch 10,100] [--seconds 5] [--backend auto] [--precision fp32,tf32]
 *                 [--layers] [--set path=value]...
 *
 *  With --layers also how long each layer takes by itself, and what part of that is spent outside
 * the libraries' kernels.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "invset/config.h"
#include "invset/engine.h"
#include "invset/memory.h"

static const char usage[] =
    "usage: bench_step CONFIG [--batch 10,100] [--seconds 5] [--backend auto]\n"
    "                  [--precision fp32,tf32] [--layers] [--set path=value]...\n";

/* An engine with a full batch at work. */
typedef struct {
  isn_backend_t *backend;
  isn_engine_t *engine;
  isn_vectors_t *vectors;
  int batch, code_size;
  int *index;           /* (batch) all rows */
  float *low, *high;    /* (D) wide bounds, backend memory */
  float *values;        /* (batch) of the neuron that is moved */
  int *places;          /* (batch) */
  unsigned char *moved; /* (batch) */
  size_t free_before;   /* bytes of backend memory */
} bench_t;

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void close_bench(bench_t *bench)
{
  isn_backend_free(bench->backend, bench->low);
  isn_backend_free(bench->backend, bench->high);
  free(bench->index);
  free(bench->values);
  free(bench->places);
  free(bench->moved);
  isn_vectors_destroy(bench->vectors);
  isn_engine_close(bench->engine);
}

static isn_status_t put_bounds(bench_t *bench, float bound, float **out)
{
  size_t n = (size_t)bench->code_size;
  float *host = NULL;
  ISN_TRY(isn_backend_alloc(bench->backend, n, "bounds", out));
  ISN_TRY(isn_alloc(&host, n, "bounds"));
  for (size_t k = 0; k < n; k++)
    host[k] = bound;
  isn_status_t status = isn_backend_upload(bench->backend, *out, host, n);
  free(host);
  return status;
}

static isn_status_t open_bench(isn_backend_t *backend, const isn_run_options_t *options, int batch,
                               isn_precision_t precision, bench_t *bench)
{
  const char *blob = options->target_groups[0].blob;
  isn_models_t models = {0};
  *bench = (bench_t){.backend = backend, .batch = batch};
  ISN_TRY(isn_backend_memory(backend, &bench->free_before));
  ISN_TRY(isn_models_load(NULL, options, &models));
  bench->code_size = models.code_size;
  isn_status_t status = isn_engine_open(backend, &models, 1, &blob, isn_batch_exactly(batch),
                                        precision, &bench->engine);
  isn_models_clear(&models);
  ISN_TRY(status);
  ISN_TRY(isn_vectors_create(backend, &bench->vectors));
  ISN_TRY(isn_alloc(&bench->index, batch, "rows"));
  ISN_TRY(isn_alloc(&bench->values, batch, "values"));
  ISN_TRY(isn_alloc(&bench->places, batch, "places"));
  ISN_TRY(isn_alloc(&bench->moved, batch, "marks"));
  ISN_TRY(put_bounds(bench, -100.0F, &bench->low));
  ISN_TRY(put_bounds(bench, 100.0F, &bench->high));
  for (int i = 0; i < batch; i++)
    bench->index[i] = i;
  for (size_t i = 0; i < (size_t)batch * (size_t)bench->code_size; i++)
    isn_engine_codes(bench->engine)[i] = (float)(i * 2654435761u % 1000u) * 2e-3F - 1.0F;
  return isn_engine_forward(bench->engine, batch); /* brings the codes */
}

/* Move each code so that its neuron's value would change a little; the nets do not stand still. */
static isn_status_t move(bench_t *bench)
{
  const isn_slope_range_t range = {1e-3, 1e-3};
  for (int row = 0; row < bench->batch; row++) {
    isn_engine_row_t r = isn_engine_row(bench->engine, row);
    const isn_move_job_t job = {.kind = ISN_MOVE_REACH,
                                .size = bench->code_size,
                                .code = r.code,
                                .low = bench->low,
                                .high = bench->high,
                                .length = 1e-2,
                                .n_ranges = 1,
                                .gradients = r.code_gradient};
    ISN_TRY(isn_vectors_move(bench->vectors, &job, &range, &bench->moved[row]));
  }
  return isn_vectors_run(bench->vectors);
}

static isn_status_t step(bench_t *bench)
{
  isn_engine_t *engine = bench->engine;
  ISN_TRY(isn_engine_run(engine, bench->batch));
  for (int row = 0; row < bench->batch; row++) {
    isn_engine_blob_row_t blob = isn_engine_blob_row(engine, 0, row);
    ISN_TRY(isn_vectors_clear(bench->vectors, blob.seed, isn_engine_blob_count(engine, 0)));
    ISN_TRY(isn_vectors_add_unit(bench->vectors, 0, 1.0F));
    ISN_TRY(
        isn_vectors_pick(bench->vectors, blob.values, 1, &bench->values[row], &bench->places[row]));
  }
  ISN_TRY(isn_vectors_run(bench->vectors));
  ISN_TRY(
      isn_engine_carry_back(engine, 1, &(int){0}, false, (isn_rows_t){bench->batch, bench->index}));
  return move(bench);
}

static isn_status_t measure_steps(bench_t *bench, isn_precision_t precision, double seconds)
{
  enum { WARM_UP = 3 }; /* the first touches all memory, the next are recorded */
  double began, took;
  size_t free_after;
  int n = 0;
  for (int i = 0; i < WARM_UP; i++)
    ISN_TRY(step(bench));
  began = seconds_now();
  do {
    ISN_TRY(step(bench));
    n++;
    took = seconds_now() - began;
  } while (took < seconds);
  ISN_TRY(isn_backend_memory(bench->backend, &free_after));
  printf("%s %s batch %4d: %8.1f sample-steps/s, %.2f ms a step", isn_backend_name(bench->backend),
         isn_precision_name(precision), bench->batch, n * bench->batch / took, 1e3 * took / n);
  if (!isn_backend_is_host(bench->backend)) /* there others take and give memory, too */
    printf(", %.3f GB", 1e-9 * ((double)bench->free_before - (double)free_after));
  printf("\n");
  fflush(stdout);
  return ISN_OK;
}

static void print_times(int n, const isn_layer_time_t *times)
{
  double ms[2] = {0.0}, library = 0.0;
  bool known = n > 0 && !isnan(times[0].forward.library_ms);
  printf("  %-32s %10s %10s%s\n", "layer", "forward", "backward",
         known ? "   of these in libraries' kernels" : "");
  for (int i = 0; i < n; i++) {
    const isn_call_time_t *f = &times[i].forward, *b = &times[i].backward;
    if (f->ms == 0.0 && b->ms == 0.0)
      continue;
    printf("  %-32s %7.3f ms %7.3f ms", times[i].name, f->ms, b->ms);
    if (known)
      printf("   %7.3f %7.3f", f->library_ms, b->library_ms);
    printf("\n");
    ms[0] += f->ms;
    ms[1] += b->ms;
    library += f->library_ms + b->library_ms;
  }
  printf("  %-32s %7.3f ms %7.3f ms", "all", ms[0], ms[1]);
  if (known)
    printf("   %.1f %% of the time outside libraries' kernels",
           100.0 * (1.0 - library / (ms[0] + ms[1])));
  printf("\n");
}

static isn_status_t measure_layers(bench_t *bench)
{
  enum { REPEATS = 5 };
  isn_net_counts_t counts;
  isn_layer_time_t *times = NULL;
  isn_engine_counts(bench->engine, &counts);
  ISN_TRY(isn_alloc(&times, counts.n_layers, "times of layers"));
  isn_status_t status = isn_engine_time_layers(bench->engine, bench->batch, REPEATS, times);
  if (status == ISN_OK)
    print_times(counts.n_layers, times);
  free(times);
  return status;
}

static isn_status_t measure(isn_backend_t *backend, const isn_run_options_t *options, int batch,
                            double seconds, bool layers)
{
  bench_t bench;
  isn_precision_t precision = options->run.precision;
  isn_status_t status = open_bench(backend, options, batch, precision, &bench);
  if (status == ISN_OK)
    status = measure_steps(&bench, precision, seconds);
  if (status == ISN_OK && layers)
    status = measure_layers(&bench);
  close_bench(&bench);
  return status;
}

enum { MAX_OVERRIDES = 32, OVERRIDE_BYTES = 512 };

/* What the command line asks for; its settings as `--set` has them. */
typedef struct {
  const char *config;
  char batches[256], precisions[64];
  double seconds;
  bool layers;
  int n;
  char text[MAX_OVERRIDES][OVERRIDE_BYTES];
  const char *list[MAX_OVERRIDES + 1];
} request_t;

static void override(request_t *r, const char *before, const char *value)
{
  if (r->n == MAX_OVERRIDES)
    return;
  snprintf(r->text[r->n], OVERRIDE_BYTES, "%s%s", before, value);
  r->list[r->n] = r->text[r->n];
  r->n++;
}

static bool read_request(int argc, char **argv, request_t *r)
{
  static const struct option table[] = {{"batch", required_argument, NULL, 'b'},
                                        {"seconds", required_argument, NULL, 's'},
                                        {"backend", required_argument, NULL, 'k'},
                                        {"precision", required_argument, NULL, 'p'},
                                        {"layers", no_argument, NULL, 'l'},
                                        {"set", required_argument, NULL, 'o'},
                                        {NULL, 0, NULL, 0}};
  for (int key; (key = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    if (key == 'b')
      snprintf(r->batches, sizeof r->batches, "%s", optarg);
    else if (key == 's')
      r->seconds = atof(optarg);
    else if (key == 'k')
      override(r, "run.backend=", optarg);
    else if (key == 'p')
      snprintf(r->precisions, sizeof r->precisions, "%s", optarg);
    else if (key == 'l')
      r->layers = true;
    else if (key == 'o')
      override(r, "", optarg);
    else
      return false;
  }
  r->config = argv[optind];
  return optind == argc - 1;
}

/* All batches in one precision. */
static isn_status_t measure_precision(const request_t *request, isn_backend_t *backend,
                                      const char *precision)
{
  request_t r = *request;
  isn_run_options_t *options = NULL;
  char setting[OVERRIDE_BYTES], batches[sizeof r.batches], *rest = batches;
  snprintf(setting, sizeof setting, "run.precision=%s", precision);
  r.list[r.n] = setting;
  snprintf(batches, sizeof batches, "%s", r.batches);
  ISN_TRY(isn_config_read(r.config, r.n + 1, r.list, &options));
  isn_status_t status = ISN_OK;
  for (char *word; status == ISN_OK && (word = strtok_r(rest, ",", &rest));)
    status = measure(backend, options, atoi(word), r.seconds, r.layers);
  isn_config_destroy(options);
  return status;
}

static isn_status_t run(request_t *r)
{
  isn_run_options_t *options = NULL;
  isn_backend_t *backend = NULL;
  char *rest = r->precisions;
  ISN_TRY(isn_config_read(r->config, r->n, r->list, &options));
  isn_status_t status = isn_backend_open(options->run.backend, &backend);
  isn_config_destroy(options);
  ISN_TRY(status);
  printf("%s\n", isn_backend_description(backend));
  for (char *word; status == ISN_OK && (word = strtok_r(rest, ",", &rest));)
    status = measure_precision(r, backend, word);
  isn_backend_close(backend);
  return status;
}

int main(int argc, char **argv)
{
  static request_t request = {.batches = "10,100", .precisions = "fp32", .seconds = 5.0};
  if (!read_request(argc, argv, &request)) {
    fputs(usage, stderr);
    return 2;
  }
  isn_status_t status = run(&request);
  if (status != ISN_OK)
    fprintf(stderr, "bench_step: %s\n", isn_error_message());
  return isn_status_exit_code(status);
}
