/** @file stub_engine.c
 *  engine.h without nets: a "device" whose passes take a given time, for measuring how a run
 * spreads over many ranks on a machine that has few cores.  Linked before the run room, it takes
 * the place of src/run/engine.c; everything else of the run is real.
 *
 *  Unit u of a blob:  f_u(c) = sum_i a_ui sin(1.5 c_k(u,i)),  i < TERMS, with a and k from a hash
 * of u; the encoding is the code, repeated; the picture is grey and shows the code.
 */
#include "stub_engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "invset/engine.h"
#include "invset/memory.h"

enum { TERMS = 8, MAX_BLOBS = 8, MAX_CODE = 8192 };

stub_device_t stub_device;

typedef struct {
  uint32_t k;
  float weight;
} term_t;

struct isn_engine {
  int batch, n_blobs;
  size_t code_size, encoding_size, pixels, counts[MAX_BLOBS];
  float *codes, *gradients, *encodings, *encoding_seeds, *values[MAX_BLOBS], *seeds[MAX_BLOBS];
  term_t (*terms)[TERMS]; /* (most units of a blob) */
};

/* Term i of unit u. */
static term_t make_term(const isn_engine_t *engine, size_t u, size_t i)
{
  uint32_t h = (uint32_t)(u * 2654435761u) ^ (uint32_t)(i * 40503u + 977u);
  h = (h ^ (h >> 15)) * 2246822519u;
  h ^= h >> 13;
  return (term_t){(uint32_t)(h % engine->code_size), 0.5F + (float)(h >> 24) / 256.0F};
}

static void pass(int n)
{
  double seconds = 0.5 * (stub_device.step_seconds + n * stub_device.sample_seconds);
  struct timespec wait = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};
  stub_device.n_passes += n;
  while (nanosleep(&wait, &wait) != 0)
    ;
}

isn_status_t isn_engine_check(isn_engine_t *engine, const float *code_min, const float *code_max)
{
  (void)engine;
  (void)code_min;
  (void)code_max;
  return ISN_OK;
}

isn_status_t isn_engine_confirm(isn_engine_t *engine, isn_rows_t rows)
{
  (void)engine;
  (void)rows;
  return ISN_OK;
}

isn_status_t isn_engine_open(isn_backend_t *backend, isn_models_t *models, int n_blobs,
                             const char *const *blobs, isn_batch_limits_t limits,
                             isn_precision_t precision, isn_engine_t **out)
{
  isn_engine_t *engine = NULL;
  (void)backend;
  (void)precision;
  if (n_blobs > MAX_BLOBS || models->code_size > MAX_CODE)
    ISN_FAIL(ISN_ERR_ARG, "the stub has room for %d blobs and codes of %d", MAX_BLOBS, MAX_CODE);
  ISN_TRY(isn_alloc(&engine, 1, "engine"));
  engine->batch = limits.most;
  engine->n_blobs = n_blobs;
  engine->code_size = (size_t)models->code_size;
  engine->encoding_size = (size_t)models->encoding_size;
  engine->pixels = isn_shape_count(models->picture);
  size_t n = (size_t)engine->batch, most = 0;
  ISN_TRY(isn_alloc(&engine->codes, n * engine->code_size, "codes"));
  ISN_TRY(isn_alloc(&engine->gradients, n * engine->code_size, "gradients"));
  ISN_TRY(isn_alloc(&engine->encodings, n * engine->encoding_size, "encodings"));
  ISN_TRY(isn_alloc(&engine->encoding_seeds, n * engine->encoding_size, "seeds"));
  for (int b = 0; b < n_blobs; b++) {
    isn_shape_t shape;
    ISN_TRY(isn_net_spec_blob_shape(models->classifier, blobs[b], &shape));
    engine->counts[b] = isn_shape_count(shape);
    ISN_TRY(isn_alloc(&engine->values[b], n * engine->counts[b], "blob"));
    ISN_TRY(isn_alloc(&engine->seeds[b], n * engine->counts[b], "seeds"));
    most = engine->counts[b] > most ? engine->counts[b] : most;
  }
  ISN_TRY(isn_alloc(&engine->terms, most, "terms"));
  for (size_t u = 0; u < most; u++)
    for (size_t i = 0; i < TERMS; i++)
      engine->terms[u][i] = make_term(engine, u, i);
  *out = engine;
  return ISN_OK;
}

void isn_engine_close(isn_engine_t *engine)
{
  if (!engine)
    return;
  for (int b = 0; b < engine->n_blobs; b++) {
    free(engine->values[b]);
    free(engine->seeds[b]);
  }
  free(engine->codes);
  free(engine->gradients);
  free(engine->encodings);
  free(engine->encoding_seeds);
  free(engine->terms);
  free(engine);
}

int isn_engine_batch(const isn_engine_t *engine)
{
  return engine->batch;
}

void isn_engine_counts(const isn_engine_t *engine, isn_net_counts_t *counts)
{
  (void)engine;
  *counts = (isn_net_counts_t){0};
}

float *isn_engine_codes(isn_engine_t *engine)
{
  return engine->codes;
}

