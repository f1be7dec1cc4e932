/* The chain from codes to activations and encodings as one net; see engine.h.  Keeps host copies of
 * the small things that the sampler reads and writes.  Knows no targets, chains or files. */
#include "invset/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "invset/picture.h"

enum { MAX_BLOB_NAME = 256 };

/* One blob of the net and its host copies. */
typedef struct {
  int index;    /* in the net's list of blobs */
  size_t count; /* numbers of one sample */
  float *value; /* (batch, count), owned */
  float *seed;  /* (batch, count), owned */
} port_t;

struct isn_engine {
  isn_backend_t *backend;      /* borrowed */
  isn_net_spec_t *chain;       /* owned: generator, crop, picture, classifier, encoder */
  isn_net_t *net;              /* owned */
  isn_picture_format_t format; /* its mean is borrowed from the Picture layer's weights */
  int batch, n_blobs, picture; /* picture: its index in the net's list of blobs */
  int n_names;
  char (*names)[MAX_BLOB_NAME]; /* (n_names) the net's list of blobs, owned */
  isn_shape_t picture_shape;
  size_t code_size;
  port_t *blobs;                 /* (n_blobs), owned */
  port_t encoding;               /* may be the same blob of the net as one of blobs */
  float *codes, *code_gradients; /* (batch, D), owned */
  float *pixels;                 /* (C, H, W), owned */
  int *seeds;                    /* (n_blobs + 1) blobs of the net, of a backward pass; owned */
  /* In other precisions than FP32, what confirms rows; owned, else NULL: */
  isn_net_t *strict;                 /* the same blobs, forward only */
  float *strict_values;              /* (its batch, most numbers of a code or blob) */
  unsigned char *images, *has_image; /* (batch, stored picture), (batch) of confirmed rows */
};

/* Append a layer of one bottom and one top, which is called as the layer, with its weights, zero.
 */
static isn_status_t append_layer(isn_net_spec_t *chain, const char *name,
                                 const isn_layer_params_t *params, isn_layer_spec_t **layer)
{
  const char *bottom = isn_net_spec_output(chain);
  ISN_TRY(isn_net_spec_add(chain, name, params, 1, &bottom, 1, &name, NULL));
  ISN_TRY(isn_net_spec_resolve(chain));
  ISN_TRY(isn_net_spec_alloc_weights(chain));
  *layer = &chain->layers[chain->n_layers - 1];
  return ISN_OK;
}

static void set_weight(isn_layer_spec_t *layer, int weight, const float *values)
{
  memcpy(layer->weights[weight].data, values, layer->weights[weight].count * sizeof *values);
}

/* Append the clip to valid pixels, of whole grey levels if they are rounded. */
static isn_status_t append_valid(isn_net_spec_t *chain, const char *name,
                                 const isn_picture_format_t *format, bool round)
{
  const isn_layer_params_t valid = {
      .kind = ISN_LAYER_PICTURE,
      .picture = {.round = round, .per_pixel = format->per_pixel, .scale = format->scale}};
  isn_layer_spec_t *layer = NULL;
  ISN_TRY(append_layer(chain, name, &valid, &layer));
  set_weight(layer, 0, format->mean);
  return ISN_OK;
}

/* Mix in what is kept of another picture; what it is mixed with is clipped before, so that a grey
 * mask mixes pixels.  A Scale layer has a line for each channel, so the numbers of the picture pass
 * as so many channels. */
static isn_status_t append_keep(isn_net_spec_t *chain, const isn_models_t *models)
{
  const isn_layer_params_t flat = {
      .kind = ISN_LAYER_RESHAPE, .reshape.shape = {1, (int)isn_shape_count(models->picture), 1, 1}};
  const isn_layer_params_t mix = {.kind = ISN_LAYER_SCALE, .scale.has_bias = true};
  const isn_layer_params_t back = {.kind = ISN_LAYER_RESHAPE, .reshape.shape = models->picture};
  isn_layer_spec_t *layer = NULL;
  if (!models->keep.factor)
    return ISN_OK;
  ISN_TRY(append_valid(chain, "invset/free", &models->format, false));
  ISN_TRY(append_layer(chain, "invset/flat", &flat, &layer));
  ISN_TRY(append_layer(chain, "invset/mix", &mix, &layer));
  set_weight(layer, 0, models->keep.factor);
  set_weight(layer, 1, models->keep.offset);
  return append_layer(chain, "invset/mixed", &back, &layer);
}

