/* Stored pictures through classifier and encoder; see picture_nets.h. */
#include "invset/picture_nets.h"

#include <math.h>
#include <stdlib.h>

#include "invset/memory.h"
#include "invset/net.h"

/* A blob of a net and its host copy. */
typedef struct {
  isn_net_t *net; /* borrowed */
  int index;      /* in the net's list of blobs */
  size_t count;   /* numbers of one picture */
  float *value;   /* (batch, count), owned */
} port_t;

struct isn_picture_nets {
  isn_backend_t *backend;     /* borrowed */
  const isn_models_t *models; /* borrowed */
  int n_blobs;
  isn_net_t *classifier,
      *encoder;  /* owned; encoder NULL: the encoding is a blob of the classifier */
  port_t *blobs; /* (n_blobs), owned */
  port_t encoding;
  size_t n_pixels;
  float *pixels; /* (batch, C, H, W) network values, owned */
};

static isn_status_t open_port(isn_net_t *net, int index, int batch, port_t *port)
{
  *port = (port_t){.net = net, .index = index};
  port->count = isn_shape_count(isn_net_blob(net, index).shape);
  return isn_alloc(&port->value, (size_t)batch * port->count, "blob of a batch");
}

/* The classifier gives the wanted blobs, and the encoding behind them if it is one of its own. */
static isn_status_t build_nets(isn_picture_nets_t *nets, const char *const *blobs, int batch)
{
  const isn_models_t *models = nets->models;
  const char *const encoding = models->encoder_blob, **names = NULL;
  const int n = models->encoder ? nets->n_blobs : nets->n_blobs + 1;
  isn_status_t status = ISN_OK;
  ISN_TRY(isn_alloc(&names, n + 1, "blob names"));
  for (int b = 0; b < nets->n_blobs; b++)
    names[b] = blobs[b];
  names[nets->n_blobs] = encoding;
  if (n > 0)
    status = isn_net_create(nets->backend, models->classifier, n, names, batch, false,
                            &nets->classifier);
  if (status == ISN_OK && models->encoder)
    status =
        isn_net_create(nets->backend, models->encoder, 1, &encoding, batch, false, &nets->encoder);
  free(names);
  return status;
}

static isn_status_t open_ports(isn_picture_nets_t *nets, int batch)
{
  ISN_TRY(isn_alloc(&nets->blobs, nets->n_blobs, "blobs"));
  for (int b = 0; b < nets->n_blobs; b++)
    ISN_TRY(open_port(nets->classifier, b, batch, &nets->blobs[b]));
  return nets->encoder ? open_port(nets->encoder, 0, batch, &nets->encoding)
                       : open_port(nets->classifier, nets->n_blobs, batch, &nets->encoding);
}

isn_status_t isn_picture_nets_open(isn_backend_t *backend, const isn_models_t *models, int n_blobs,
                                   const char *const *blobs, int batch, isn_picture_nets_t **out)
{
  isn_picture_nets_t *nets = NULL;
  isn_status_t status;
  ISN_TRY(isn_alloc(&nets, 1, "nets for pictures"));
  nets->backend = backend;
  nets->models = models;
  nets->n_blobs = n_blobs;
  nets->n_pixels = isn_shape_count(models->picture);
  ISN_TRY_GOTO(build_nets(nets, blobs, batch), fail);
  ISN_TRY_GOTO(open_ports(nets, batch), fail);
  ISN_TRY_GOTO(isn_alloc(&nets->pixels, (size_t)batch * nets->n_pixels, "pictures of a batch"),
               fail);
  *out = nets;
  return ISN_OK;
fail:
  isn_picture_nets_close(nets);
  return status;
}

void isn_picture_nets_close(isn_picture_nets_t *nets)
{
  if (!nets)
    return;
  for (int b = 0; nets->blobs && b < nets->n_blobs; b++)
    free(nets->blobs[b].value);
  free(nets->blobs);
  free(nets->encoding.value);
  free(nets->pixels);
  isn_net_destroy(nets->classifier);
  isn_net_destroy(nets->encoder);
  free(nets);
}

static isn_status_t run_net(const isn_picture_nets_t *nets, isn_net_t *net, int n)
{
  ISN_TRY(isn_backend_upload(nets->backend, isn_net_input(net).data, nets->pixels,
                             (size_t)n * nets->n_pixels));
  return isn_net_forward(net, n);
}

/* Bring a blob to the host and see that it is finite. */
static isn_status_t fetch(const isn_picture_nets_t *nets, const port_t *port, int n,
                          const char *what)
{
  const size_t count = (size_t)n * port->count;
  ISN_TRY(isn_backend_download(nets->backend, port->value,
                               isn_net_blob(port->net, port->index).data, count));
  for (size_t i = 0; i < count; i++)
    if (!isfinite(port->value[i]))
      ISN_FAIL(ISN_ERR_NUMERIC,
               "%s of a picture is not finite: check the models with `invset forward`", what);
  return ISN_OK;
}

isn_status_t isn_picture_nets_run(isn_picture_nets_t *nets, int n, const unsigned char *images,
                                  bool with_encoding)
{
  for (int i = 0; i < n; i++)
    isn_picture_load(nets->models->picture, &nets->models->format,
                     images + (size_t)i * nets->n_pixels,
                     nets->pixels + (size_t)i * nets->n_pixels);
  if (nets->classifier)
    ISN_TRY(run_net(nets, nets->classifier, n));
  if (nets->encoder && with_encoding)
    ISN_TRY(run_net(nets, nets->encoder, n));
  for (int b = 0; b < nets->n_blobs; b++)
    ISN_TRY(fetch(nets, &nets->blobs[b], n, "an activation"));
  return with_encoding ? fetch(nets, &nets->encoding, n, "an encoding") : ISN_OK;
}

const float *isn_picture_nets_blob(const isn_picture_nets_t *nets, int b, int row)
{
  return nets->blobs[b].value + (size_t)row * nets->blobs[b].count;
}

size_t isn_picture_nets_blob_count(const isn_picture_nets_t *nets, int b)
{
  return nets->blobs[b].count;
}

const float *isn_picture_nets_encoding(const isn_picture_nets_t *nets, int row)
{
  return nets->encoding.value + (size_t)row * nets->encoding.count;
}
