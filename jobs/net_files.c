/** @file net_files.c
 *  A net from its definition and weights.  Knows nothing of what the net is for.
 */
#include "net_files.h"

#include <stdlib.h>

#include "invset/caffe.h"
#include "invset/files.h"

enum { MAX_PROTOTXT_BYTES = 16 << 20 };

isn_status_t isn_net_files_read(const char *net, const char *weights, int *n_unused,
                                isn_net_spec_t **out)
{
  char *text;
  isn_net_spec_t *spec;
  ISN_TRY(isn_file_read_text(net, "net definition", MAX_PROTOTXT_BYTES, &text));
  isn_status_t status = isn_caffe_parse_net(text, net, &spec);
  free(text);
  if (status != ISN_OK)
    return status;
  if (weights)
    status = isn_caffe_load_weights(weights, spec, n_unused);
  if (status != ISN_OK) {
    isn_net_spec_destroy(spec);
    return status;
  }
  *out = spec;
  return ISN_OK;
}
