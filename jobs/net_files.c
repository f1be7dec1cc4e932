/** @file net_files.c
 *  A net from its definition and weights, or from a .caffemodel that carries both.  Knows nothing
 * of what the net is for.
 */
#include "net_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/files.h"

enum { MAX_PROTOTXT_BYTES = 64 << 20 };

/* "3,227,227" or "4096". */
static isn_status_t parse_shape(const char *text, isn_shape_t *shape)
{
  char rest;
  *shape = (isn_shape_t){0, 1, 1, 1};
  shape->n_axes = sscanf(text, "%9d,%9d,%9d%c", &shape->c, &shape->h, &shape->w, &rest);
  if (shape->n_axes < 1 || shape->n_axes > 3 || shape->c < 1 || shape->h < 1 || shape->w < 1)
    ISN_FAIL(ISN_ERR_INPUT, "--shape %s: want channels,rows,columns as in 3,227,227, or one number",
             text);
  return ISN_OK;
}

/* A definition is text; a .caffemodel has zero bytes in its numbers. */
static isn_status_t is_binary(const char *path, bool *is)
{
  char bytes[4096];
  ISN_TRY(isn_file_check(path, "net definition"));
  FILE *file = fopen(path, "rb");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "cannot read '%s'", path);
  size_t n = fread(bytes, 1, sizeof bytes, file);
  fclose(file); /* opened for reading: no data can be lost */
  *is = memchr(bytes, 0, n) != NULL;
  return ISN_OK;
}

static isn_status_t read_prototxt(const char *net, isn_net_spec_t **spec)
{
  char *text;
  ISN_TRY(isn_file_read_text(net, "net definition", MAX_PROTOTXT_BYTES, &text));
  isn_status_t status = isn_caffe_parse_net(text, net, spec);
  free(text);
  return status;
}

isn_status_t isn_net_files_read(const char *net, const char *shape, const char *weights,
                                int *n_unused, isn_net_spec_t **out)
{
  isn_net_spec_t *spec;
  isn_shape_t input = {0};
  bool binary = false;
  if (n_unused)
    *n_unused = 0;
  ISN_TRY(is_binary(net, &binary));
  if (shape && !binary)
    ISN_FAIL(ISN_ERR_INPUT, "--shape is for a .caffemodel without a definition; '%s' is one", net);
  if (shape)
    ISN_TRY(parse_shape(shape, &input));
  isn_status_t status =
      binary ? isn_caffe_net_from_weights(net, NULL, input, &spec) : read_prototxt(net, &spec);
  if (status != ISN_OK && binary && !shape)
    ISN_FAIL(status, "%s (of a training net's .caffemodel, --shape C,H,W says the input's shape)",
             isn_error_message());
  if (status != ISN_OK)
    return status;
  if (weights && !(binary && strcmp(net, weights) == 0))
    status = isn_caffe_load_weights(weights, spec, n_unused);
  if (status != ISN_OK) {
    isn_net_spec_destroy(spec);
    return status;
  }
  *out = spec;
  return ISN_OK;
}