/* Append to the generator the centre crop, what is kept of another picture, and the clip to valid
 * 8-bit pixels. */
static isn_status_t append_picture(isn_net_spec_t *chain, const isn_models_t *models)
{
  isn_shape_t in = models->picture;
  isn_layer_params_t crop = {.kind = ISN_LAYER_CROP,
                             .crop = {models->crop_h, models->crop_w, in.h, in.w}};
  isn_layer_spec_t *layer = NULL;
  ISN_TRY(append_layer(chain, "invset/crop", &crop, &layer));
  ISN_TRY(append_keep(chain, models));
  return append_valid(chain, "invset/picture", &models->format, true);
}

/* Move the models' layers into one chain. */
static isn_status_t join_nets(isn_engine_t *engine, isn_models_t *models)
{
  isn_net_spec_t *g = models->generator;
  ISN_TRY(isn_net_spec_create("chain", g->origin, g->input, g->input_shape, &engine->chain));
  ISN_TRY(isn_net_spec_append(engine->chain, g, "generator/", g->input));
  ISN_TRY(append_picture(engine->chain, models));
  int picture_layer = engine->chain->n_layers - 1;
  ISN_TRY(isn_net_spec_append(engine->chain, models->classifier, "classifier/", "invset/picture"));
  if (models->encoder)
    ISN_TRY(isn_net_spec_append(engine->chain, models->encoder, "encoder/", "invset/picture"));
  ISN_TRY(isn_net_spec_resolve(engine->chain));
  engine->format = models->format;
  engine->format.mean = engine->chain->layers[picture_layer].weights[0].data;
  return ISN_OK;
}

static isn_status_t open_port(isn_engine_t *engine, int index, port_t *port)
{
  port->index = index;
  port->count = isn_shape_count(isn_net_blob(engine->net, index).shape);
  size_t n = (size_t)engine->batch * port->count;
  ISN_TRY(isn_backend_alloc_host(engine->backend, n, "blob of a batch", &port->value));
  return isn_backend_alloc_host(engine->backend, n, "gradients of a batch", &port->seed);
}

static void close_port(isn_engine_t *engine, port_t *port)
{
  isn_backend_free_host(engine->backend, port->value);
  isn_backend_free_host(engine->backend, port->seed);
}

/* Name all blobs that anyone asks for: the targets', the encoding, the picture.
 * @param[out] encoding its index among them */
static isn_status_t name_blobs(isn_engine_t *engine, const isn_models_t *models, int n_blobs,
                               const char *const *blobs, int *encoding)
{
  int n = 0;
  ISN_TRY(isn_alloc(&engine->names, n_blobs + 2, "blob names"));
  *encoding = -1;
  for (; n < n_blobs; n++) {
    snprintf(engine->names[n], MAX_BLOB_NAME, "classifier/%s", blobs[n]);
    if (!models->encoder && strcmp(blobs[n], models->encoder_blob) == 0)
      *encoding = n;
  }
  if (*encoding < 0) {
    *encoding = n;
    snprintf(engine->names[n++], MAX_BLOB_NAME, "%s/%s", models->encoder ? "encoder" : "classifier",
             models->encoder_blob);
  }
  engine->picture = n;
  snprintf(engine->names[n++], MAX_BLOB_NAME, "invset/picture");
  engine->n_names = n;
  return ISN_OK;
}

static isn_status_t create_net(const isn_engine_t *engine, isn_batch_limits_t limits, bool backward,
                               isn_precision_t precision, isn_net_t **out)
{
  const char **list = NULL;
  ISN_TRY(isn_alloc(&list, engine->n_names, "blob names"));
  for (int i = 0; i < engine->n_names; i++)
    list[i] = engine->names[i];
  isn_status_t status = isn_net_create_within(engine->backend, engine->chain, engine->n_names, list,
                                              limits, backward, precision, out);
  free(list);
  return status;
}

