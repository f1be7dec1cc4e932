/** @file join.c
 *  Concat and Slice on the CPU, each the other's gradient.  Of the whole blob, each piece has a run
 *  of numbers in every block that spans the axis and what follows it.
 */
#include <string.h>

#include "backend/cpu/cpu.h"

/* Whole to pieces, or back.  Pieces without data are left out. */
static void move_sample(const isn_tensor_t *whole, int n_pieces, const isn_tensor_t *pieces,
                        int axis, int sample, bool join)
{
  size_t n_blocks = isn_cpu_blocks(whole->shape, axis);
  size_t block = isn_shape_count(whole->shape) / n_blocks, offset = 0;
  float *all = isn_cpu_sample(*whole, sample);
  for (int p = 0; p < n_pieces; p++) {
    size_t run = isn_shape_count(pieces[p].shape) / n_blocks;
    float *piece = pieces[p].data ? isn_cpu_sample(pieces[p], sample) : NULL;
    for (size_t b = 0; piece && b < n_blocks; b++) {
      float *inside = all + b * block + offset, *outside = piece + b * run;
      memcpy(join ? inside : outside, join ? outside : inside, run * sizeof *piece);
    }
    offset += run;
  }
}

static void concat_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  for (int s = 0; s < n; s++)
    move_sample(&call->tops[0], call->n_bottoms, call->bottoms, call->params->concat.axis, s, true);
}

static void concat_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  for (int s = 0; s < rows.n; s++)
    move_sample(&call->grad_tops[0], call->n_bottoms, call->grad_bottoms, call->params->concat.axis,
                rows.index[s], false);
}

static void slice_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  for (int s = 0; s < n; s++)
    move_sample(&call->bottoms[0], call->n_tops, call->tops, call->params->slice.axis, s, false);
}

static void slice_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  for (int s = 0; s < rows.n; s++)
    move_sample(&call->grad_bottoms[0], call->n_tops, call->grad_tops, call->params->slice.axis,
                rows.index[s], true);
}

const isn_cpu_kernel_t isn_cpu_concat = {NULL, concat_forward, concat_backward};
const isn_cpu_kernel_t isn_cpu_slice = {NULL, slice_forward, slice_backward};
