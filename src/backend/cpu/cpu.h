/** @file cpu.h
 *  What the files of the CPU backend share: one table entry per layer kind.
 *
 *  Kernels work sample by sample, or (inner products) do the same to each row whatever the others,
 *  so that a sample's bits depend neither on the batch nor on its place there.  They cannot fail:
 *  backend.c and isn_layer_shapes() have checked everything.
 */
#ifndef INVSET_CPU_H
#define INVSET_CPU_H

#include "backend/cpu/dense.h"
#include "backend/vector_ops.h"
#include "invset/backend.h"

/** An open CPU backend. */
typedef struct {
  const isn_dense_t *dense; /**< products of this processor; static */
} isn_cpu_t;

/** One layer kind.  needs may be NULL (nothing); *needs comes in as all zero. */
typedef struct {
  void (*needs)(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_layer_needs_t *needs);
  void (*forward)(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n);
  void (*backward)(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows);
} isn_cpu_kernel_t;

extern const isn_cpu_kernel_t isn_cpu_absval;
extern const isn_cpu_kernel_t isn_cpu_affine; /**< Bias, Scale, BatchNorm */
extern const isn_cpu_kernel_t isn_cpu_concat;
extern const isn_cpu_kernel_t isn_cpu_convolution;
extern const isn_cpu_kernel_t isn_cpu_crop;
extern const isn_cpu_kernel_t isn_cpu_deconvolution;
extern const isn_cpu_kernel_t isn_cpu_eltwise;
extern const isn_cpu_kernel_t isn_cpu_elu;
extern const isn_cpu_kernel_t isn_cpu_exp;
extern const isn_cpu_kernel_t isn_cpu_inner_product;
extern const isn_cpu_kernel_t isn_cpu_log;
extern const isn_cpu_kernel_t isn_cpu_lrn;
extern const isn_cpu_kernel_t isn_cpu_picture;
extern const isn_cpu_kernel_t isn_cpu_pooling;
extern const isn_cpu_kernel_t isn_cpu_power;
extern const isn_cpu_kernel_t isn_cpu_prelu;
extern const isn_cpu_kernel_t isn_cpu_relu;
extern const isn_cpu_kernel_t isn_cpu_reshape;
extern const isn_cpu_kernel_t isn_cpu_sigmoid;
extern const isn_cpu_kernel_t isn_cpu_slice;
extern const isn_cpu_kernel_t isn_cpu_softmax;
extern const isn_cpu_kernel_t isn_cpu_tanh;

extern const isn_vector_ops_t isn_cpu_vectors;

/** One sample of a tensor's data: (C, H, W). */
static inline float *isn_cpu_sample(isn_tensor_t tensor, int i)
{
  return tensor.data + (size_t)i * isn_shape_count(tensor.shape);
}

/** Number of blocks of a sample that each span an axis and all that follow it: 1, C, or C*H. */
static inline size_t isn_cpu_blocks(isn_shape_t shape, int axis)
{
  size_t n = 1;
  for (int before = 1; before < axis; before++)
    n *= (size_t)isn_shape_axis(shape, before);
  return n;
}

#endif
