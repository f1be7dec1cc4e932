/** @file join.c
 *  Layers that only move numbers, on CUDA: Concat and Slice, each the other's gradient, and
 * Reshape. Of the whole blob, each piece has a run of numbers in every block that spans the axis
 * and what follows it: a copy of a rectangle.
 */
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

/* Whole to pieces, or back, for neighbouring samples.  Pieces without data are left out. */
static isn_status_t move(isn_cuda_t *cuda, const isn_tensor_t *whole, int n_pieces,
                         const isn_tensor_t *pieces, int axis, isn_cuda_stretch_t samples,
                         bool join)
{
  size_t n_blocks = isn_cuda_blocks(whole->shape, axis), offset = 0;
  size_t block = isn_shape_count(whole->shape) / n_blocks * sizeof(float);
  for (int p = 0; p < n_pieces; p++) {
    size_t run = isn_shape_count(pieces[p].shape) / n_blocks * sizeof(float);
    if (pieces[p].data) {
      char *inside = (char *)isn_cuda_sample(*whole, samples.first) + offset;
      char *outside = (char *)isn_cuda_sample(pieces[p], samples.first);
      ISN_TRY_CUDA(cudaMemcpy2DAsync(
          join ? inside : outside, join ? block : run, join ? outside : inside, join ? run : block,
          run, n_blocks * (size_t)samples.n, cudaMemcpyDeviceToDevice, cuda->stream));
    }
    offset += run;
  }
  return ISN_OK;
}

static isn_status_t concat_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return move(cuda, &call->tops[0], call->n_bottoms, call->bottoms, call->params->concat.axis,
              (isn_cuda_stretch_t){0, n}, true);
}

static isn_status_t concat_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, &at, &stretch);)
    ISN_TRY(move(cuda, &call->grad_tops[0], call->n_bottoms, call->grad_bottoms,
                 call->params->concat.axis, stretch, false));
  return ISN_OK;
}

static isn_status_t slice_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  return move(cuda, &call->bottoms[0], call->n_tops, call->tops, call->params->slice.axis,
              (isn_cuda_stretch_t){0, n}, false);
}

static isn_status_t slice_backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, &at, &stretch);)
    ISN_TRY(move(cuda, &call->grad_bottoms[0], call->n_tops, call->grad_tops,
                 call->params->slice.axis, stretch, true));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_concat = {NULL, concat_forward, concat_backward};
const isn_cuda_kernel_t isn_cuda_layer_slice = {NULL, slice_forward, slice_backward};

static void reshape_needs(const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  (void)call;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
  needs->alias = true;
}

static isn_status_t reshape_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  size_t bytes = (size_t)n * isn_shape_count(call->bottoms[0].shape) * sizeof(float);
  if (call->tops[0].data != call->bottoms[0].data)
    ISN_TRY_CUDA(cudaMemcpyAsync(call->tops[0].data, call->bottoms[0].data, bytes,
                                 cudaMemcpyDeviceToDevice, cuda->stream));
  return ISN_OK;
}

static isn_status_t reshape_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  if (call->grad_bottoms[0].data == call->grad_tops[0].data)
    return ISN_OK;
  ISN_CUDA_FOR_ROWS(rows,
                    isn_cuda_copy(cuda->stream, &rows_, isn_shape_count(call->bottoms[0].shape),
                                  call->grad_tops[0].data, call->grad_bottoms[0].data));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_reshape = {reshape_needs, reshape_forward, reshape_backward};