static isn_status_t build_net(isn_engine_t *engine, const isn_models_t *models, int n_blobs,
                              const char *const *blobs, isn_batch_limits_t limits,
                              isn_precision_t precision)
{
  int encoding;
  ISN_TRY(name_blobs(engine, models, n_blobs, blobs, &encoding));
  ISN_TRY(create_net(engine, limits, true, precision, &engine->net));
  engine->batch = isn_net_max_batch(engine->net);
  ISN_TRY(isn_alloc(&engine->blobs, n_blobs, "blobs"));
  engine->n_blobs = n_blobs;
  for (int b = 0; b < n_blobs; b++)
    ISN_TRY(open_port(engine, b, &engine->blobs[b]));
  return open_port(engine, encoding, &engine->encoding);
}

/* Room for what confirms rows: of a batch only those that are in their windows, so a part of it at
 * once. */
static isn_status_t open_strict(isn_engine_t *engine)
{
  enum { SHARE = 4 };
  size_t most =
      engine->code_size > engine->encoding.count ? engine->code_size : engine->encoding.count;
  size_t pixels = isn_shape_count(engine->picture_shape), batch = (size_t)engine->batch;
  isn_batch_limits_t limits = {1, (engine->batch + SHARE - 1) / SHARE, SIZE_MAX, 0};
  for (int b = 0; b < engine->n_blobs; b++)
    most = engine->blobs[b].count > most ? engine->blobs[b].count : most;
  ISN_TRY(create_net(engine, limits, false, ISN_PRECISION_FP32, &engine->strict));
  ISN_TRY(isn_backend_alloc_host(engine->backend, most * (size_t)isn_net_max_batch(engine->strict),
                                 "confirmed rows", &engine->strict_values));
  ISN_TRY(isn_alloc(&engine->images, batch * pixels, "confirmed pictures"));
  return isn_alloc(&engine->has_image, batch, "confirmed pictures");
}

/* Bytes of the host copies of one sample: codes, blobs, the encoding, and a gradient of each. */
static isn_status_t count_copies(const isn_engine_t *engine, const isn_models_t *models,
                                 int n_blobs, const char *const *blobs, size_t *bytes)
{
  size_t count = engine->code_size + (size_t)models->encoding_size;
  for (int b = 0; b < n_blobs; b++) {
    char name[MAX_BLOB_NAME];
    isn_shape_t shape;
    snprintf(name, sizeof name, "classifier/%s", blobs[b]);
    ISN_TRY(isn_net_spec_blob_shape(engine->chain, name, &shape));
    count += isn_shape_count(shape);
  }
  *bytes = 2 * count * sizeof(float);
  return ISN_OK;
}

isn_status_t isn_engine_open(isn_backend_t *backend, isn_models_t *models, int n_blobs,
                             const char *const *blobs, isn_batch_limits_t limits,
                             isn_precision_t precision, isn_engine_t **out)
{
  isn_engine_t *engine = NULL;
  isn_status_t status;
  size_t codes;
  ISN_TRY(isn_alloc(&engine, 1, "engine"));
  engine->backend = backend;
  engine->picture_shape = models->picture;
  engine->code_size = (size_t)models->code_size;
  ISN_TRY_GOTO(join_nets(engine, models), fail);
  if (isn_backend_is_host(backend))
    ISN_TRY_GOTO(count_copies(engine, models, n_blobs, blobs, &limits.bytes_per_sample), fail);
  ISN_TRY_GOTO(build_net(engine, models, n_blobs, blobs, limits, precision), fail);
  codes = (size_t)engine->batch * engine->code_size;
  ISN_TRY_GOTO(isn_backend_alloc_host(backend, codes, "codes of a batch", &engine->codes), fail);
  ISN_TRY_GOTO(
      isn_backend_alloc_host(backend, codes, "gradients of a batch", &engine->code_gradients),
      fail);
  ISN_TRY_GOTO(
      isn_backend_alloc_host(backend, isn_shape_count(models->picture), "picture", &engine->pixels),
      fail);
  ISN_TRY_GOTO(isn_alloc(&engine->seeds, n_blobs + 1, "seeds"), fail);
  if (precision != ISN_PRECISION_FP32)
    ISN_TRY_GOTO(open_strict(engine), fail);
  *out = engine;
  return ISN_OK;
fail:
  isn_engine_close(engine);
  return status;
}

