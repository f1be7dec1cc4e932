/** @file net_table.c
 *  A walk over a net's layers that keeps the shape each blob has at that place: an in-place layer
 *  gives a blob's name a new value.
 */
#include "net_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

typedef struct {
  const char *name; /* borrowed from the spec */
  isn_shape_t shape;
} named_shape_t;

typedef struct {
  int n;
  named_shape_t *blobs; /* (n) */
} blob_shapes_t;

static void set_shape(blob_shapes_t *known, const char *name, isn_shape_t shape)
{
  int i = 0;
  while (i < known->n && strcmp(known->blobs[i].name, name) != 0)
    i++;
  known->blobs[i] = (named_shape_t){name, shape};
  known->n += i == known->n;
}

static isn_status_t get_shape(const blob_shapes_t *known, const isn_net_spec_t *spec,
                              const char *name, isn_shape_t *shape)
{
  for (int i = 0; i < known->n; i++) {
    if (strcmp(known->blobs[i].name, name) == 0) {
      *shape = known->blobs[i].shape;
      return ISN_OK;
    }
  }
  ISN_FAIL(ISN_ERR_ARG, "%s: blob '%s' is used before it is made; was the net resolved?",
           spec->origin, name);
}

static isn_status_t fill_row(const isn_net_spec_t *spec, const isn_layer_spec_t *layer,
                             blob_shapes_t *known, isn_net_row_t *row)
{
  isn_shape_t bottoms[ISN_LAYER_MAX_BOTTOMS], tops[ISN_LAYER_MAX_TOPS];
  for (int i = 0; i < layer->n_bottoms; i++)
    ISN_TRY(get_shape(known, spec, layer->bottoms[i], &bottoms[i]));
  ISN_TRY(isn_layer_shapes(&layer->params, layer->name, layer->n_bottoms, bottoms, layer->n_tops,
                           tops));
  for (int i = 0; i < layer->n_tops; i++)
    set_shape(known, layer->tops[i], tops[i]);
  *row = (isn_net_row_t){.top = tops[0], .macs = isn_layer_macs(&layer->params, bottoms)};
  for (int i = 0; i < layer->n_weights; i++)
    row->n_parameters += (int64_t)layer->weights[i].count;
  return ISN_OK;
}

isn_status_t isn_net_table(const isn_net_spec_t *spec, isn_net_row_t *rows, isn_net_row_t *total)
{
  isn_status_t status = ISN_OK;
  blob_shapes_t known = {0, NULL};
  isn_net_row_t sum = {.n_parameters = 0};
  size_t n_names = 1;
  for (int l = 0; l < spec->n_layers; l++)
    n_names += (size_t)spec->layers[l].n_tops;
  ISN_TRY(isn_alloc(&known.blobs, n_names, "shapes of blobs"));
  set_shape(&known, spec->input, spec->input_shape);
  for (int l = 0; l < spec->n_layers; l++) {
    ISN_TRY_GOTO(fill_row(spec, &spec->layers[l], &known, &rows[l]), done);
    sum.n_parameters += rows[l].n_parameters;
    sum.macs += rows[l].macs;
  }
  if (total)
    *total = sum;
done:
  free(known.blobs);
  return status;
}

void isn_net_shape_text(isn_shape_t shape, char *out, size_t bytes)
{
  if (shape.n_axes == 1)
    snprintf(out, bytes, "%d", shape.c);
  else if (shape.n_axes == 2)
    snprintf(out, bytes, "%dx%d", shape.c, shape.h);
  else
    snprintf(out, bytes, "%dx%dx%d", shape.c, shape.h, shape.w);
}
