/** @file bench_layers.c
 *  Times each layer of a few nets on a backend, forward and backward.  On the CPU also the matrix
 *  products that a layer consists of, alone: what the rest costs is the difference.  For inner
 *  products that is sgemm, which they do not use (backend/cpu/dense.h says why).
 *      bench_layers [--backend cpu] [--precision fp32|tf32|fp16] [--batch N] [--seconds 0.05]
 *                   [--verbose]
 *  Without --batch each net has its own; with it only the full-size ones are timed.  GB/s count the
 *  bottom and the top once each, as if nothing else were read or written.  With --verbose a GPU
 * says what it measured when it chose a convolution's form.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/cpu/gemm.h"
#include "backend/fixture.h"
#include "bench/bench_nets.h"
#include "invset/log.h"
#include "invset/memory.h"

typedef enum { FORWARD, BACKWARD, PRODUCTS_FORWARD, PRODUCTS_BACKWARD, N_WORKS } work_t;

typedef struct {
  isn_backend_t *backend;
  bool is_host;
  int batch; /* 0: each net's own */
  double seconds;
  float *noise; /* (NOISE) */
} bench_t;

enum { NOISE = 1 << 20 };

/* One layer with its blobs, in backend memory. */
typedef struct {
  const bench_layer_t *layer;
  int batch;
  isn_layer_needs_t needs;
  isn_layer_call_t call;
  int *index; /* (batch) all rows */
} subject_t;

