/* The chain from codes to activations and encodings as one net; see engine.h.  Its rows stay in
 * backend memory.  Knows no targets, chains or files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_chain.h"
#include "engine_internal.h"
#include "invset/memory.h"

static isn_status_t find_port(const isn_engine_t *engine, int index, port_t *port)
{
  isn_shape_t shape;
  ISN_TRY(isn_net_spec_blob_shape(engine->chain, engine->names[index], &shape));
  *port = (port_t){.index = index, .count = isn_shape_count(shape)};
  return ISN_OK;
}

/* Name all blobs that anyone asks for: the targets', the encoding, the picture. */
static isn_status_t name_blobs(isn_engine_t *engine, const isn_models_t *models, int n_blobs,
                               const char *const *blobs)
{
  int n = 0, encoding = -1;
  ISN_TRY(isn_alloc(&engine->names, n_blobs + 2, "blob names"));
  ISN_TRY(isn_alloc(&engine->blobs, n_blobs, "blobs"));
  for (; n < n_blobs; n++) {
    snprintf(engine->names[n], MAX_BLOB_NAME, "classifier/%s", blobs[n]);
    if (!models->encoder && strcmp(blobs[n], models->encoder_blob) == 0)
      encoding = n;
  }
  if (encoding < 0) {
    encoding = n;
    snprintf(engine->names[n++], MAX_BLOB_NAME, "%s/%s", models->encoder ? "encoder" : "classifier",
             models->encoder_blob);
  }
  engine->picture = n;
  snprintf(engine->names[n++], MAX_BLOB_NAME, "invset/picture");
  engine->n_names = n;
  for (; engine->n_blobs < n_blobs; engine->n_blobs++)
    ISN_TRY(find_port(engine, engine->n_blobs, &engine->blobs[engine->n_blobs]));
  return find_port(engine, encoding, &engine->encoding);
}

/* @param[in] with_picture whether the picture is kept */
static isn_status_t create_net(const isn_engine_t *engine, isn_batch_limits_t limits, bool backward,
                               bool with_picture, isn_precision_t precision, isn_net_t **out)
{
  const char **list = NULL;
  int n = with_picture ? engine->n_names : engine->picture;
  ISN_TRY(isn_alloc(&list, n, "blob names"));
  for (int i = 0; i < n; i++)
    list[i] = engine->names[i];
  isn_status_t status = isn_net_create_within(engine->backend, engine->chain, n, list, limits,
                                              backward, precision, out);
  free(list);
  return status;
}

/* Room for what confirms rows: of a batch only those that may settle, so a part of it at once. */
static isn_status_t open_strict(isn_engine_t *engine)
{
  enum { SHARE = 4 };
  size_t pixels = isn_shape_count(engine->picture_shape), batch = (size_t)engine->batch;
  isn_batch_limits_t limits = {1, (engine->batch + SHARE - 1) / SHARE, SIZE_MAX, 0};
  ISN_TRY(create_net(engine, limits, false, true, ISN_PRECISION_FP32, &engine->strict));
  ISN_TRY(isn_alloc(&engine->images, batch * pixels, "confirmed pictures"));
  return isn_alloc(&engine->has_image, batch, "confirmed pictures");
}

/* The mean is wanted in backend memory. */
static isn_status_t set_format(isn_engine_t *engine, const isn_picture_format_t *format,
                               const float *mean)
{
  isn_shape_t shape = engine->picture_shape;
  size_t n = format->per_pixel ? isn_shape_count(shape) : (size_t)shape.c;
  engine->format = *format;
  ISN_TRY(isn_backend_alloc(engine->backend, n, "mean of pictures", &engine->mean));
  engine->format.mean = engine->mean;
  return isn_backend_upload(engine->backend, engine->mean, mean, n);
}

static isn_status_t build(isn_engine_t *engine, isn_models_t *models, int n_blobs,
                          const char *const *blobs, isn_batch_limits_t limits,
                          isn_precision_t precision)
{
  bool strict = precision == ISN_PRECISION_FP32;
  const float *mean;
  ISN_TRY(isn_vectors_create(engine->backend, &engine->vectors));
  ISN_TRY(engine_chain_create(models, &engine->chain, &mean));
  ISN_TRY(set_format(engine, &models->format, mean));
  ISN_TRY(name_blobs(engine, models, n_blobs, blobs));
  if (isn_backend_is_host(engine->backend))
    limits.bytes_per_sample += engine_array_bytes(engine);
  ISN_TRY(create_net(engine, limits, true, strict, precision, &engine->net));
  engine->batch = isn_net_max_batch(engine->net);
  ISN_TRY(isn_alloc(&engine->seeds, n_blobs + 1, "seeds"));
  ISN_TRY(isn_alloc(&engine->is_finite, engine->batch * (n_blobs + 1), "rows of a batch"));
  ISN_TRY(engine_open_arrays(engine));
  return strict ? ISN_OK : open_strict(engine);
}

