/* Whether a device computes what the CPU does; see isn_engine_check() in engine.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "invset/random.h"

/* Rows of a full batch that are compared: the first, the last, and some between them. */
enum { MOST_COMPARED = 4 };

/* How far a device may be off, as a share of the norm.  This finds what is broken, not what is less
 * exact: a pixel that is rounded to the other grey level already makes 1e-3 of an activation, and
 * in tf32 and fp16 so many units of full-size nets are on the other side of their ReLUs that
 * gradients were 0.2 of their size off.  One that has nothing to do with the right one is off by 1
 * or more. */
typedef struct {
  double values, gradients;
} tolerance_t;

static const tolerance_t TOLERANCES[ISN_N_PRECISIONS] = {[ISN_PRECISION_FP32] = {0.01, 0.1},
                                                         [ISN_PRECISION_TF32] = {0.05, 0.6},
                                                         [ISN_PRECISION_FP16] = {0.05, 0.6}};

/* The reference: the same chain on the CPU. */
typedef struct {
  isn_backend_t *cpu;
  isn_net_t *net;
  int n, rows[MOST_COMPARED]; /* of the engine's batch, which are compared */
  int *all_rows;              /* (batch) owned */
  double values, gradients;   /* differences that were found */
} reference_t;

static isn_status_t open_reference(const isn_engine_t *engine, reference_t *reference)
{
  const char **list = NULL;
  reference->n = engine->batch < MOST_COMPARED ? engine->batch : MOST_COMPARED;
  for (int i = 1; i < reference->n; i++)
    reference->rows[i] = (int)((int64_t)i * (engine->batch - 1) / (reference->n - 1));
  ISN_TRY(isn_alloc(&reference->all_rows, engine->batch, "rows of a batch"));
  for (int row = 0; row < engine->batch; row++)
    reference->all_rows[row] = row;
  ISN_TRY(isn_alloc(&list, engine->n_names, "blob names"));
  for (int i = 0; i < engine->n_names; i++)
    list[i] = engine->names[i];
  isn_status_t status = isn_backend_open("cpu", &reference->cpu);
  if (status == ISN_OK)
    status = isn_net_create(reference->cpu, engine->chain, engine->n_names, list, reference->n,
                            true, &reference->net);
  free(list);
  return status;
}

static void close_reference(reference_t *reference)
{
  isn_net_destroy(reference->net);
  isn_backend_close(reference->cpu);
  free(reference->all_rows);
}

/* Random codes for all rows, and the compared ones for the reference. */
static isn_status_t fill_codes(isn_engine_t *engine, const float *low, const float *high,
                               reference_t *reference)
{
  size_t d = engine->code_size;
  double *uniform = NULL;
  ISN_TRY(isn_alloc(&uniform, d, "a random code"));
  for (int row = 0; row < engine->batch; row++) {
    const isn_random_key_t key = {.purpose = ISN_RANDOM_POOL, .sample = (uint32_t)row};
    float *code = engine->codes + (size_t)row * d;
    isn_random_uniform(&key, d, uniform);
    for (size_t k = 0; k < d; k++)
      code[k] = low[k] + (float)uniform[k] * (high[k] - low[k]);
  }
  free(uniform);
  for (int i = 0; i < reference->n; i++)
    memcpy(isn_net_input(reference->net).data + (size_t)i * d,
           engine->codes + (size_t)reference->rows[i] * d, d * sizeof(float));
  return ISN_OK;
}

/* ||a - b|| / ||b||; 0 where both are 0. */
static double relative_difference(size_t n, const float *a, const float *b)
{
  double difference = 0.0, norm = 0.0;
  for (size_t k = 0; k < n; k++) {
    double d = (double)a[k] - (double)b[k];
    difference += d * d;
    norm += (double)b[k] * (double)b[k];
  }
  return difference == 0.0 ? 0.0 : sqrt(difference / norm);
}

static isn_status_t judge(const isn_engine_t *engine, const char *what, double difference,
                          double tolerance)
{
  if (difference <= tolerance) /* false for NaN */
    return ISN_OK;
  ISN_FAIL(
      ISN_ERR_BACKEND,
      "%s computes %s of a random code otherwise than the CPU: they differ by %.3g of its size, "
      "at most %.3g was to be expected.  The device, its driver or a library is at fault, or "
      "this program: `ctest -L cuda` in the build folder says more, run.backend = \"cpu\" does "
      "without",
      isn_backend_description(engine->backend), what, difference, tolerance);
}

