/** @file caffe.h
 *  Caffe's files: net definitions (.prototxt) and weights.  All functions are local.
 *
 *  Weights are told apart by their first bytes, not by their names: binary .caffemodel (protobuf;
 *  V1 and V2 layers) or HDF5 (.caffemodel.h5).
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

/** Read a weights file into a resolved net.  Blobs are matched by layer name.  A blob's memory is
 *  allocated when one of its shape has been found, and its numbers go there from the file.
 *  @param[out] n_unused NULL or number of layers with weights in the file that the net lacks
 *  @return ISN_ERR_INPUT naming the file: not readable, no known format, a layer of the net that
 * the file lacks, a blob whose shape does not fit (layer and both shapes), numbers that are not
 *          finite; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_caffe_load_weights(const char *path, isn_net_spec_t *spec,
                                                 int *n_unused);

/** Write the definition that a binary .caffemodel carries as the text of a prototxt; its layers are
 *  those of training, which isn_caffe_parse_net() sorts out.
 *  @param[in]  input       name of the input blob; NULL: the file's own, or, where data layers
 * stand in its place, the data layer's top that the first layer with weights is fed from
 *  @param[in]  input_shape of one sample; n_axes 0: as the file says, which then must have an input
 *  @param[out] text        caller's, free()
 *  @return ISN_ERR_INPUT naming the file: as isn_caffe_load_weights(), HDF5; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_caffe_definition_from_weights(const char *path, const char *input,
                                                            isn_shape_t input_shape, char **text);

/** Build a net from a binary .caffemodel alone: definition, as above, and weights.
 *  @param[out] out resolved, with weights; caller's, isn_net_spec_destroy()
 *  @return as isn_caffe_definition_from_weights(), isn_caffe_parse_net() (the lines are those of
 * the text), isn_caffe_load_weights() */
ISN_MUST_USE isn_status_t isn_caffe_net_from_weights(const char *path, const char *input,
                                                     isn_shape_t input_shape, isn_net_spec_t **out);

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

/** Read the mean of a classifier's pictures, what Caffe's transformers call `mean`: in grey levels
 *  and in the channel order of the net, to be subtracted before any scaling.  Formats, told apart
 * by their first bytes: Caffe's BlobProto (.binaryproto); MATLAB 5 (.mat), plain or zlib; NumPy 1.0
 *  (.npy), float32 or float64 in C order.
 *
 *  A file holds one number per channel, (C), or a picture, (C, H, W) (H, W) if C is 1, that is as
 *  large as the net's input or larger: then its centre is taken, rows from (H_file - H) / 2 on, as
 *  from a training picture.  A .mat file holds (H, W, C) if its array is called image_mean, and
 *  (W, H, C) if it is called mean_data, as in Caffe's own MATLAB interface; any other name counts
 * as image_mean, with a warning.  For a square mean nothing but the name tells.
 *  @param[in]  shape    C, H, W of the net's input
 *  @param[out] mean     (C, H, W), host
 *  @return ISN_ERR_INPUT naming the file: not readable, no known format, truncated or damaged,
 *          another number of channels, smaller than the input (both shapes), a number that is not
 *          in 0 .. 255; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_caffe_read_mean(const char *path, isn_shape_t shape, float *mean);

#ifdef __cplusplus
}
#endif
#endif