isn_status_t isn_engine_open(isn_backend_t *backend, isn_models_t *models, int n_blobs,
                             const char *const *blobs, isn_batch_limits_t limits,
                             isn_precision_t precision, isn_engine_t **out)
{
  isn_engine_t *engine = NULL;
  ISN_TRY(isn_alloc(&engine, 1, "engine"));
  engine->backend = backend;
  engine->picture_shape = models->picture;
  engine->code_size = (size_t)models->code_size;
  engine->precision = precision;
  isn_status_t status = build(engine, models, n_blobs, blobs, limits, precision);
  if (status != ISN_OK)
    isn_engine_close(engine);
  else
    *out = engine;
  return status;
}

void isn_engine_close(isn_engine_t *engine)
{
  if (!engine)
    return;
  engine_close_arrays(engine);
  free(engine->blobs);
  free(engine->names);
  free(engine->seeds);
  free(engine->is_finite);
  free(engine->images);
  free(engine->has_image);
  isn_net_destroy(engine->strict);
  isn_net_destroy(engine->net);
  isn_net_spec_destroy(engine->chain);
  isn_backend_free(engine->backend, engine->mean);
  isn_vectors_destroy(engine->vectors);
  free(engine);
}

int isn_engine_batch(const isn_engine_t *engine)
{
  return engine->batch;
}

isn_status_t isn_engine_time_layers(isn_engine_t *engine, int n, int repeats,
                                    isn_layer_time_t *times)
{
  return isn_net_time_layers(engine->net, n, repeats, times);
}

void isn_engine_counts(const isn_engine_t *engine, isn_net_counts_t *counts)
{
  isn_net_counts(engine->net, counts);
}

size_t isn_engine_blob_count(const isn_engine_t *engine, int b)
{
  return engine->blobs[b].count;
}

bool isn_engine_encodes(const isn_engine_t *engine, int b)
{
  return engine->blobs[b].index == engine->encoding.index;
}

isn_engine_row_t isn_engine_row(const isn_engine_t *engine, int row)
{
  size_t code = (size_t)row * engine->code_size, encoding = (size_t)row * engine->encoding.count;
  int index = engine->encoding.index;
  return (isn_engine_row_t){.code = isn_net_input(engine->net).data + code,
                            .encoding = isn_net_blob(engine->net, index).data + encoding,
                            .encoding_seed = isn_net_seed(engine->net, index).data + encoding,
                            .code_gradient = isn_net_grad_input(engine->net).data + code};
}

isn_engine_blob_row_t isn_engine_blob_row(const isn_engine_t *engine, int b, int row)
{
  int index = engine->blobs[b].index;
  size_t at = (size_t)row * engine->blobs[b].count;
  return (isn_engine_blob_row_t){.values = isn_net_blob(engine->net, index).data + at,
                                 .seed = isn_net_seed(engine->net, index).data + at};
}

/* Say which number of a row is not finite. */
static isn_status_t fail_numeric(isn_engine_t *engine, const isn_net_t *net, const port_t *port,
                                 int row, const char *what)
{
  const float *data = isn_net_blob(net, port->index).data + (size_t)row * port->count;
  bool is_half = net != engine->strict && engine->precision == ISN_PRECISION_FP16;
  float *values = NULL;
  size_t k = 0;
  ISN_TRY(isn_alloc(&values, port->count, "a blob"));
  isn_status_t status = isn_backend_download(engine->backend, values, data, port->count);
  while (k + 1 < port->count && isfinite(values[k]))
    k++;
  free(values);
  ISN_TRY(status);
  ISN_FAIL(ISN_ERR_NUMERIC,
           "%s is not finite (number %zu of sample %d of a batch): check the "
           "models with `invset forward`, and code_min and code_max%s",
           what, k, row,
           is_half ? "; in half precision numbers end at 65504, with "
                     "run.precision = \"tf32\" they do not"
                   : "");
}

/* Number p of what a net gives: a blob, or behind them the encoding. */
static const port_t *port_of(const isn_engine_t *engine, int p)
{
  return p < engine->n_blobs ? &engine->blobs[p] : &engine->encoding;
}

/* All of them once: the encoding may be one of the blobs. */
static int n_ports(const isn_engine_t *engine)
{
  for (int b = 0; b < engine->n_blobs; b++)
    if (isn_engine_encodes(engine, b))
      return engine->n_blobs;
  return engine->n_blobs + 1;
}

