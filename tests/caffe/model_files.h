/** @file model_files.h
 *  What the tests against reference numbers share: loading a net, and comparing with a dataset.
 */
#ifndef INVSET_TESTS_MODEL_FILES_H
#define INVSET_TESTS_MODEL_FILES_H

#include "invset/backend.h"
#include "invset/caffe.h"
#include "invset/net.h"

/** Read a definition and its weights.  @param[in] prefix path without ".prototxt" and
 *  ".caffemodel" or ".caffemodel.h5" */
ISN_MUST_USE isn_status_t model_load(const char *prefix, isn_net_spec_t **out);

/** Read a dataset that must have `count` numbers.  @param[out] data caller's, free() */
ISN_MUST_USE isn_status_t reference_read(isn_blob_file_t *file, const char *name, size_t count,
                                         float **data);

/** How far `data` is from a dataset, as ||a - b|| / ||b||, printed with its name.
 *  @param[in] data (count), backend memory */
ISN_MUST_USE isn_status_t reference_compare(isn_backend_t *backend, isn_blob_file_t *file,
                                            const char *name, const float *data, size_t count,
                                            double *difference);

#endif
