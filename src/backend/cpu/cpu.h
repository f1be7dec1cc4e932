/** @file cpu.h
 *  What the files of the CPU backend share: one table entry per layer kind.
 *
 *  Kernels work sample by sample, or (inner products) in tiles of a fixed number of rows, so that a
 *  sample's bits depend neither on the batch nor on its place there.  They cannot fail: backend.c
 *  and isn_layer_shapes() have checked everything.
 */
#ifndef INVSET_CPU_H
#define INVSET_CPU_H

#include "invset/backend.h"

/** An open CPU backend. */
typedef struct {
  int tile; /**< rows that an inner product computes at once, see tile.h */
} isn_cpu_t;

/** One layer kind.  needs may be NULL (nothing); *needs comes in as all zero. */
typedef struct {
  void (*needs)(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs);
  void (*forward)(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n);
  void (*backward)(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows);
} isn_cpu_kernel_t;

extern const isn_cpu_kernel_t isn_cpu_bias;
extern const isn_cpu_kernel_t isn_cpu_convolution;
extern const isn_cpu_kernel_t isn_cpu_crop;
extern const isn_cpu_kernel_t isn_cpu_deconvolution;
extern const isn_cpu_kernel_t isn_cpu_inner_product;
extern const isn_cpu_kernel_t isn_cpu_lrn;
extern const isn_cpu_kernel_t isn_cpu_picture;
extern const isn_cpu_kernel_t isn_cpu_pooling;
extern const isn_cpu_kernel_t isn_cpu_relu;
extern const isn_cpu_kernel_t isn_cpu_reshape;
extern const isn_cpu_kernel_t isn_cpu_softmax;

/** One sample of a tensor's data: (C, H, W). */
static inline float *isn_cpu_sample(isn_tensor_t tensor, int i)
{
  return tensor.data + (size_t)i * isn_shape_count(tensor.shape);
}

#endif