static isn_status_t compare_port(const isn_engine_t *engine, reference_t *reference,
                                 const port_t *port, const char *what, double tolerance)
{
  for (int i = 0; i < reference->n; i++) {
    const float *got = port->value + (size_t)reference->rows[i] * port->count;
    const float *wanted = isn_net_blob(reference->net, port->index).data + (size_t)i * port->count;
    double difference = relative_difference(port->count, got, wanted);
    reference->values = fmax(reference->values, difference);
    ISN_TRY(judge(engine, what, difference, tolerance));
  }
  return ISN_OK;
}

static isn_status_t compare_values(const isn_engine_t *engine, reference_t *reference,
                                   double tolerance)
{
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(compare_port(engine, reference, &engine->blobs[b], "an activation", tolerance));
  return compare_port(engine, reference, &engine->encoding, "an encoding", tolerance);
}

/* Seeds of the unit that is largest in the reference: others' gradients may be 0. */
static void put_seeds(isn_engine_t *engine, const reference_t *reference)
{
  const port_t *port = &engine->blobs[0];
  const float *values = isn_net_blob(reference->net, port->index).data;
  float *seeds = isn_net_seed(reference->net, port->index).data;
  for (int i = 0; i < reference->n; i++) {
    size_t first = (size_t)i * port->count, best = 0;
    for (size_t k = 0; k < port->count; k++)
      best = values[first + k] > values[first + best] ? k : best;
    float *seed = isn_engine_blob_seed(engine, 0, reference->rows[i]);
    memset(seed, 0, port->count * sizeof *seed);
    memset(seeds + first, 0, port->count * sizeof *seeds);
    seed[best] = seeds[first + best] = 1.0F;
  }
}

/* A unit that is nearly 0 may be on the other side of its ReLU, and a row's gradient then quite
 * another: but not every row's. */
static isn_status_t compare_gradients(isn_engine_t *engine, reference_t *reference,
                                      double tolerance)
{
  const int first_blob = 0;
  size_t d = engine->code_size;
  put_seeds(engine, reference);
  ISN_TRY(isn_net_backward(reference->net, 1, &engine->blobs[first_blob].index,
                           (isn_rows_t){reference->n, reference->all_rows}));
  ISN_TRY(isn_engine_backward(engine, 1, &first_blob, false,
                              (isn_rows_t){engine->batch, reference->all_rows}));
  reference->gradients = INFINITY;
  for (int i = 0; i < reference->n; i++)
    reference->gradients =
        fmin(reference->gradients,
             relative_difference(d, isn_engine_code_gradient(engine, reference->rows[i]),
                                 isn_net_grad_input(reference->net).data + (size_t)i * d));
  return judge(engine, "a gradient", reference->gradients, tolerance);
}

/* What is recorded is computed in float32 in any case: by the net that confirms rows, if there is
 * one. */
static isn_status_t compare_confirmed(isn_engine_t *engine, reference_t *reference)
{
  isn_vectors_t *queue = engine->vectors;
  if (!engine->strict)
    return ISN_OK;
  ISN_TRY(isn_engine_confirm(engine, (isn_rows_t){reference->n, reference->rows}));
  for (int b = 0; b < engine->n_blobs; b++)
    for (int i = 0; i < reference->n; i++)
      ISN_TRY(isn_engine_ask_blob(engine, queue, b, reference->rows[i]));
  ISN_TRY(isn_vectors_run(queue));
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(compare_port(engine, reference, &engine->blobs[b], "an activation in float32",
                         TOLERANCES[ISN_PRECISION_FP32].values));
  return ISN_OK;
}

static isn_status_t run_check(isn_engine_t *engine, reference_t *reference, const float *low,
                              const float *high)
{
  const tolerance_t *tolerance = &TOLERANCES[engine->precision];
  ISN_TRY(fill_codes(engine, low, high, reference));
  ISN_TRY(isn_net_forward(reference->net, reference->n));
  ISN_TRY(isn_engine_forward(engine, engine->batch));
  ISN_TRY(compare_values(engine, reference, tolerance->values));
  ISN_TRY(compare_gradients(engine, reference, tolerance->gradients));
  isn_log_verbose("%s agrees with the CPU in %s: activations and encodings of random codes differ "
                  "by %.2g, gradients by %.2g",
                  isn_backend_description(engine->backend), isn_precision_name(engine->precision),
                  reference->values, reference->gradients);
  return compare_confirmed(engine, reference);
}

isn_status_t isn_engine_check(isn_engine_t *engine, const float *code_min, const float *code_max)
{
  reference_t reference = {0};
  if (isn_backend_is_host(engine->backend))
    return ISN_OK;
  isn_status_t status = open_reference(engine, &reference);
  if (status == ISN_OK)
    status = run_check(engine, &reference, code_min, code_max);
  close_reference(&reference);
  return status;
}