void isn_engine_close(isn_engine_t *engine)
{
  if (!engine)
    return;
  for (int b = 0; b < engine->n_blobs; b++)
    close_port(engine, &engine->blobs[b]);
  close_port(engine, &engine->encoding);
  free(engine->blobs);
  isn_backend_free_host(engine->backend, engine->codes);
  isn_backend_free_host(engine->backend, engine->code_gradients);
  isn_backend_free_host(engine->backend, engine->pixels);
  free(engine->names);
  isn_backend_free_host(engine->backend, engine->strict_values);
  free(engine->images);
  free(engine->has_image);
  isn_net_destroy(engine->strict);
  free(engine->seeds);
  isn_net_destroy(engine->net);
  isn_net_spec_destroy(engine->chain);
  free(engine);
}

int isn_engine_batch(const isn_engine_t *engine)
{
  return engine->batch;
}

void isn_engine_counts(const isn_engine_t *engine, isn_net_counts_t *counts)
{
  isn_net_counts(engine->net, counts);
}

float *isn_engine_codes(isn_engine_t *engine)
{
  return engine->codes;
}

/* Bring a blob of a net's rows 0 .. n-1 to the host and see that it is finite.
 * @param[out] values (n, count of the port) */
static isn_status_t fetch_port(isn_engine_t *engine, isn_net_t *net, const port_t *port, int n,
                               const char *what, float *values)
{
  size_t count = (size_t)n * port->count;
  const float *data = isn_net_blob(net, port->index).data;
  ISN_TRY(isn_backend_download(engine->backend, values, data, count));
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i]))
      ISN_FAIL(ISN_ERR_NUMERIC,
               "%s is not finite (number %zu of sample %zu of a batch): check the "
               "models with `invset forward`, and code_min and code_max",
               what, i % port->count, i / port->count);
  return ISN_OK;
}

isn_status_t isn_engine_forward(isn_engine_t *engine, int n)
{
  size_t codes = (size_t)n * engine->code_size;
  float *input = isn_net_input(engine->net).data;
  ISN_TRY(isn_backend_upload(engine->backend, input, engine->codes, codes));
  ISN_TRY(isn_net_forward(engine->net, n));
  if (engine->has_image)
    memset(engine->has_image, 0, (size_t)engine->batch * sizeof *engine->has_image);
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(fetch_port(engine, engine->net, &engine->blobs[b], n, "an activation",
                       engine->blobs[b].value));
  return fetch_port(engine, engine->net, &engine->encoding, n, "an encoding",
                    engine->encoding.value);
}

/* A blob of the strict net's rows 0 .. n-1 becomes that of the batch's rows. */
static isn_status_t confirm_port(isn_engine_t *engine, const port_t *port, int n, const int *rows,
                                 const char *what)
{
  float *values = engine->strict_values;
  ISN_TRY(fetch_port(engine, engine->strict, port, n, what, values));
  for (int i = 0; i < n; i++)
    memcpy(port->value + (size_t)rows[i] * port->count, values + (size_t)i * port->count,
           port->count * sizeof *values);
  return ISN_OK;
}

static isn_status_t confirm_image(isn_engine_t *engine, int i, int row)
{
  size_t count = isn_shape_count(engine->picture_shape);
  const float *data = isn_net_blob(engine->strict, engine->picture).data + (size_t)i * count;
  ISN_TRY(isn_backend_download(engine->backend, engine->pixels, data, count));
  isn_picture_store(engine->picture_shape, &engine->format, engine->pixels,
                    engine->images + (size_t)row * count);
  engine->has_image[row] = 1;
  return ISN_OK;
}

