/** @file net_pass.c
 *  Batches through a net.  Knows no files.
 */
#include "net_pass.h"

#include <stdlib.h>

#include "invset/memory.h"
#include "invset/net.h"

static int smaller(int a, int b)
{
  return a < b ? a : b;
}

/* Samples first .. first+count-1 of the input through the net. */
static isn_status_t forward_part(isn_backend_t *backend, isn_net_t *net, const float *input,
                                 int first, int count)
{
  isn_tensor_t to = isn_net_input(net);
  size_t size = isn_shape_count(to.shape);
  ISN_TRY(isn_backend_upload(backend, to.data, input + (size_t)first * size, (size_t)count * size));
  return isn_net_forward(net, count);
}

static isn_status_t download_part(isn_backend_t *backend, isn_tensor_t from, int first, int count,
                                  float *to)
{
  size_t size = isn_shape_count(from.shape);
  return isn_backend_download(backend, to + (size_t)first * size, from.data, (size_t)count * size);
}

isn_status_t isn_pass_forward(isn_backend_t *backend, const isn_net_spec_t *spec, int n,
                              const float *input, int batch, int n_blobs, const char *const *blobs,
                              float *const *values)
{
  isn_status_t status = ISN_OK;
  isn_net_t *net = NULL;
  ISN_TRY(isn_net_create(backend, spec, n_blobs, blobs, smaller(batch, n), false, &net));
  for (int first = 0; first < n; first += batch) {
    int count = smaller(batch, n - first);
    ISN_TRY_GOTO(forward_part(backend, net, input, first, count), done);
    for (int b = 0; b < n_blobs; b++)
      ISN_TRY_GOTO(download_part(backend, isn_net_blob(net, b), first, count, values[b]), done);
  }
done:
  isn_net_destroy(net);
  return status;
}

/* One in the unit's place, zero elsewhere, in every row of the batch. */
static isn_status_t fill_seed(isn_backend_t *backend, isn_tensor_t seed, int batch, size_t offset)
{
  size_t size = isn_shape_count(seed.shape);
  float *host = NULL;
  ISN_TRY(isn_alloc(&host, (size_t)batch * size, "a seed of the gradient"));
  for (int i = 0; i < batch; i++)
    host[(size_t)i * size + offset] = 1.0f;
  isn_status_t status = isn_backend_upload(backend, seed.data, host, (size_t)batch * size);
  free(host);
  return status;
}

/* The net room does not say that the seeds outlive a backward pass, so each part fills them anew.
 */
static isn_status_t gradient_part(isn_backend_t *backend, isn_net_t *net, isn_rows_t rows,
                                  size_t offset)
{
  const int seed = 0;
  ISN_TRY(fill_seed(backend, isn_net_seed(net, seed), rows.n, offset));
  return isn_net_backward(net, 1, &seed, rows);
}

isn_status_t isn_pass_gradient(isn_backend_t *backend, const isn_net_spec_t *spec, int n,
                               const float *input, int batch, const char *blob, size_t offset,
                               float *gradient)
{
  isn_status_t status = ISN_OK;
  isn_net_t *net = NULL;
  int *index = NULL, most = smaller(batch, n);
  ISN_TRY(isn_net_create(backend, spec, 1, &blob, most, true, &net));
  ISN_TRY_GOTO(isn_alloc(&index, most, "rows of a batch"), done);
  for (int i = 0; i < most; i++)
    index[i] = i;
  for (int first = 0; first < n; first += batch) {
    int count = smaller(batch, n - first);
    ISN_TRY_GOTO(forward_part(backend, net, input, first, count), done);
    ISN_TRY_GOTO(gradient_part(backend, net, (isn_rows_t){count, index}, offset), done);
    ISN_TRY_GOTO(download_part(backend, isn_net_grad_input(net), first, count, gradient), done);
  }
done:
  free(index);
  isn_net_destroy(net);
  return status;
}
