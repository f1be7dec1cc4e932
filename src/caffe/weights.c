/** @file weights.c
 *  Which format a weights file has, and the checks that all formats share.
 */
#include "weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "invset/caffe.h"
#include "invset/files.h"

enum { SIGNATURE_BYTES = 8, SHAPE_CHARS = 120 };

/** Write a shape as "64 x 16 x 5 x 5". */
static void format_shape(int n_axes, const int64_t *dims, char text[SHAPE_CHARS])
{
  size_t used = 0;
  snprintf(text, SHAPE_CHARS, "a single number");
  for (int a = 0; a < n_axes && used < SHAPE_CHARS; a++) {
    int n = snprintf(text + used, SHAPE_CHARS - used, "%s%" PRId64, a > 0 ? " x " : "", dims[a]);
    used += n > 0 ? (size_t)n : 0;
  }
}

isn_status_t isn_weights_check_shape(const char *path, const isn_layer_spec_t *layer, int index,
                                     int n_axes, const int64_t *dims)
{
  const isn_weight_t *weight = &layer->weights[index];
  int surplus = n_axes - weight->n_axes;
  bool same = surplus >= 0;
  for (int a = 0; same && a < n_axes; a++)
    same = dims[a] == (a < surplus ? 1 : weight->dims[a - surplus]);
  if (same)
    return ISN_OK;
  char found[SHAPE_CHARS], wanted[SHAPE_CHARS];
  int64_t wanted_dims[4];
  for (int a = 0; a < weight->n_axes; a++)
    wanted_dims[a] = weight->dims[a];
  format_shape(n_axes, dims, found);
  format_shape(weight->n_axes, wanted_dims, wanted);
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: layer '%s', blob %d: the file has %s, the net wants %s; do definition "
           "and weights belong together?",
           path, layer->name, index, found, wanted);
}

isn_status_t isn_weights_check_finite(const char *path, const isn_layer_spec_t *layer, int index)
{
  const isn_weight_t *weight = &layer->weights[index];
  for (size_t i = 0; i < weight->count; i++)
    if (!isfinite(weight->data[i]))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: layer '%s', blob %d: number %zu of %zu is %f; the file is damaged "
               "or its training diverged",
               path, layer->name, index, i, weight->count, (double)weight->data[i]);
  return ISN_OK;
}

isn_status_t isn_weights_check_number(const char *path, const isn_layer_spec_t *layer,
                                      int n_in_file)
{
  if (n_in_file != layer->n_weights)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: layer '%s' has %d blobs in the file, the net wants %d (bias_term?)", path,
             layer->name, n_in_file, layer->n_weights);
  return ISN_OK;
}

/** Whether a file may begin like a NetParameter in protobuf's wire format: with field 1 (name), 2
 *  (layers), 3 (input), 5 (force_backward) or 100 (layer).  A text file does not: the bytes 0x0a,
 *  0x12, 0x1a, 0x28, 0xa2 begin no prototxt (a line feed, maybe, but no length after it). */
static bool looks_like_protobuf(const unsigned char *bytes, size_t n)
{
  if (n < 2)
    return false;
  switch (bytes[0]) {
  case 0x0a:
    return bytes[1] != '\n' && bytes[1] != '\r';
  case 0x12:
  case 0x1a:
    return true;
  case 0x28:
    return bytes[1] <= 1;
  case 0xa2:
    return bytes[1] == 0x06;
  default:
    return false;
  }
}

static isn_status_t read_signature(const char *path, unsigned char *bytes, size_t *n)
{
  FILE *file = fopen(path, "rb");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot be opened", path);
  *n = fread(bytes, 1, SIGNATURE_BYTES, file);
  bool failed = ferror(file) != 0;
  fclose(file);
  if (failed)
    ISN_FAIL(ISN_ERR_INPUT, "%s: cannot be read", path);
  return ISN_OK;
}

isn_status_t isn_caffe_load_weights(const char *path, isn_net_spec_t *spec, int *n_unused)
{
  static const unsigned char hdf5[SIGNATURE_BYTES] = "\x89HDF\r\n\x1a\n";
  unsigned char bytes[SIGNATURE_BYTES];
  size_t n = 0;
  ISN_TRY(isn_file_check(path, "weights"));
  ISN_TRY(read_signature(path, bytes, &n));
  if (n == SIGNATURE_BYTES && memcmp(bytes, hdf5, SIGNATURE_BYTES) == 0)
    return isn_weights_load_hdf5(path, spec, n_unused);
  if (looks_like_protobuf(bytes, n))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: seems to be a binary .caffemodel (protobuf), which this version does "
             "not read; save it as HDF5 (solver: snapshot_format: HDF5) and name that",
             path);
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: is neither HDF5 (.caffemodel.h5) nor a .caffemodel: it begins with the "
           "byte 0x%02x",
           path, (unsigned)bytes[0]);
}
