/** @file bench_layers.c
 *  Times each layer of a few nets on the CPU backend, forward and backward, and the matrix products
 *  that a layer consists of alone: what the rest costs is the difference.
 *  For inner products that is sgemm, which they do not use (backend/cpu/dense.h says why).
 *      bench_layers [seconds per measurement, 0.05]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "backend/cpu/gemm.h"
#include "backend/fixture.h"
#include "bench/bench_nets.h"

enum { MAX_BATCH = 64 };

typedef enum { FORWARD, BACKWARD, PRODUCTS_FORWARD, PRODUCTS_BACKWARD, N_WORKS } work_t;

/* Time of this thread: what else the machine does at the moment is left out. */
static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The matrix products of one sample, on the weights and whatever the blobs hold. */
static void multiply_sample(const fixture_t *f, bool backward, float *columns)
{
  const isn_conv_params_t *p = &f->params.conv;
  bool transposed = f->params.kind == ISN_LAYER_DECONVOLUTION;
  isn_shape_t image = transposed ? f->out[0] : f->in[0], map = transposed ? f->in[0] : f->out[0];
  int rows = image.c / p->group * p->kernel_h * p->kernel_w, outputs = map.c / p->group;
  float *data = transposed ? f->call.bottoms[0].data : f->call.tops[0].data;
  for (int g = 0; g < p->group; g++) {
    const float *w = f->weights[0] + (size_t)g * f->n_weights[0] / (size_t)p->group;
    float *map_g = data + (size_t)g * isn_shape_count(map) / (size_t)p->group;
    if (transposed != backward)
      isn_gemm(true, false, rows, map.h * map.w, outputs, w, map_g, 0.0F, columns);
    else
      isn_gemm(false, false, outputs, map.h * map.w, rows, w, columns, 0.0F, map_g);
  }
}

static isn_status_t do_work(fixture_t *f, work_t work, isn_rows_t all)
{
  if (work == FORWARD)
    return isn_backend_forward(f->backend, &f->call, f->batch);
  if (work == BACKWARD)
    return isn_backend_backward(f->backend, &f->call, all);
  if (f->params.kind == ISN_LAYER_CONVOLUTION || f->params.kind == ISN_LAYER_DECONVOLUTION) {
    for (int i = 0; i < f->batch; i++)
      multiply_sample(f, work == PRODUCTS_BACKWARD, f->call.workspace);
  } else if (f->params.kind == ISN_LAYER_INNER_PRODUCT) {
    int n_out = f->params.inner_product.n_outputs, n_in = (int)isn_shape_count(f->in[0]);
    if (work == PRODUCTS_FORWARD)
      isn_gemm(false, true, f->batch, n_out, n_in, f->call.bottoms[0].data, f->weights[0], 0.0F,
               f->call.tops[0].data);
    else
      isn_gemm(false, false, f->batch, n_in, n_out, f->call.tops[0].data, f->weights[0], 0.0F,
               f->call.bottoms[0].data);
  }
  return ISN_OK;
}

/* Least time of one call, in milliseconds. */
static isn_status_t measure(fixture_t *f, work_t work, double seconds, double *ms)
{
  int index[MAX_BATCH];
  for (int i = 0; i < f->batch; i++)
    index[i] = i;
  double end = now() + seconds;
  *ms = 1e9;
  do {
    double start = now();
    ISN_TRY(do_work(f, work, (isn_rows_t){f->batch, index}));
    double took = 1e3 * (now() - start);
    *ms = took < *ms ? took : *ms;
  } while (now() < end);
  return ISN_OK;
}

/* What a net's layers add up to. */
typedef struct {
  double ms[N_WORKS];
  size_t state_bytes, workspace_bytes; /* of all layers; of the one that needs most */
} totals_t;

static void add_needs(const fixture_t *f, totals_t *total)
{
  size_t workspace = f->needs.workspace_floats * sizeof(float);
  total->state_bytes += f->needs.state_bytes_per_sample * (size_t)f->batch;
  if (workspace > total->workspace_bytes)
    total->workspace_bytes = workspace;
}

static isn_status_t bench_layer(isn_backend_t *backend, const bench_layer_t *layer, int batch,
                                double seconds, totals_t *total)
{
  isn_status_t status = ISN_OK;
  double ms[N_WORKS];
  fixture_t f;
  ISN_TRY_GOTO(fixture_create(backend, &layer->params, 1, &layer->in, 1, batch, 1.0F, &f), done);
  for (work_t work = FORWARD; work < N_WORKS; work++) {
    ISN_TRY_GOTO(measure(&f, work, seconds, &ms[work]), done);
    total->ms[work] += ms[work];
  }
  add_needs(&f, total);
  double gflop = 2e-9 * batch * isn_layer_macs(&layer->params, &layer->in);
  printf("  %-13s %8.3f %8.3f ms", layer->name, ms[FORWARD], ms[BACKWARD]);
  if (gflop > 0.0)
    printf("  products %8.3f %8.3f ms  %6.1f %6.1f GFLOP/s", ms[PRODUCTS_FORWARD],
           ms[PRODUCTS_BACKWARD], 1e3 * gflop / ms[FORWARD], 1e3 * gflop / ms[BACKWARD]);
  printf("\n");
done:
  fixture_destroy(&f);
  return status;
}

static isn_status_t bench_all(isn_backend_t *backend, double seconds)
{
  printf("%s\n", isn_backend_description(backend));
  for (int n = 0; n < n_bench_nets; n++) {
    const bench_net_t *net = &bench_nets[n];
    totals_t total = {0};
    printf("%s, batch %d: forward, backward\n", net->name, net->batch);
    for (int i = 0; i < net->n_layers; i++)
      ISN_TRY(bench_layer(backend, &net->layers[i], net->batch, seconds, &total));
    printf("  %-13s %8.3f %8.3f ms  products %8.3f %8.3f ms  state %.2f MB, workspace %.2f MB\n",
           "all", total.ms[FORWARD], total.ms[BACKWARD], total.ms[PRODUCTS_FORWARD],
           total.ms[PRODUCTS_BACKWARD], 1e-6 * (double)total.state_bytes,
           1e-6 * (double)total.workspace_bytes);
  }
  return ISN_OK;
}

int main(int argc, char **argv)
{
  double seconds = argc > 1 ? atof(argv[1]) : 0.05;
  isn_backend_t *backend = NULL;
  isn_status_t status = isn_backend_open("cpu", &backend);
  if (status == ISN_OK)
    status = bench_all(backend, seconds);
  if (status != ISN_OK)
    fprintf(stderr, "bench_layers: %s\n", isn_error_message());
  isn_backend_close(backend);
  return status != ISN_OK;
}
