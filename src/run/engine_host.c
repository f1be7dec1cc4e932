/* The engine's arrays on the host; see engine.h.  On a host backend results are used where the net
 * has them. */
#include <string.h>

#include "engine_internal.h"

static isn_status_t open_seeds(isn_engine_t *engine, port_t *port)
{
  return isn_backend_alloc_host(engine->backend, (size_t)engine->batch * port->count,
                                "gradients of a batch", &port->seed);
}

static isn_status_t open_port(isn_engine_t *engine, port_t *port)
{
  ISN_TRY(open_seeds(engine, port));
  if (!isn_backend_is_host(engine->backend))
    return isn_backend_alloc_host(engine->backend, (size_t)engine->batch * port->count,
                                  "blob of a batch", &port->value);
  port->value = isn_net_blob(engine->net, port->index).data;
  return ISN_OK;
}

isn_status_t engine_open_arrays(isn_engine_t *engine)
{
  isn_backend_t *backend = engine->backend;
  size_t codes = (size_t)engine->batch * engine->code_size;
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(open_port(engine, &engine->blobs[b]));
  ISN_TRY(open_port(engine, &engine->encoding));
  if (!isn_backend_is_host(backend)) {
    ISN_TRY(isn_backend_alloc_host(backend, codes, "codes of a batch", &engine->codes));
    return isn_backend_alloc_host(backend, codes, "gradients of a batch", &engine->code_gradients);
  }
  engine->codes = isn_net_input(engine->net).data;
  engine->code_gradients = isn_net_grad_input(engine->net).data;
  return ISN_OK;
}

static void close_port(isn_engine_t *engine, port_t *port)
{
  isn_backend_free_host(engine->backend, port->seed);
  if (!isn_backend_is_host(engine->backend))
    isn_backend_free_host(engine->backend, port->value);
}

void engine_close_arrays(isn_engine_t *engine)
{
  for (int b = 0; b < engine->n_blobs; b++)
    close_port(engine, &engine->blobs[b]);
  close_port(engine, &engine->encoding);
  if (isn_backend_is_host(engine->backend))
    return;
  isn_backend_free_host(engine->backend, engine->codes);
  isn_backend_free_host(engine->backend, engine->code_gradients);
}

size_t engine_array_bytes(const isn_engine_t *engine)
{
  size_t count = engine->encoding.count;
  for (int b = 0; b < engine->n_blobs; b++)
    count += engine->blobs[b].count;
  return count * sizeof(float);
}

float *isn_engine_codes(isn_engine_t *engine)
{
  return engine->codes;
}

/* Upload and download n numbers, if they are not there already. */
static isn_status_t send(isn_engine_t *engine, float *to, const float *host, size_t n)
{
  return to == host ? ISN_OK : isn_backend_upload(engine->backend, to, host, n);
}

static isn_status_t fetch(isn_engine_t *engine, float *host, const float *from, size_t n)
{
  return host == from ? ISN_OK : isn_backend_download(engine->backend, host, from, n);
}

static isn_status_t fetch_port(isn_engine_t *engine, const port_t *port, int n)
{
  return fetch(engine, port->value, isn_net_blob(engine->net, port->index).data,
               (size_t)n * port->count);
}

isn_status_t isn_engine_forward(isn_engine_t *engine, int n)
{
  ISN_TRY(
      send(engine, isn_net_input(engine->net).data, engine->codes, (size_t)n * engine->code_size));
  ISN_TRY(isn_engine_run(engine, n));
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(fetch_port(engine, &engine->blobs[b], n));
  return fetch_port(engine, &engine->encoding, n);
}

const float *isn_engine_blob(const isn_engine_t *engine, int b, int row)
{
  return engine->blobs[b].value + (size_t)row * engine->blobs[b].count;
}

const float *isn_engine_encoding(const isn_engine_t *engine, int row)
{
  return engine->encoding.value + (size_t)row * engine->encoding.count;
}

isn_status_t isn_engine_picture(isn_engine_t *engine, int row, unsigned char *image)
{
  ISN_TRY(isn_engine_ask_picture(engine, engine->vectors, row, image));
  return isn_vectors_run(engine->vectors);
}

float *isn_engine_blob_seed(isn_engine_t *engine, int b, int row)
{
  return engine->blobs[b].seed + (size_t)row * engine->blobs[b].count;
}

float *isn_engine_encoding_seed(isn_engine_t *engine, int row)
{
  return engine->encoding.seed + (size_t)row * engine->encoding.count;
}

isn_status_t isn_engine_ask_blob(isn_engine_t *engine, isn_vectors_t *vectors, int b, int row)
{
  const port_t *port = &engine->blobs[b];
  return isn_vectors_get(vectors, port->value + (size_t)row * port->count,
                         isn_engine_blob_row(engine, b, row).values, port->count);
}

isn_status_t isn_engine_put_seed(isn_engine_t *engine, isn_vectors_t *vectors, int b, int row)
{
  return isn_vectors_set(vectors, isn_engine_blob_row(engine, b, row).seed,
                         isn_engine_blob_seed(engine, b, row), engine->blobs[b].count);
}

/* Where the rows of a pass lie among `count` numbers each: from the first to the last of them.
 * Those in between travel along, as each transfer to a device costs more than they do. */
typedef struct {
  size_t first, n;
} stretch_t;

static stretch_t stretch_of(isn_rows_t rows, size_t count)
{
  if (rows.n == 0)
    return (stretch_t){0, 0};
  size_t first = (size_t)rows.index[0], last = (size_t)rows.index[rows.n - 1];
  return (stretch_t){first * count, (last - first + 1) * count};
}

/* Put the seeds of the wanted rows on the net's blob; other rows' are not read. */
static isn_status_t send_seeds(isn_engine_t *engine, const port_t *port, isn_rows_t rows)
{
  float *seed = isn_net_seed(engine->net, port->index).data;
  stretch_t s = stretch_of(rows, port->count);
  return isn_backend_upload(engine->backend, seed + s.first, port->seed + s.first, s.n);
}

/* Where encoding and a target's blob are the same, both gradients land on it. */
static void merge_seeds(isn_engine_t *engine, int blob, isn_rows_t rows)
{
  for (int i = 0; i < rows.n; i++) {
    float *seed = isn_engine_blob_seed(engine, blob, rows.index[i]);
    const float *more = isn_engine_encoding_seed(engine, rows.index[i]);
    for (size_t k = 0; k < engine->encoding.count; k++)
      seed[k] += more[k];
  }
}

isn_status_t isn_engine_backward(isn_engine_t *engine, int n_blobs, const int *blobs,
                                 bool with_encoding, isn_rows_t rows)
{
  bool merged = false;
  for (int i = 0; i < n_blobs; i++) {
    if (with_encoding && isn_engine_encodes(engine, blobs[i])) {
      merge_seeds(engine, blobs[i], rows);
      merged = true;
    }
    ISN_TRY(send_seeds(engine, &engine->blobs[blobs[i]], rows));
  }
  if (with_encoding && !merged)
    ISN_TRY(send_seeds(engine, &engine->encoding, rows));
  ISN_TRY(isn_engine_carry_back(engine, n_blobs, blobs, with_encoding, rows));
  stretch_t s = stretch_of(rows, engine->code_size);
  return fetch(engine, engine->code_gradients + s.first,
               isn_net_grad_input(engine->net).data + s.first, s.n);
}

const float *isn_engine_code_gradient(const isn_engine_t *engine, int row)
{
  return engine->code_gradients + (size_t)row * engine->code_size;
}
