/** @file mean_blob.c
 *  A mean in Caffe's own format: a file that is one BlobProto (.binaryproto).
 */
#include <stdlib.h>

#include "blob_proto.h"
#include "invset/memory.h"
#include "mean_array.h"

static isn_status_t read_blob(isn_wire_t *wire, isn_mean_array_t *array)
{
  isn_blob_proto_t blob;
  float *values;
  ISN_TRY(isn_blob_proto_open(wire, isn_wire_all(wire), &blob));
  if (blob.n_axes < 1 || blob.n_axes > ISN_MEAN_MAX_AXES)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the mean has %d axes, wanted 1 to %d", wire->path, blob.n_axes,
             ISN_MEAN_MAX_AXES);
  ISN_TRY(isn_alloc(&values, blob.count, "mean"));
  isn_status_t status = isn_blob_proto_read(wire, &blob, values);
  if (status != ISN_OK) {
    free(values);
    return status;
  }
  *array = (isn_mean_array_t){.n_axes = blob.n_axes, .count = (size_t)blob.count, .values = values};
  memcpy(array->dims, blob.dims, sizeof array->dims);
  return ISN_OK;
}

isn_status_t isn_mean_read_blob(const char *path, isn_mean_array_t *array)
{
  isn_wire_t wire;
  ISN_TRY(isn_wire_open(&wire, path));
  isn_status_t status = read_blob(&wire, array);
  isn_wire_close(&wire);
  return status;
}
