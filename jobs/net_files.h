/** @file net_files.h
 *  A net from its two files.  Local.
 */
#ifndef INVSET_JOBS_NET_FILES_H
#define INVSET_JOBS_NET_FILES_H

#include "invset/net_spec.h"

/** Read a net definition, and its weights if a file is named.
 *  @param[in]  net      .prototxt; or a .caffemodel: the definition that it carries
 *  @param[in]  shape    text of the input's shape, "3,227,227", for a .caffemodel that does not say;
 *                       NULL: none given
 *  @param[in]  weights  NULL: the definition alone, or what a .caffemodel as net holds
 *  @param[out] n_unused NULL or number of layers of the weights file that the net lacks
 *  @param[out] out      caller's, isn_net_spec_destroy()
 *  @return the errors of isn_file_read_text(), isn_caffe_parse_net(), isn_caffe_load_weights();
 *          ISN_ERR_INPUT: a shape that does not parse, or beside a .prototxt */
ISN_MUST_USE isn_status_t isn_net_files_read(const char *net, const char *shape,
                                             const char *weights, int *n_unused,
                                             isn_net_spec_t **out);

#endif
