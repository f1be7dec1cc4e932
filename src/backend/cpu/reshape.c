/** @file reshape.c
 *  Layers that only move numbers, on the CPU: Crop and Reshape.
 */
#include <string.h>

#include "backend/cpu/cpu.h"

/* Where row y of channel c of the window lies in a sample of the bottom. */
static size_t crop_offset(const isn_layer_call_t *call, int c, int y)
{
  const isn_crop_params_t *p = &call->params->crop;
  isn_shape_t in = call->bottoms[0].shape;
  size_t row = (size_t)c * (size_t)in.h + (size_t)(y + p->offset_h);
  return row * (size_t)in.w + (size_t)p->offset_w;
}

static void crop_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t out = call->tops[0].shape;
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *to = isn_cpu_sample(call->tops[0], s);
    for (int c = 0; c < out.c; c++) {
      for (int y = 0; y < out.h; y++, to += out.w)
        memcpy(to, x + crop_offset(call, c, y), (size_t)out.w * sizeof *to);
    }
  }
}

static void crop_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_shape_t out = call->tops[0].shape;
  size_t bytes = isn_shape_count(call->bottoms[0].shape) * sizeof(float);
  for (int s = 0; s < rows.n; s++) {
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    const float *from = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    memset(grad_x, 0, bytes);
    for (int c = 0; c < out.c; c++) {
      for (int y = 0; y < out.h; y++, from += out.w)
        memcpy(grad_x + crop_offset(call, c, y), from, (size_t)out.w * sizeof *from);
    }
  }
}

const isn_cpu_kernel_t isn_cpu_crop = {NULL, crop_forward, crop_backward};

static void reshape_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
  needs->alias = true;
}

static void reshape_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  size_t count = (size_t)n * isn_shape_count(call->bottoms[0].shape);
  if (call->tops[0].data != call->bottoms[0].data)
    memcpy(call->tops[0].data, call->bottoms[0].data, count * sizeof(float));
}

static void reshape_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  size_t bytes = isn_shape_count(call->bottoms[0].shape) * sizeof(float);
  if (call->grad_bottoms[0].data == call->grad_tops[0].data)
    return;
  for (int s = 0; s < rows.n; s++)
    memcpy(isn_cpu_sample(call->grad_bottoms[0], rows.index[s]),
           isn_cpu_sample(call->grad_tops[0], rows.index[s]), bytes);
}

const isn_cpu_kernel_t isn_cpu_reshape = {reshape_needs, reshape_forward, reshape_backward};