/* As many rows as the strict net takes. */
static isn_status_t confirm_rows(isn_engine_t *engine, int n, const int *rows)
{
  size_t size = engine->code_size;
  for (int i = 0; i < n; i++)
    memcpy(engine->strict_values + (size_t)i * size, engine->codes + (size_t)rows[i] * size,
           size * sizeof *engine->codes);
  ISN_TRY(isn_backend_upload(engine->backend, isn_net_input(engine->strict).data,
                             engine->strict_values, (size_t)n * size));
  ISN_TRY(isn_net_forward(engine->strict, n));
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(confirm_port(engine, &engine->blobs[b], n, rows, "an activation"));
  ISN_TRY(confirm_port(engine, &engine->encoding, n, rows, "an encoding"));
  for (int i = 0; i < n; i++)
    ISN_TRY(confirm_image(engine, i, rows[i]));
  return ISN_OK;
}

isn_status_t isn_engine_confirm(isn_engine_t *engine, isn_rows_t rows)
{
  int most = engine->strict ? isn_net_max_batch(engine->strict) : 0;
  for (int i = 0; engine->strict && i < rows.n; i += most)
    ISN_TRY(confirm_rows(engine, rows.n - i < most ? rows.n - i : most, rows.index + i));
  return ISN_OK;
}

const float *isn_engine_blob(const isn_engine_t *engine, int b, int row)
{
  return engine->blobs[b].value + (size_t)row * engine->blobs[b].count;
}

size_t isn_engine_blob_count(const isn_engine_t *engine, int b)
{
  return engine->blobs[b].count;
}

const float *isn_engine_encoding(const isn_engine_t *engine, int row)
{
  return engine->encoding.value + (size_t)row * engine->encoding.count;
}

isn_status_t isn_engine_picture(isn_engine_t *engine, int row, unsigned char *image)
{
  isn_shape_t shape = engine->picture_shape;
  size_t count = isn_shape_count(shape);
  const float *data = isn_net_blob(engine->net, engine->picture).data + (size_t)row * count;
  if (engine->has_image && engine->has_image[row]) {
    memcpy(image, engine->images + (size_t)row * count, count);
    return ISN_OK;
  }
  ISN_TRY(isn_backend_download(engine->backend, engine->pixels, data, count));
  isn_picture_store(shape, &engine->format, engine->pixels, image);
  return ISN_OK;
}

float *isn_engine_blob_seed(isn_engine_t *engine, int b, int row)
{
  return engine->blobs[b].seed + (size_t)row * engine->blobs[b].count;
}

float *isn_engine_encoding_seed(isn_engine_t *engine, int row)
{
  return engine->encoding.seed + (size_t)row * engine->encoding.count;
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

/* Where encoding and a target's blob are the same, both gradients land on it.  Returns whether they
 * are. */
static bool merge_seeds(isn_engine_t *engine, int blob, isn_rows_t rows)
{
  if (engine->encoding.index != engine->blobs[blob].index)
    return false;
  for (int i = 0; i < rows.n; i++) {
    float *seed = isn_engine_blob_seed(engine, blob, rows.index[i]);
    const float *more = isn_engine_encoding_seed(engine, rows.index[i]);
    for (size_t k = 0; k < engine->encoding.count; k++)
      seed[k] += more[k];
  }
  return true;
}

isn_status_t isn_engine_backward(isn_engine_t *engine, int n_blobs, const int *blobs,
                                 bool with_encoding, isn_rows_t rows)
{
  int n_seeds = 0, *seeds = engine->seeds;
  for (int i = 0; i < n_blobs; i++) {
    if (with_encoding && merge_seeds(engine, blobs[i], rows))
      with_encoding = false;
    ISN_TRY(send_seeds(engine, &engine->blobs[blobs[i]], rows));
    seeds[n_seeds++] = engine->blobs[blobs[i]].index;
  }
  if (with_encoding) {
    ISN_TRY(send_seeds(engine, &engine->encoding, rows));
    seeds[n_seeds++] = engine->encoding.index;
  }
  ISN_TRY(isn_net_backward(engine->net, n_seeds, seeds, rows));
  const float *gradient = isn_net_grad_input(engine->net).data;
  stretch_t s = stretch_of(rows, engine->code_size);
  return isn_backend_download(engine->backend, engine->code_gradients + s.first, gradient + s.first,
                              s.n);
}

const float *isn_engine_code_gradient(const isn_engine_t *engine, int row)
{
  return engine->code_gradients + (size_t)row * engine->code_size;
}
