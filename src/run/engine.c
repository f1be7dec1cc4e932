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
  isn_shape_t picture_shape;
  size_t code_size;
  port_t *blobs;                 /* (n_blobs), owned */
  port_t encoding;               /* may be the same blob of the net as one of blobs */
  float *codes, *code_gradients; /* (batch, D), owned */
  float *pixels;                 /* (C, H, W), owned */
  int *seeds;                    /* (n_blobs + 1) blobs of the net, of a backward pass; owned */
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
  ISN_TRY(isn_alloc(&port->value, (size_t)engine->batch * port->count, "blob of a batch"));
  return isn_alloc(&port->seed, (size_t)engine->batch * port->count, "gradients of a batch");
}

static void close_port(port_t *port)
{
  free(port->value);
  free(port->seed);
}

/* Build the net with all blobs that anyone asks for: the targets', the encoding, the picture. */
static isn_status_t build_net(isn_engine_t *engine, const isn_models_t *models, int n_blobs,
                              const char *const *blobs, isn_batch_limits_t limits)
{
  char(*names)[MAX_BLOB_NAME] = NULL;
  const char **list = NULL;
  isn_status_t status;
  int n = 0, encoding = -1;
  ISN_TRY_GOTO(isn_alloc(&names, n_blobs + 2, "blob names"), done);
  ISN_TRY_GOTO(isn_alloc(&list, n_blobs + 2, "blob names"), done);
  for (; n < n_blobs; n++) {
    snprintf(names[n], MAX_BLOB_NAME, "classifier/%s", blobs[n]);
    if (!models->encoder && strcmp(blobs[n], models->encoder_blob) == 0)
      encoding = n;
  }
  if (encoding < 0) {
    encoding = n;
    snprintf(names[n++], MAX_BLOB_NAME, "%s/%s", models->encoder ? "encoder" : "classifier",
             models->encoder_blob);
  }
  engine->picture = n;
  snprintf(names[n++], MAX_BLOB_NAME, "invset/picture");
  for (int i = 0; i < n; i++)
    list[i] = names[i];
  ISN_TRY_GOTO(
      isn_net_create_within(engine->backend, engine->chain, n, list, limits, true, &engine->net),
      done);
  engine->batch = isn_net_max_batch(engine->net);
  ISN_TRY_GOTO(isn_alloc(&engine->blobs, n_blobs, "blobs"), done);
  engine->n_blobs = n_blobs;
  for (int b = 0; b < n_blobs; b++)
    ISN_TRY_GOTO(open_port(engine, b, &engine->blobs[b]), done);
  ISN_TRY_GOTO(open_port(engine, encoding, &engine->encoding), done);
done:
  free(list);
  free(names);
  return status;
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
                             isn_engine_t **out)
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
  ISN_TRY_GOTO(build_net(engine, models, n_blobs, blobs, limits), fail);
  codes = (size_t)engine->batch * engine->code_size;
  ISN_TRY_GOTO(isn_alloc(&engine->codes, codes, "codes of a batch"), fail);
  ISN_TRY_GOTO(isn_alloc(&engine->code_gradients, codes, "gradients of a batch"), fail);
  ISN_TRY_GOTO(isn_alloc(&engine->pixels, isn_shape_count(models->picture), "picture"), fail);
  ISN_TRY_GOTO(isn_alloc(&engine->seeds, n_blobs + 1, "seeds"), fail);
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
    close_port(&engine->blobs[b]);
  close_port(&engine->encoding);
  free(engine->blobs);
  free(engine->codes);
  free(engine->code_gradients);
  free(engine->pixels);
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

/* Bring a blob of rows 0 .. n-1 to the host and see that it is finite. */
static isn_status_t fetch_port(isn_engine_t *engine, const port_t *port, int n, const char *what)
{
  size_t count = (size_t)n * port->count;
  const float *data = isn_net_blob(engine->net, port->index).data;
  ISN_TRY(isn_backend_download(engine->backend, port->value, data, count));
  for (size_t i = 0; i < count; i++)
    if (!isfinite(port->value[i]))
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
  for (int b = 0; b < engine->n_blobs; b++)
    ISN_TRY(fetch_port(engine, &engine->blobs[b], n, "an activation"));
  return fetch_port(engine, &engine->encoding, n, "an encoding");
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

/* Put the seeds of the wanted rows on the net's blob; other rows' are not read. */
static isn_status_t send_seeds(isn_engine_t *engine, const port_t *port, isn_rows_t rows)
{
  float *seed = isn_net_seed(engine->net, port->index).data;
  for (int i = 0; i < rows.n; i++) {
    size_t first = (size_t)rows.index[i] * port->count;
    ISN_TRY(isn_backend_upload(engine->backend, seed + first, port->seed + first, port->count));
  }
  return ISN_OK;
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
  for (int i = 0; i < rows.n; i++) {
    size_t first = (size_t)rows.index[i] * engine->code_size;
    ISN_TRY(isn_backend_download(engine->backend, engine->code_gradients + first, gradient + first,
                                 engine->code_size));
  }
  return ISN_OK;
}

const float *isn_engine_code_gradient(const isn_engine_t *engine, int row)
{
  return engine->code_gradients + (size_t)row * engine->code_size;
}