/* See that what a net has given for rows 0 .. n-1 is finite. */
static isn_status_t see_ports(isn_engine_t *engine, const isn_net_t *net, int n)
{
  int ports = n_ports(engine);
  for (int p = 0; p < ports; p++) {
    const port_t *port = port_of(engine, p);
    const float *data = isn_net_blob(net, port->index).data;
    for (int row = 0; row < n; row++)
      ISN_TRY(isn_vectors_finite(engine->vectors, data + (size_t)row * port->count, port->count,
                                 &engine->is_finite[p * engine->batch + row]));
  }
  ISN_TRY(isn_vectors_run(engine->vectors));
  for (int p = 0; p < ports; p++)
    for (int row = 0; row < n; row++)
      if (!engine->is_finite[p * engine->batch + row])
        return fail_numeric(engine, net, port_of(engine, p), row,
                            p < engine->n_blobs ? "an activation" : "an encoding");
  return ISN_OK;
}

isn_status_t isn_engine_run(isn_engine_t *engine, int n)
{
  if (engine->has_image)
    memset(engine->has_image, 0, (size_t)engine->batch * sizeof *engine->has_image);
  ISN_TRY(isn_net_forward(engine->net, n));
  return see_ports(engine, engine->net, n);
}

isn_status_t isn_engine_carry_back(isn_engine_t *engine, int n_blobs, const int *blobs,
                                   bool with_encoding, isn_rows_t rows)
{
  int n_seeds = 0, *seeds = engine->seeds;
  for (int i = 0; i < n_blobs; i++) {
    seeds[n_seeds++] = engine->blobs[blobs[i]].index;
    with_encoding = with_encoding && !isn_engine_encodes(engine, blobs[i]);
  }
  if (with_encoding)
    seeds[n_seeds++] = engine->encoding.index;
  return isn_net_backward(engine->net, n_seeds, seeds, rows);
}

/* A blob of the strict net's rows 0 .. n-1 becomes that of the batch's rows. */
static isn_status_t take_port(isn_engine_t *engine, const port_t *port, int n, const int *rows)
{
  const float *from = isn_net_blob(engine->strict, port->index).data;
  float *to = isn_net_blob(engine->net, port->index).data;
  for (int i = 0; i < n; i++)
    ISN_TRY(isn_vectors_copy(engine->vectors, to + (size_t)rows[i] * port->count,
                             from + (size_t)i * port->count, port->count));
  return ISN_OK;
}

static isn_status_t take_images(isn_engine_t *engine, int n, const int *rows)
{
  size_t count = isn_shape_count(engine->picture_shape);
  const float *from = isn_net_blob(engine->strict, engine->picture).data;
  for (int i = 0; i < n; i++) {
    engine->has_image[rows[i]] = 1;
    ISN_TRY(isn_vectors_picture(engine->vectors, engine->picture_shape, &engine->format,
                                from + (size_t)i * count,
                                engine->images + (size_t)rows[i] * count));
  }
  return ISN_OK;
}

/* As many rows as the strict net takes. */
static isn_status_t confirm_rows(isn_engine_t *engine, int n, const int *rows)
{
  size_t size = engine->code_size;
  float *input = isn_net_input(engine->strict).data;
  for (int i = 0; i < n; i++)
    ISN_TRY(isn_vectors_copy(engine->vectors, input + (size_t)i * size,
                             isn_engine_row(engine, rows[i]).code, size));
  ISN_TRY(isn_vectors_run(engine->vectors));
  ISN_TRY(isn_net_forward(engine->strict, n));
  ISN_TRY(see_ports(engine, engine->strict, n));
  for (int p = 0; p < n_ports(engine); p++)
    ISN_TRY(take_port(engine, port_of(engine, p), n, rows));
  ISN_TRY(take_images(engine, n, rows));
  return isn_vectors_run(engine->vectors);
}

isn_status_t isn_engine_confirm(isn_engine_t *engine, isn_rows_t rows)
{
  int most = engine->strict ? isn_net_max_batch(engine->strict) : 0;
  for (int i = 0; engine->strict && i < rows.n; i += most)
    ISN_TRY(confirm_rows(engine, rows.n - i < most ? rows.n - i : most, rows.index + i));
  return ISN_OK;
}

isn_status_t isn_engine_ask_picture(isn_engine_t *engine, isn_vectors_t *vectors, int row,
                                    unsigned char *image)
{
  size_t count = isn_shape_count(engine->picture_shape);
  if (!engine->strict)
    return isn_vectors_picture(
        vectors, engine->picture_shape, &engine->format,
        isn_net_blob(engine->net, engine->picture).data + (size_t)row * count, image);
  if (!engine->has_image[row])
    ISN_FAIL(ISN_ERR_ARG, "the picture of row %d, which was not confirmed", row);
  memcpy(image, engine->images + (size_t)row * count, count);
  return ISN_OK;
}
