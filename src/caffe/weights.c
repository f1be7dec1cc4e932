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
  bool same = surplus >= 0 || (n_axes == 0 && weight->count == 1);
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

isn_status_t isn_weights_missing(const char *path, const isn_layer_spec_t *layer)
{
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: has no layer '%s', whose weights the net wants; do definition and "
           "weights belong together?",
           path, layer->name);
}

/** Whether a file may begin with a field of NetParameter in protobuf's wire format.  The first
 *  field is name as a rule, whose key is a line feed: a length follows it, in a text another line
 *  feed or a letter may do so too, which is then found out further on. */
static bool looks_like_protobuf(const unsigned char *bytes, size_t n)
{
  static const unsigned char first[] = {
      0x0a, /* name */ 0x12,      /* layers */ 0x1a,     /* input */
      0x20, /* input_dim */ 0x22, /* input_dim */ 0x28,  /* force_backward */
      0x32, /* state */ 0x38,     /* debug_info */ 0x42, /* input_shape */
  };
  if (n >= 2 && bytes[0] == 0xa2 && bytes[1] == 0x06) /* layer */
    return true;
  return n >= 2 && memchr(first, bytes[0], sizeof first) != NULL;
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

typedef enum { FORMAT_UNKNOWN, FORMAT_HDF5, FORMAT_PROTOBUF } format_t;

/** Tell the format by a file's first bytes.  @return ISN_ERR_INPUT if it is none that is known */
static isn_status_t find_format(const char *path, format_t *format)
{
  static const unsigned char hdf5[SIGNATURE_BYTES] = "\x89HDF\r\n\x1a\n";
  unsigned char bytes[SIGNATURE_BYTES];
  size_t n = 0;
  ISN_TRY(isn_file_check(path, "weights"));
  ISN_TRY(read_signature(path, bytes, &n));
  *format = looks_like_protobuf(bytes, n) ? FORMAT_PROTOBUF : FORMAT_UNKNOWN;
  if (n == SIGNATURE_BYTES && memcmp(bytes, hdf5, SIGNATURE_BYTES) == 0)
    *format = FORMAT_HDF5;
  if (*format == FORMAT_UNKNOWN)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: is neither a .caffemodel nor HDF5 (.caffemodel.h5): it begins with the "
             "byte 0x%02x%s",
             path, (unsigned)bytes[0], bytes[0] == '<' ? "; is it a web page?" : "");
  return ISN_OK;
}

isn_status_t isn_caffe_load_weights(const char *path, isn_net_spec_t *spec, int *n_unused)
{
  format_t format;
  ISN_TRY(find_format(path, &format));
  if (format == FORMAT_HDF5)
    return isn_weights_load_hdf5(path, spec, n_unused);
  return isn_weights_load_protobuf(path, spec, n_unused);
}

isn_status_t isn_weights_check_protobuf(const char *path)
{
  format_t format;
  ISN_TRY(find_format(path, &format));
  if (format == FORMAT_HDF5)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: HDF5 weights hold no net definition; name a .prototxt, or the binary "
             ".caffemodel",
             path);
  return ISN_OK;
}
