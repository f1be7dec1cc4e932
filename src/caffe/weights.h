/** @file weights.h
 *  Readers of weights files, one for each format.  Private to the room.
 */
#ifndef INVSET_CAFFE_WEIGHTS_H
#define INVSET_CAFFE_WEIGHTS_H

#include <stdint.h>

#include "invset/net_spec.h"

/** Read Caffe's HDF5 weights (.caffemodel.h5).  As isn_caffe_load_weights(). */
ISN_MUST_USE isn_status_t isn_weights_load_hdf5(const char *path, isn_net_spec_t *spec,
                                                int *n_unused);

/** Read a binary .caffemodel (protobuf).  As isn_caffe_load_weights(). */
ISN_MUST_USE isn_status_t isn_weights_load_protobuf(const char *path, isn_net_spec_t *spec,
                                                    int *n_unused);

/** Check that a file can hold a definition besides the weights.
 *  @return ISN_ERR_INPUT: HDF5, or no weights at all */
ISN_MUST_USE isn_status_t isn_weights_check_protobuf(const char *path);

/** Check a blob's shape in a file against the one that the net wants.  Leading ones that only the
 *  file has are no difference (Caffe's old blobs always have four axes), and a single number may
 *  have no axes.
 *  @param[in] dims (n_axes), of the file
 *  @return ISN_ERR_INPUT with layer and both shapes */
ISN_MUST_USE isn_status_t isn_weights_check_shape(const char *path, const isn_layer_spec_t *layer,
                                                  int index, int n_axes, const int64_t *dims);

/** Check that all numbers of a weight that was read are finite.
 *  @return ISN_ERR_INPUT naming the first that is not */
ISN_MUST_USE isn_status_t isn_weights_check_finite(const char *path, const isn_layer_spec_t *layer,
                                                   int index);

/** Fail over a layer that has another number of blobs in the file than the net wants. */
ISN_MUST_USE isn_status_t isn_weights_check_number(const char *path, const isn_layer_spec_t *layer,
                                                   int n_in_file);

/** Fail over a layer of the net that the file lacks.  @return ISN_ERR_INPUT */
ISN_MUST_USE isn_status_t isn_weights_missing(const char *path, const isn_layer_spec_t *layer);

#endif
