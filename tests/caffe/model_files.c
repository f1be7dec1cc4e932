/** @file model_files.c
 *  Loading nets and comparing with reference files, for tests.
 */
#include "model_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "invset/files.h"

isn_status_t model_load(const char *prefix, isn_net_spec_t **out)
{
  char path[512];
  char *text = NULL;
  isn_net_spec_t *spec = NULL;
  snprintf(path, sizeof path, "%s.prototxt", prefix);
  ISN_TRY(isn_file_read_text(path, "net", 1 << 20, &text));
  isn_status_t status = isn_caffe_parse_net(text, path, &spec);
  free(text);
  if (status != ISN_OK)
    return status;
  snprintf(path, sizeof path, "%s.caffemodel", prefix);
  if (access(path, F_OK) != 0)
    strcat(path, ".h5");
  status = isn_caffe_load_weights(path, spec, NULL);
  if (status != ISN_OK)
    isn_net_spec_destroy(spec);
  else
    *out = spec;
  return status;
}

isn_status_t reference_read(isn_blob_file_t *file, const char *name, size_t count, float **data)
{
  int n_axes, dims[8];
  size_t found = 1;
  ISN_TRY(isn_blob_file_read(file, name, &n_axes, dims, data));
  for (int a = 0; a < n_axes; a++)
    found *= (size_t)dims[a];
  if (found == count)
    return ISN_OK;
  free(*data);
  ISN_FAIL(ISN_ERR_INPUT, "'%s' has %zu numbers, wanted %zu", name, found, count);
}

isn_status_t reference_compare(isn_backend_t *backend, isn_blob_file_t *file, const char *name,
                               const float *data, size_t count, double *difference)
{
  float *reference;
  ISN_TRY(reference_read(file, name, count, &reference));
  float *found = device_get(backend, data, count);
  double apart = 0.0, norm = 0.0;
  for (size_t i = 0; i < count; i++) {
    double d = (double)found[i] - (double)reference[i];
    apart += d * d;
    norm += (double)reference[i] * (double)reference[i];
  }
  *difference = sqrt(apart / norm);
  printf("  %-28s %.2e\n", name, *difference);
  free(found);
  free(reference);
  return ISN_OK;
}