/* Time of this thread on the CPU: what else the machine does at the moment is left out. */
static double now(const bench_t *bench)
{
  struct timespec t;
  clock_gettime(bench->is_host ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static isn_status_t make_noise(const bench_t *bench, size_t n, float **out)
{
  ISN_TRY(isn_backend_alloc(bench->backend, n, "measured data", out));
  for (size_t i = 0; i < n; i += NOISE)
    ISN_TRY(
        isn_backend_upload(bench->backend, *out + i, bench->noise, n - i < NOISE ? n - i : NOISE));
  return ISN_OK;
}

static size_t number_bytes(const bench_t *bench)
{
  size_t packed = isn_backend_packed_bytes(bench->backend);
  return packed > 0 ? packed : sizeof(float);
}

/* A batch of a blob, as layers take it in this precision. */
static isn_status_t make_blob(const bench_t *bench, int batch, isn_tensor_t *blob)
{
  size_t n = (size_t)batch * isn_shape_count(blob->shape);
  float *plain = NULL;
  if (isn_backend_packed_bytes(bench->backend) == 0)
    return make_noise(bench, n, &blob->data);
  isn_status_t status = make_noise(bench, n, &plain);
  if (status == ISN_OK)
    status = isn_backend_alloc(bench->backend, (n * number_bytes(bench) + 3) / 4, "measured data",
                               &blob->data);
  if (status == ISN_OK)
    status = isn_backend_pack(bench->backend, blob->shape, batch, plain, NULL, blob->data);
  isn_backend_free(bench->backend, plain);
  return status;
}

/* Packed ones take the place of plain ones. */
static isn_status_t pack_weight(const bench_t *bench, subject_t *s, int i)
{
  float *packed = NULL;
  if (isn_backend_packed_bytes(bench->backend) == 0)
    return ISN_OK;
  ISN_TRY(isn_backend_pack_weight(bench->backend, &s->call, i, &packed));
  if (packed) {
    isn_backend_free(bench->backend, (float *)s->call.weights[i]);
    s->call.weights[i] = packed;
  }
  return ISN_OK;
}

static isn_status_t open_weights(const bench_t *bench, subject_t *s)
{
  int n, n_axes[ISN_LAYER_MAX_WEIGHTS], dims[ISN_LAYER_MAX_WEIGHTS][4];
  isn_layer_weight_shapes(&s->layer->params, &s->layer->in, &n, n_axes, dims);
  for (int i = 0; i < n; i++) {
    size_t count = 1;
    float *weights = NULL;
    for (int a = 0; a < n_axes[i]; a++)
      count *= (size_t)dims[i][a];
    isn_status_t status = make_noise(bench, count, &weights);
    s->call.weights[i] = weights;
    ISN_TRY(status);
    ISN_TRY(pack_weight(bench, s, i));
  }
  return ISN_OK;
}

static isn_status_t open_subject(const bench_t *bench, const bench_layer_t *layer, int batch,
                                 subject_t *s)
{
  isn_layer_call_t *call = &s->call;
  isn_shape_t in = layer->in, out;
  float *state = NULL;
  *s = (subject_t){.layer = layer, .batch = batch};
  ISN_TRY(isn_layer_shapes(&layer->params, layer->name, 1, &in, 1, &out));
  call->params = &layer->params;
  call->n_bottoms = call->n_tops = 1;
  call->bottoms[0].shape = call->grad_bottoms[0].shape = in;
  call->tops[0].shape = call->grad_tops[0].shape = out;
  isn_backend_needs(bench->backend, call, &s->needs);
  ISN_TRY(open_weights(bench, s));
  ISN_TRY(make_blob(bench, batch, &call->bottoms[0]));
  ISN_TRY(make_blob(bench, batch, &call->grad_bottoms[0]));
  ISN_TRY(make_blob(bench, batch, &call->tops[0]));
  ISN_TRY(make_blob(bench, batch, &call->grad_tops[0]));
  ISN_TRY(isn_backend_alloc(
      bench->backend, ((size_t)batch * s->needs.state_bytes_per_sample + 3) / 4, "state", &state));
  call->state = state;
  ISN_TRY(
      isn_backend_alloc(bench->backend, s->needs.workspace_floats, "workspace", &call->workspace));
  ISN_TRY(isn_alloc(&s->index, batch, "rows"));
  for (int i = 0; i < batch; i++)
    s->index[i] = i;
  return ISN_OK;
}

static void close_subject(const bench_t *bench, subject_t *s)
{
  isn_layer_call_t *call = &s->call;
  for (int i = 0; i < ISN_LAYER_MAX_WEIGHTS; i++)
    isn_backend_free(bench->backend, (float *)call->weights[i]);
  isn_backend_free(bench->backend, call->bottoms[0].data);
  isn_backend_free(bench->backend, call->grad_bottoms[0].data);
  isn_backend_free(bench->backend, call->tops[0].data);
  isn_backend_free(bench->backend, call->grad_tops[0].data);
  isn_backend_free(bench->backend, call->state);
  isn_backend_free(bench->backend, call->workspace);
  free(s->index);
}

/* The matrix products of one sample, on the weights and whatever the blobs hold. */
static void multiply_sample(const subject_t *s, bool backward, float *columns)
{
  const isn_conv_params_t *p = &s->layer->params.conv;
  const isn_layer_call_t *call = &s->call;
  bool transposed = s->layer->params.kind == ISN_LAYER_DECONVOLUTION;
  isn_shape_t bottom = call->bottoms[0].shape, top = call->tops[0].shape;
  isn_shape_t image = transposed ? top : bottom, map = transposed ? bottom : top;
  int rows = image.c / p->group * p->kernel_h * p->kernel_w, outputs = map.c / p->group;
  float *data = transposed ? call->bottoms[0].data : call->tops[0].data;
  for (int g = 0; g < p->group; g++) {
    const float *w = call->weights[0] + (size_t)g * (size_t)outputs * (size_t)rows;
    float *map_g = data + (size_t)g * isn_shape_count(map) / (size_t)p->group;
    if (transposed != backward)
      isn_gemm(true, false, rows, map.h * map.w, outputs, w, map_g, 0.0F, columns);
    else
      isn_gemm(false, false, outputs, map.h * map.w, rows, w, columns, 0.0F, map_g);
  }
}

static void multiply(const subject_t *s, bool backward)
{
  const isn_layer_call_t *call = &s->call;
  isn_layer_kind_t kind = s->layer->params.kind;
  if (kind == ISN_LAYER_CONVOLUTION || kind == ISN_LAYER_DECONVOLUTION) {
    for (int i = 0; i < s->batch; i++)
      multiply_sample(s, backward, call->workspace);
  } else if (kind == ISN_LAYER_INNER_PRODUCT) {
    int n_out = s->layer->params.inner_product.n_outputs;
    int n_in = (int)isn_shape_count(call->bottoms[0].shape);
    if (backward)
      isn_gemm(false, false, s->batch, n_in, n_out, call->tops[0].data, call->weights[0], 0.0F,
               call->bottoms[0].data);
    else
      isn_gemm(false, true, s->batch, n_out, n_in, call->bottoms[0].data, call->weights[0], 0.0F,
               call->tops[0].data);
  }
}

static isn_status_t do_work(const bench_t *bench, const subject_t *s, work_t work)
{
  if (work == FORWARD)
    return isn_backend_forward(bench->backend, &s->call, s->batch);
  if (work == BACKWARD)
    return isn_backend_backward(bench->backend, &s->call, (isn_rows_t){s->batch, s->index});
  multiply(s, work == PRODUCTS_BACKWARD);
  return ISN_OK;
}

/* Least time of one call, in milliseconds; on a device, of ten calls together. */
static isn_status_t measure(const bench_t *bench, const subject_t *s, work_t work, double *ms)
{
  int n_calls = bench->is_host ? 1 : 10;
  ISN_TRY(do_work(bench, s, work)); /* the first chooses algorithms */
  ISN_TRY(isn_backend_wait(bench->backend));
  double end = now(bench) + bench->seconds;
  *ms = 1e9;
  do {
    double start = now(bench);
    for (int i = 0; i < n_calls; i++)
      ISN_TRY(do_work(bench, s, work));
    ISN_TRY(isn_backend_wait(bench->backend));
    double took = 1e3 * (now(bench) - start) / n_calls;
    *ms = took < *ms ? took : *ms;
  } while (now(bench) < end);
  return ISN_OK;
}

/* What a net's layers add up to. */
typedef struct {
  double ms[N_WORKS];
  size_t state_bytes, workspace_bytes; /* of all layers; of the one that needs most */
} totals_t;

static void add_needs(const subject_t *s, totals_t *total)
{
  size_t workspace = s->needs.workspace_floats * sizeof(float);
  total->state_bytes += s->needs.state_bytes_per_sample * (size_t)s->batch;
  if (workspace > total->workspace_bytes)
    total->workspace_bytes = workspace;
}

static isn_status_t bench_layer(const bench_t *bench, const bench_layer_t *layer, int batch,
                                totals_t *total)
{
  isn_status_t status = ISN_OK;
  int n_works = bench->is_host ? N_WORKS : PRODUCTS_FORWARD;
  double ms[N_WORKS] = {0};
  subject_t s;
  ISN_TRY_GOTO(open_subject(bench, layer, batch, &s), done);
  for (int work = 0; work < n_works; work++) {
    ISN_TRY_GOTO(measure(bench, &s, (work_t)work, &ms[work]), done);
    total->ms[work] += ms[work];
  }
  add_needs(&s, total);
  double gflop = 2e-9 * batch * isn_layer_macs(&layer->params, &layer->in);
  printf("  %-13s %8.3f %8.3f ms", layer->name, ms[FORWARD], ms[BACKWARD]);
  if (gflop > 0.0 && bench->is_host)
    printf("  products %8.3f %8.3f ms", ms[PRODUCTS_FORWARD], ms[PRODUCTS_BACKWARD]);
  double mb =
      1e-6 * batch * (double)number_bytes(bench) *
      (double)(isn_shape_count(s.call.bottoms[0].shape) + isn_shape_count(s.call.tops[0].shape));
  printf("  %8.1f %8.1f GB/s", mb / ms[FORWARD], mb / ms[BACKWARD]);
  if (gflop > 0.0)
    printf("  %8.1f %8.1f GFLOP/s", 1e3 * gflop / ms[FORWARD], 1e3 * gflop / ms[BACKWARD]);
  printf("\n");
  fflush(stdout);
done:
  close_subject(bench, &s);
  return status;
}

static isn_status_t bench_net(const bench_t *bench, const bench_net_t *net, int batch)
{
  totals_t total = {0};
  printf("%s, batch %d: forward, backward\n", net->name, batch);
  for (int i = 0; i < net->n_layers; i++)
    ISN_TRY(bench_layer(bench, &net->layers[i], batch, &total));
  printf("  %-13s %8.3f %8.3f ms", "all", total.ms[FORWARD], total.ms[BACKWARD]);
  if (bench->is_host)
    printf("  products %8.3f %8.3f ms", total.ms[PRODUCTS_FORWARD], total.ms[PRODUCTS_BACKWARD]);
  printf("  state %.2f MB, workspace %.2f MB\n", 1e-6 * (double)total.state_bytes,
         1e-6 * (double)total.workspace_bytes);
  return ISN_OK;
}

static isn_status_t bench_all(bench_t *bench)
{
  printf("%s\n", isn_backend_description(bench->backend));
  for (int n = 0; n < n_bench_nets; n++) {
    const bench_net_t *net = &bench_nets[n];
    if (bench->batch > 0 && net->batch != 1) /* the full-size nets, once */
      continue;
    ISN_TRY(bench_net(bench, net, bench->batch > 0 ? bench->batch : net->batch));
  }
  return ISN_OK;
}

/* @return ISN_ERR_INPUT: there is no such precision */
static isn_status_t set_precision(const bench_t *bench, const char *name)
{
  for (int p = 0; p < ISN_N_PRECISIONS; p++)
    if (strcmp(name, isn_precision_name((isn_precision_t)p)) == 0)
      return isn_backend_set_precision(bench->backend, (isn_precision_t)p);
  ISN_FAIL(ISN_ERR_INPUT, "there is no precision '%s'; give fp32, tf32 or fp16", name);
}

int main(int argc, char **argv)
{
  static const struct option table[] = {
      {"backend", required_argument, NULL, 'k'}, {"precision", required_argument, NULL, 'p'},
      {"batch", required_argument, NULL, 'b'},   {"seconds", required_argument, NULL, 's'},
      {"verbose", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0}};
  bench_t bench = {.seconds = 0.05};
  const char *name = "cpu", *precision = "fp32";
  for (int key; (key = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    if (key == 'k')
      name = optarg;
    else if (key == 'p')
      precision = optarg;
    else if (key == 'b')
      bench.batch = atoi(optarg);
    else if (key == 's')
      bench.seconds = atof(optarg);
    else if (key == 'v')
      isn_log_setup(ISN_LOG_VERBOSE, true);
    else
      return 2;
  }
  isn_status_t status = isn_backend_open(name, &bench.backend);
  if (status == ISN_OK)
    status = set_precision(&bench, precision);
  if (status == ISN_OK)
    status = isn_alloc(&bench.noise, NOISE, "noise");
  if (status == ISN_OK) {
    bench.is_host = isn_backend_is_host(bench.backend);
    fixture_noise(bench.noise, NOISE, 1.0F, 1U);
    status = bench_all(&bench);
  }
  if (status != ISN_OK)
    fprintf(stderr, "bench_layers: %s\n", isn_error_message());
  free(bench.noise);
  isn_backend_close(bench.backend);
  return isn_status_exit_code(status);
}
