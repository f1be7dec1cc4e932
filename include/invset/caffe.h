/** @file caffe.h
 *  Caffe's files: net definitions (.prototxt) and weights.  All functions are local.
 *
 *  Weights are told apart by their first bytes, not by their names.  HDF5 (.caffemodel.h5) is read
 *  here; binary .caffemodel (protobuf) is recognised and refused for now.
 */
#ifndef INVSET_CAFFE_H
#define INVSET_CAFFE_H

#include "invset/net_spec.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Read the text of a net definition (protobuf text format, V1 `layers` and V2 `layer`).
 *  Training-only layers (data, loss, accuracy, Silence; rules of phase TRAIN) are left out; Dropout
 *  and Split are the identity: nothing where they work in place, else a Reshape to the same shape,
 *  so that their tops keep their names.  Fillers, learning rates and the like are skipped; a field
 *  that is unknown, or that changes results and is not supported, is refused.
 *  @param[in]  text   zero-terminated
 *  @param[in]  origin file name, for messages
 *  @param[out] out    resolved, without weights; caller's, isn_net_spec_destroy()
 *  @return ISN_ERR_INPUT naming file and line: syntax, a missing or ill-typed field, a layer type
 *          that is not supported (with the layer's name), no or several inputs */
ISN_MUST_USE isn_status_t isn_caffe_parse_net(const char *text, const char *origin,
                                              isn_net_spec_t **out);

/** Read a weights file into a resolved net.  Blobs are matched by layer name.
 *  @param[out] n_unused NULL or number of layers with weights in the file that the net lacks
 *  @return ISN_ERR_INPUT naming the file: not readable, no known format, a layer of the net that
 * the file lacks, a blob whose shape does not fit (layer and both shapes), numbers that are not
 *          finite; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_caffe_load_weights(const char *path, isn_net_spec_t *spec,
                                                 int *n_unused);

/** Named float arrays in an HDF5 file, as in the .ref.h5 files: input/<blob>, forward/<blob>,
 *  gradient/<blob>, each (N, ...).  Serial. */
typedef struct isn_blob_file isn_blob_file_t;

/** Open for reading, or create (refuses to overwrite).  @return ISN_ERR_INPUT naming the file */
ISN_MUST_USE isn_status_t isn_blob_file_open(const char *path, isn_blob_file_t **out);
ISN_MUST_USE isn_status_t isn_blob_file_create(const char *path, isn_blob_file_t **out);
/** Close; checks that everything reached the file.  NULL is fine. */
ISN_MUST_USE isn_status_t isn_blob_file_close(isn_blob_file_t *file);

/** Read a whole array as float32.
 *  @param[in]  name   "input/data"
 *  @param[out] dims   (8) its axes; the first is the batch
 *  @param[out] data   caller's, free()
 *  @return ISN_ERR_INPUT naming file and dataset: missing (lists what is there), not numbers */
ISN_MUST_USE isn_status_t isn_blob_file_read(isn_blob_file_t *file, const char *name, int *n_axes,
                                             int dims[8], float **data);
/** Write a new array (groups on the way are made). */
ISN_MUST_USE isn_status_t isn_blob_file_write(isn_blob_file_t *file, const char *name, int n_axes,
                                              const int *dims, const float *data);

#ifdef __cplusplus
}
#endif
#endif
