/** @file join.c
 *  Layers that only move numbers, on CUDA: Concat and Slice, each the other's gradient, and
 *  Reshape.  Of the whole blob, each piece has a run of numbers in every block that spans the axis
 *  and what follows it: a copy of a rectangle.
 */
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"

/* Blocks of a sample that each span an axis and what follows it in memory.  Packed that is (H, W,
 * C). */
static size_t blocks_of(isn_cuda_layout_t layout, isn_shape_t shape, int axis)
{
  if (layout == ISN_CUDA_PLAIN)
    return isn_cuda_blocks(shape, axis);
  return axis == 2 ? 1 : (size_t)shape.h * (size_t)(axis == 3 ? 1 : shape.w);
}

/* Whole to pieces, or back, for neighbouring samples.  Pieces without data are left out. */
static isn_status_t move(isn_cuda_t *cuda, const isn_tensor_t *whole, int n_pieces,
                         const isn_tensor_t *pieces, int axis, isn_cuda_stretch_t samples,
                         bool join)
{
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  size_t n_blocks = blocks_of(layout, whole->shape, axis), offset = 0;
  size_t bytes = isn_cuda_number_bytes(layout);
  size_t block = isn_shape_count(whole->shape) / n_blocks * bytes;
  for (int p = 0; p < n_pieces; p++) {
    size_t run = isn_shape_count(pieces[p].shape) / n_blocks * bytes;
    if (pieces[p].data) {
      char *inside = (char *)isn_cuda_sample(layout, *whole, samples.first) + offset;
      char *outside = (char *)isn_cuda_sample(layout, pieces[p], samples.first);
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
  for (int at = 0; isn_cuda_next_stretch(rows, isn_cuda_takes_all(cuda, rows), &at, &stretch);)
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
  for (int at = 0; isn_cuda_next_stretch(rows, isn_cuda_takes_all(cuda, rows), &at, &stretch);)
    ISN_TRY(move(cuda, &call->grad_bottoms[0], call->n_tops, call->grad_tops,
                 call->params->slice.axis, stretch, true));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_concat = {NULL, concat_forward, concat_backward,
                                                 isn_cuda_always_packs};
const isn_cuda_kernel_t isn_cuda_layer_slice = {NULL, slice_forward, slice_backward,
                                                isn_cuda_always_packs};

/* Plain numbers stay where they are.  So do packed ones of the same channels and positions, or
 * where either has one of them, at both ends. */
static bool keeps_order(const isn_cuda_t *cuda, const isn_layer_call_t *call)
{
  isn_shape_t from = call->bottoms[0].shape, to = call->tops[0].shape;
  bool from_line = from.c == 1 || from.h * from.w == 1, to_line = to.c == 1 || to.h * to.w == 1;
  return isn_cuda_layout(cuda) == ISN_CUDA_PLAIN || from.c == to.c || (from_line && to_line);
}

static void reshape_needs(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  needs->alias = needs->in_place_forward = needs->in_place_backward = keeps_order(cuda, call);
}

static isn_status_t reshape_forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  isn_shape_t from = call->bottoms[0].shape, to = call->tops[0].shape;
  size_t bytes = (size_t)n * isn_shape_count(from) * isn_cuda_number_bytes(layout);
  isn_cuda_rows_t rows = isn_cuda_all_rows(n);
  if (!keeps_order(cuda, call))
    ISN_TRY_CUDA(isn_cuda_reshape(cuda->stream, layout, &rows, from, to, call->bottoms[0].data,
                                  call->tops[0].data));
  else if (call->tops[0].data != call->bottoms[0].data)
    ISN_TRY_CUDA(cudaMemcpyAsync(call->tops[0].data, call->bottoms[0].data, bytes,
                                 cudaMemcpyDeviceToDevice, cuda->stream));
  return ISN_OK;
}

static isn_status_t reshape_backward(isn_cuda_t *cuda, const isn_layer_call_t *call,
                                     isn_rows_t rows)
{
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  isn_shape_t from = call->tops[0].shape, to = call->bottoms[0].shape;
  const float *grad_y = call->grad_tops[0].data;
  float *grad_x = call->grad_bottoms[0].data;
  if (!keeps_order(cuda, call))
    ISN_CUDA_FOR_GRADIENTS(
        cuda, rows, isn_cuda_reshape(cuda->stream, layout, &rows_, from, to, grad_y, grad_x));
  else if (grad_x != grad_y)
    ISN_CUDA_FOR_GRADIENTS(
        cuda, rows,
        isn_cuda_copy(cuda->stream, layout, &rows_, isn_shape_count(to), grad_y, grad_x));
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_reshape = {reshape_needs, reshape_forward, reshape_backward,
                                                  isn_cuda_always_packs};
