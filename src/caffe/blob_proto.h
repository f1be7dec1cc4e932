/** @file blob_proto.h
 *  Caffe's BlobProto in a file: an array of floats or doubles with its shape, as in the layers of a
 *  .caffemodel and alone in a .binaryproto.  Private to the room; local.
 *
 *      num 1, channels 2, height 3, width 4   legacy shape; counts if it and `shape` are there
 *      shape 7 { dim 1 }                      may come after the numbers
 *      data 5                                 floats, packed or one by one or both
 *      double_data 8                          likewise; counts if it and `data` are there
 *      diff 6, double_diff 9                  of no interest
 */
#ifndef INVSET_CAFFE_BLOB_PROTO_H
#define INVSET_CAFFE_BLOB_PROTO_H

#include "wire.h"

enum { ISN_BLOB_PROTO_MAX_AXES = 8 };

/** A blob that was looked at; its numbers are still in the file. */
typedef struct {
  isn_wire_span_t span;
  int n_axes;
  int64_t dims[ISN_BLOB_PROTO_MAX_AXES];
  uint64_t count;  /**< numbers, as the shape says and the file has */
  bool has_double; /**< they are doubles */
} isn_blob_proto_t;

/** Look at a blob.
 *  @param[in]  span where the message is
 *  @return ISN_ERR_INPUT naming the file: malformed, too many axes, a dim below 0, another number
 *          of numbers than the shape asks for; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_blob_proto_open(isn_wire_t *wire, isn_wire_span_t span,
                                              isn_blob_proto_t *blob);

/** Read its numbers as float32, in the order of the file.  @param[out] data (count) */
ISN_MUST_USE isn_status_t isn_blob_proto_read(isn_wire_t *wire, const isn_blob_proto_t *blob,
                                              float *data);

#endif