isn_engine_row_t isn_engine_row(const isn_engine_t *engine, int row)
{
  size_t code = (size_t)row * engine->code_size, encoding = (size_t)row * engine->encoding_size;
  return (isn_engine_row_t){.code = engine->codes + code,
                            .encoding = engine->encodings + encoding,
                            .encoding_seed = engine->encoding_seeds + encoding,
                            .code_gradient = engine->gradients + code};
}

isn_engine_blob_row_t isn_engine_blob_row(const isn_engine_t *engine, int b, int row)
{
  size_t at = (size_t)row * engine->counts[b];
  return (isn_engine_blob_row_t){engine->values[b] + at, engine->seeds[b] + at};
}

bool isn_engine_encodes(const isn_engine_t *engine, int b)
{
  (void)engine;
  (void)b;
  return false;
}

isn_status_t isn_engine_run(isn_engine_t *engine, int n)
{
  for (size_t row = 0; row < (size_t)n; row++) {
    const float *code = engine->codes + row * engine->code_size;
    float sines[MAX_CODE];
    for (size_t k = 0; k < engine->code_size; k++)
      sines[k] = sinf(1.5F * code[k]);
    for (size_t k = 0; k < engine->encoding_size; k++)
      engine->encodings[row * engine->encoding_size + k] = code[k % engine->code_size];
    for (int b = 0; b < engine->n_blobs; b++)
      for (size_t u = 0; u < engine->counts[b]; u++) {
        float sum = 0.0F;
        for (size_t i = 0; i < TERMS; i++)
          sum += engine->terms[u][i].weight * sines[engine->terms[u][i].k];
        engine->values[b][row * engine->counts[b] + u] = sum;
      }
  }
  pass(n);
  return ISN_OK;
}

isn_status_t isn_engine_forward(isn_engine_t *engine, int n)
{
  return isn_engine_run(engine, n);
}

/* Backend and host are the same memory. */
isn_status_t isn_engine_ask_blob(isn_engine_t *engine, isn_vectors_t *vectors, int b, int row)
{
  (void)engine;
  (void)vectors;
  (void)b;
  (void)row;
  return ISN_OK;
}

isn_status_t isn_engine_put_seed(isn_engine_t *engine, isn_vectors_t *vectors, int b, int row)
{
  return isn_engine_ask_blob(engine, vectors, b, row);
}

const float *isn_engine_blob(const isn_engine_t *engine, int b, int row)
{
  return engine->values[b] + (size_t)row * engine->counts[b];
}

size_t isn_engine_blob_count(const isn_engine_t *engine, int b)
{
  return engine->counts[b];
}

const float *isn_engine_encoding(const isn_engine_t *engine, int row)
{
  return engine->encodings + (size_t)row * engine->encoding_size;
}

isn_status_t isn_engine_picture(isn_engine_t *engine, int row, unsigned char *image)
{
  const float *code = engine->codes + (size_t)row * engine->code_size;
  for (size_t i = 0; i < engine->pixels; i++)
    image[i] = (unsigned char)(128.0F + 40.0F * code[i % engine->code_size]);
  return ISN_OK;
}

isn_status_t isn_engine_ask_picture(isn_engine_t *engine, isn_vectors_t *vectors, int row,
                                    unsigned char *image)
{
  (void)vectors;
  return isn_engine_picture(engine, row, image);
}

float *isn_engine_blob_seed(isn_engine_t *engine, int b, int row)
{
  return engine->seeds[b] + (size_t)row * engine->counts[b];
}

float *isn_engine_encoding_seed(isn_engine_t *engine, int row)
{
  return engine->encoding_seeds + (size_t)row * engine->encoding_size;
}

isn_status_t isn_engine_carry_back(isn_engine_t *engine, int n_blobs, const int *blobs,
                                   bool with_encoding, isn_rows_t rows)
{
  int blob = n_blobs > 0 ? blobs[0] : -1; /* its configs have one */
  for (int r = 0; r < rows.n; r++) {
    size_t row = (size_t)rows.index[r];
    const float *code = engine->codes + row * engine->code_size;
    float *gradient = engine->gradients + row * engine->code_size;
    memset(gradient, 0, engine->code_size * sizeof *gradient);
    for (size_t k = 0; k < engine->encoding_size && with_encoding; k++)
      gradient[k % engine->code_size] += engine->encoding_seeds[row * engine->encoding_size + k];
    for (size_t u = 0; blob >= 0 && u < engine->counts[blob]; u++) {
      float seed = engine->seeds[blob][row * engine->counts[blob] + u];
      for (size_t i = 0; i < TERMS && seed != 0.0F; i++) {
        term_t term = engine->terms[u][i];
        gradient[term.k] += seed * term.weight * 1.5F * cosf(1.5F * code[term.k]);
      }
    }
  }
  pass(rows.n);
  return ISN_OK;
}

isn_status_t isn_engine_backward(isn_engine_t *engine, int n_blobs, const int *blobs,
                                 bool with_encoding, isn_rows_t rows)
{
  return isn_engine_carry_back(engine, n_blobs, blobs, with_encoding, rows);
}

const float *isn_engine_code_gradient(const isn_engine_t *engine, int row)
{
  return engine->gradients + (size_t)row * engine->code_size;
}
